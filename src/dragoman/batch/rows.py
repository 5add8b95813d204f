"""A row: one question of many, what has been paid for it, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from dragoman.errors import Error
from dragoman.flow import Flow
from dragoman.messages import Attempt, Usage

State: TypeAlias = Literal["waiting", "sent", "done", "failed", "unknown"]
"""How far a row is.

`waiting`: not asked, or refused without cost. `sent`: asked, with no answer yet. `done`: answered. `failed`: it came to
nothing, with the reason. `unknown`: the program ended while it was `sent`, so nobody here knows whether it was
answered, and charged.
"""

NOTHING: Final = Decimal(0)


class Paid(Struct, frozen=True, kw_only=True):
    """What a row has cost.

    Attributes:
        cost: US dollars of all tries whose cost is known.
        tries: How often it was sent.
        unpriced: How many of these nobody priced: cut off, not answered in time, or of a model without a price.
        ceiling: US dollars that the unpriced ones cost at worst; `None` when that is not known either.
        usage: The tokens that were reported.
    """

    cost: Decimal = NOTHING
    tries: int = 0
    unpriced: int = 0
    ceiling: Decimal | None = NOTHING
    usage: Usage = Usage()

    def __add__(self, other: Paid) -> Paid:
        both = (self.ceiling, other.ceiling)
        return Paid(
            cost=self.cost + other.cost,
            tries=self.tries + other.tries,
            unpriced=self.unpriced + other.unpriced,
            ceiling=None if None in both else sum((each for each in both if each is not None), NOTHING),
            usage=self.usage + other.usage,
        )

    @property
    def known(self) -> Decimal | None:
        """US dollars in all, `None` when a try has no price."""
        return None if self.unpriced else self.cost


UNPAID: Final = Paid()


def paid_for(attempts: Iterable[Attempt], ceiling: Decimal | None) -> Paid:
    """What the attempts of a call cost, when each may have cost `ceiling` at worst."""
    attempts = tuple(attempts)
    costs = [attempt.cost for attempt in attempts]
    unpriced = costs.count(None)
    usage = Usage()
    for attempt in attempts:
        usage += attempt.usage or Usage()
    return Paid(
        cost=sum((cost for cost in costs if cost is not None), NOTHING),
        tries=len(attempts),
        unpriced=unpriced,
        ceiling=NOTHING if not unpriced else None if ceiling is None else ceiling * unpriced,
        usage=usage,
    )


class Row(Struct, kw_only=True, eq=False):
    """Something to ask.

    Attributes:
        number: Its place among all rows, from 0.
        ask: Makes the flow that asks; its result has `.response`, or is one.
        ceiling: US dollars that one request of it costs at worst; `None` when that is not known.
        digest: Of what is asked: by it a journal knows that a row is still the same.
        label: What it is called outside, as the caller encodes it.
        paid: What it has cost so far.
        paid_before: What of that earlier runs paid.
        refusals: How often it was refused for being one too many.
        routed: Whether any of several targets may answer it. Then the refusal of one holds nobody back, for the router
            knows of it; and some are asked in ways that no batch sees.
    """

    number: int
    ask: Callable[[], Flow[Any]]
    ceiling: Decimal | None = None
    digest: bytes = b""
    label: bytes = b""
    paid: Paid = Paid()
    paid_before: Paid = Paid()
    refusals: int = 0
    routed: bool = False

    def __repr__(self) -> str:
        """Without what is asked."""
        return f"<Row {self.number}>"


class Ended(Struct, frozen=True, kw_only=True):
    """How a row ended. `result` is what its flow returned, `error` why it returned nothing."""

    row: Row
    state: State
    result: Any = None
    error: Exception | None = None
    paid: Paid = Paid()


def attempts_of(found: Any) -> tuple[Attempt, ...]:
    """The tries behind a result or an error."""
    if isinstance(found, Error):
        return found.attempts
    return getattr(getattr(found, "response", found), "attempts", ())
