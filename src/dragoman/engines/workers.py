"""Threads in which models live: each does its jobs in turn, waits for the next model when one has left, and ends with
the program.

Not an executor's: that one takes a lock of the whole process to accept a job, and a client that is collected while the
lock is held could not hand in the job that frees its model.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread, main_thread
from typing import Final, TypeAlias

Job: TypeAlias = Callable[[], None]


class Worker:
    """One thread."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[tuple[Job, Future[None]] | None] = SimpleQueue()
        Thread(target=self._work, name=name).start()

    def submit(self, job: Job) -> Future[None]:
        """Have `job` done after those before it. May be called in a finalizer, wherever that runs."""
        future: Future[None] = Future()
        self._jobs.put((job, future))
        return future

    def end(self) -> None:
        """After the jobs that are there."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            _do(*item)
            del item  # a job holds what it works for


def _do(job: Job, future: Future[None]) -> None:
    try:
        job()
    except BaseException as error:  # noqa: BLE001  # raised to whoever asks for the result
        future.set_exception(error)
    else:
        future.set_result(None)


class Workers:
    """All of this process. MLX keeps something for every thread that ever used it, so threads are used again."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked child: threads do not come along."""
        self._all: list[Worker] = []
        self._free: dict[str, list[Worker]] = {}
        self._lock = Lock()

    def take(self, engine: str) -> Worker:
        """One that is free for a model of `engine`."""
        with self._lock:
            free = self._free.setdefault(engine, [])
            if free:
                return free.pop()
            if not self._all:
                Thread(target=self._end_with_the_program, name="dragoman-end").start()
            worker = Worker(f"dragoman-{engine}")
            self._all.append(worker)
            return worker

    def give(self, engine: str, worker: Worker) -> None:
        """It is free again."""
        with self._lock:
            self._free.setdefault(engine, []).append(worker)

    def _end_with_the_program(self) -> None:
        """Its other threads are waited for at exit, and finalizers for exit come only after them."""
        main_thread().join()
        for worker in self._all:
            worker.end()


workers: Final = Workers()
