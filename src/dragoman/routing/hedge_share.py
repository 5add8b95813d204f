"""How many calls may be hedged."""

from __future__ import annotations

from threading import Lock

from dragoman.routing.rules import Hedge


class HedgeShare:
    """How many calls there were, and how many of them were asked twice."""

    __slots__ = ("_calls", "_hedged", "_lock")

    def __init__(self) -> None:
        self._calls = self._hedged = 0
        self._lock = Lock()

    def began(self) -> None:
        """Count a call."""
        with self._lock:
            self._calls += 1

    def spend(self, hedge: Hedge) -> bool:
        """Whether one more call may be asked twice; it then counts as one."""
        with self._lock:
            if self._hedged + 1 > hedge.max_share * self._calls:
                return False
            self._hedged += 1
            return True
