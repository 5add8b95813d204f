"""Everything an emulator remembers: what waits for calls, what was asked, what was answered."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from threading import Condition, Lock
from typing import Any

from dragoman.testing.emulator.bill import BillLine, Ledger
from dragoman.testing.emulator.faults import Faults
from dragoman.testing.emulator.http import HttpCall
from dragoman.testing.emulator.idempotency import Kept
from dragoman.testing.emulator.journal import Journal, SeenRequest
from dragoman.testing.emulator.script import Script
from dragoman.testing.emulator.settings import Settings
from dragoman.testing.rules import RuleModel, dice


class Gate:
    """Where answers wait. `release`, from any thread, lets the longest waiting go on, else the next that comes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._permits = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = deque()

    def release(self) -> None:
        with self._lock:
            if not self._waiting:
                self._permits += 1
                return
            loop, bell = self._waiting.popleft()
        loop.call_soon_threadsafe(bell.set)

    async def wait(self) -> None:
        with self._lock:
            if self._permits:
                self._permits -= 1
                return
            waiting = asyncio.get_running_loop(), asyncio.Event()
            self._waiting.append(waiting)
        try:
            await waiting[1].wait()
        finally:
            with self._lock, suppress(ValueError):  # it was let go
                self._waiting.remove(waiting)

    def clear(self) -> None:
        """Forget what was let go in advance."""
        with self._lock:
            self._permits = 0


class Memory:
    """Written in the emulator's thread, read from any. `changed` is notified of each request and each bill line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = RuleModel(settings.seed)
        self.script = Script()
        self.faults = Faults(dice(settings.seed, "faults").random)
        self.journal = Journal(settings.keep_requests)
        self.ledger = Ledger()
        self.mistakes: list[Exception] = []
        self.gate = Gate()
        self.kept = Kept(settings.idempotency_header)
        self.changed = Condition()

    def note(self, call: HttpCall) -> SeenRequest:
        with self.changed:
            seen = self.journal.note(call)
            self.changed.notify_all()
        return seen

    def write(self, line: BillLine) -> None:
        with self.changed:
            self.ledger.write(line)
            self.changed.notify_all()

    def reset(self) -> None:
        """Forget everything; the seed begins anew."""
        with self.changed:
            for part in (self.script, self.faults, self.journal, self.ledger, self.gate, self.kept):
                part.clear()
            self.faults.chance = dice(self.settings.seed, "faults").random
            self.model.forget()

    def shown(self) -> dict[str, Any]:
        """The state as JSON."""
        return {
            "seed": self.settings.seed,
            "requests": self.journal.count,
            "billed": len(self.ledger),
            "script": len(self.script),
            "faults": self.faults.list(),
            "mistakes": [f"{type(mistake).__name__}: {mistake}" for mistake in self.mistakes],
        }
