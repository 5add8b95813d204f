"""What holds of every policy, of whatever members, and what each promises of many requests."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from random import Random as Dice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.routing.features import Features
from dragoman.routing.policies import (
    Capable,
    Cheapest,
    Fastest,
    LeastBusy,
    Ordered,
    Policy,
    Random,
    RoundRobin,
    Sticky,
    Table,
    Weighted,
    When,
)
from dragoman.routing.target import Target
from tests.routing.scene import Health, Scene, model, targets

OF_MEMBERS = [Ordered, Random, RoundRobin, Weighted, LeastBusy, Fastest, Cheapest, Capable, Sticky]

LEAVES = st.builds(
    lambda number, weight, price: model(f"m{number}", price, price, tools=True, context_tokens=number * 100),
    st.integers(1, 99),
    st.floats(0.1, 10),
    st.one_of(st.none(), st.floats(0, 100)),
)


def trees(children: st.SearchStrategy) -> st.SearchStrategy[Policy]:
    members = st.lists(children, min_size=1, max_size=5)
    return st.one_of(
        st.builds(lambda kind, given: kind(*given), st.sampled_from(OF_MEMBERS), members),
        st.builds(lambda given: Table("task", dict(zip("xyz", given, strict=False)), default=given[-1]), members),
        st.builds(lambda given: When([({"task": "x"}, given[0])], default=given[-1]), members),
    )


TREES = st.recursive(LEAVES, trees, max_leaves=15).map(Ordered)
FEATURES = st.builds(
    Features,
    task=st.sampled_from([None, "x", "y", "q"]),
    session=st.sampled_from([None, "s1", "s2"]),
    input_tokens=st.integers(0, 10_000),
    needs=st.frozensets(st.sampled_from(["tools", "vision", "stream"])),
)
HEALTH = st.builds(Health, in_flight=st.integers(0, 9), seconds=st.one_of(st.none(), st.floats(0.001, 60)))


@settings(deadline=None)
@given(TREES, FEATURES, st.lists(HEALTH, min_size=1), st.integers())
def test_an_order_is_of_its_targets_each_once(
    tree: Policy, features: Features, health: list[Health], seed: int
) -> None:
    everyone = tree.targets()
    scene = Scene({target: health[number % len(health)] for number, target in enumerate(everyone)})
    asked = list(tree.order(scene.situation(features, seed=seed)))
    assert len(asked) == len(set(asked))
    assert set(asked) <= set(everyone)


@settings(deadline=None)
@given(st.sampled_from(OF_MEMBERS), st.integers(1, 30), FEATURES, st.integers())
def test_policies_of_members_leave_nobody_out(kind: type[Policy], count: int, features: Features, seed: int) -> None:
    everyone = [model(f"m{number}", number, number) for number in range(count)]
    asked = list(kind(*everyone).order(Scene().situation(features, seed=seed)))
    assert sorted(target.name for target in asked) == sorted(target.name for target in everyone)


@settings(deadline=None)
@given(TREES, FEATURES, st.integers())
def test_the_same_dice_give_the_same_order(tree: Policy, features: Features, seed: int) -> None:
    first = list(tree.order(Scene().situation(features, seed=seed, moves=False)))
    assert list(tree.order(Scene().situation(features, seed=seed, moves=False))) == first


# ---------------------------------------------------------------------- shares of many requests

ROUNDS = 20_000


def firsts(policy: Policy, scene: Scene | None = None, rounds: int = ROUNDS, refused: str = "") -> Counter[str]:
    """How often each is asked first, or first of those that are not refused."""
    scene, dice = scene or Scene(), Dice(7)
    orders = (policy.order(scene.situation(random=dice.random)) for _ in range(rounds))
    return Counter(next(target.name for target in order if target.name not in refused) for order in orders)


def assert_shares(counts: Counter[str], shares: dict[str, float]) -> None:
    """Within five standard deviations, which chance leaves once in a million; the dice are always the same."""
    rounds = sum(counts.values())
    for name, share in shares.items():
        assert abs(counts[name] - share * rounds) <= 5 * sqrt(rounds * share * (1 - share)) + 1e-9, (name, counts)


def test_random_is_even() -> None:
    assert_shares(firsts(Random(*targets("abcd"))), dict.fromkeys("abcd", 0.25))


def weighted() -> Weighted:
    return Weighted(
        *(Target(f"made/{name}", name=name, weight=weight) for name, weight in zip("abcd", (5, 3, 2, 0), strict=True))
    )


@pytest.mark.parametrize(
    ("refused", "shares"),
    [
        ("", {"a": 0.5, "b": 0.3, "c": 0.2, "d": 0}),
        ("a", {"b": 0.6, "c": 0.4, "d": 0}),
        ("bc", {"a": 1, "d": 0}),
        ("abc", {"d": 1}),
    ],
)
def test_weights_hold_whoever_is_passed_over(refused: str, shares: dict[str, float]) -> None:
    assert_shares(firsts(weighted(), refused=refused), shares)


def test_weights_of_policies_hold_likewise() -> None:
    a, b, c = targets("abc")
    assert_shares(firsts(Weighted(Random(a, b, weight=3), c)), {"a": 0.375, "b": 0.375, "c": 0.25})


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 40))
def test_round_robin_is_as_even_as_can_be(count: int, rounds: int) -> None:
    counts = firsts(RoundRobin(*targets("abcdefghijkl"[:count])), rounds=rounds)
    assert max(counts.values()) - min(counts[name] for name in "abcdefghijkl"[:count]) <= 1


def test_least_busy_spreads_calls_that_do_not_end() -> None:
    """10,000 calls over 100 targets: by lot alone the fullest would have about 130 (100 + 3 · √100)."""
    everyone = [Target(f"made/{number}", name=str(number)) for number in range(100)]
    scene, policy, dice = Scene(), LeastBusy(*everyone), Dice(3)
    for _ in range(10_000):
        taken = next(policy.order(scene.situation(random=dice.random)))
        scene[taken].in_flight += 1
    assert max(scene[target].in_flight for target in everyone) <= 104


# ---------------------------------------------------------------------- sessions

SESSIONS = [Features(session=f"session {number}") for number in range(4000)]


def homes(policy: Policy, scene: Scene | None = None) -> list[str]:
    scene = scene or Scene()
    return [next(policy.order(scene.situation(features))).name for features in SESSIONS]


@pytest.mark.parametrize("count", [2, 3, 10, 100])
def test_sessions_are_spread_evenly(count: int) -> None:
    everyone = [Target(f"made/{number}", name=str(number)) for number in range(count)]
    assert_shares(Counter(homes(Sticky(*everyone))), {target.name: 1 / count for target in everyone})


def test_sessions_are_spread_by_weight() -> None:
    everyone = [
        Target(f"made/{name}", name=name, weight=weight) for name, weight in zip("abcd", (4, 3, 3, 0), strict=True)
    ]
    assert_shares(Counter(homes(Sticky(*everyone))), {"a": 0.4, "b": 0.3, "c": 0.3, "d": 0})


@pytest.mark.parametrize(("count", "which"), [(2, 0), (3, 2), (5, 3), (12, 7)])
def test_only_the_sessions_of_one_that_goes_move_and_evenly_to_the_others(count: int, which: int) -> None:
    everyone = targets("abcdefghijkl"[:count])
    gone, left = everyone[which], [each for each in everyone if each is not everyone[which]]
    before, after = homes(Sticky(*everyone)), homes(Sticky(*left))
    moved = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    assert {was for was, _ in moved} == {gone.name}
    assert_shares(Counter({"moved": len(moved), "stayed": len(before) - len(moved)}), {"moved": 1 / count})
    assert_shares(Counter(now for _, now in moved), {each.name: 1 / len(left) for each in left})


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=2, max_size=12), st.integers(0, 3999))
def test_nobody_is_asked_first_beyond_the_bound(loads: list[int], session: int) -> None:
    everyone = targets("abcdefghijkl"[: len(loads)])
    scene = Scene({target: Health(in_flight=load) for target, load in zip(everyone, loads, strict=True)})
    taken = next(Sticky(*everyone, balance=1.25).order(scene.situation(SESSIONS[session])))
    average = (sum(loads) + 1) / len(loads)
    assert scene[taken].in_flight + 1 < 1.25 * average + 1
