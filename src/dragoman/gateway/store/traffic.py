"""What a key has sent in the last minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

WINDOW: Final = 61
"""Seconds that count, the running one among them: what is counted by the second is a minute old only after that."""


class Second:
    """What was sent in one second."""

    __slots__ = ("requests", "tick", "tokens")

    def __init__(self, tick: int, requests: int, tokens: int) -> None:
        self.tick = tick
        self.requests = requests
        self.tokens = tokens


class Traffic:
    """A sliding minute, counted by the second: never less than the truth.

    Ticks are seconds of a clock that nobody sets. What is later than now is of an earlier start of the machine, and
    counts as now.
    """

    __slots__ = ("_seconds", "requests", "tokens")

    def __init__(self, rows: Iterable[tuple[int, int, int]]) -> None:
        self._seconds = deque(Second(*row) for row in rows)
        self.requests = sum(second.requests for second in self._seconds)
        self.tokens = sum(second.tokens for second in self._seconds)

    def advance(self, tick: int) -> None:
        """Forget what is a minute old."""
        seconds = self._seconds
        while seconds and seconds[0].tick <= tick - WINDOW:
            gone = seconds.popleft()
            self.requests -= gone.requests
            self.tokens -= gone.tokens

    def add(self, tick: int, requests: int, tokens: int) -> None:
        """Count what is sent now."""
        if not self._seconds or self._seconds[-1].tick < tick:
            self._seconds.append(Second(tick, 0, 0))
        newest = self._seconds[-1]
        newest.requests += requests
        newest.tokens += tokens
        self.requests += requests
        self.tokens += tokens

    def take_back(self, tick: int, tokens: int) -> bool:
        """Count fewer tokens for what was sent at `tick`. False: that is a minute old."""
        for second in reversed(self._seconds):
            if second.tick == tick:
                second.tokens -= tokens
                self.tokens -= tokens
                return True
        return False

    def seconds_until(self, *, requests: float, tokens: float, now: float) -> float:
        """How long until no more than so much counts, if nothing is sent before."""
        requests_left, tokens_left = self.requests - requests, self.tokens - tokens
        for second in self._seconds:
            requests_left -= second.requests
            tokens_left -= second.tokens
            if requests_left <= 0 and tokens_left <= 0:
                return max(second.tick + WINDOW - now, 0.0)
        return float(WINDOW)
