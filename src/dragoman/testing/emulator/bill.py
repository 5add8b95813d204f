"""The bill: what each call used and what it would have cost, for others to check their own sums against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, overload

from msgspec import Struct

from dragoman.catalog import cost_of, find_model, providers_of
from dragoman.messages import Usage
from dragoman.testing.emulator.customs import customs_of
from dragoman.testing.emulator.http import Outcome

_MOST_LINES: Final = 100_000


class BillLine(Struct, frozen=True, kw_only=True):
    """One call to a model.

    Attributes:
        number: The number of its request.
        id: The id of the response, `None` when there was none.
        outcome: See `Outcome`.
        status: The HTTP status answered.
        usage: What the whole answer took, also when it was cut off: providers charge for what was made, not for
            what arrived. `None` when no answer was made.
        cost: US dollars at the catalog's prices: 0 when nothing was made, `None` when the price is not known.
        streamed: Whether it was answered by a stream.
        pieces: How many frames the stream has; 1 for a whole body.
        delivered: How many of them were sent.
    """

    number: int
    dialect: str
    model: str | None
    outcome: Outcome
    status: int
    id: str | None = None
    usage: Usage | None = None
    cost: Decimal | None = None
    streamed: bool = False
    pieces: int = 1
    delivered: int = 0


class Bill(Sequence[BillLine]):
    """Lines in the order in which the calls ended."""

    def __init__(self, lines: Iterable[BillLine] = ()) -> None:
        self._lines = tuple(lines)

    @overload
    def __getitem__(self, index: int) -> BillLine: ...
    @overload
    def __getitem__(self, index: slice) -> Bill: ...
    def __getitem__(self, index: int | slice) -> BillLine | Bill:
        return Bill(self._lines[index]) if isinstance(index, slice) else self._lines[index]

    def __iter__(self) -> Iterator[BillLine]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def cost(self) -> Decimal | None:
        """US dollars of all lines, `None` when the price of any is not known."""
        costs = [line.cost for line in self._lines]
        return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))

    @property
    def usage(self) -> Usage:
        """The counts of all lines together."""
        total = Usage()
        for line in self._lines:
            total += line.usage or Usage()
        return total

    def shown(self) -> dict[str, Any]:
        """The bill as JSON; amounts of money are text."""
        return {"cost": _money(self.cost), "usage": _counts(self.usage), "lines": [_shown(line) for line in self]}

    def __repr__(self) -> str:
        cost = "cost unknown" if self.cost is None else f"${self.cost:f}"
        return f"<Bill {len(self)} calls, {self.usage!r}, {cost}>"


def _shown(line: BillLine) -> dict[str, Any]:
    fields = {name: getattr(line, name) for name in line.__struct_fields__}
    return {**fields, "usage": line.usage and _counts(line.usage), "cost": _money(line.cost)}


def _counts(usage: Usage) -> dict[str, int]:
    pairs = ((name, getattr(usage, name)) for name in usage.__struct_fields__)
    return {name: count for name, count in pairs if count is not None}


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


class Ledger:
    """Where lines are written, one a request: a later word on the same request replaces the earlier.

    The last 100,000 are kept.
    """

    def __init__(self) -> None:
        self._lines: dict[int, BillLine] = {}

    def write(self, line: BillLine) -> None:
        self._lines[line.number] = line
        while len(self._lines) > _MOST_LINES:
            del self._lines[next(iter(self._lines))]

    def bill(self) -> Bill:
        return Bill(list(self._lines.values()))

    def clear(self) -> None:
        self._lines.clear()

    def __len__(self) -> int:
        return len(self._lines)


def price(dialect: str, model: str, usage: Usage, *, today: str, service_tier: str | None) -> Decimal | None:
    """What `usage` costs, `None` when the catalog does not know."""
    facts = find_model(customs_of(dialect).price_list, model)
    if facts is None:
        others = providers_of(model)
        facts = find_model(others[0], model) if len(others) == 1 else None
    return cost_of(facts, usage, today=today, service_tier=service_tier).usd
