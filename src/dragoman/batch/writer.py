"""One thread that writes to one SQLite database: what comes together is committed together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Final, TypeAlias, TypeVar

from dragoman.errors import ConfigurationError, Error

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], T]
_Job: TypeAlias = tuple[Work[Any], Future[Any]]

_MOST_AT_ONCE: Final = 500
_LOCK_SECONDS: Final = 1.0
"""How long to wait for another program's lock: one that was killed has let go of it already."""


class JournalFailed(ConfigurationError):
    """The journal, or the file beside it, cannot be written; nothing further is sent."""


class Writer:
    """A database that one program at a time has, and work for it.

    A commit is on the disk before its futures are done (`synchronous=FULL`): it outlives the program and the machine.
    `committed` is called in the thread after each commit.
    """

    def __init__(self, path: Path, committed: Work[None]) -> None:
        self.path = path
        self._committed = committed
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._failure: Exception | None = None
        self._ready = Event()
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()
        self._ready.wait()
        self._check()

    def submit(self, work: Work[T]) -> Future[T]:
        """Have `work` done in the next commit. The future is done when that is on the disk."""
        future: Future[T] = Future()
        if self._failure is not None:
            future.set_exception(self._failure)
        else:
            self._queue.put((work, future))
        return future

    def close(self) -> None:
        """Commit what waits, and let go of the database. Raises `JournalFailed` when that was not possible."""
        self._queue.put(None)
        self._thread.join()
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            connection = self._opened()
        except (sqlite3.Error, OSError) as error:
            self._failure = self._failed(error)
            self._ready.set()
            return
        self._ready.set()
        going = True
        while going:
            jobs, going = self._waiting()
            self._commit(connection, jobs)
        connection.close()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=_LOCK_SECONDS)
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}").fetchone()
        connection.execute("BEGIN IMMEDIATE")  # takes the lock, for as long as the connection lasts
        connection.execute("COMMIT")
        return connection

    def _waiting(self) -> tuple[list[_Job], bool]:
        """What there is to do, waiting for the first of it; and whether there will be more."""
        jobs: list[_Job] = []
        job = self._queue.get()
        try:
            while job is not None and len(jobs) < _MOST_AT_ONCE:
                jobs.append(job)
                job = self._queue.get_nowait()
        except Empty:
            return jobs, True
        if job is not None:
            jobs.append(job)
        return jobs, job is not None

    def _commit(self, connection: sqlite3.Connection, jobs: list[_Job]) -> None:
        try:
            self._check()
            connection.execute("BEGIN IMMEDIATE")
            results = [_result(work, connection) for work, _ in jobs]
            connection.execute("COMMIT")
            self._committed(connection)
        except Exception as error:  # noqa: BLE001  # whoever waits for it is told
            self._failure = error if isinstance(error, JournalFailed) else self._failed(error)
            for _, future in jobs:
                future.set_exception(self._failure)
            return
        for (_, future), result in zip(jobs, results, strict=True):
            if isinstance(result, Error):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _failed(self, error: Exception) -> JournalFailed:
        hint = " (another program works with it)" if "locked" in str(error) else ""
        return JournalFailed(f"the journal {self.path} cannot be written: {type(error).__name__}: {error}{hint}")


def _result(work: Work[Any], connection: sqlite3.Connection) -> Any:
    """What `work` comes to; an error of ours is for who asked, and spoils nothing for the others."""
    try:
        return work(connection)
    except Error as error:
        return error
