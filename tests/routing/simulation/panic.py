"""All targets fail at once: the cap on how many are left alone, and how soon it is seen that they are back."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman import errors
from dragoman.routing.features import Features
from dragoman.routing.health import HealthRules
from dragoman.routing.policies import RoundRobin
from tests.routing.simulation.traffic import Traffic, World
from tests.routing.simulation.upstreams import Answering, Failing, Upstream, steady

TARGETS = 10
RATE = 30.0
OUT, BACK, END = 20.0, 60.0, 100.0


@dataclass(frozen=True)
class Panic:
    """`most_out`: targets left alone at a time. `first_answer`, `all_well`: seconds from the end of the outage to the
    first answer, and to the end of the last call that got none. `answered`: the share of callers in each second who got one.
    """

    calls: int
    most_out: int
    first_answer: float
    all_well: float
    sent_in_outage: int
    called_in_outage: int
    called_in_a_minute: int
    answered: list[float]


def panic(seed: int, *, max_ejected_share: float) -> Panic:
    """Ten targets fail for 40 s, all at once."""
    upstreams = [
        Upstream(
            f"target {number}",
            (0, Answering(steady(0.3))),
            (OUT, Failing(lambda: errors.ProviderFailed("500", http_status=500), after=steady(0.05))),
            (BACK, Answering(steady(0.3))),
            seed=seed,
        )
        for number in range(TARGETS)
    ]
    health = HealthRules(max_ejected_share=max_ejected_share)
    world = World(RoundRobin(*(each.target for each in upstreams)), upstreams, seed=seed, health=health)
    out: list[int] = []

    def count_out(now: float) -> None:
        out.append(sum(_is_out(world, each, now) for each in upstreams))

    (calls,) = world.run(Traffic(RATE, int(RATE * END), patience=(5.0, 5.0)), each_second=count_out)
    rows = sorted(zip(calls.came, calls.took, calls.answered, strict=True))
    return Panic(
        calls=len(rows),
        most_out=max(out),
        first_answer=min(came + took for came, took, answered in rows if answered and came + took > BACK) - BACK,
        all_well=max(came + took for came, took, answered in rows if not answered) - BACK,
        sent_in_outage=sum(OUT <= at < BACK for each in upstreams for at in each.began),
        called_in_outage=sum(OUT <= came < BACK for came in calls.came),
        called_in_a_minute=sum(BACK - 60 <= came < BACK for came in calls.came),
        answered=_by_second(rows),
    )


def _is_out(world: World, upstream: Upstream, now: float) -> bool:
    refusal = world.board[upstream.target].refusal(Features(), now)
    return refusal is not None and refusal.kind == "unhealthy"


def _by_second(rows: list[tuple[float, float, int]]) -> list[float]:
    counts: dict[int, list[int]] = {}
    for came, _, answered in rows:
        counts.setdefault(int(came), []).append(answered)
    return [sum(counts.get(at, [0])) / len(counts.get(at, [0])) for at in range(int(END))]
