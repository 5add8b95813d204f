"""One process's hand on a store: what comes together is committed together, by whoever brings it or by a thread.

Whoever brings it commits it, if that can be done without waiting for anybody; else the thread does. What is told was
committed before. A commit that fails is taken back whole, whoever asked for something in it is told, and money that was
spent is written when it is possible again.
"""

from __future__ import annotations

import logging
import os
import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

from dragoman.errors import Error, StorageFailed
from dragoman.gateway.store.book import Book
from dragoman.gateway.store.entries import Batch, Entry, Outcome, Settle, Work
from dragoman.gateway.store.failures import code_of, failure_of
from dragoman.gateway.store.keyring import Keyring
from dragoman.gateway.store.lease import Lease
from dragoman.gateway.store.money import believed
from dragoman.gateway.store.schema import prepare
from dragoman.gateway.store.spend import Admission
from dragoman.gateway.store.tally import Tally
from dragoman.gateway.store.traffic import WINDOW
from dragoman.gateway.store.workers import bury, join, leave, lost, sweep, touch

T = TypeVar("T")
Durable: TypeAlias = Literal["process", "machine"]

_SYNCHRONOUS: Final[dict[Durable, str]] = {"process": "NORMAL", "machine": "FULL"}
_MOST_AT_ONCE: Final = 500
_LINGER_SECONDS: Final = 0.002
"""How long what nobody waits for may wait for something that somebody does."""
_LOOK_SECONDS: Final = 0.5
_SWEEP_SECONDS: Final = 30.0
_WAL_BYTES: Final = 16 * 2**20
"""Commits are appended to a file beside the store until it is so long."""
_PAGE_BYTES: Final = 1024
"""Of a new file. A commit copies each page that it has touched, one in each of five tables, however large they are."""


_log = logging.getLogger("dragoman.gateway.store")


