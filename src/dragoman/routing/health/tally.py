"""How many calls there were of late, and how many of them failed in which way."""

from __future__ import annotations

from math import inf

from dragoman.routing.health.rules import Trip
from dragoman.routing.verdict import Failure


class Tally:
    """Calls and failures in a window, to within half of it: two halves are kept, and the older is dropped whole.

    Attributes:
        streaks: By class, the failures since the last success.
        calls: Those in this half, and `edge`: when the next one begins. Until then a success is one more call, which
            who has no `streaks` may as well count himself.
    """

    __slots__ = ("_failures", "_half", "_old_calls", "_old_failures", "calls", "edge", "streaks")

    def __init__(self, window_seconds: float) -> None:
        self._half = window_seconds / 2
        self.edge = -inf
        self.streaks: dict[Failure, int] = {}
        self.clear()

    def clear(self) -> None:
        self.streaks.clear()
        self.calls = self._old_calls = 0
        self._failures: dict[Failure, int] = {}
        self._old_failures: dict[Failure, int] = {}

    def success(self, now: float) -> None:
        if now >= self.edge:
            self._turn(now)
        self.calls += 1
        if self.streaks:
            self.streaks.clear()

    def failure(self, failure: Failure, now: float) -> None:
        if now >= self.edge:
            self._turn(now)
        self.calls += 1
        self._failures[failure] = self._failures.get(failure, 0) + 1
        self.streaks[failure] = self.streaks.get(failure, 0) + 1

    def trips(self, failure: Failure, trip: Trip) -> bool:
        """Whether so many failures of the class are enough."""
        if trip.consecutive is not None and self.streaks.get(failure, 0) >= trip.consecutive:
            return True
        calls = self.calls + self._old_calls
        if trip.share is None or calls < trip.of_at_least:
            return False
        return self._failures.get(failure, 0) + self._old_failures.get(failure, 0) >= trip.share * calls

    def _turn(self, now: float) -> None:
        """Begin a new half."""
        over = now >= self.edge + self._half
        self._old_calls = 0 if over else self.calls
        self._old_failures = {} if over else self._failures
        self.calls, self._failures = 0, {}
        self.edge = now + self._half
