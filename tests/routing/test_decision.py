"""Who is taken, who is not, and why."""

from __future__ import annotations

import re
from collections import Counter
from random import Random as Dice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.routing.decision import Choice, choose, may_go_elsewhere
from dragoman.routing.explanation import explain
from dragoman.routing.features import Features
from dragoman.routing.fitting import unfit
from dragoman.routing.health import Board
from dragoman.routing.policies import Cheapest, Ordered, Policy, Random, RoundRobin, Situation
from dragoman.routing.prices import Prices
from dragoman.routing.rules import RouteRules
from dragoman.routing.target import Place, Target
from dragoman.routing.verdict import Verdict
from tests.routing.scene import FULL, NO_FEATURES, TODAY, UNWELL, Health, Scene, model, targets
from tests.routing.test_policy_laws import FEATURES, TREES

RULES = RouteRules()
BUSY = Verdict("overloaded", True, "yes", "target")


def decide(policy: Policy, scene: Scene | None = None, features: Features = NO_FEATURES, **how: object) -> Choice:
    rules = how.pop("rules", RULES)
    dice = {"random": how.pop("random")} if "random" in how else {}
    return choose(policy, (scene or Scene()).situation(features, **dice), rules, **how)


def refusals(choice: Choice) -> dict[str, str]:
    return {
        each.target.name: f"{each.refusal.kind}: {each.refusal.reason}" for each in choice.candidates if each.refusal
    }


# ---------------------------------------------------------------------- one by one


def test_the_first_is_taken_and_no_other_looked_at() -> None:
    choice = decide(Ordered(*targets("abc")))
    assert (choice.target.name, len(choice.candidates), choice.first) == ("a", 1, choice.target)
    assert choice.candidates[0].refusal is None


def test_who_is_refused_is_passed_over_with_the_reason() -> None:
    a, b, c = targets("abc")
    choice = decide(Ordered(a, b, c), Scene({a: Health(refused=UNWELL), b: Health(refused=FULL)}))
    assert choice.target is c
    assert refusals(choice) == {"a": f"unhealthy: {UNWELL.reason}", "b": f"limited: {FULL.reason}"}
    assert choice.first is a, "whom it would have gone to"


def test_nobody_left_says_when_somebody_will_be() -> None:
    a, b, c = targets("abc")
    scene = Scene({a: Health(refused=UNWELL), b: Health(refused=FULL)})
    choice = decide(Ordered(a, b, c), scene, tried={c: BUSY})
    assert (choice.target, choice.until) == (None, FULL.until)
    assert list(refusals(choice)) == ["a", "b", "c"]


def test_when_health_speaks_against_all_the_board_may_name_one() -> None:
    a, b = targets("ab")
    scene = Scene({each: Health(refused=UNWELL) for each in (a, b)}, last_resort=b)
    choice = decide(Ordered(a, b), scene)
    assert (choice.target, choice.anyway) == (b, True)


@pytest.mark.parametrize("refused", [None, FULL])
def test_the_last_resort_is_never_one_that_something_else_speaks_against(refused: object) -> None:
    a, b = targets("ab")
    scene = Scene({a: Health(refused=UNWELL), b: Health(refused=refused)}, last_resort=b)
    choice = decide(Ordered(a, b), scene, tried={b: BUSY} if refused is None else {})
    assert (choice.target, choice.anyway) == (None, False)


def test_a_target_at_two_places_is_a_candidate_once() -> None:
    a, b = targets("ab")
    choice = decide(Ordered(a, Ordered(a, b), b), Scene({a: Health(refused=FULL), b: Health(refused=FULL)}))
    assert [each.target for each in choice.candidates] == [a, b]


def test_with_a_real_board() -> None:
    """One of two is left alone, both are not: `max_ejected_share` is a half."""
    a, b = targets("ab")
    board = Board([a, b])

    def decide_at(now: float) -> Choice:
        situation = Situation(features=NO_FEATURES, board=board, prices=Prices(TODAY), now=now, random=Dice(1).random)
        return choose(Ordered(a, b), situation, RULES)

    def fail(target: Target, now: float) -> None:
        for _ in range(3):
            permit = board[target].begin(NO_FEATURES, now, anyway=True)
            permit.failed(Verdict("network", True, "yes", "target"), now)

    fail(a, 1.0)
    choice = decide_at(2.0)
    assert (choice.target, choice.anyway, refusals(choice)) == (
        b,
        False,
        {"a": "unhealthy: left alone for failures (`network`)"},
    )
    fail(b, 3.0)
    choice = decide_at(3.0)
    assert choice.target is not None


# ---------------------------------------------------------------------- coming back


@pytest.mark.parametrize(("roll", "taken"), [(0.29, "a"), (0.3, "b"), (0.99, "b")])
def test_one_that_comes_back_gets_its_share_of_the_requests(roll: float, taken: str) -> None:
    a, b = targets("ab")
    choice = decide(Ordered(a, b), Scene({a: Health(started=0.3)}), random=lambda: roll)
    assert (choice.target.name, choice.first.name) == (taken, "a")


