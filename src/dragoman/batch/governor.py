"""How many rows may be asked at once: as many as was said, fewer while the provider refuses them."""

from __future__ import annotations

from typing import Final

_PAUSE_SECONDS: Final = 0.25
"""The pause after a second refusal with no answer between, where none says when to come again; then it doubles."""
_LONGEST_PAUSE_SECONDS: Final = 60.0


class Governor:
    """Additive increase, multiplicative decrease, between 1 and `most`. It knows no clock: times are given.

    Refusals that answer what was sent before the last decrease are of the same jam, and count once. A pause holds for
    everybody, and is never shortened.
    """

    __slots__ = ("_in_a_row", "_limit", "_lowered_at", "_resume_at", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self._limit = float(most)
        self._lowered_at = float("-inf")
        self._resume_at = float("-inf")
        self._in_a_row = 0

    @property
    def limit(self) -> int:
        """How many at once, now."""
        return int(self._limit)

    def pause_left(self, now: float) -> float:
        """Seconds until anything may be sent."""
        return max(self._resume_at - now, 0.0)

    def answered(self) -> None:
        """One was answered: a whole round of answers makes room for one more."""
        self._in_a_row = 0
        self._limit = min(self._limit + 1 / self._limit, float(self.most))

    def refused(self, sent_at: float, now: float, retry_after_seconds: float | None) -> None:
        """One was refused for being too many. Who is told when to come again obeys, and so do all others."""
        if retry_after_seconds is not None:
            self.hold_until(now + retry_after_seconds)
        if sent_at <= self._lowered_at:
            return
        self._lowered_at = now
        self._limit = max(self._limit / 2, 1.0)
        if retry_after_seconds is None and self._in_a_row:
            self.hold_until(now + min(_PAUSE_SECONDS * 2.0 ** (self._in_a_row - 1), _LONGEST_PAUSE_SECONDS))
        self._in_a_row = min(self._in_a_row + 1, 10)

    def hold_until(self, moment: float) -> None:
        """Send nothing before then."""
        self._resume_at = max(self._resume_at, moment)
