"""A router among targets that fail, are slow and recover, by a seeded scheduler on virtual time.

Some 65,000 calls, and 100,000 more for memory; ten times as many, and other seeds, in `soak`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dragoman.routing.rules import Hedge
from tests.routing.simulation.dead import Load, all_dead, dead_alone, dead_first
from tests.routing.simulation.deadlines import deadlines
from tests.routing.simulation.fairness import fairness
from tests.routing.simulation.hedged import hedging
from tests.routing.simulation.memory import growth
from tests.routing.simulation.panic import panic
from tests.routing.simulation.recovery import recovery, share_while_starting
from tests.routing.simulation.storm import DEMAND, MOMENT, storm

pytestmark = pytest.mark.timeout(1800)

SCALES = [1, pytest.param(10, marks=pytest.mark.soak)]
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 11))]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("of", "count"), [(dead_alone, 6_500), (dead_first, 3_500), (all_dead, 3_500)])
def test_what_is_down_gets_no_more_than_a_fifth_beyond_what_is_offered(
    of: Callable[[int, int], Load], count: int, scale: int
) -> None:
    load = of(count * scale, 1)
    assert load.ratio <= 1.2 + 0.005  # the first minute has a floor of a few retries
    assert load.worst_minute <= 1.2 + 0.02  # a retry may fall into the minute after its call
    assert load.answered == (1 if of is dead_first else 0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("hedge", "count"), [(None, 8_000), (Hedge(), 4_000)])
def test_no_deadline_is_overshot(hedge: Hedge | None, count: int, scale: int) -> None:
    found = deadlines(count * scale, 1, hedge=hedge)
    assert found.late <= 0.05
    assert found.errors["TimedOut"] > count * scale / 100  # else nobody was in a hurry
    assert found.answered > 0.8


@pytest.mark.parametrize("scale", SCALES)
def test_hedging_halves_what_one_in_a_hundred_waits_for_a_twentieth_more_calls(scale: int) -> None:
    without, hedged = (hedging(6_000 * scale, 1, hedge=hedge) for hedge in (None, Hedge()))
    assert without.extra == 0
    assert 0 < hedged.extra <= 0.05
    assert hedged.seconds[0.99] < without.seconds[0.99] / 2
    assert hedged.seconds[0.5] <= without.seconds[0.5] * 1.02
    assert hedged.answered == without.answered == 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("outage", [10.0, 60.0])
def test_an_outage_costs_no_answer_and_is_over_when_it_is_over(outage: float, seed: int) -> None:
    found = recovery(seed, outage=outage, slow_start=20)
    assert found.unanswered == 0
    assert found.first_answer <= outage + 1  # pauses between probes double, so none is longer than the outage was
    assert found.whole <= found.first_answer + 20 + 4
    assert found.failures <= 10


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_start_is_as_slow_as_it_says(seed: int) -> None:
    """The cap on calls at a time and the share of requests are not multiplied: in the middle it has 55 %, not 30."""
    assert share_while_starting(seed, slow_start=20) == pytest.approx(0.55, abs=0.12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_start_spares_what_must_warm_up_a_second_outage(seed: int) -> None:
    at_once = recovery(seed, outage=60, slow_start=0)
    slowly = recovery(seed, outage=60, slow_start=20)
    assert slowly.whole < at_once.whole


@pytest.mark.parametrize("scale", SCALES)
def test_a_tenant_who_floods_a_limit_does_not_delay_the_others(scale: int) -> None:
    found = fairness(4_000 * scale, 1)
    assert found.flood.answered < 0.3  # it sends four times what there is room for
    assert found.quiet.answered == 1
    assert found.quiet.p99 <= found.calm.p99 + 0.4  # the calls under way, and one turn of each tenant
    assert found.used >= 0.95
    assert found.in_vain <= 0.01


@pytest.mark.parametrize("scale", SCALES)
def test_those_who_wait_for_the_end_of_a_429_do_not_come_all_at_once(scale: int) -> None:
    found = storm(5_000 * scale, 1)
    assert found.peak <= DEMAND * 2
    assert found.peak * MOMENT >= 3  # else nothing was sent
    assert found.refused <= 0.05
    assert found.used >= 0.75


@pytest.mark.parametrize("seed", SEEDS)
def test_when_all_fail_at_once_half_of_them_are_asked_on_and_their_return_is_seen(seed: int) -> None:
    capped, uncapped = (panic(seed, max_ejected_share=share) for share in (0.5, 1.0))
    assert (capped.most_out, uncapped.most_out) == (5, 10)
    assert capped.first_answer < 1 < uncapped.first_answer
    further = capped.sent_in_outage - capped.called_in_outage
    assert further <= 0.2 * capped.called_in_a_minute + 10 * 10  # the retry budget, and ten at each target to see it


def test_a_router_keeps_no_more_after_many_calls() -> None:
    assert growth(100_000, 1, before=10_000, traced=False).blocks <= 2_000_000 / 512


@pytest.mark.soak
def test_a_router_grows_by_no_two_megabytes_in_a_million_calls() -> None:
    found = growth(1_000_000, 1, before=10_000, traced=True)
    assert found.size is not None
    assert found.size <= 2_000_000


def test_the_same_seed_gives_the_same_run() -> None:
    assert storm(1000, 3) == storm(1000, 3)
    assert storm(1000, 3) != storm(1000, 4)
