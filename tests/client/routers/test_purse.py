"""A call for which somebody holds money, and two targets asked for it at once: the second is paid for as the first is."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from dragoman import AsyncRouter, BudgetExceeded, Hedge, LLMResponse, RouteRules
from dragoman.calls.purse import PURSE, Purse
from dragoman.flow import Flow, async_run, invoke
from dragoman.messages import Message, Request, Role
from dragoman.routing.policies import Ordered
from dragoman.routing.target import Target
from dragoman.testing import Emulator

from .stage import MINI

HELLO = Request(model="public", messages=(Message(Role.USER, "Say exactly: one two"),), max_tokens=100)
AT_ONCE = Hedge(min_samples=1, min_seconds=0, max_share=1)


class Holder:
    """Somebody who holds a dollar for each try, and may hold `room` more."""

    def __init__(self, room: int, emulator: Emulator) -> None:
        self.room, self.emulator, self.asked = Decimal(room), emulator, list[tuple[Decimal, int]]()
        self.purse = Purse(each=Decimal(1), held=Decimal(1), more=self.more)

    def more(self, by: Decimal) -> Flow[None]:
        async def hold() -> None:
            self.asked.append((by, len(self.emulator.requests)))
            if by > self.room:
                raise BudgetExceeded("the budget is spent")

        return invoke(async_=hold)


def hedged(holder: Holder, *, stream: bool) -> LLMResponse:
    """The answer to a call whose first target is slow to begin."""
    targets = [Target(MINI, name=name) for name in ("one", "two")]
    plan = AsyncRouter(Ordered(*targets), rules=RouteRules(hedge=AT_ONCE, max_price_ratio=None)).plan

    async def main() -> LLMResponse:
        await async_run(plan.answer(replace(HELLO, stream=stream), {}))  # so that it is known how long the first takes
        holder.emulator.reset()
        holder.emulator.fault(first_delay_seconds=1.0)
        PURSE.set(holder.purse)
        return await async_run(plan.answer(replace(HELLO, stream=stream), {}))

    return asyncio.run(main())


@pytest.mark.parametrize("stream", [False, True])
def test_more_is_held_before_a_second_is_asked_beside_the_first(emulator: Emulator, *, stream: bool) -> None:
    holder = Holder(1, emulator)
    response = hedged(holder, stream=stream)
    assert [attempt.outcome for attempt in response.attempts] == ["abandoned", "ok"]
    assert holder.asked == [(Decimal(1), 1)]  # the first was sent, and the second not yet
    assert (holder.purse.taken, holder.purse.held) == (2, 2)  # what the first one costs nobody knows


@pytest.mark.parametrize("stream", [False, True])
def test_where_no_more_may_be_held_the_first_is_waited_for(emulator: Emulator, *, stream: bool) -> None:
    holder = Holder(0, emulator)
    response = hedged(holder, stream=stream)
    assert response.content == "one two"
    assert len(emulator.requests) == 1
    assert (holder.purse.taken, holder.purse.held) == (1, 1)