def test_one_that_comes_back_gets_all_when_nobody_else_can_be_asked() -> None:
    a, b = targets("ab")
    scene = Scene({a: Health(started=0.3), b: Health(refused=UNWELL)}, last_resort=b)
    choice = decide(Ordered(a, b), scene, random=lambda: 0.99)
    assert (choice.target, choice.anyway) == (a, False)


# ---------------------------------------------------------------------- what the application allows

CHEAP, DEAR, DEARER, UNPRICED, FREE = (model("cheap", 1, 1), model("dear", 10, 10), model("dearer", 10.5, 10.5),
                                       model("unpriced"), model("free", 0, 0))  # fmt: skip


@pytest.mark.parametrize(
    ("chain", "ratio", "left"),
    [
        ([CHEAP, DEAR, DEARER], 10, ["cheap", "dear"]),
        ([CHEAP, DEAR, DEARER], 2, ["cheap"]),
        ([CHEAP, DEAR, DEARER], None, ["cheap", "dear", "dearer"]),
        ([DEARER, CHEAP], 2, ["dearer", "cheap"]),
        ([CHEAP, UNPRICED], 2, ["cheap", "unpriced"]),  # not known: it cannot be said to be too dear
        ([UNPRICED, DEARER], 2, ["unpriced", "dearer"]),
        ([FREE, DEARER], 2, ["free", "dearer"]),  # times nothing is nothing: no fallback would be left
    ],
)
def test_a_fallback_may_not_cost_too_many_times_the_first_choice(chain: list, ratio: float, left: list[str]) -> None:
    told = explain(Ordered(*chain), Scene().situation(), RouteRules(max_price_ratio=ratio))
    assert [each.target.name for each in told.candidates if each.refusal is None] == left
    assert {each.refusal.kind for each in told.candidates if each.refusal} <= {"excluded"}


def test_the_first_choice_sets_the_price_when_it_is_down_too() -> None:
    scene = Scene({CHEAP: Health(refused=UNWELL)})
    choice = decide(Ordered(CHEAP, DEARER), scene)
    assert choice.target is None
    assert refusals(choice)["dearer"].startswith("excluded: at $0.00525 it costs 10.5 times what cheap does; 10 is")
    assert decide(Ordered(CHEAP, DEARER), scene, first=DEAR).target is DEARER, "what the call asked first"


def test_only_allowed_providers_are_asked() -> None:
    inside, outside = Target("a/x", place=Place(provider="a")), Target("b/x", place=Place(provider="b"))
    choice = decide(Ordered(outside, inside), rules=RouteRules(allow=frozenset({"a", "c"})))
    assert (choice.target, choice.first) == (inside, inside)
    assert choice.candidates[0].refusal.reason == "only a, c may be asked"


# ---------------------------------------------------------------------- after failures in this call

OVERFLOW = Verdict("window", False, "larger_window", "nobody")
DECLINED = Verdict("declined", False, "if_declined_may", "nobody")
INVALID = Verdict("invalid", False, "if_invalid_may", "nobody")
MISTAKE = Verdict("caller", False, "no", "nobody")
SMALL, SAME, LARGE, UNKNOWN = (model("small", context_tokens=8192), model("same", context_tokens=8192),
                               model("large", context_tokens=128_000), model("unknown"))  # fmt: skip


@pytest.mark.parametrize(
    ("failure", "rules", "taken"),
    [
        (BUSY, RULES, "same"),
        (OVERFLOW, RULES, "large"),
        (DECLINED, RULES, None),
        (DECLINED, RouteRules(allow_declined_elsewhere=True), "same"),
        (INVALID, RULES, "same"),
        (INVALID, RouteRules(allow_invalid_elsewhere=False), None),
        (MISTAKE, RULES, None),
    ],
)
def test_how_it_failed_says_where_it_may_go(failure: Verdict, rules: RouteRules, taken: str | None) -> None:
    choice = decide(Ordered(SMALL, SAME, UNKNOWN, LARGE), tried={SMALL: failure}, rules=rules, first=SMALL)
    assert (choice.target and choice.target.name) == taken
    assert refusals(choice)["small"] == f"tried: it has failed in this call ({failure.failure})"
    assert may_go_elsewhere(failure.elsewhere, rules) is (taken is not None)


def test_an_overflow_goes_only_where_the_window_is_known_to_be_larger() -> None:
    choice = decide(Ordered(SMALL, SAME, UNKNOWN), tried={SMALL: OVERFLOW})
    assert refusals(choice) == {
        "small": "tried: it has failed in this call (window)",
        "same": "unfit: its window is no larger than that of small, which overflowed",
        "unknown": "unfit: its window is not known to be larger than that of small, which overflowed",
    }
    assert decide(Ordered(UNKNOWN, SMALL), tried={UNKNOWN: OVERFLOW}).target is SMALL, "nothing says that it is not"


