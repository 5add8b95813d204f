"""Limits over time: sliding windows, and the meter of a target."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dragoman.routing.features import Features
from dragoman.routing.limits.meter import Meter
from dragoman.routing.limits.window import GRAINS, SlidingSum
from dragoman.routing.target import Limits

MINUTE = 60.0


def test_what_was_booked_leaves_after_the_window() -> None:
    window = SlidingSum(10)
    window.add(3, 0.0)
    window.add(4, 5.0)
    assert [window.at(now) for now in (5.0, 9.9, 10.0, 14.9, 15.0)] == [7, 7, 4, 4, 0]


def test_when_there_will_be_room_is_known() -> None:
    window = SlidingSum(10)
    for second in (0.0, 1.0, 2.0):
        window.add(1, second)
    assert [window.falls_to(amount, 2.5) for amount in (3, 2, 1, 0)] == [2.5, 10.0, 11.0, 12.0]


def test_what_was_not_used_is_taken_off_while_it_is_in_the_window() -> None:
    window = SlidingSum(10)
    early, late = window.add(5, 0.0), window.add(5, 8.0)
    window.correct(early, 4, 9.0)
    assert window.at(9.0) == 6
    window.correct(early, 1, 11.0)
    window.correct(late, 2, 11.0)
    assert window.at(11.0) == 3


@pytest.mark.parametrize("asked", [True, False])
def test_a_window_keeps_a_bounded_number_of_pieces(asked: bool) -> None:
    """Nobody asks a retry budget for its sum as long as nothing fails."""
    window = SlidingSum(60)
    for moment in range(100_000):
        window.add(1, moment / 100)
        if asked:
            window.at(moment / 100)
    assert len(window._bookings) <= GRAINS + 1


@pytest.mark.parametrize(
    ("per_minute", "begun", "until"),
    [(2, [0.0, 1.0], 60.0), (2.9, [0.0, 1.0], 60.0), (1, [0.0], 60.0), (0.5, [0.0], 120.0), (0.1, [3.0], 603.0)],
)
def test_requests_in_a_minute(per_minute: float, begun: list[float], until: float) -> None:
    meter = Meter(Limits(requests_per_minute=per_minute))
    for now in begun:
        assert meter.refusal(Features(), 0, now) is None
        meter.book(Features(), now)
    refusal = meter.refusal(Features(), 0, begun[-1])
    assert refusal is not None
    assert (refusal.kind, refusal.until) == ("limited", until)
    assert meter.refusal(Features(), 0, until) is None


def test_tokens_count_by_the_estimate_and_then_by_the_bill() -> None:
    meter = Meter(Limits(tokens_per_minute=100))
    features = Features(input_tokens=30, output_tokens=30)
    cheap = meter.book(features, 0.0)
    assert cheap is not None
    assert meter.refusal(features, 0, 0.0) is not None
    meter.settle(cheap, 60, 40, 1.0)
    assert meter.refusal(features, 0, 1.0) is None
    dear = meter.book(features, 1.0)
    assert dear is not None
    meter.settle(dear, 60, 90, 30.0)  # 130 in all, of which 30 came at 30.0
    refusal = meter.refusal(features, 0, 30.0)
    assert refusal is not None
    assert refusal.until == 61.0


def test_an_answer_of_unknown_length_waits_while_the_minute_is_used_up() -> None:
    meter = Meter(Limits(tokens_per_minute=100))
    meter.book(Features(input_tokens=100), 0.0)
    assert meter.refusal(Features(), 0, 59.0) is not None


def test_a_request_beyond_a_whole_minute_does_not_fit_at_any_time() -> None:
    refusal = Meter(Limits(tokens_per_minute=1000)).refusal(Features(input_tokens=2000), 0, 0.0)
    assert refusal is not None
    assert (refusal.kind, refusal.until) == ("unfit", None)
    assert refusal.reason == "about 2,000 tokens are more than the 1,000 of a minute"


def test_when_a_call_behind_others_can_begin_at_the_earliest() -> None:
    meter = Meter(Limits(requests_per_minute=2))
    meter.book(Features(), 0.0)
    meter.book(Features(), 10.0)
    assert [meter.earliest(Features(), ahead, 20.0) for ahead in range(5)] == [60.0, 70.0, 120.0, 130.0, 180.0]


def test_a_clock_that_was_read_before_another_threads_does_not_widen_a_window() -> None:
    meter = Meter(Limits(requests_per_minute=1))
    meter.book(Features(), 0.0)
    assert meter.refusal(Features(), 0, 60.0) is None  # the first has left
    meter.book(Features(), 59.999)  # read before, come later
    refusal = meter.refusal(Features(), 0, 119.9995)
    assert refusal is not None
    assert refusal.until == 120.0


SLOW = [HealthCheck.too_slow]
"""How long it takes is the machine's affair."""


class RateShaper(RuleBasedStateMachine):
    """Calls of any size at any time: in no window of a minute do more begin than may."""

    # Steps of time are sums of powers of two: the oracle's sums are exact, whichever way they are written

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.requests, self.tokens = 5, 1000
        self.meter = Meter(Limits(requests_per_minute=self.requests, tokens_per_minute=self.tokens))
        self.begun: list[tuple[float, int]] = []
        self.open: list[tuple[Any, int, int]] = []
        self.settled: dict[int, list[tuple[float, int]]] = {}

    def used(self, end: float) -> int:
        """Tokens in the window that ends then, as the bills have it so far."""
        return sum(tokens for booked in self.settled.values() for at, tokens in booked if at <= end < at + MINUTE)

    @rule(seconds=st.sampled_from([0.0, 1 / 1024, 0.125, 0.3125, 1.0, 7.0, 30.0, 59.875, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(tokens=st.integers(0, 600))
    def a_call_asks(self, tokens: int) -> None:
        features = Features(input_tokens=tokens)
        refusal = self.meter.refusal(features, 0, self.now)
        if refusal is not None:
            assert refusal.until is not None
            assert refusal.until > self.now
            return
        assert self.used(self.now) + tokens <= self.tokens
        booking = self.meter.book(features, self.now)
        call = len(self.begun)
        self.begun.append((self.now, tokens))
        self.settled[call] = [(self.now, tokens)]
        self.open.append((booking, tokens, call))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), billed=st.integers(0, 900))
    def a_call_ends(self, data: st.DataObject, billed: int) -> None:
        booking, estimated, call = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        self.meter.settle(booking, estimated, billed, self.now)
        if billed > estimated:
            self.settled[call].append((self.now, billed - estimated))
        else:
            self.settled[call] = [(self.begun[call][0], billed)]

    @rule(tokens=st.integers(0, 600))
    def a_call_asks_when_it_was_told_to(self, tokens: int) -> None:
        features = Features(input_tokens=tokens)
        for _ in range(2):  # requests, then tokens
            refusal = self.meter.refusal(features, 0, self.now)
            if refusal is not None and refusal.until is not None:
                self.now = refusal.until
        assert self.meter.refusal(features, 0, self.now) is None

    @invariant()
    def no_minute_has_more_requests_than_may_be(self) -> None:
        for end, _ in self.begun:
            assert sum(at <= end < at + MINUTE for at, _ in self.begun) <= self.requests


TestRateShaper = RateShaper.TestCase
TestRateShaper.settings = settings(max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=SLOW)
