"""Policies that compare their members: by load, by latency, by price, by ability."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Any

from dragoman.routing.fitting import surely_fits, unfit
from dragoman.routing.policies.base import Member, Policy, Score, Situation, targets_of
from dragoman.routing.prices import PriceSheet, answer_tokens
from dragoman.routing.target import Target


class LeastBusy(Policy):
    """Of two by lot the one with fewer calls in flight for its weight.

    Two, not all: callers who all saw the same one idle would all go there, and a choice of two spreads load nearly as
    well (Mitzenmacher, "The power of two choices in randomized load balancing", 2001) at a cost that does not grow.
    """

    measure = "{} in flight for its weight"

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        def load(member: Member) -> float:
            return _in_flight(member, situation) / member.weight if member.weight else inf

        return _best_of_two(self.members, load, situation.random)


class Fastest(Policy):
    """Of two by lot the one that would begin its answer sooner: its latency of late, times the calls it has in flight.

    Of whom nothing is known is tried, by one call at a time.
    """

    measure = "{} s"

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        def wait(member: Member) -> float:
            return _wait(member, situation)

        return _best_of_two(self.members, wait, situation.random)


class Cheapest(Policy):
    """The one that costs least for this request, by the prices of the day; then the next. Unknown prices come last.

    A policy costs what its cheapest target does.
    """

    measure = "${}"

    def __init__(self, *members: Any, name: str = "", weight: float = 1.0) -> None:
        super().__init__(*members, name=name, weight=weight)
        self._sheet: PriceSheet | None = None

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        first, price = self._cheapest(situation)
        if first is not None:
            yield self.members[first], price
        costs = [_price(member, situation) for member in self.members]
        for place in sorted(range(len(costs)), key=costs.__getitem__):
            if place != first:
                yield self.members[place], _known(costs[place])

    def _cheapest(self, situation: Situation) -> tuple[int | None, float]:
        """The place of the cheapest target and its price, without looking at all of them."""
        features, prices = situation.features, situation.prices
        if features.model is not None:
            return None, inf
        sheet = self._sheet
        if sheet is None or sheet.prices is not prices:
            sheet = self._sheet = PriceSheet(prices, [targets_of(member) for member in self.members])
        return sheet.cheapest(features.input_tokens, answer_tokens(features))


class Capable(Policy):
    """In order, those that are known to be able to do it before those of whom it is not known."""

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        later: list[tuple[Member, str]] = []
        for member in self.members:
            ability = _ability(member, situation)
            if ability == _KNOWN:
                yield member, ability
            else:
                later.append((member, ability))
        for ability in (_UNKNOWN, _UNABLE):
            yield from (each for each in later if each[1] == ability)


# ---------------------------------------------------------------------- two choices


def _best_of_two(
    members: Sequence[Member], cost: Callable[[Member], float], random: Callable[[], float]
) -> Iterator[tuple[Member, Score]]:
    """Again and again two of those left, by lot, and of them the one that costs less."""
    left = list(members)
    while len(left) > 1:
        place, other = _two_places(len(left), random)
        score, its = cost(left[place]), cost(left[other])
        if its < score:
            place, score = other, its
        left[place], left[-1] = left[-1], left[place]
        yield left.pop(), score
    yield left[0], cost(left[0])


def _two_places(count: int, random: Callable[[], float]) -> tuple[int, int]:
    """Two different places, in any order."""
    first, second = int(random() * count), int(random() * (count - 1))
    return first, second + (second >= first)


def _in_flight(member: Member, situation: Situation) -> float:
    """Calls in flight; at a policy, for each of its targets."""
    board = situation.board
    if isinstance(member, Target):
        return board[member].in_flight
    targets = member.targets()
    return sum(board[target].in_flight for target in targets) / len(targets)


def _wait(member: Member, situation: Situation) -> float:
    """Seconds; a policy is as fast as the fastest of its targets."""
    if not isinstance(member, Target):
        return min(_wait(target, situation) for target in member.targets())
    standing = situation.board[member]
    whole = "stream" not in situation.features.needs
    busy, latency = standing.in_flight, standing.latency(situation.now, whole=whole)
    if latency is None:
        return inf if busy else 0.0
    return latency * (1 + busy)


# ---------------------------------------------------------------------- prices


def _price(member: Member, situation: Situation) -> float:
    targets = targets_of(member)
    prices = [situation.prices.of(target, situation.features) for target in targets]
    return min((price for price in prices if price is not None), default=inf)


def _known(price: float) -> Score:
    return "price not known" if price == inf else price


# ---------------------------------------------------------------------- ability

_KNOWN, _UNKNOWN, _UNABLE = "known to be able", "not known to be able", "not able"


def _ability(member: Member, situation: Situation) -> str:
    """A policy can do what the ablest of its targets can."""
    features, ability = situation.features, _UNABLE
    for target in targets_of(member):
        if unfit(target, features) is None:
            if surely_fits(target, features):
                return _KNOWN
            ability = _UNKNOWN
    return ability
