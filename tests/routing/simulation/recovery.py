"""An outage of the preferred target, and how its traffic comes back to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from dragoman.routing.health import HealthRules
from dragoman.routing.policies import Ordered
from tests.routing.simulation.dead import refused
from tests.routing.simulation.traffic import Traffic, World, rate_by
from tests.routing.simulation.upstreams import Answering, Failing, Upstream, Warming, steady

RATE = 40.0
OUT_AT = 20.0
BUCKET = 2.0


@dataclass(frozen=True)
class Recovery:
    """After an outage.

    Attributes:
        first_answer: Seconds from its end to the first answer of the target that was out.
        whole: Seconds from its end until it has 95 % of the traffic for good.
        failures: What failed there from its end on: it came back cold.
        unanswered: The callers who got no answer, in the whole time.
        share: Of the traffic that it had, in each two seconds.
    """

    calls: int
    outage: float
    slow_start: float
    first_answer: float
    whole: float
    failures: int
    unanswered: int
    share: list[float]


@cache
def recovery(seed: int, *, outage: float, slow_start: float, after: float = 90.0) -> Recovery:
    """The preferred target refuses connections for `outage` seconds, and must warm up when it is back: of its twelve
    calls at a time it can do four at first, and one more each second.
    """
    back = OUT_AT + outage
    upstreams = [
        Upstream(
            "preferred",
            (0, Answering(steady(0.3))),
            (OUT_AT, Failing(refused, after=steady(0.02))),
            (back, Warming(steady(0.3))),
            seed=seed,
        ),
        Upstream("other", (0, Answering(steady(0.3))), seed=seed),
    ]
    preferred, _ = upstreams
    world = World(
        Ordered(*(each.target for each in upstreams)),
        upstreams,
        seed=seed,
        health=HealthRules(slow_start_seconds=slow_start),
    )
    (calls,) = world.run(Traffic(RATE, int(RATE * (back + after))))
    until = max(calls.came)
    ours, all_ = (rate_by(times, BUCKET, until)[:-1] for times in (preferred.began, calls.came))
    share = [min(one / other, 1.0) for one, other in zip(ours, all_, strict=True)]
    less = [number for number, each in enumerate(share) if each < 0.95]
    return Recovery(
        calls=len(calls.came),
        outage=outage,
        slow_start=slow_start,
        first_answer=min(at for at in preferred.began if at >= back) + 0.3 - back,
        whole=(less[-1] + 1) * BUCKET - back,
        failures=sum(at >= back for at in preferred.failed),
        unanswered=calls.answered.count(0),
        share=share,
    )


def share_while_starting(seed: int, *, slow_start: float) -> float:
    """Of the traffic that is a healthy target's, what it had in the middle half of its slow start."""
    back = OUT_AT + 10.0
    upstreams = [
        Upstream(
            "preferred",
            (0, Answering(steady(0.3))),
            (OUT_AT, Failing(refused, after=steady(0.02))),
            (back, Answering(steady(0.3))),
            seed=seed,
        ),
        Upstream("other", (0, Answering(steady(0.3))), seed=seed),
    ]
    preferred, _ = upstreams
    policy, health = Ordered(*(each.target for each in upstreams)), HealthRules(slow_start_seconds=slow_start)
    (calls,) = World(policy, upstreams, seed=seed, health=health).run(
        Traffic(RATE, int(RATE * (back + 2 * slow_start)))
    )
    begins = min(at for at in preferred.began if at >= back)
    middle = (begins + slow_start / 4, begins + 3 * slow_start / 4)
    ours, all_ = (sum(middle[0] <= at < middle[1] for at in times) for times in (preferred.began, calls.came))
    return ours / all_
