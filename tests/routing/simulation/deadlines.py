"""Callers in a hurry, among targets that hang, fail, are slow, say 429, and have limits."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman import errors
from dragoman.routing.policies import LeastBusy, Ordered
from dragoman.routing.rules import Hedge, RouteRules
from dragoman.routing.target import Limits
from tests.routing.simulation.traffic import Traffic, World
from tests.routing.simulation.upstreams import Answering, Failing, Metered, Upstream, lognormal, steady

RATE = 60.0


@dataclass(frozen=True)
class Deadlines:
    """`late`: the most by which a call ended after its deadline, in seconds. `at_deadline`: how many ended with it."""

    calls: int
    late: float
    answered: float
    errors: dict[str, int]


def deadlines(count: int, seed: int, *, hedge: Hedge | None) -> Deadlines:
    """Callers who wait 0.2 to 5 s."""
    broken = Failing(
        lambda: errors.ConnectFailed("refused"),
        lambda: errors.TimedOut("silent", phase="first_byte"),
        lambda: errors.ProviderFailed("500", http_status=500),
        lambda: errors.Overloaded("busy", http_status=503, retry_after_seconds=1.5),
        lambda: errors.RateLimited("slow down", http_status=429, retry_after_seconds=30),
        after=lognormal(0.3, 1.0),
        share=0.4,
    )
    upstreams = [
        Upstream("broken", (0, broken), seed=seed),
        Upstream("hanging", (0, Answering(lognormal(0.5, 0.5, stalls=0.1, stalled=1000))), seed=seed),
        Upstream("metered", (0, Metered(steady(0.3), 10, 10, 2)), seed=seed),
        Upstream("limited", (0, Answering(steady(0.3))), seed=seed, limits=Limits(concurrency=4, queued=100)),
        Upstream("counted", (0, Answering(steady(0.3))), seed=seed, limits=Limits(requests_per_minute=300, queued=100)),
    ]
    policy = Ordered(LeastBusy(*(each.target for each in upstreams[:3])), *(each.target for each in upstreams[3:]))
    world = World(policy, upstreams, seed=seed, rules=RouteRules(hedge=hedge))
    (calls,) = world.run(Traffic(RATE, count, patience=(0.2, 5.0)))
    return Deadlines(calls=count, late=calls.late, answered=calls.share_answered, errors=calls.errors)
