"""Usage, as it is asked for: by any of its columns, over any days. It only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from dragoman.gateway.store.money import dollars
from dragoman.gateway.store.tally import COUNTS

Column: TypeAlias = Literal["day", "key", "tenant", "model", "provider", "served"]

_FIRST_DAY: Final = date(1970, 1, 1)


class UsageRow(Struct, frozen=True, kw_only=True):
    """What calls came to that have the same `place`.

    Attributes:
        place: What they have in common, column by column.
        requests: Calls that are over.
        failed: Those of them that came to nothing.
        unpriced: Those of them whose cost is not known; it is not in `cost`.
        cost: US dollars.
    """

    place: dict[str, str]
    requests: int
    failed: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost: Decimal


class Standing(Struct, frozen=True, kw_only=True):
    """What a key has spent and what is held for it, in US dollars, in its period of now; and its calls under way."""

    spent: Decimal
    held: Decimal
    inside: int


def usage_rows(
    connection: sqlite3.Connection,
    by: Sequence[Column],
    *,
    since: date | None = None,
    until: date | None = None,
    key: str | None = None,
) -> list[UsageRow]:
    """Usage from `since` to `until`, both included, added up by the columns `by`; sorted by them."""
    names = ", ".join(by)
    sums = ", ".join(f"sum({name})" for name in COUNTS)
    grouped = f"GROUP BY {names} ORDER BY {names}" if by else "HAVING count(*)"
    rows = connection.execute(
        f"SELECT {', '.join([*by, sums])} FROM usage "  # noqa: S608  # names of ours; what is given is bound
        f"WHERE day >= ? AND day <= ? AND (? IS NULL OR key = ?) {grouped}",
        (_number(since or _FIRST_DAY), _number(until or date.max), key, key),
    )
    return [_row(by, values) for values in rows]


def standing_of(connection: sqlite3.Connection, key: str, period: int) -> Standing:
    """How a key stands."""
    money = connection.execute("SELECT spent, held FROM accounts WHERE key = ? AND period = ?", (key, period))
    spent, held = money.fetchone() or (0, 0)
    (inside,) = connection.execute("SELECT inside FROM gates WHERE key = ?", (key,)).fetchone() or (0,)
    return Standing(spent=dollars(spent), held=dollars(held), inside=inside)


def today() -> date:
    """The day that it is in UTC, like all days here."""
    return datetime.now(UTC).date()


def _row(by: Sequence[Column], values: Sequence[Any]) -> UsageRow:
    place = {name: _shown(name, value) for name, value in zip(by, values, strict=False)}
    *counts, cost = values[len(by) :]
    return UsageRow(place=place, cost=dollars(cost), **dict(zip(COUNTS, counts, strict=False)))


def _shown(name: Column, value: Any) -> str:
    return str(_FIRST_DAY + timedelta(days=value)) if name == "day" else value


def _number(day: date) -> int:
    return (day - _FIRST_DAY).days
