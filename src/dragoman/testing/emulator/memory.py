"""Everything an emulator remembers: what waits for calls, what was asked, what was answered."""

from __future__ import annotations

from threading import Condition
from typing import Any

from dragoman.testing.emulator.bill import BillLine, Ledger
from dragoman.testing.emulator.faults import Faults
from dragoman.testing.emulator.http import HttpCall
from dragoman.testing.emulator.journal import Journal, SeenRequest
from dragoman.testing.emulator.script import Script
from dragoman.testing.emulator.settings import Settings
from dragoman.testing.rules import RuleModel, dice


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
            for part in (self.script, self.faults, self.journal, self.ledger):
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
