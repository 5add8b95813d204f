"""The slowest answers, with hedging and without."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.routing.policies import LeastBusy
from dragoman.routing.rules import Hedge, RouteRules
from tests.routing.simulation.traffic import Traffic, World
from tests.routing.simulation.upstreams import Answering, Upstream, lognormal

RATE = 20.0
SHARES = (0.5, 0.9, 0.95, 0.98, 0.99, 0.999)


@dataclass(frozen=True)
class Hedging:
    """`seconds`: within which the share of `SHARES` was answered. `extra`: calls sent beyond one for each caller."""

    seconds: dict[float, float]
    extra: float
    answered: float


def hedging(count: int, seed: int, *, hedge: Hedge | None) -> Hedging:
    """Two targets that answer in 0.4 s as a rule; two calls in a hundred stall and take ten times as long."""
    usual = lognormal(0.4, 0.3, stalls=0.02, stalled=10)
    upstreams = [Upstream(name, (0, Answering(usual)), seed=seed) for name in ("a", "b")]
    world = World(LeastBusy(*(each.target for each in upstreams)), upstreams, seed=seed, rules=RouteRules(hedge=hedge))
    (calls,) = world.run(Traffic(RATE, count))
    return Hedging(
        seconds={share: calls.seconds_to_answer(share) for share in SHARES},
        extra=(sum(len(each.began) for each in upstreams) - count) / count,
        answered=calls.share_answered,
    )
