"""What is held for a call that is tried again: more is asked for before each try that may have to be paid beside one."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from dragoman.calls import RetryConfig, embed, generate
from dragoman.calls.purse import PURSE, Purse
from dragoman.errors import BudgetExceeded, ConnectionLost, Error, NoFurtherTry, Rejected
from dragoman.flow import Flow, invoke

from ..drive import MODES, Transport, drive
from .conftest import Clock
from .test_embed import answer as vectors
from .test_embed import call as vectors_call
from .test_generate import answer, call, failure

REFUSED = failure(429, retry_after="1")


def lost() -> ConnectionLost:
    return ConnectionLost("gone")


class Holder:
    """Somebody who holds a dollar for each try, and has so many of them."""

    def __init__(self, room: int) -> None:
        self.room, self.asked = Decimal(room), list[Decimal]()
        self.purse = Purse(each=Decimal(1), held=Decimal(1), more=self.more)

    def more(self, by: Decimal) -> Flow[None]:
        async def in_turn() -> None:
            self.hold(by)

        return invoke(sync=lambda: self.hold(by), async_=in_turn)

    def hold(self, by: Decimal) -> None:
        self.asked.append(by)
        if sum(self.asked) > self.room:
            raise BudgetExceeded("the budget is spent")


def outcome(mode: str, clock: Clock, holder: Holder, *script: Any) -> Any:
    """What a call comes to that is made with a purse: its answer, or its error."""
    before = PURSE.set(holder.purse)
    try:
        made = call(Transport(mode, *script), clock, retry=RetryConfig(use_jitter=False, max_attempts=4))
        return drive(mode, generate(made))[0]
    except Error as error:
        return error
    finally:
        PURSE.reset(before)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("script", "asked", "taken"),
    [
        ([answer()], [], 1),
        ([REFUSED, answer()], [], 1),
        ([lost(), answer()], [1], 2),
        ([lost(), REFUSED, answer()], [1], 2),
        ([lost(), lost(), answer()], [1, 1], 3),
    ],
    ids=["an answer", "refused: it cost nothing", "broken off", "broken off, then refused", "broken off twice"],
)
def test_more_is_held_before_a_try_that_follows_one_that_may_cost(
    mode: str, clock: Clock, script: list[Any], asked: list[int], taken: int
) -> None:
    holder = Holder(room=9)
    assert outcome(mode, clock, holder, *script).content == "Hello"
    assert holder.asked == asked
    assert (holder.purse.taken, holder.purse.held) == (taken, 1 + sum(asked))


@pytest.mark.parametrize("mode", MODES)
def test_where_no_more_can_be_held_the_failure_is_told_and_why_there_was_no_other_try(mode: str, clock: Clock) -> None:
    holder = Holder(room=1)
    error = outcome(mode, clock, holder, lost(), lost(), answer())
    assert isinstance(error, ConnectionLost)
    assert "no more may be held for another try: the budget is spent" in error.hint
    assert len(error.attempts) == 2
    assert (holder.purse.taken, holder.purse.held) == (2, 2)  # of two tries nobody knows what they cost


@pytest.mark.parametrize("mode", MODES)
def test_a_call_that_finds_nothing_left_in_its_purse_is_not_sent(mode: str, clock: Clock) -> None:
    holder = Holder(room=0)
    holder.purse.taken = Decimal(1)  # by another try of the same call, at another target
    assert isinstance(outcome(mode, clock, holder), NoFurtherTry)
    assert holder.purse.taken == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_request_that_was_refused_for_good_gives_back_what_was_taken(mode: str, clock: Clock) -> None:
    holder = Holder(room=0)
    assert isinstance(outcome(mode, clock, holder, failure(400)), Rejected)
    assert holder.purse.taken == 0


# ---------------------------------------------------------------------- vectors, by several requests


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("second", "taken"),
    [
        (vectors([[1.0]] * 2, tokens=1_000_000), Decimal("0.04")),
        (failure(400), Decimal("0.02")),
        (lost(), Decimal(1)),
    ],
    ids=["an answer", "refused: it cost nothing", "broken off: nobody knows"],
)
def test_what_is_taken_for_vectors_is_what_they_cost_once_that_is_known(
    mode: str, clock: Clock, second: Any, taken: Decimal
) -> None:
    """One purse is for all the requests of the call: of those that were answered it is known."""
    holder = Holder(room=0)
    transport = Transport(mode, vectors([[1.0]] * 2048, tokens=1_000_000), second)
    made = vectors_call(transport, clock, *["text"] * 2050, retry=RetryConfig(max_attempts=1))
    before = PURSE.set(holder.purse)
    try:
        with suppress(Error):
            drive(mode, embed(made))
    finally:
        PURSE.reset(before)
    assert len(transport.requests) == 2
    assert holder.purse.taken == taken
