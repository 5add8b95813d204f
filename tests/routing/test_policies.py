"""Each policy's order, by example."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import pytest
from msgspec.structs import replace

from dragoman.errors import ConfigurationError
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
from dragoman.routing.rules import RouteRules
from dragoman.routing.target import Target
from tests.routing.scene import NO_FEATURES, Health, Scene, model, targets

CALM = Scene()


def first(policy: Policy, features: Features = NO_FEATURES, scene: Scene = CALM, **fields: object) -> str:
    return scene.order(policy, features, **fields)[0]


# ---------------------------------------------------------------------- members


def test_members_are_targets_policies_or_whatever_can_be_served() -> None:
    own, client = Target("made/own", name="own"), object()
    inner = Ordered("made/inner")
    policy = Ordered("made/text", own, client, inner)
    served = [target.served for target in policy.targets()]
    assert served == ["made/text", "made/own", client, "made/inner"]
    assert policy.members[1] is own
    assert policy.members[3] is inner


@pytest.mark.parametrize("wrong", [None, "", Ordered])
def test_what_can_be_no_member_is_refused(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match="is no target"):
        Ordered(wrong)


@pytest.mark.parametrize(
    "policy", [Ordered, Random, RoundRobin, Weighted, LeastBusy, Fastest, Cheapest, Capable, Sticky]
)
def test_a_policy_without_members_is_refused(policy: type[Policy]) -> None:
    with pytest.raises(ConfigurationError, match=f"{policy.__name__}: it needs at least one target"):
        policy()


def test_mapped_is_the_same_tree_over_other_targets() -> None:
    a, b, c, d = targets("abcd")
    when = When([({"task": "x"}, b)], default=Sticky(c, d, by="tenant", balance=3, weight=2))
    tree = Ordered(Table("tier", {"free": a}, default=when, name="tiers"), RoundRobin(a, d))
    looked_up: list[str] = []

    def look_up(target: Target) -> Target:
        looked_up.append(target.name)
        return replace(target, weight=5)

    mapped = tree.mapped(look_up)
    assert looked_up == ["a", "b", "c", "d"], "a target that stands at two places is looked up once"
    for features in (Features(tier="free"), Features(task="x"), Features(tenant="t"), Features()):
        assert CALM.order(mapped, features) == CALM.order(tree, features, moves=False)
    assert {target.weight for target in mapped.targets()} == {5}
    assert mapped.members[0].name == "tiers"
    assert mapped.targets()[0] is mapped.members[1].members[0]


def test_a_policy_of_ones_own_says_how_it_ranks() -> None:
    class Alphabetical(Policy):
        def ranked(self, situation):
            for member in sorted(self.members, key=repr):
                yield member, None

    assert CALM.order(Ordered(Alphabetical(*targets("cab")), *targets("z"))) == ["a", "b", "c", "z"]


# ---------------------------------------------------------------------- in order, in turn, by lot


def test_ordered_is_as_it_was_written() -> None:
    assert CALM.order(Ordered(*targets("cab"))) == ["c", "a", "b"]


@pytest.mark.parametrize(("dice", "order"), [(0.0, "acb"), (0.5, "bca"), (0.99, "cba")])
def test_random_follows_the_dice(dice: float, order: str) -> None:
    assert CALM.order(Random(*targets("abc")), random=lambda: dice) == list(order)


def test_round_robin_gives_each_its_turn() -> None:
    policy = RoundRobin(*targets("abc"))
    assert [first_taken(policy) for _ in range(5)] == ["a", "b", "c", "a", "b"]


def first_taken(policy: Policy, refused: str = "", **fields: object) -> str:
    """As a decision does: no more of the order is read than is needed."""
    order = policy.order(CALM.situation(**fields))
    return next(target.name for target in order if target.name not in refused)


def test_who_is_passed_over_leaves_its_turns_to_the_others_evenly() -> None:
    policy = RoundRobin(*targets("abc"))
    assert [first_taken(policy, refused="a") for _ in range(6)] == ["b", "c", "b", "c", "b", "c"]


def test_looking_takes_no_turn() -> None:
    policy = RoundRobin(*targets("abc"))
    assert [first_taken(policy, moves=False) for _ in range(2)] == ["a", "a"]
    assert [first_taken(policy) for _ in range(2)] == ["a", "b"]
    assert CALM.order(policy, moves=False) == ["c", "a", "b"]


def test_a_weight_of_nothing_is_for_when_the_others_are_passed_over() -> None:
    spare, *usual = Target("made/s", name="s", weight=0), *targets("ab")
    for seed in range(50):
        assert CALM.order(Weighted(spare, *usual), seed=seed)[-1] == "s"


def test_weights_must_leave_somebody() -> None:
    with pytest.raises(ConfigurationError, match="at least one member needs a weight above 0"):
        Weighted(*targets("ab", weight=0))


# ---------------------------------------------------------------------- compared

TWO_OF_TWO = (0.0, 0.6, 0.99)
"""Rolls by which two choices are made in one order or the other: among two it must not matter."""


@pytest.mark.parametrize("roll", TWO_OF_TWO)
def test_least_busy_takes_the_less_busy_of_two(roll: float) -> None:
    a, b = targets("ab")
    scene = Scene({a: Health(in_flight=3), b: Health(in_flight=2)})
    assert scene.order(LeastBusy(a, b), random=lambda: roll) == ["b", "a"]


@pytest.mark.parametrize("roll", TWO_OF_TWO)
def test_one_of_twice_the_weight_takes_twice_the_load(roll: float) -> None:
    a, b = Target("made/a", name="a", weight=2), Target("made/b", name="b")
    scene = Scene({a: Health(in_flight=3), b: Health(in_flight=2)})
    assert scene.order(LeastBusy(a, b), random=lambda: roll) == ["a", "b"]


@pytest.mark.parametrize("roll", TWO_OF_TWO)
@pytest.mark.parametrize(
    ("of_a", "of_b", "winner"),
    [
        (Health(seconds=0.2), Health(seconds=0.3), "a"),
        (Health(seconds=0.2, in_flight=1), Health(seconds=0.3), "b"),  # it has somebody to answer first
        (Health(seconds=0.2), Health(), "b"),  # nothing is known of it: it is tried
        (Health(seconds=0.2), Health(in_flight=1), "a"),  # it is being tried
    ],
)
def test_fastest_takes_who_would_begin_sooner(roll: float, of_a: Health, of_b: Health, winner: str) -> None:
    a, b = targets("ab")
    assert first(Fastest(a, b), scene=Scene({a: of_a, b: of_b}), random=lambda: roll) == winner


def test_fastest_looks_at_whole_answers_unless_a_stream_is_asked_for() -> None:
    class Told(Health):
        def latency(self, now: float, *, whole: bool = False) -> float | None:
            return {"a": (9.0, 0.1), "b": (5.0, 0.2)}[self.name][not whole]

    a, b = targets("ab")
    scene = Scene({a: Told(), b: Told()})
    scene[a].name, scene[b].name = "a", "b"
    assert first(Fastest(a, b), Features(), scene) == "b"
    assert first(Fastest(a, b), Features(needs=frozenset({"stream"})), scene) == "a"


CHEAP_TO_ASK, CHEAP_TO_ANSWER, UNPRICED = model("asks", 1, 20), model("answers", 5, 5), model("unpriced")


@pytest.mark.parametrize(
    ("tokens_in", "tokens_out", "order"),
    [
        (10_000, 10, ["asks", "answers", "unpriced"]),
        (10, 10_000, ["answers", "asks", "unpriced"]),
        (1000, None, ["answers", "asks", "unpriced"]),  # 500 tokens are taken for the usual answer
    ],
)
def test_cheapest_is_the_cheapest_for_this_request(tokens_in: int, tokens_out: int | None, order: list[str]) -> None:
    features = Features(input_tokens=tokens_in, output_tokens=tokens_out)
    assert CALM.order(Cheapest(UNPRICED, CHEAP_TO_ASK, CHEAP_TO_ANSWER), features) == order
    assert CALM.order(Cheapest(UNPRICED, Ordered(CHEAP_TO_ASK), CHEAP_TO_ANSWER), features) == order


def test_a_policy_costs_what_its_cheapest_target_does() -> None:
    mixed = Ordered(UNPRICED, model("dear", 50, 50), model("bargain", 0.1, 0.1))
    assert CALM.order(Cheapest(CHEAP_TO_ANSWER, mixed)) == ["unpriced", "dear", "bargain", "answers"]


def test_capable_puts_those_first_of_whom_it_is_known() -> None:
    unknown = Target("made/unknown", name="unknown")
    blind = model("blind", tools=True, context_tokens=1000)
    sees = model("sees", tools=True, context_tokens=1000, input=("text", "image"))
    features = Features(needs=frozenset({"vision"}))
    assert CALM.order(Capable(blind, unknown, sees), features) == ["sees", "unknown", "blind"]
    assert CALM.order(Capable(blind, unknown, sees)) == ["blind", "sees", "unknown"]
    assert CALM.order(Capable(Ordered(blind), Ordered(blind, sees)), features)[0] == "blind", "a policy as its ablest"
    assert CALM.order(Capable(Ordered(unknown), Ordered(sees)), features) == ["sees", "unknown"]


# ---------------------------------------------------------------------- who and what a request is


class Task(Enum):
    CODING = "coding"


@pytest.mark.parametrize(
    ("by", "features", "taken"),
    [
        ("task", Features(task="coding"), "a"),
        ("task", Features(task="analysis"), "b"),
        ("task", Features(task="poetry"), "c"),
        ("task", Features(), "c"),
        ("tier", Features(tier="coding"), "a"),
        ("tenant", Features(tenant="coding"), "a"),
        ("session", Features(session="coding"), "a"),
        ("model", Features(model="coding"), "a"),
        ("region", Features(labels={"region": "coding"}), "a"),
        ("region", Features(task="coding"), "c"),
    ],
)
def test_a_table_looks_up_what_the_request_says(by: str, features: Features, taken: str) -> None:
    a, b, c = targets("abc")
    assert CALM.order(Table(by, {Task.CODING: a, "analysis": b}, default=c), features) == [taken]


def test_a_table_without_a_default_may_send_a_request_nowhere() -> None:
    assert CALM.order(Table("task", {"coding": "made/a"})) == []


@pytest.mark.parametrize(
    ("condition", "features", "holds"),
    [
        ({"prompt_characters_below": 100}, Features(prompt_characters=99), True),  # S2.17
        ({"prompt_characters_below": 100}, Features(prompt_characters=100), False),
        ({"prompt_characters_above": 50_000}, Features(prompt_characters=50_001), True),  # S2.18
        ({"prompt_characters_above": 50_000}, Features(prompt_characters=50_000), False),
        ({"input_tokens_above": 10, "input_tokens_below": 20}, Features(input_tokens=15), True),
        ({"input_tokens_above": 10, "input_tokens_below": 20}, Features(input_tokens=20), False),
        ({"needs": "tools"}, Features(needs=frozenset({"tools", "vision"})), True),
        ({"needs": ["tools", "vision"]}, Features(needs=frozenset({"tools"})), False),
        ({"task": "coding"}, Features(task="coding"), True),
        ({"task": Task.CODING}, Features(task="coding"), True),
        ({"tier": ["pro", "enterprise"]}, Features(tier="pro"), True),
        ({"tier": ["pro", "enterprise"]}, Features(tier="free"), False),
        ({"tenant": "acme", "task": "coding"}, Features(tenant="acme"), False),
        ({"session": "s", "model": "m"}, Features(session="s", model="m"), True),
        ({"labels": {"region": "eu"}}, Features(labels={"region": "eu", "team": "x"}), True),
        ({"labels": {"region": "eu"}}, Features(labels={"region": "us"}), False),
        ({}, Features(), True),
    ],
)
def test_conditions(condition: dict[str, object], features: Features, holds: bool) -> None:
    a, b = targets("ab")
    assert CALM.order(When([(condition, a)], default=b), features) == ["a" if holds else "b"]


def test_the_first_condition_that_holds_decides() -> None:
    a, b, c = targets("abc")
    policy = When([({"needs": "tools"}, a), ({"prompt_characters_above": 10}, b)], default=c)
    assert CALM.order(policy, Features(needs=frozenset({"tools"}), prompt_characters=99)) == ["a"]
    assert CALM.order(policy, Features(prompt_characters=99)) == ["b"]
    assert CALM.order(When([({"task": "x"}, a)])) == []


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"prompt_length_below": 3}, "unknown condition `prompt_length_below`. There are: prompt_characters_below, "),
        ({"needs": "legs"}, "or a list, not 'legs'"),
        ({"input_tokens_above": "many"}, "`input_tokens_above`: here stands a whole number, not a text"),
    ],
)
def test_a_condition_that_is_none_is_refused(condition: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        When([(condition, "made/a")])
    assert message in str(caught.value)


# ---------------------------------------------------------------------- sessions


def test_a_session_stays_where_it_is() -> None:
    policy = Sticky(*targets("abcdef"))
    orders = {tuple(CALM.order(policy, Features(session="s-1"), seed=seed)) for seed in range(20)}
    assert len(orders) == 1


def test_a_session_is_elsewhere_in_no_other_process() -> None:
    """The text of this test is the memory: Python's own `hash` of a text differs from process to process."""
    policy = Sticky(*targets("abcdef"))
    assert [first(policy, Features(session=f"s-{number}")) for number in range(6)] == list("eefafa")


