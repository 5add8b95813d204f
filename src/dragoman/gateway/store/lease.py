"""A sign of life that the operating system takes away from a process that is no more.

It is a lock on a small file, which SQLite takes as it does on every system it knows. Neither a process id that was
given to another, nor a clock that jumped, nor a machine that slept can make the living seem dead or the dead alive.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from uuid import uuid4


class Lease:
    """Held by this process until `end`, or its own end."""

    def __init__(self, store: Path) -> None:
        self.name = uuid4().hex
        self._path = path_of(store, self.name)
        self._connection = _connected(self._path)
        self._connection.execute("PRAGMA journal_mode = MEMORY")  # or there were a second file
        self._connection.execute("BEGIN EXCLUSIVE")

    def end(self) -> None:
        """Let go of it, and of its file."""
        self._connection.close()
        self._path.unlink(missing_ok=True)


def path_of(store: Path, name: str) -> Path:
    """The file of a lease beside its store."""
    return store.with_name(f"{store.name}-lease-{name}")


def is_held(store: Path, name: str) -> bool:
    """Whether the process is alive that took it."""
    path = path_of(store, name)
    if not path.exists():
        return False
    connection = _connected(path)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return True
        raise
    finally:
        connection.close()
    return False


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