# ---------------------------------------------------------------------- told as decided

SCENES = st.lists(
    st.builds(Health, refused=st.sampled_from([None, None, UNWELL, FULL]), started=st.sampled_from([1.0, 1.0, 0.5])),
    min_size=1,
)
RULE_SETS = st.builds(RouteRules, max_price_ratio=st.sampled_from([None, 1.0, 10.0]))


@settings(deadline=None)
@given(TREES, FEATURES, SCENES, RULE_SETS, st.integers(), st.data())
def test_what_is_explained_is_what_is_decided(tree, features, health, rules, seed, data) -> None:
    everyone = tree.targets()
    scene = Scene({target: health[number % len(health)] for number, target in enumerate(everyone)})
    tried = dict.fromkeys(data.draw(st.sets(st.sampled_from(everyone), max_size=3)), BUSY)
    told = explain(tree, scene.situation(features, seed=seed), rules, tried=tried)
    choice = choose(tree, scene.situation(features, seed=seed), rules, tried=tried)
    assert told.target is choice.target
    seen = [(each.target, each.refusal, each.waits, each.path) for each in told.candidates]
    assert seen[: len(choice.candidates)] == [
        (each.target, each.refusal, each.waits, each.path) for each in choice.candidates
    ]


@settings(deadline=None)
@given(TREES, FEATURES, SCENES, st.integers())
def test_nobody_is_taken_who_could_not_do_it(tree: Policy, features: Features, health: list[Health], seed: int) -> None:
    everyone = tree.targets()
    scene = Scene({target: health[number % len(health)] for number, target in enumerate(everyone)})
    scene.last_resort = everyone[0]
    choice = choose(tree, scene.situation(features, seed=seed), RULES)
    if choice.target is not None:
        assert unfit(choice.target, features) is None
    for candidate in choice.candidates:
        assert candidate.refusal or candidate.waits or candidate.target is choice.target, "no reason is given"


def test_looking_changes_nothing() -> None:
    policy = RoundRobin(*targets("abc"))
    scene = Scene()
    assert [explain(policy, scene.situation(), RULES).target.name for _ in range(3)] == ["a", "a", "a"]
    assert [decide(policy).target.name for _ in range(3)] == ["a", "b", "c"]


def test_the_dice_of_a_router_spread_first_choices() -> None:
    dice, policy = Dice(5), Random(*targets("ab"))
    taken = Counter(decide(policy, random=dice.random).target.name for _ in range(1000))
    assert 420 < taken["a"] < 580


# ---------------------------------------------------------------------- how it is told


def told():
    blind = model("blind", 1, 1, tools=True, context_tokens=8192)
    sees, spare = (
        model(name, price, price, tools=True, input=("text", "image")) for name, price in (("sees", 2), ("spare", 9))
    )
    resting = Target("made/resting", name="resting")
    scene = Scene({resting: Health(refused=UNWELL), spare: Health(started=0.5)})
    policy = Ordered(resting, Cheapest(spare, sees, blind, name="by price"), name="main")
    return explain(policy, scene.situation(Features(needs=frozenset({"vision"})), random=lambda: 0.9), RULES)


def test_an_explanation_prints_as_a_table() -> None:
    headline, *lines = repr(told()).splitlines()
    assert headline == "sees would be asked"
    assert [re.split(r"\s{2,}", line) for line in lines] == [
        ["", "target", "price", "ranked by", "against it"],
        ["", "resting", "?", "main", "unhealthy: it failed three times in a row (for 7.0 s)"],
        ["", "blind", "$0.000500", "main > by price: $0.0005", "unfit: it reads no images"],
        ["→", "sees", "$0.001000", "main > by price: $0.001"],
        ["", "spare", "$0.004500", "main > by price: $0.0045", "it has just come back, and waits its turn"],
    ]
    assert {line.index("main") for line in lines[1:]} == {lines[0].index("ranked by")}


def test_an_explanation_is_plain_data_too() -> None:
    data = told().to_dict()
    assert (data["target"], data["anyway"], data["until"]) == ("sees", False, None)
    assert [row["target"] for row in data["candidates"] if row["taken"]] == ["sees"]
    assert data["candidates"][0] == {
        "target": "resting",
        "taken": False,
        "why": "main",
        "score": None,
        "price": None,
        "refused": "unhealthy",
        "reason": "it failed three times in a row",
        "until": 107.0,
        "waits": False,
    }


def test_nobody_is_told_as_such() -> None:
    a, b = targets("ab")
    scene = Scene({a: Health(refused=UNWELL), b: Health(refused=FULL)})
    assert repr(explain(Ordered(a, b), scene.situation(), RULES)).startswith("nobody can be asked for 1.5 s\n")
    scene.last_resort = a
    assert repr(explain(Ordered(a, b), scene.situation(), RULES)).startswith("a would be asked, although health")
