"""More calls than all targets allow: each of them says 429."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dragoman.routing.policies import LeastBusy
from tests.routing.simulation.traffic import Traffic, World, rate_by
from tests.routing.simulation.upstreams import Metered, Upstream, steady

TARGETS = 3
ALLOWED = 20.0
"""A second, at each."""
DEMAND = 2 * TARGETS * ALLOWED
RETRY_AFTER = 2.0
MOMENT = 0.1


@dataclass(frozen=True)
class Storm:
    """Calls in a second that targets got, in the busiest tenth of a second; and callers who came, in theirs.

    Attributes:
        refused: The share of what was sent that was answered with 429.
        answered: The share of the callers who got an answer.
        used: What part of what the targets allow was used.
        per_moment: What was sent in each tenth of a second, in calls a second.
        errors: What the other callers got.
    """

    peak: float
    peak_of_callers: float
    refused: float
    answered: float
    used: float
    per_moment: list[float]
    errors: dict[str, int]


def storm(count: int, seed: int) -> Storm:
    """Three targets that allow 20 calls a second each, and ask for 2 s of peace when there are more; callers come at
    twice that rate and wait for 10 s.
    """
    upstreams = [
        Upstream(f"target {number}", (0, Metered(steady(0.3), ALLOWED, ALLOWED, RETRY_AFTER)), seed=seed)
        for number in range(TARGETS)
    ]
    world = World(LeastBusy(*(each.target for each in upstreams)), upstreams, seed=seed)
    (calls,) = world.run(Traffic(DEMAND, count, patience=(10.0, 10.0)))
    until = max(calls.came)
    sent = sorted(at for each in upstreams for at in each.began)
    refused = sum(len(each.failed) for each in upstreams)
    return Storm(
        peak=_peak(sent, until),
        peak_of_callers=_peak(calls.came, until),
        refused=refused / len(sent),
        answered=calls.share_answered,
        used=(len(sent) - refused) / (until * TARGETS * ALLOWED),
        per_moment=rate_by(sent, MOMENT, until),
        errors=calls.errors,
    )


def _peak(times: Iterable[float], until: float) -> float:
    """In the busiest tenth of a second, the first seconds left out, in which nobody had said 429 yet."""
    return max(rate_by(times, MOMENT, until)[50:])
