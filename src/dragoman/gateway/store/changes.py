"""What a transaction changes, added up, so that it is written in few statements."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import Any, Final

from dragoman.gateway.store.desk import Desk
from dragoman.gateway.store.tally import Tally

_HOLD: Final = "(?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL)"
_HOLDS_AT_ONCE: Final = 100
_ACCOUNT: Final = "UPDATE accounts SET spent = spent + ?, held = held + ? WHERE key = ? AND period = ?"
_GATE: Final = "UPDATE gates SET inside = inside + ? WHERE key = ?"
_TRAFFIC: Final = (
    "INSERT INTO traffic VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, tokens = tokens + excluded.tokens"
)


@lru_cache(maxsize=_HOLDS_AT_ONCE)
def _holds(number: int) -> str:
    return f"INSERT INTO holds VALUES {', '.join([_HOLD] * number)}"  # noqa: S608  # question marks


class Changes:
    """New holds, desks that are no longer as they were written, and usage."""

    __slots__ = ("desks", "holds", "tally")

    def __init__(self) -> None:
        self.holds: list[Any] = []
        self.desks: set[Desk] = set()
        self.tally = Tally()

    def write(self, connection: sqlite3.Connection) -> None:
        """Write them, and begin anew."""
        if self.holds:
            self._write_holds(connection)
        for desk in self.desks:
            _write_desk(connection, desk)
        self.desks.clear()
        if self.tally.counts:
            self.tally.write(connection)

    def _write_holds(self, connection: sqlite3.Connection) -> None:
        values, self.holds = self.holds, []
        most = _HOLDS_AT_ONCE * _VALUES
        for start in range(0, len(values), most):
            some = values[start : start + most]
            connection.execute(_holds(len(some) // _VALUES), some)


_VALUES: Final = _HOLD.count("?")


def _write_desk(connection: sqlite3.Connection, desk: Desk) -> None:
    key = desk.key.id
    spent, held, inside = (
        desk.spent - desk.written_spent,
        desk.held - desk.written_held,
        desk.inside - desk.written_inside,
    )
    if spent or held:
        account(connection, key, desk.period, spent, held)
    if inside:
        gate(connection, key, inside)
    desk.written_spent, desk.written_held, desk.written_inside = desk.spent, desk.held, desk.inside
    if desk.traffic is not None:
        for second in desk.traffic.changed:
            requests, tokens = second.requests - second.written_requests, second.tokens - second.written_tokens
            sent(connection, key, second.tick, requests, tokens)
            second.written_requests, second.written_tokens = second.requests, second.tokens
        desk.traffic.changed.clear()


def account(connection: sqlite3.Connection, key: str, period: int, spent: int, held: int) -> None:
    """So much more is spent and held in a period."""
    connection.execute(_ACCOUNT, (spent, held, key, period))


def sent(connection: sqlite3.Connection, key: str, tick: int, requests: int, tokens: int) -> None:
    """So much more was sent in a second."""
    connection.execute(_TRAFFIC, (key, tick, requests, tokens))


def gate(connection: sqlite3.Connection, key: str, inside: int) -> None:
    """So many more are inside."""
    connection.execute(_GATE, (inside, key))
