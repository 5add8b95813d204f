"""Holds of which nobody knows what became: they count in full until somebody says what they cost."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Final

from msgspec import Struct

from dragoman.errors import ConfigurationError
from dragoman.gateway.store.changes import account
from dragoman.gateway.store.money import believed, dollars
from dragoman.gateway.store.tally import Tally
from dragoman.gateway.store.virtual_key import day_of

_LIST: Final = (
    "SELECT id, key, admitted, model, request, worst, why, provider, served FROM holds WHERE why IS NOT NULL "
    "ORDER BY id"
)
_ONE: Final = (
    "SELECT key, period, worst, admitted, tenant, model, provider, served FROM holds WHERE id = ? AND why IS NOT NULL"
)


class UnknownHold(Struct, frozen=True, kw_only=True):
    """A call that was sent, or may have been, and whose cost is not known.

    `worst`: US dollars, which count as spent; `None` where no price is known. `when`: seconds since 1970.
    """

    id: int
    key: str
    when: int
    model: str
    request_id: str
    worst: Decimal | None
    why: str
    provider: str
    served: str


def unknown_holds(connection: sqlite3.Connection) -> list[UnknownHold]:
    """All there are, the oldest first."""
    return [
        UnknownHold(
            id=number,
            key=key,
            when=when,
            model=model,
            request_id=request,
            worst=None if worst is None else dollars(worst),
            why=why,
            provider=provider or "",
            served=served or "",
        )
        for number, key, when, model, request, worst, why, provider, served in connection.execute(_LIST)
    ]


def resolve(connection: sqlite3.Connection, hold: int, cost: Decimal) -> None:
    """Somebody says what a call cost: that is spent, and what was held is free."""
    paid = believed(cost)
    if paid is None:
        raise ConfigurationError(f"a call does not cost {cost}: give US dollars, from 0 to 100,000")
    row = connection.execute(_ONE, (hold,)).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no unknown hold {hold}")
    key, period, worst, when, tenant, model, provider, served = row
    connection.execute("DELETE FROM holds WHERE id = ?", (hold,))
    account(connection, key, period, paid, -(worst or 0))
    counted = provider is not None  # whoever settled it without a cost has counted it
    tally = Tally()
    place = (day_of(when), key, tenant or "", model, provider or "", served or "")
    tally.correct(place, requests=int(not counted), unpriced=-int(counted), cost=paid)
    tally.write(connection)
