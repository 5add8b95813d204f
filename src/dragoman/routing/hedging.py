"""A second target beside one that is slow to begin: when it is time for one, who it is, and what becomes of the slower.

With an event loop alone (`routing.racing`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.flow import Flow
from dragoman.routing.decision import Choice
from dragoman.routing.features import Features
from dragoman.routing.health import Permit
from dragoman.routing.leg import Leg
from dragoman.routing.routing import Routing
from dragoman.routing.rules import Hedge
from dragoman.routing.target import Target

T = TypeVar("T")


class Hedging(Struct, Generic[T], frozen=True, kw_only=True):
    """How a call may be asked twice.

    Attributes:
        routing: What decides.
        features: What the call is.
        hedge: When, and at what price.
        stream: Whether the caller sees the events.
        other_than: Who would be asked now if a target were not there.
        asked: The flow that asks a target.
        lost: Told of the leg that did not win, and what it failed with if it did.
    """

    routing: Routing
    features: Features
    hedge: Hedge
    stream: bool
    other_than: Callable[[Target, float], Choice]
    asked: Callable[[Target, Permit], Flow[T]]
    lost: Callable[[Leg, Exception | None], None]

    def run(self, leg: Leg) -> Flow[T]:
        """The flow that asks `leg`'s target, or that one and another when it is slow. `leg` becomes the winner."""
        flow, hedge = self.asked(leg.target, leg.permit), self.hedge
        self.routing.hedges.began()
        usual = self.routing.board[leg.target].quantile(
            hedge.quantile, whole=not self.stream, at_least=hedge.min_samples
        )
        return flow if usual is None else self._raced(leg, flow, max(usual, hedge.min_seconds))

    def _raced(self, leg: Leg, flow: Flow[T], delay: float) -> Flow[T]:
        from dragoman.routing.racing import Race  # with an event loop, which few programs have

        legs = [leg]

        def second() -> Flow[T] | None:
            other = self._other(leg.target)
            if other is None:
                return None
            legs.append(other)
            return self.asked(other.target, other.permit)

        race = Race(flow, second, delay)
        try:
            result = yield from race.run(stream=self.stream)
        except BaseException:
            for other in legs[1:]:
                self.lost(other, race.errors.get(1))
            raise
        if race.winner == 1:
            lost = replace(leg)
            leg.target, leg.permit, leg.began = legs[1].target, legs[1].permit, legs[1].began
            self.lost(lost, race.errors.get(0))
        elif race.hedged:
            self.lost(legs[1], race.errors.get(1))
        return result

    def _other(self, first: Target) -> Leg | None:
        """Who else is asked when `first` is slow, if anybody may be."""
        now = self.routing.clock()
        choice = self.other_than(first, now)
        if choice.target is None or choice.anyway or not self._is_worth_it(first, choice.target):
            return None
        permit = self.routing.board[choice.target].begin(self.features, now)
        return None if permit is None else Leg(choice.target, permit, now)

    def _is_worth_it(self, first: Target, other: Target) -> bool:
        """Whether `other` is not too dear for a hedge, and one more call may be hedged; it then counts as hedged."""
        ratio = self.hedge.max_price_ratio
        if self.routing.prices().beyond(ratio, other, first, self.features):
            return False
        return self.routing.hedges.spend(self.hedge)
