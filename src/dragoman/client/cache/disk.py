"""`DiskCache`: answers in a file of SQLite's, for all programs on this machine that name the same directory."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

from dragoman.client.cache.base import BaseCache
from dragoman.errors import ConfigurationError

_FILE: Final = "answers.sqlite3"

_WAIT_SECONDS: Final = 5.0
"""How long to wait for another program that is writing."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, size INTEGER NOT NULL, stored REAL NOT NULL, until REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_age ON answers (stored);
CREATE INDEX IF NOT EXISTS by_end ON answers (until) WHERE until IS NOT NULL;
"""

_OLDEST: Final = "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY stored LIMIT 16)"


class DiskCache(BaseCache):
    """On disk, in `directory`, which is made when it is first needed.

    One may be used by any number of threads, and the directory by any number of processes. Answers are in it as they
    came: whoever may read the directory may read them.

    Args:
        directory: Where. It is made readable for its owner only.
        size_limit: How many bytes of answers to keep; the oldest go first.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] = ".dragoman_cache",
        *,
        size_limit: int = 2**30,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if size_limit < 1:
            raise ConfigurationError(f"size_limit must be > 0, not {size_limit}")
        self.directory = Path(directory)
        self._most = size_limit
        self._clock = clock
        self._lock = Lock()
        self._open: tuple[int, sqlite3.Connection] | None = None

    def get(self, key: str) -> Any:
        with self._connection() as connection:
            asked = "SELECT value FROM answers WHERE key = ? AND (until IS NULL OR until > ?)"
            row = connection.execute(asked, (key, self._clock())).fetchone()
        return None if row is None else row[0]

    def set(self, key: str, value: str, ttl: int | None = None) -> None:
        now = self._clock()
        row = (key, value, len(value.encode()), now, None if ttl is None else now + ttl)
        with self._connection() as connection:
            connection.execute("DELETE FROM answers WHERE until <= ?", (now,))
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", row)
            while _size(connection) > self._most:
                connection.execute(_OLDEST)

    def clear(self) -> None:
        """Forget everything."""
        with self._connection() as connection:
            connection.execute("DELETE FROM answers")

    def close(self) -> None:
        """Let go of the file. The next use opens it again."""
        with self._lock:
            self._release()

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        """The file, for one transaction of one thread. A process that was forked opens it anew."""
        with self._lock:
            if self._open is None or self._open[0] != os.getpid():
                self._open = os.getpid(), self._opened()
            _, connection = self._open
            try:
                with connection:
                    yield connection
            except sqlite3.DatabaseError:
                self._release()  # what is broken is not kept open: the file may be replaced
                raise

    def _opened(self) -> sqlite3.Connection:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self.directory / _FILE, timeout=_WAIT_SECONDS, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.executescript(_TABLE)
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def _release(self) -> None:
        if self._open is not None and self._open[0] == os.getpid():  # a forked process leaves its parent's alone
            self._open[1].close()
        self._open = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_open"):
            self._release()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.directory}>"


def _size(connection: sqlite3.Connection) -> int:
    (size,) = connection.execute("SELECT coalesce(sum(size), 0) FROM answers").fetchone()
    return size