class Writer:
    """One process's hand on a store. `trouble` says why it cannot write, while that is so.

    Args:
        path: The file; it is made readable for its owner only.
        durable: What a commit outlives: the process (`kill -9`), or the machine too (power), which takes as long as the
            disk does.
        patience_seconds: How long to wait while another program is writing.
        wall: Seconds since 1970.
        steady: Seconds of a clock that all processes share and nobody sets.
    """

    def __init__(
        self,
        path: Path,
        *,
        durable: Durable,
        patience_seconds: float,
        wall: Callable[[], float],
        steady: Callable[[], float],
    ) -> None:
        self.path = path
        self._wal = path.with_name(f"{path.name}-wal")
        self.pid = os.getpid()
        self.trouble: str | None = None
        self._synchronous = _SYNCHRONOUS[durable]
        self._waits_for_disk = durable == "machine"
        self._patience = patience_seconds
        self._wall = wall
        self._steady = steady
        self._lock = Lock()
        self._queue: SimpleQueue[Entry] = SimpleQueue()
        self._owed: list[Settle] = []
        self._owed_tally = Tally()
        self._owes = False
        self._is_closing = self._is_closed = False
        self._look_at = self._sweep_at = 0.0
        opened: Future[None] = Future()
        self._thread = Thread(target=self._run, args=(opened,), name="dragoman-store", daemon=True)
        self._thread.start()
        opened.result()

    def post(self, batch: Batch) -> None:
        """Have it written, together."""
        if not self._done_at_once(batch):
            self._enqueue(batch)

    def work(self, do: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Have something else done, in the thread, after all that was posted before."""
        work = Work(do)
        self._enqueue(work)
        return work.future

    def _enqueue(self, entry: Entry) -> None:
        self._queue.put(entry)
        if self._is_closed:
            self._turn_away()

    def close(self) -> None:
        """Write what waits, give up what is under way, and let go of the file."""
        self._is_closing = True
        self.work(_nothing)
        self._thread.join()
        self._is_closed = True
        self._turn_away()

    def _turn_away(self) -> None:
        """Whoever comes after the end is told so."""
        with suppress(Empty):
            while True:
                closed = StorageFailed(f"the store {self.path} is closed")
                _tell_all(self._queue.get_nowait(), closed)

    # ------------------------------------------------------------------ whoever posts

    def _done_at_once(self, batch: Batch) -> bool:
        """Write it in the calling thread, if nobody is writing: that takes less time than to wake another thread.

        Nothing is waited for, neither a lock nor the disk: the thread brings to the disk what a commit leaves in the
        system's memory.
        """
        if self._waits_for_disk or not self._queue.empty() or not self._lock.acquire(blocking=False):
            return False
        try:
            return not self._is_closing and self._turn((batch,), patience=0.0)
        finally:
            self._lock.release()

    # ------------------------------------------------------------------ the thread

    def _run(self, opened: Future[None]) -> None:
        try:
            self._open()
        except Exception as error:  # noqa: BLE001  # whoever opens it is told
            opened.set_exception(error if isinstance(error, Error) else failure_of(error, self.path))
            return
        opened.set_result(None)
        while not (self._is_closing and self._queue.empty()):
            entries = self._gather()
            with self._lock:
                if entries:
                    self._turn(entries)
                if time.monotonic() >= self._look_at:
                    self._look()
            self._bring_to_disk()
        with self._lock:
            self._leave()

    def _open(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lease = Lease(self.path)
        self.connection = sqlite3.connect(self.path, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            self._set_up()
        except BaseException:
            self.connection.close()
            self._lease.end()
            raise

    def _set_up(self) -> None:
        connection = self.connection
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        self._patiently("PRAGMA journal_mode = WAL", self._patience)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # see `_bring_to_disk`
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES // 4}")
        self._patiently("BEGIN IMMEDIATE", self._patience)
        prepare(connection, self.path)
        self._worker = join(connection, self._lease.name)
        connection.execute("COMMIT")
        self.keyring = Keyring(connection)
        self._book = Book(connection, self._worker)
        self._aside = sqlite3.connect(self.path, isolation_level=None, timeout=0, check_same_thread=False)
        self._find_the_lost()

    def _gather(self) -> list[Entry]:
        """What there is to do; nothing when it is time to look around."""
        entries: list[Entry] = []
        until = self._look_at
        try:
            while len(entries) < _MOST_AT_ONCE:
                entry = self._queue.get(timeout=max(until - time.monotonic(), 0.0))
                if isinstance(entry, Work) or entry.asked:
                    until = 0.0
                elif not entries:
                    until = time.monotonic() + _LINGER_SECONDS
                entries.append(entry)
        except Empty:
            pass
        return entries

    # ------------------------------------------------------------------ a transaction

    def _turn(self, entries: Sequence[Entry], *, patience: float | None = None) -> bool:
        """Write them in one transaction. False: somebody else is writing, and `patience` is at an end before it began.

        Whoever waits is told, whatever happens; where that was in vain, money that was spent is written later.
        """
        outcomes: list[Any] = []
        try:
            self._patiently("BEGIN IMMEDIATE", self._patience if patience is None else patience)
            self._book.begin(self._wall(), self._steady())
            if self._owes:
                self._pay_what_is_owed()
            for entry in entries:
                if type(entry) is Batch and entry.over:
                    self._book.settle(entry.over)  # all of them come first: they make room
            for entry in entries:
                outcomes.append(self._entered(entry))  # noqa: PERF401  # what came before one that fails has to be known
            self._book.write()
            self.connection.execute("COMMIT")
            self.trouble = None
            if self._owes:
                self._owes, self._owed, self._owed_tally = False, [], Tally()
        except Exception as error:  # noqa: BLE001  # see above
            if patience == 0.0 and code_of(error) == sqlite3.SQLITE_BUSY and not self.connection.in_transaction:
                return False
            self._failed(entries, outcomes, error)
        else:
            self._committed(entries, outcomes)
        return True

    def _patiently(self, statement: str, patience: float) -> None:
        """Execute what needs the lock. SQLite's own way of waiting for it sleeps longer the longer it waits."""
        until, pause = time.monotonic() + patience, 0.0001
        while True:
            try:
                self.connection.execute(statement).fetchone()
            except sqlite3.OperationalError as error:
                if code_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    raise
            else:
                return
            time.sleep(pause * (0.5 + random.random()))  # noqa: S311  # so that two do not keep step
            pause = min(pause * 1.5, 0.005)

    def _entered(self, entry: Entry) -> Any:
        if isinstance(entry, Work):
            return self._done(entry)
        if entry.notes:
            self._book.note(entry.notes)
        return self._book.ask(entry.asked) if entry.asked else []

    def _pay_what_is_owed(self) -> None:
        self._book.add(self._owed_tally)
        self._book.settle(self._owed)

    def _done(self, work: Work) -> Any:
        try:
            return self._book.let(work.do)
        except Error as error:
            return error

    def _committed(self, entries: Sequence[Entry], outcomes: Sequence[Any]) -> None:
        """Tell everybody, and those last who wait for all that was posted before."""
        works: list[tuple[Work, Any]] = []
        for entry, outcome in zip(entries, outcomes, strict=True):
            if isinstance(entry, Work):
                works.append((entry, outcome))
            elif outcome:
                entry.tell(outcome)
        if works:
            self._look_for_keys()
        for work, outcome in works:
            _finish(work.future, outcome)

    def _look_for_keys(self) -> None:
        """What was done may have changed them; where they cannot be read now, they are soon (`_look`)."""
        try:
            self.keyring.look(self.connection)
        except sqlite3.Error as error:
            self.trouble = str(failure_of(error, self.path))

    def _failed(self, entries: Sequence[Entry], outcomes: Sequence[Any], error: Exception) -> None:
        failure = failure_of(error, self.path)
        failure.__cause__ = error
        self.trouble = str(failure)
        self._take_back()
        if isinstance(error, sqlite3.Error):
            self._owe(entries, outcomes)
        else:  # what would fail again is not tried again: what was held for it stays held
            _log.error("what was to be written was given up", exc_info=error)
            self._owes, self._owed, self._owed_tally = False, [], Tally()
        for entry in entries:
            _tell_all(entry, failure)

    def _take_back(self) -> None:
        self._book.forget()
        if self.connection.in_transaction:
            try:
                self.connection.execute("ROLLBACK")
            except sqlite3.Error:  # the next transaction cannot begin, and tries this again
                _log.exception("a transaction could not be taken back")

    def _owe(self, entries: Sequence[Entry], outcomes: Sequence[Any]) -> None:
        """Keep what has to be written some time. Whether a commit that failed is on the disk is not always known."""
        self._owes = True
        for entry in entries:
            if isinstance(entry, Batch):
                self._owed += entry.over
                for spend in entry.notes:
                    self._owed_tally.add(spend, believed(spend.cost), spend.key or "", spend.tenant, self._wall())
        told = [outcome for told in outcomes if isinstance(told, list) for _, outcome in cast("list[Outcome]", told)]
        self._owed += [Settle(outcome, None) for outcome in told if isinstance(outcome, Admission)]

    # ------------------------------------------------------------------ now and then

    def _look(self) -> None:
        """What others have changed, who of them is no more, and whether it is possible to write again."""
        self._look_at = time.monotonic() + _LOOK_SECONDS
        try:
            self.keyring.look(self.connection)
            self._find_the_lost()
        except (sqlite3.Error, OSError) as error:
            self.trouble = str(failure_of(error, self.path))
        if self.trouble is not None:
            self._turn([self._touch()])
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + _SWEEP_SECONDS
            self._turn([Work(partial(sweep, before=int(self._steady()) - WINDOW))])

    def _bring_to_disk(self) -> None:
        """Put what was committed in its place, and begin the file beside the store anew.

        The disk is waited for while others write; what they have written meanwhile is little, and keeps them waiting.
        """
        try:
            if self._wal.stat().st_size > _WAL_BYTES:
                _checkpoint(self._aside)
                with self._lock:
                    _checkpoint(self.connection)
                    self._turn([self._touch()])  # who writes first after it waits for the disk
        except (sqlite3.Error, OSError) as error:
            self.trouble = str(failure_of(error, self.path))

    def _touch(self) -> Work:
        return Work(partial(touch, worker=self._worker))

    def _find_the_lost(self) -> None:
        for worker, lease in lost(self.connection, self.path, self._worker):
            self._turn([Work(partial(leave, worker=worker))])
            bury(self.path, lease)

    def _leave(self) -> None:
        """The end: what is still under way is given up."""
        self._turn([Work(partial(leave, worker=self._worker))])
        self._aside.close()
        self.connection.close()
        self._lease.end()


def _checkpoint(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _nothing(_: sqlite3.Connection) -> None:
    """A commit of nothing: after it, what was there before is on the disk."""


def _tell_all(entry: Entry, failure: Error) -> None:
    """Nothing came of it."""
    if isinstance(entry, Work):
        _finish(entry.future, failure)
    elif entry.asked:
        entry.tell([(asked, failure) for asked in entry.asked])


def _finish(future: Future[Any], outcome: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(outcome, Error):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
