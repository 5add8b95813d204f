"""What a key has sent in the last minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

WINDOW: Final = 61
"""Seconds that count, the running one among them: what is counted by the second is a minute old only after that."""


class Second(Struct, eq=False):
    """What was sent in one second, and what of it is written."""

    tick: int
    requests: int
    tokens: int
    written_requests: int
    written_tokens: int


class Traffic:
    """A sliding minute, counted by the second: never less than the truth.

    Ticks are seconds of a clock that nobody sets. What is later than now is of an earlier start of the machine, and
    counts as now.

    Attributes:
        tick: When it was brought to now.
        changed: The seconds that are no longer as they were written.
    """

    __slots__ = ("_seconds", "changed", "requests", "tick", "tokens")

    def __init__(self, rows: Iterable[tuple[int, int, int]], tick: int) -> None:
        self._seconds = deque(Second(tick, requests, tokens, requests, tokens) for tick, requests, tokens in rows)
        self.requests = sum(second.requests for second in self._seconds)
        self.tokens = sum(second.tokens for second in self._seconds)
        self.tick = tick
        self.changed: set[Second] = set()

    def advance(self, tick: int) -> None:
        """Forget what is a minute old."""
        self.tick = tick
        seconds = self._seconds
        while seconds and seconds[0].tick <= tick - WINDOW:
            gone = seconds.popleft()
            self.requests -= gone.requests
            self.tokens -= gone.tokens

    def add(self, tick: int, requests: int, tokens: int) -> None:
        """Count what is sent now."""
        seconds = self._seconds
        if not seconds or seconds[-1].tick < tick:
            seconds.append(Second(tick, 0, 0, 0, 0))
        newest = seconds[-1]
        newest.requests += requests
        newest.tokens += tokens
        self.requests += requests
        self.tokens += tokens
        self.changed.add(newest)

    def correct(self, tick: int, now: int, tokens: int) -> None:
        """A call that was sent at `tick` used so many tokens more than were counted then, or fewer.

        What is more counts as of now; what is less is taken back where that is not a minute ago.
        """
        if tokens > 0:
            self.add(now, 0, tokens)
            return
        for second in reversed(self._seconds):
            if second.tick == tick:
                second.tokens += tokens
                self.tokens += tokens
                self.changed.add(second)
                return

    def seconds_until(self, *, requests: float, tokens: float, now: float) -> float:
        """How long until no more than so much counts, if nothing is sent before."""
        requests_left, tokens_left = self.requests - requests, self.tokens - tokens
        for second in self._seconds:
            requests_left -= second.requests
            tokens_left -= second.tokens
            if requests_left <= 0 and tokens_left <= 0:
                return max(second.tick + WINDOW - now, 0.0)
        return float(WINDOW)
