"""Slow start: a target that was out gets its load back little by little."""

from __future__ import annotations

from typing import Final

FIRST_SHARE: Final = 0.1
"""What a target that was left alone begins with."""


FEW: Final = 4
"""So many calls at a time are never too many to begin with."""


class Ramp:
    """From a first share to the whole, evenly, over so many seconds. Immutable.

    Attributes:
        peak: The calls at a time that it carried before it went out: the whole.
        ends: When it has its whole share again.
    """

    __slots__ = ("_began", "_first", "_seconds", "ends", "peak")

    def __init__(self, began: float, seconds: float, *, peak: int, carrying: int) -> None:
        """`carrying`: the calls under way, for what it carries already is not taken away from it again."""
        self._began = began
        self._seconds = seconds
        self._first = min(max(FIRST_SHARE, carrying / max(peak, 1)), 1.0)
        self.ends = began + seconds
        self.peak = peak

    def share(self, now: float) -> float:
        if now >= self.ends:
            return 1.0
        return self._first + (1 - self._first) * max(now - self._began, 0.0) / self._seconds

    def calls(self, now: float) -> int:
        """How many may be under way at a time."""
        return max(FEW, int(self.share(now) * self.peak))

    def reaches(self, calls: int) -> float:
        """When so many may be under way at a time."""
        return min(self._began + self._seconds * (calls / self.peak - self._first) / (1 - self._first), self.ends)
