"""Threads in which models live: each does its jobs in turn, waits for the next model when one has left, and ends with
the program.

Not an executor's: that one takes a lock of the whole process to accept a job, and a client that is collected while the
lock is held could not hand in the job that frees its model.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from threading import enumerate as all_threads
from typing import Final, TypeAlias

Job: TypeAlias = Callable[[], None]


class _OurThread(Thread):
    """One that ends when the threads of others have ended."""


class Worker:
    """One thread."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[tuple[Job, Future[None]] | None] = SimpleQueue()
        self._has_ended = False
        _OurThread(target=self._work, name=name, daemon=False).start()

    def submit(self, job: Job) -> Future[None]:
        """Have `job` done after those before it. May be called in a finalizer, wherever that runs.

        Functions registered with `atexit` are called when all threads have ended: what they hand in is done here.
        """
        future: Future[None] = Future()
        self._jobs.put((job, future))
        if self._has_ended:
            self._do_rest()
        return future

    def end(self) -> None:
        """After the jobs that are there."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            _do(*item)
            del item  # a job holds what it works for
        self._has_ended = True
        self._do_rest()  # what came just before that was said

    def _do_rest(self) -> None:
        while True:
            try:
                item = self._jobs.get_nowait()
            except Empty:
                return
            if item is not None:
                _do(*item)


def _do(job: Job, future: Future[None]) -> None:
    try:
        job()
    except BaseException as error:  # noqa: BLE001  # raised to whoever asks for the result
        future.set_exception(error)
    else:
        future.set_result(None)


class Workers:
    """All of this process. MLX keeps something for every thread that ever used it, so threads are used again.

    Without a lock: garbage may be collected where it is held, and the finalizer of a client waits for another one.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked child: threads do not come along."""
        self.are_ending = False
        """Nobody is left who could read an answer."""
        self._all: list[Worker] = []
        self._free: defaultdict[str, deque[Worker]] = defaultdict(deque)

    def take(self, engine: str) -> Worker:
        """One that is free for a model of `engine`."""
        try:
            return self._free[engine].pop()
        except IndexError:
            return self._another(engine)

    def _another(self, engine: str) -> Worker:
        worker = Worker(f"dragoman-{engine}")
        self._all.append(worker)
        if self._all[0] is worker:
            _OurThread(target=self._end_with_the_program, name="dragoman-end", daemon=False).start()
        return worker

    def give(self, engine: str, worker: Worker) -> None:
        """It is free again."""
        self._free[engine].append(worker)

    def _end_with_the_program(self) -> None:
        """Its other threads are waited for at exit, and finalizers for exit come only after them.

        Any of them may still ask, also after the main one: they are waited for first.
        """
        for thread in iter(_of_the_program, None):
            thread.join()
        self.are_ending = True
        for worker in self._all:
            worker.end()


def _of_the_program() -> Thread | None:
    """A thread that keeps the program alive and is none of ours. The main one is listed also when it has ended."""
    theirs = (each for each in all_threads() if not (each.daemon or isinstance(each, _OurThread)))
    return next((each for each in theirs if each.is_alive()), None)


workers: Final = Workers()
