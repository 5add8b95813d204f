"""The processes that have a store, and what one leaves behind: its calls' holds become unknown, never free."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from dragoman.gateway.store.lease import is_held, path_of

_ENDED: Final = "its process ended"


def join(connection: sqlite3.Connection, lease: str) -> int:
    """The number of this process, whose lease is held already."""
    added = connection.execute("INSERT INTO workers (lease, pid) VALUES (?, ?)", (lease, os.getpid()))
    assert added.lastrowid is not None
    return added.lastrowid


def leave(connection: sqlite3.Connection, worker: int) -> None:
    """Nobody settles the calls of `worker` any more."""
    mine = (worker,)
    inside = connection.execute(
        "SELECT count(*), key FROM holds WHERE worker = ? AND why IS NULL GROUP BY key", mine
    ).fetchall()
    connection.executemany("UPDATE gates SET inside = inside - ? WHERE key = ?", inside)
    connection.execute(f"UPDATE holds SET why = '{_ENDED}' WHERE worker = ? AND why IS NULL", mine)  # noqa: S608  # ours
    connection.execute("DELETE FROM workers WHERE id = ?", mine)


def lost(connection: sqlite3.Connection, store: Path, worker: int) -> list[tuple[int, str]]:
    """The processes that are no more, with the names of their leases."""
    others = connection.execute("SELECT id, lease FROM workers WHERE id != ?", (worker,)).fetchall()
    return [(other, lease) for other, lease in others if not is_held(store, lease)]


def bury(store: Path, lease: str) -> None:
    """Remove what is left of a lease that nobody holds."""
    path_of(store, lease).unlink(missing_ok=True)


def sweep(connection: sqlite3.Connection, before: int) -> None:
    """Forget what was sent so long ago that it counts for nobody."""
    connection.execute("DELETE FROM traffic WHERE tick < ?", (before,))


def touch(connection: sqlite3.Connection, worker: int) -> None:
    """Write what is there already, to see whether that is possible."""
    connection.execute("UPDATE workers SET pid = ? WHERE id = ?", (os.getpid(), worker))
