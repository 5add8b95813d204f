"""The two ways to run a batch: rows in threads, or as tasks of the running loop. They change together."""

from __future__ import annotations

from threading import Condition, Thread
from typing import TYPE_CHECKING, Any, Final

from dragoman.batch.asking import Asking
from dragoman.batch.job import Job
from dragoman.batch.rows import Row
from dragoman.flow import async_run, run

if TYPE_CHECKING:
    import asyncio

_LONGEST_WAIT_SECONDS: Final = 3600.0
"""After so long it is looked anew, whatever was said: no clock of the system takes any number."""


# ---------------------------------------------------------------------- in threads


class _Threads:
    """As many threads as rows may run; each asks one row after the other."""

    def __init__(self, job: Job, concurrency: int) -> None:
        self._job = job
        self._changed = Condition()
        self._failure: BaseException | None = None
        self._threads = [
            Thread(target=self._work, name=f"batch-{number}", daemon=True) for number in range(concurrency)
        ]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        try:
            self._join()
        except BaseException as error:  # Ctrl-C: what runs is paid for and waited for; the next Ctrl-C does not wait
            self._end(error)
            self._join()
            raise
        if self._failure is not None:
            raise self._failure

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        try:
            while (row := self._next()) is not None:
                self._ask(row)
        except BaseException as error:  # noqa: BLE001  # raised where the batch was called
            self._end(error)

    def _next(self) -> Row | None:
        """The row to ask, waiting for it; whoever hears that there is none tells the others."""
        with self._changed:
            while isinstance(found := self._job.next(), int | float):
                self._changed.wait(min(found, _LONGEST_WAIT_SECONDS))
            if found is None:
                self._changed.notify_all()
            return found

    def _ask(self, row: Row) -> None:
        try:
            ended = run(Asking(row, self._job).ask())
        except BaseException:
            self._job.gave_up()
            raise
        self._job.over(ended)
        with self._changed:
            self._changed.notify()  # this thread takes the next row; a second one may begin where the limit has risen

    def _end(self, error: BaseException) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._job.stop(error)
            self._changed.notify_all()


def run_job(job: Job, concurrency: int) -> None:
    """Ask all rows of `job`. Raises what is not of a row: a journal that fails, rows that cannot be read, Ctrl-C."""
    _Threads(job, concurrency).run()


# ---------------------------------------------------------------------- as tasks


class _Tasks:
    """A task for each row that runs."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._changed = _asyncio().Event()
        self._failure: BaseException | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        try:
            while (row := await self._next()) is not None:
                self._tasks.add(task := _asyncio().create_task(self._ask(row)))
                task.add_done_callback(self._tasks.discard)
        except Exception as error:  # noqa: BLE001  # raised below, when what runs has ended
            self._end(error)
        except BaseException:  # cancelled: so is what runs
            for task in self._tasks:
                task.cancel()
            await self._join()
            raise
        await self._join()
        if self._failure is not None:
            raise self._failure

    async def _join(self) -> None:
        await _asyncio().gather(*self._tasks, return_exceptions=True)

    async def _next(self) -> Row | None:
        """The row to ask, waiting for it."""
        while True:
            self._changed.clear()
            found = self._job.next()
            if not isinstance(found, int | float):
                return found
            try:
                async with _asyncio().timeout(min(found, _LONGEST_WAIT_SECONDS)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _ask(self, row: Row) -> None:
        try:
            ended = await async_run(Asking(row, self._job).ask())
        except BaseException as error:
            self._job.gave_up()
            self._end(error)
            raise
        self._job.over(ended)
        self._changed.set()

    def _end(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._job.stop(error)
        self._changed.set()


async def async_run_job(job: Job) -> None:
    """`run_job`, awaited on the running loop. Cancelled, it cancels what runs."""
    await _Tasks(job).run()


def _asyncio() -> Any:
    """`asyncio`, imported when first needed: a synchronous program has no use for it."""
    import asyncio

    return asyncio
