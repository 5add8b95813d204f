"""What the tables of a store say, read beside it, and the laws that they keep whatever happens."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from dragoman.gateway.store import SqliteStore


class Clock:
    """Two clocks that stand still until they are moved."""

    def __init__(self) -> None:
        self.wall = 1_800_000_000.0  # 2027-01-15, 08:00 UTC
        self.steady = 10_000.0

    def advance(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def store(self, path: Path, **options: Any) -> SqliteStore:
        return SqliteStore(path, wall=lambda: self.wall, steady=lambda: self.steady, **options)


def rows(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def crash(store: SqliteStore) -> None:
    """What a `kill -9` leaves of a process: the thread ends where it stands, and the system takes its locks away."""
    writer = store._writer
    writer._leave = lambda: None  # type: ignore[method-assign]  # a process that is killed says no farewell
    writer.close()
    writer._aside.close()
    writer.connection.close()
    writer._lease._connection.close()


def check_laws(path: Path) -> None:
    """Every hold is in its account, everyone inside has one, and what is spent is what usage says it was."""
    held = dict(rows(path, "SELECT key || period, sum(coalesce(worst, 0)) FROM holds GROUP BY 1"))
    accounts = dict(rows(path, "SELECT key || period, held FROM accounts WHERE held"))
    assert accounts == {place: amount for place, amount in held.items() if amount}
    inside = dict(rows(path, "SELECT key, count(*) FROM holds WHERE why IS NULL GROUP BY key"))
    assert dict(rows(path, "SELECT key, inside FROM gates WHERE inside")) == inside
    spent = dict(rows(path, "SELECT key, sum(spent) FROM accounts GROUP BY key"))
    used = dict(rows(path, "SELECT key, sum(cost) FROM usage WHERE key != '' GROUP BY key"))
    assert {key: amount for key, amount in spent.items() if amount} == {k: v for k, v in used.items() if v}
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
