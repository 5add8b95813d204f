"""Policies that look at nothing but their members: in order, in turn, by lot."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from math import log
from threading import Lock
from typing import Any, TypeVar

from dragoman.errors import ConfigurationError
from dragoman.routing.policies.base import Member, Policy, Score, Situation
from dragoman.routing.target import Target

T = TypeVar("T")


class Ordered(Policy):
    """The first that may be asked: a chain of fallbacks."""

    def __init__(self, *members: Any, name: str = "", weight: float = 1.0) -> None:
        super().__init__(*members, name=name, weight=weight)
        self._ranked: tuple[tuple[Member, Score], ...] = tuple((member, None) for member in self.members)

    def ranked(self, situation: Situation) -> Iterable[tuple[Member, Score]]:  # noqa: ARG002  # the same for all
        return self._ranked

    @property
    def foremost(self) -> Target | None:
        if not self._is_plain:
            return None
        first = self.members[0]
        return first if isinstance(first, Target) else first.foremost

    @property
    def names_all(self) -> bool:
        return self._is_plain and all(isinstance(member, Target) or member.names_all for member in self.members)

    @property
    def _is_plain(self) -> bool:
        """Whether no kind of it that somebody has made ranks otherwise."""
        kind = type(self)
        return kind.ranked is Ordered.ranked and kind.order is Policy.order


class Random(Policy):
    """Any, all as likely."""

    def ranked(self, situation: Situation) -> Iterable[tuple[Member, Score]]:
        return ((member, None) for member in shuffled(self.members, situation.random))


class RoundRobin(Policy):
    """Each in turn. Who is passed over has had its turn, so that the others go on sharing evenly."""

    def __init__(self, *members: Any, name: str = "", weight: float = 1.0) -> None:
        super().__init__(*members, name=name, weight=weight)
        self._turn = 0
        self._lock = Lock()

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        count = len(self.members)
        turn = self._turn % count
        for offset in range(count):
            if situation.moves:
                turn = self._take(turn, first=offset == 0)
            yield self.members[turn], None
            turn = (turn + 1) % count

    def _take(self, turn: int, *, first: bool) -> int:
        """Take a turn: the next one of all callers at first, then those that follow it."""
        with self._lock:
            taken = self._turn % len(self.members) if first else turn
            self._turn = taken + 1
            return taken


class Weighted(Policy):
    """By lot, each as likely as its weight says; of those left when one is passed over, likewise.

    The weight is the `weight` of the target or policy. A weight of 0 is for when all others are passed over.
    """

    measure = "weight {}"

    def __init__(self, *members: Any, name: str = "", weight: float = 1.0) -> None:
        super().__init__(*members, name=name, weight=weight)
        self._up_to = list(accumulate(member.weight for member in self.members))
        if not self._up_to[-1]:
            raise ConfigurationError("Weighted: at least one member needs a weight above 0")

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        drawn = bisect_right(self._up_to, situation.random() * self._up_to[-1])
        first = self.members[min(drawn, len(self.members) - 1)]  # rounding may carry the product to the sum itself
        yield first, first.weight
        others = [member for member in self.members if member is not first]
        for member in by_lot(others, situation.random):
            yield member, member.weight


def by_lot(members: Sequence[Member], random: Callable[[], float]) -> list[Member]:
    """All of them, each time one of those left with a chance as great as its weight.

    Each is given a waiting time, exponential with its weight as the rate: the soonest is such a draw, and so is the
    next of the rest (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    """

    def place(member: Member) -> tuple[bool, float]:
        wait = -log(1 - random())
        return (False, wait / member.weight) if member.weight else (True, wait)

    return sorted(members, key=place)


def shuffled(members: Sequence[T], random: Callable[[], float]) -> Iterator[T]:
    """All of them in any order, each drawn when it is asked for."""
    left = list(members)
    while left:
        place = int(random() * len(left))
        left[place], left[-1] = left[-1], left[place]
        yield left.pop()