def test_one_with_more_than_its_share_is_passed_over() -> None:
    everyone = targets("abcd")
    policy, session = Sticky(*everyone), Features(session="s-1")
    home, *others = CALM.order(policy, session)
    by_name = {target.name: target for target in everyone}
    busy = Scene({by_name[home]: Health(in_flight=9), **{by_name[name]: Health(in_flight=1) for name in others}})
    assert busy.order(policy, session) == [*others, home]
    assert busy.order(Sticky(*everyone, balance=None), session) == [home, *others]
    even = Scene({target: Health(in_flight=5) for target in everyone})
    assert even.order(policy, session) == [home, *others]


def test_without_a_session_it_goes_by_lot() -> None:
    policy = Sticky(*targets("abc"))
    assert {CALM.order(policy, seed=seed)[0] for seed in range(30)} == {"a", "b", "c"}


def test_it_may_stick_to_another_word() -> None:
    policy = Sticky(*targets("abcdef"), by="tenant")
    assert first(policy, Features(tenant="s-1")) == first(Sticky(*targets("abcdef")), Features(session="s-1"))


def test_a_bound_below_the_average_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="balance=1 must be more than 1"):
        Sticky(*targets("ab"), balance=1)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Target("openai/a", weight=float("nan")), "weight=nan must be finite"),
        (lambda: Target("openai/a", limits={"concurrency": 1}), r"limits= takes Limits\(concurrency=…\)"),
        (lambda: RouteRules(after_commit="resume"), "There are: raise, continue, restart"),
    ],
)
def test_what_cannot_be_right_is_said_where_it_is_made(make: Callable[[], object], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        make()
