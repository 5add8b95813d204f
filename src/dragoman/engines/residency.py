"""Which models are in memory: each once, however many clients use it; the least recently used go when room is needed.

A model has a thread of its own, in which it is loaded, used and closed: some libraries bind what they make to a thread,
and none of them runs two answers of one model at a time.
"""

from __future__ import annotations

import gc
import logging
import os
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final, TypeAlias

from dragoman.engines.base import Engine, LoadedModel, ModelFiles
from dragoman.engines.memory import available_bytes, return_freed, total_bytes, written_size
from dragoman.engines.turn import Turn
from dragoman.engines.workers import workers
from dragoman.errors import ConnectionLost, NotEnoughMemory

_logger: Final = logging.getLogger("dragoman")
_OVERHEAD: Final = 1.2
"""What a loaded model takes, as a multiple of its weights on disk: the cache of keys and values is in memory too."""
_SHARE: Final = 0.8
"""Of all memory, what models may take unless the caller says."""


def needed_bytes(files: ModelFiles) -> int:
    """About how much memory the model takes."""
    return int(files.size_bytes * _OVERHEAD)


Key: TypeAlias = tuple[str, Path]
Job: TypeAlias = Callable[[LoadedModel, float], None]
"""What is done with a model; the second argument is how long it took to load for this job, in seconds."""
Failed: TypeAlias = Callable[[BaseException], None]
Wanted: TypeAlias = Callable[[], bool]
"""Whether anybody still waits for a job: for what nobody wants no model is loaded."""


class Resident:
    """A model that is in memory, or on its way there."""

    def __init__(self, engine: Engine, files: ModelFiles, wait_for: Sequence[Future[None]] = ()) -> None:
        self.engine = engine
        self.files = files
        self.needed_bytes = needed_bytes(files)
        self.used_at = monotonic()
        self.jobs = 0
        """How many are waiting or running."""
        self.users: weakref.WeakSet[object] = weakref.WeakSet()
        self.closing: Future[None] | None = None
        """Done when the memory is free, once it is to be freed."""
        self._wait_for = wait_for
        self._model: LoadedModel | None = None
        self._thread = workers.take(engine.name)

    @property
    def key(self) -> Key:
        return self.engine.name, self.files.path

    def submit(self, job: Job, wanted: Wanted) -> Future[None]:
        """Run `job` in the model's thread, after those before it."""
        return self._thread.submit(partial(self._run, job, wanted))

    def _run(self, job: Job, wanted: Wanted) -> None:
        started = monotonic()
        if self._model is None:
            for leaving in self._wait_for:
                leaving.result()
            if not wanted():
                raise ConnectionLost("nobody waits for the answer")
            self._model = self.engine.load(self.files)
            job(self._model, monotonic() - started)
        else:
            job(self._model, 0.0)

    def close(self) -> Future[None]:
        """Free the memory, after the jobs that are there. The future is done when it is free."""
        self.closing = self.closing or self._thread.submit(self._close)
        return self.closing

    def _close(self) -> None:
        model, self._model = self._model, None
        try:
            if model is not None:
                model.close()
        except Exception as error:  # noqa: BLE001  # whatever a library raises; nobody who waits here can mend it
            _logger.warning("`%s` did not close well, and may have kept memory: %r", self.files.name, error)
        finally:
            workers.give(self.engine.name, self._thread)
        del model
        gc.collect()
        return_freed()

    def __repr__(self) -> str:
        state = "in use" if self.jobs else "idle"
        return f"<{self.engine.name}/{self.files.name} about {written_size(self.needed_bytes)}, {state}>"


class Residency:
    """The models in memory, within a limit. Used by any number of threads."""

    def __init__(self, limit_bytes: int | None = None) -> None:
        self._limit = limit_bytes
        self._models: dict[Key, Resident] = {}
        self._leaving: list[Resident] = []
        self._turn = Turn(self._close_unused)

    @property
    def limit_bytes(self) -> int:
        """How much all models together may take: what was set, else 80 % of this machine's memory."""
        return int(total_bytes() * _SHARE) if self._limit is None else self._limit

    @limit_bytes.setter
    def limit_bytes(self, limit: int | None) -> None:
        self._limit = limit

    def models(self) -> list[Resident]:
        """Those in memory, the least recently used first."""
        with self._turn.held():
            return sorted(self._models.values(), key=lambda model: model.used_at)

    def run(self, engine: Engine, files: ModelFiles, user: object, job: Job, *, failed: Failed, wanted: Wanted) -> None:
        """Run `job` with a model for `user`, in the model's thread; what goes wrong there goes to `failed`.

        Idle models make room for it. Raises `NotEnoughMemory` when that is not enough.
        """
        with self._turn.held():
            resident = self._models.get((engine.name, files.path))
            if resident is None:
                resident = Resident(engine, files, self._make_room(files))
                self._models[resident.key] = resident
            resident.users.add(user)
            resident.used_at = monotonic()
            resident.jobs += 1
            future = resident.submit(job, wanted)
        future.add_done_callback(lambda future: self._done(resident, future, failed))

    def leave(self, user: object, *, wait: bool = True) -> None:
        """`user` needs its models no more: what nobody else uses is freed, at the return if it is waited for.

        Not waited for is what a caller's own finalizer asks for in the midst of another call.
        """
        for model in list(self._models.values()):
            model.users.discard(user)
        if self._turn.is_mine:
            self.sweep()
            return
        with self._turn.held():
            closing = self._close_unused()
        for future in closing if wait else ():
            future.result()

    def sweep(self) -> None:
        """Free what no client uses any more, without waiting for anything. Finalizers may call it."""
        self._turn.ask()

    def _close_unused(self) -> list[Future[None]]:
        return self._put_out([model for model in self._models.values() if not model.users])

    def _put_out(self, gone: Sequence[Resident]) -> list[Future[None]]:
        """Have models closed, also those that are leaving already."""
        for model in gone:
            if model.closing is None:
                del self._models[model.key]
                self._leaving.append(model)
        return [model.close() for model in gone]

    def _done(self, resident: Resident, future: Future[None], failed: Failed) -> None:
        with self._turn.held():
            resident.jobs -= 1
            resident.used_at = monotonic()
        error = future.exception()
        if error is not None:
            failed(error)

    def _make_room(self, files: ModelFiles) -> list[Future[None]]:
        """Put out what must go for `files`: what is to be waited for before those are loaded.

        Raises `NotEnoughMemory`, and then nothing goes.
        """
        needed = needed_bytes(files)
        self._leaving = [model for model in self._leaving if model.closing and not model.closing.done()]
        used = sum(model.needed_bytes for model in (*self._leaving, *self._models.values()))
        left = min(self.limit_bytes - used, available_bytes())
        gone: list[Resident] = []
        for model in (*self._leaving, *(model for model in self.models() if not model.jobs)):
            if needed <= left:
                break
            gone.append(model)
            left += model.needed_bytes
        if needed > left:
            raise NotEnoughMemory(
                f"`{files.name}` needs about {written_size(needed)} of memory, and {written_size(max(left, 0))} is left"
            )
        for model in gone:
            _logger.info("`%s` leaves memory to make room for `%s`", model.files.name, files.name)
        return self._put_out(gone)

    def forget_all(self) -> None:
        """In a forked child: threads do not come along, so there is no model that could be used."""
        self._models, self._leaving, self._turn = {}, [], Turn(self._close_unused)
        workers.forget()


residency: Final = Residency()
"""Of this process. Set `residency.limit_bytes` for another limit."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=residency.forget_all)
