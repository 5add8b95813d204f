"""How many further tries there may be, so that they do not multiply the load on what is down."""

from __future__ import annotations

from threading import RLock
from typing import Final

from dragoman.routing.health.rules import RetryBudgetRules
from dragoman.routing.limits.window import GRAINS, SlidingSum

_WITHIN: Final = GRAINS / (GRAINS + 1)
"""A window that counts bookings a grain too long counts none that is older than one this much longer."""


class RetryBudget:
    """Further tries (again here, elsewhere, hedges) as a share of the calls begun in a sliding window.

    In no window there are more further tries than the larger of that share and the minimum.
    """

    __slots__ = ("_begun", "_floor", "_lock", "_spent", "rules")

    def __init__(self, rules: RetryBudgetRules = RetryBudgetRules()) -> None:  # noqa: B008  # frozen
        self.rules = rules
        self._begun = SlidingSum(rules.window_seconds * _WITHIN)  # never more than the truth
        self._spent = SlidingSum(rules.window_seconds)  # never less
        self._floor = rules.minimum_per_second * rules.window_seconds
        self._lock = RLock()  # a generator that is collected may end its call in the midst of another

    def began(self, now: float) -> None:
        """A call began: the caller's, not one of its tries."""
        with self._lock:
            begun = self._begun
            newest = begun.newest
            # Of nearly every call, and so what `add` would do without its frame
            if newest is not None and newest.last <= now < newest.first + begun.grain:
                newest.amount += 1
                newest.last = now
                begun.total += 1
            else:
                begun.add(1, now)

    def may_retry(self, now: float) -> bool:
        """Whether there may be a further try; if so, it is spent."""
        with self._lock:
            allowed = max(self.rules.share * self._begun.at(now), self._floor)
            if self._spent.at(now) + 1 > allowed:
                return False
            self._spent.add(1, now)
            return True
