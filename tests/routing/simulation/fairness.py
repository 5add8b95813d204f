"""Tenants at one target's limit, of whom one sends far more than its share."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.routing.policies import Ordered
from dragoman.routing.target import Limits
from tests.routing.simulation.traffic import Calls, Traffic, World
from tests.routing.simulation.upstreams import Answering, Upstream, steady

AT_A_TIME, SECONDS = 10, 0.2
CAPACITY = AT_A_TIME / SECONDS
FLOOD = 4 * CAPACITY
QUIET = ("one", "two", "three")
QUIET_RATE = 3.0
PATIENCE = (5.0, 5.0)


@dataclass(frozen=True)
class Tenant:
    """How its calls went: seconds to an answer for half of them, for 99 in 100 and for all; and for each 20th part."""

    calls: int
    answered: float
    median: float
    p99: float
    longest: float
    parts: tuple[float, ...]


@dataclass(frozen=True)
class Fairness:
    """`quiet`: the three who send little, together; `calm`: the same without the one who floods.

    `used`: the answers as a part of what the target could have given meanwhile; `in_vain`: the share of the calls it got
    for which their callers could not wait.
    """

    flood: Tenant
    quiet: Tenant
    calm: Tenant
    used: float
    in_vain: float


def fairness(count: int, seed: int) -> Fairness:
    """`count` calls of the one who floods, four times what the target can do; three others send 3 a second each."""
    seconds = count / FLOOD
    few = [Traffic(QUIET_RATE, int(QUIET_RATE * seconds), tenant=name, patience=PATIENCE) for name in QUIET]
    target, flooded = _run(seed, [*few, Traffic(FLOOD, count, tenant="flood", patience=PATIENCE)])
    _, calm = _run(seed, few)
    until = max(came + took for came, took in zip(flooded[-1].came, flooded[-1].took, strict=True))
    return Fairness(
        flood=_tenant(flooded[-1:]),
        quiet=_tenant(flooded[:-1]),
        calm=_tenant(calm),
        used=sum(sum(each.answered) for each in flooded) / (until * CAPACITY),
        in_vain=1 - sum(sum(each.answered) for each in flooded) / len(target.began),
    )


def _run(seed: int, traffic: list[Traffic]) -> tuple[Upstream, list[Calls]]:
    target = Upstream(
        "limited", (0, Answering(steady(SECONDS))), seed=seed, limits=Limits(concurrency=AT_A_TIME, queued=500)
    )
    return target, World(Ordered(target.target), [target], seed=seed).run(*traffic)


def _tenant(of: list[Calls]) -> Tenant:
    calls = Calls()
    for each in of:
        calls.took.extend(each.took)
        calls.answered.extend(each.answered)
    return Tenant(
        calls=len(calls.took),
        answered=calls.share_answered,
        median=calls.seconds_to_answer(0.5),
        p99=calls.seconds_to_answer(0.99),
        longest=calls.seconds_to_answer(1),
        parts=tuple(calls.seconds_to_answer(part / 20) for part in range(21)),
    )
