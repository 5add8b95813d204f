"""The cap on how many targets are left alone at once for failures of their own."""

from __future__ import annotations

from heapq import nsmallest
from math import floor
from threading import RLock
from typing import Generic, TypeVar

T = TypeVar("T")


def most_out(share: float, targets: int) -> int:
    """How many of `targets` may be out at once: `share` of them, rounded down."""
    return floor(share * targets + 1e-9)  # 0.29 of 100 is 28.999999999999996


class Ejections(Generic[T]):
    """Which targets are out, and which of those are spared: asked all the same, since too many are out.

    When everything fails at once the fault is as likely ours or the network's, and nobody left to ask is worse than
    one that may fail.

    Attributes:
        spared: Those that would come back soonest, of what is out beyond the cap. Replaced as a whole, so that it can
            be read without the lock.
    """

    __slots__ = ("_lock", "_most", "_until", "spared")

    def __init__(self, most: int) -> None:
        self._most = most
        self._until: dict[T, float] = {}
        self._lock = RLock()
        self.spared: frozenset[T] = frozenset()

    def put_out(self, target: T, until: float) -> None:
        """`target` is out until then, or until `put_back`."""
        with self._lock:
            self._until[target] = until
            self._spare()

    def put_back(self, target: T) -> None:
        with self._lock:
            self._until.pop(target, None)
            self._spare()

    def _spare(self) -> None:
        beyond = len(self._until) - self._most
        if beyond > 0:
            self.spared = frozenset(nsmallest(beyond, self._until, key=self._until.__getitem__))
        elif self.spared:
            self.spared = frozenset()
