"""`SqliteStore`: keys and money in one file, for all processes of this machine that name it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final, Self

from dragoman.gateway.store.entries import Batch
from dragoman.gateway.store.failures import failure_of
from dragoman.gateway.store.keyring import add_key, change_key
from dragoman.gateway.store.unknown import UnknownHold, resolve, unknown_holds
from dragoman.gateway.store.virtual_key import VirtualKey
from dragoman.gateway.store.writer import Durable, Writer

_INHERITED: Final[list[Writer]] = []
"""What a forked process found open. It is its parent's: to close it, even by forgetting it, would be to write to it."""


def usual_place(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a store is that nobody has named: `$DRAGOMAN_STORE`, or among the user's own files."""
    if environment.get("DRAGOMAN_STORE"):
        return Path(environment["DRAGOMAN_STORE"])
    state = environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "dragoman" / "gateway.sqlite3"


class SqliteStore:
    """A `Store` in a file, which is made where there is none. Opening and closing take a moment, in the calling thread.

    One process that has the file alone reads nothing while it admits calls; with several, each reads what the others
    have written. A process that was forked opens it anew when it first uses it.

    Args:
        path: The file. SQLite keeps two more beside it, and each process one that says it is alive.
        durable: What a call that was let in outlives: its `"process"` (the default: `kill -9`), or the `"machine"` too,
            for the time of a disk's write on every call.
        patience_seconds: How long to wait while another process is writing.
        wall: Seconds since 1970.
        steady: Seconds of a clock that all processes share and nobody sets.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        durable: Durable = "process",
        patience_seconds: float = 5.0,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = Path(path)
        self._open = partial(
            Writer, self.path, durable=durable, patience_seconds=patience_seconds, wall=wall, steady=steady
        )
        self._lock = Lock()
        self._writer = self._open()
        self._wall = wall

    @property
    def trouble(self) -> str | None:
        return self._here().trouble

    @property
    def keys(self) -> Mapping[bytes, VirtualKey]:
        return self._here().keyring.by_digest

    def digest(self, token: str) -> bytes:
        return self._writer.keyring.digest(token)

    def add_key(self, key: VirtualKey, digest: bytes) -> Future[None]:
        return self._here().work(partial(add_key, key=key, digest=digest))

    def change_key(self, key: VirtualKey) -> Future[None]:
        return self._here().work(partial(change_key, key=key))

    def find(self, token: str) -> VirtualKey | None:
        writer = self._writer
        if writer.pid != os.getpid():
            writer = self._anew()
        return writer.keyring.found.get(token) or writer.keyring.find(token)

    def post(self, batch: Batch) -> None:
        self._here().post(batch)

    def flushed(self) -> Future[None]:
        return self._here().work(_nothing)

    def unknown_holds(self) -> list[UnknownHold]:
        with self.reading() as connection:
            return unknown_holds(connection)

    def resolve(self, hold: int, cost: Decimal) -> Future[None]:
        return self._here().work(partial(resolve, hold=hold, cost=cost))

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """A connection that sees what is committed, for reports; it keeps nobody waiting."""
        with read_only(self.path) as connection:
            yield connection

    def close(self) -> None:
        if self._writer.pid == os.getpid():
            self._writer.close()

    def _here(self) -> Writer:
        writer = self._writer
        return writer if writer.pid == os.getpid() else self._anew()

    def _anew(self) -> Writer:
        with self._lock:
            if self._writer.pid != os.getpid():
                _INHERITED.append(self._writer)
                self._writer = self._open()
            return self._writer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.path}>"


def _nothing(_: sqlite3.Connection) -> None:
    """After it, what was posted before is written."""


@contextmanager
def read_only(path: Path) -> Generator[sqlite3.Connection]:
    """A store's file, to read in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = 1")
        yield connection
    except sqlite3.Error as error:
        raise failure_of(error, path) from error
    finally:
        connection.close()
