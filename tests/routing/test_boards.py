"""One target of several routers, and of the ones that come after them."""

from __future__ import annotations

from dragoman.routing.features import Features
from dragoman.routing.health import Board, RetryBudgetRules
from dragoman.routing.target import Place, Target
from tests.routing.test_health import AUTH, NETWORK, RULES, begun, fail, refusal, targets

ANY = Features()
OUT = "left alone for failures (`network`)"


def test_views_share_conditions_and_not_the_retry_budget() -> None:
    ours = targets(3)
    house = Board(ours, RULES)
    view = house.view(ours[:2], RetryBudgetRules(share=0.5))
    assert list(view) == ours[:2]
    assert view.rules is RULES
    assert view.retry_budget is not house.retry_budget
    fail(view, ours[0], NETWORK, 0.0, times=2)
    assert refusal(house, ours[0], 1.0).reason == OUT


def test_a_target_stays_as_it_is_on_the_board_that_comes_after() -> None:
    kept, gone, new = targets(3)
    before = Board([kept, gone], RULES)
    fail(before, kept, NETWORK, 0.0, times=2)
    under_way = begun(before, gone, 0.0)
    after = Board([kept, new], RULES, before=before)
    assert list(after) == [kept, new]
    assert refusal(after, kept, 1.0).reason == OUT
    assert after[new].refusal(ANY, 1.0) is None
    under_way.failed(NETWORK, 1.0)  # a call that began before ends as any other


def test_what_counts_how_many_are_left_alone_is_of_the_targets_there_are() -> None:
    """`max_ejected_share` is one half: of four, two are left alone; of the two that stay, one is asked all the same."""
    ours = targets(4)
    before = Board(ours, RULES)
    for target in ours[:2]:
        fail(before, target, NETWORK, 0.0, times=2)
    assert [before[target].refusal(ANY, 1.0) is None for target in ours[:2]] == [False, False]
    after = Board(ours[:2], RULES, before=before)
    assert sorted(after[target].refusal(ANY, 1.0) is None for target in ours[:2]) == [False, True]


def test_a_new_target_shares_the_account_of_one_that_was_there() -> None:
    old, new, stranger = (Target("p/m", place=Place(account=account)) for account in ("k1", "k1", "k2"))
    before = Board([old], RULES)
    fail(before, old, AUTH, 0.0)
    after = Board([new, old, stranger], RULES, before=before)
    assert refusal(after, new, 1.0).reason == "its key was refused"
    assert after[stranger].refusal(ANY, 1.0) is None
    probe = begun(after, old, 61.0)
    assert refusal(after, new, 61.0).reason == "its key was refused, which one call is checking"
    probe.succeeded(62.0, first_token_seconds=None, seconds=1.0, tokens=None)
    assert after[new].refusal(ANY, 62.0) is None


def test_a_key_that_was_refused_is_known_to_the_targets_that_come_after_its_own() -> None:
    old, new = (Target("p/m", place=Place(account="k1")) for _ in range(2))
    before = Board([old], RULES)
    fail(before, old, AUTH, 0.0)
    assert refusal(Board([new], RULES, before=before), new, 1.0).reason == "its key was refused"
