"""Further tries are a share of the calls, so that they cannot multiply the load on what is down."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from dragoman.errors import ConfigurationError
from dragoman.routing.health import RetryBudget, RetryBudgetRules

RULES = RetryBudgetRules(share=0.2, window_seconds=10, minimum_per_second=0.3)


def allowed(budget: RetryBudget, now: float) -> int:
    """How many further tries there may be at once."""
    return next(count for count in range(10_000) if not budget.may_retry(now))


@pytest.mark.parametrize(("calls", "tries"), [(0, 3), (10, 3), (15, 3), (20, 4), (1000, 200)])
def test_further_tries_are_a_share_of_the_calls_and_a_few_at_least(calls: int, tries: int) -> None:
    budget = RetryBudget(RULES)
    for _ in range(calls):
        budget.began(5.0)
    assert allowed(budget, 5.0) == tries


def test_what_was_spent_comes_back_when_it_leaves_the_window() -> None:
    budget = RetryBudget(RULES)
    assert allowed(budget, 0.0) == 3
    assert allowed(budget, 9.9) == 0
    assert allowed(budget, 10.0) == 3


def test_without_a_share_and_a_minimum_there_are_none() -> None:
    """So a budget can be for hedges alone."""
    budget = RetryBudget(RetryBudgetRules(share=0, minimum_per_second=0))
    budget.began(0.0)
    assert not budget.may_retry(0.0)


def test_a_storm_is_at_most_a_fifth_more() -> None:
    """Fault 12. Everything fails, and everybody would try three times more: 1.2 times the load, not 4 times."""
    budget, sent = RetryBudget(), 0
    for call in range(3000):
        now = call / 30
        budget.began(now)
        sent += 1 + sum(budget.may_retry(now) for _ in range(3))
    assert sent <= 1.2 * 3000 + 30  # the minimum of half a minute, before there is a share


@pytest.mark.parametrize("wrong", [{"share": -0.1}, {"window_seconds": 0}, {"minimum_per_second": -1}])
def test_rules_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        RetryBudgetRules(**wrong)


SLOW = [HealthCheck.too_slow]
"""How long it takes is the machine's affair."""


class Budget(RuleBasedStateMachine):
    """In no window are there more further tries than the share of the calls in it, or the minimum."""

    # Steps of time are sums of powers of two: the oracle's sums are exact, whichever way they are written

    def __init__(self) -> None:
        super().__init__()
        self.now = 50.0
        self.budget = RetryBudget(RULES)
        self.begun: list[float] = []
        self.spent: list[float] = []

    def within(self, moments: list[float]) -> int:
        return sum(self.now - RULES.window_seconds < moment <= self.now for moment in moments)

    @rule(seconds=st.sampled_from([1 / 128, 1 / 32, 0.1875, 1.0, 4.0, 9.9375, 11.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(calls=st.integers(1, 40))
    def calls_begin(self, calls: int) -> None:
        for _ in range(calls):
            self.budget.began(self.now)
            self.begun.append(self.now)

    @rule(tries=st.integers(1, 10))
    def calls_fail(self, tries: int) -> None:
        for _ in range(tries):
            if self.budget.may_retry(self.now):
                self.spent.append(self.now)
                most = max(RULES.share * self.within(self.begun), RULES.minimum_per_second * RULES.window_seconds)
                assert self.within(self.spent) <= most

    @rule()
    def a_quiet_client_may_try_again(self) -> None:
        self.now += RULES.window_seconds
        assert self.budget.may_retry(self.now)
        self.spent.append(self.now)


TestBudget = Budget.TestCase
TestBudget.settings = settings(max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=SLOW)
