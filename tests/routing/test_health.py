"""What a router knows of its targets, by the numbers of the fault list where one applies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dragoman import errors
from dragoman.routing.features import Features
from dragoman.routing.health import Board, HealthRules, Permit, RetryBudgetRules, Trip
from dragoman.routing.health.account import Account
from dragoman.routing.health.ejections import Ejections, most_out
from dragoman.routing.health.latency import Latency
from dragoman.routing.health.ramp import FEW, Ramp
from dragoman.routing.refusal import Refusal
from dragoman.routing.target import Limits, Place, Target
from dragoman.routing.verdict import _VERDICTS, Verdict

ANY = Features()
NETWORK = _VERDICTS[errors.ConnectFailed]
RATE = _VERDICTS[errors.RateLimited]
OVERLOADED = _VERDICTS[errors.Overloaded]
AUTH = _VERDICTS[errors.Unauthorized]
CREDIT = _VERDICTS[errors.OutOfCredit]
MODEL = _VERDICTS[errors.UnknownModel]

RULES = HealthRules(
    trips={"network": Trip(consecutive=2, open_seconds=10), "overloaded": Trip(consecutive=1, open_seconds=10)},
    slow_start_seconds=20,
)


def targets(count: int, **options: Any) -> list[Target]:
    return [Target(f"provider/model-{number}", **options) for number in range(count)]


def begun(board: Board, target: Target, now: float, features: Features = ANY) -> Permit:
    permit = board[target].begin(features, now)
    assert permit is not None
    return permit


def fail(board: Board, target: Target, verdict: Verdict, now: float, *, times: int = 1, **asked: float) -> None:
    for permit in [begun(board, target, now) for _ in range(times)]:
        permit.failed(verdict, now, **asked)


def succeed(board: Board, target: Target, now: float) -> None:
    begun(board, target, now).succeeded(now, first_token_seconds=0.1, seconds=0.5, tokens=10)


def refusal(board: Board, target: Target, now: float) -> Refusal:
    found = board[target].refusal(ANY, now)
    assert found is not None
    return found


# ---------------------------------------------------------------------- permits


ENDS: list[Callable[[Permit], None]] = [
    lambda permit: permit.succeeded(2.0, first_token_seconds=None, seconds=1.0, tokens=None),
    lambda permit: permit.failed(NETWORK, 2.0),
    lambda permit: permit.released(2.0),
]


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
def test_a_permit_ends_once(first: Callable[[Permit], None], second: Callable[[Permit], None]) -> None:
    [target] = targets(1)
    condition = Board([target])[target]
    one, other = condition.begin(ANY, 1.0), condition.begin(ANY, 1.0)
    assert one is not None
    assert other is not None
    first(one)
    second(one)
    assert condition.in_flight == 1


def test_a_permit_is_a_guard() -> None:
    [target] = targets(1)
    condition = Board([target])[target]
    with pytest.raises(KeyboardInterrupt), begun(Board([target]), target, 1.0):
        raise KeyboardInterrupt
    with begun(Board([target]), target, 1.0) as permit:
        permit.failed(NETWORK, 2.0)
    assert condition.in_flight == 0


def test_a_board_knows_its_targets_only() -> None:
    one, other = targets(2)
    with pytest.raises(KeyError):
        Board([one])[other]


# ---------------------------------------------------------------------- faults 9 to 17 and 48


def test_fault_8_a_full_target_is_refused_and_none_the_worse_for_it() -> None:
    [target] = targets(1, limits=Limits(concurrency=2))
    board = Board([target])
    permits = [begun(board, target, 1.0) for _ in range(2)]
    assert board[target].begin(ANY, 1.0) is None
    assert refusal(board, target, 1.0).kind == "limited"
    permits[0].released(2.0)
    assert board[target].refusal(ANY, 2.0) is None


def test_fault_9_a_target_that_asks_to_be_left_alone_is_until_then_exactly() -> None:
    one, other = targets(2)
    board = Board([one, other])
    fail(board, one, RATE, 100.0, retry_after=17)
    assert refusal(board, one, 116.999) == Refusal(
        kind="unhealthy", reason="it asked to be left alone (`rate`)", until=117.0
    )
    assert board[one].refusal(ANY, 117.0) is None
    assert board[other].refusal(ANY, 100.0) is None


def test_fault_12_after_a_storm_one_call_finds_out_and_the_others_wait() -> None:
    group = targets(2)
    board = Board(group, HealthRules(max_ejected_share=1))
    for target in group:
        fail(board, target, RATE, 100.0, retry_after=10)
    probe = begun(board, group[0], 110.0)
    assert refusal(board, group[0], 110.0).reason == "one call is checking it after failures (`rate`)"
    assert board[group[0]].begin(ANY, 110.0) is None
    probe.answering(111.0)  # its answer has begun: nobody need wait for its end
    assert board[group[0]].refusal(ANY, 111.0) is None


def test_fault_13_what_was_overloaded_starts_slowly() -> None:
    group = targets(2)
    board = Board(group, RULES)
    condition = board[group[0]]
    full = [begun(board, group[0], 100.0) for _ in range(100)]
    for permit in full:
        permit.failed(OVERLOADED, 100.0)
    succeed(board, group[0], 110.0)
    assert [condition.share(now) for now in (110.0, 120.0, 130.0)] == pytest.approx([0.1, 0.55, 1.0])
    few = [begun(board, group[0], 110.0) for _ in range(10)]
    assert refusal(board, group[0], 110.0).kind == "limited"
    again = refusal(board, group[0], 110.0).until
    assert again is not None
    assert condition.refusal(ANY, again + 1e-6) is None
    assert len(few) + sum(condition.begin(ANY, 130.0) is not None for _ in range(200)) == 210


def test_after_a_slow_start_the_target_is_as_it_was_before() -> None:
    group = targets(2)
    condition = Board(group, RULES)[group[0]]
    for permit in [condition.begin(ANY, 100.0) for _ in range(100)]:
        assert permit is not None
        permit.failed(OVERLOADED, 100.0)
    for now in (110.0, 130.0):
        permit = condition.begin(ANY, now)
        assert permit is not None
        permit.succeeded(now, first_token_seconds=None, seconds=1.0, tokens=None)
    assert condition._clear  # nobody need look any more


def test_what_is_carried_already_is_not_taken_away_by_a_slow_start() -> None:
    """A lone target that is asked through its failures does not stumble when it works again."""
    [target] = targets(1)
    board = Board([target], RULES)
    busy = [begun(board, target, 100.0) for _ in range(50)]
    fail(board, target, NETWORK, 100.0, times=2)
    busy.append(begun(board, target, 101.0))
    busy[-1].answering(101.5)
    assert board[target].share(101.5) > 0.9


@pytest.mark.parametrize(("verdict", "seconds"), [(AUTH, 60), (CREDIT, 300)])
def test_faults_14_and_15_a_key_takes_its_targets_with_it_and_no_other(verdict: Verdict, seconds: float) -> None:
    one, same_key, other_key = (Target("p/m", place=Place(account=account)) for account in ("k1", "k1", "k2"))
    board = Board([one, same_key, other_key])
    fail(board, one, verdict, 100.0)
    assert refusal(board, one, 101.0).until == 100 + seconds
    assert refusal(board, same_key, 101.0).until == 100 + seconds
    assert board[other_key].refusal(ANY, 101.0) is None


@pytest.mark.parametrize(("own", "keys"), [(1.0, 60.0), (60.0, 1.0)])
def test_a_target_that_is_out_for_two_reasons_is_out_until_the_later(own: float, keys: float) -> None:
    one, same_key = (Target("p/m", place=Place(account="k1")) for _ in range(2))
    board = Board([one, same_key])
    of_key = begun(board, same_key, 100.0)
    fail(board, one, RATE, 100.0, retry_after=own)
    of_key.failed(AUTH, 100.0, retry_after=keys)
    assert refusal(board, one, 100.0).until == 160.0


def test_one_call_checks_a_key_for_all_its_targets() -> None:
    one, same_key = (Target("p/m", place=Place(account="k1")) for _ in range(2))
    board = Board([one, same_key])
    fail(board, one, AUTH, 100.0)
    probe = begun(board, same_key, 160.0)
    assert refusal(board, one, 160.0).reason == "its key was refused, which one call is checking"
    assert board[one].begin(ANY, 160.0) is None
    probe.succeeded(161.0, first_token_seconds=None, seconds=1.0, tokens=None)
    assert board[one].refusal(ANY, 161.0) is None
    assert board[same_key].refusal(ANY, 161.0) is None


@pytest.mark.parametrize("verdict", [RATE, AUTH])
@pytest.mark.parametrize("end", [ENDS[2], lambda permit: permit.failed(_VERDICTS[errors.Rejected], 2.0)])
def test_a_probe_that_says_nothing_is_followed_by_another(verdict: Verdict, end: Callable[[Permit], None]) -> None:
    group = targets(2)
    board = Board(group)
    fail(board, group[0], verdict, 100.0, retry_after=10)
    probe = begun(board, group[0], 110.0)
    assert board[group[0]].begin(ANY, 110.0) is None
    end(probe)
    assert board[group[0]].begin(ANY, 111.0) is not None


def test_of_two_that_would_check_a_key_at_once_one_may() -> None:
    """Their targets have a lock each, and may both have found that nothing speaks against it."""
    account = Account(HealthRules())
    account.failed(0, "auth", 100.0, 10.0)
    assert account.begin(110.0) == (1, True)
    assert account.begin(110.0) is None


def test_targets_whose_key_nobody_knows_share_nothing() -> None:
    one, other = targets(2)
    board = Board([one, other])
    fail(board, one, AUTH, 100.0)
    assert board[other].refusal(ANY, 100.0) is None


def test_fault_16_a_model_that_is_not_there_takes_the_target_out() -> None:
    group = targets(2)
    board = Board(group)
    fail(board, group[0], MODEL, 100.0, times=2)
    assert refusal(board, group[0], 100.0).until == 160.0


def test_a_model_that_the_caller_names_wrongly_does_not() -> None:
    group = targets(2)
    board = Board(group)
    for _ in range(10):
        begun(board, group[0], 100.0, Features(model="gpt-9000")).failed(MODEL, 100.0)
    assert board[group[0]].refusal(ANY, 100.0) is None


@pytest.mark.parametrize(
    "verdict", dict.fromkeys(v for v in _VERDICTS.values() if v.blame == "nobody"), ids=lambda v: v.failure
)
def test_fault_17_mistakes_of_the_caller_never_count(verdict: Verdict) -> None:
    group = targets(2)
    board = Board(group)
    fail(board, group[0], verdict, 100.0, times=50)
    assert board[group[0]].refusal(ANY, 100.0) is None


@pytest.mark.parametrize(
    ("share", "failing", "given"),
    [(0.5, 2, True), (0.5, 1, False), (1.0, 4, False), (0.0, 1, True), (0.75, 4, True)],
)
def test_fault_48_the_least_bad_is_asked_when_too_many_are_out(share: float, failing: int, given: bool) -> None:
    """`failing` of a group of as many, or of 2; on a board of 100, whose own cap is far away."""
    group, rest = targets(max(failing, 2)), targets(100)
    board = Board([*group, *rest], HealthRules(trips=RULES.trips, max_ejected_share=share))
    for second, target in enumerate(group[:failing]):
        if board[target].refusal(ANY, 100.0 + second) is None:
            fail(board, target, NETWORK, 100.0 + second, times=2)
    least_bad = board.least_bad(group, ANY, 105.0)
    assert least_bad is (group[0] if given else None)
    if least_bad is not None:
        assert board[least_bad].begin(ANY, 105.0, anyway=True) is not None


def test_fault_48_nobody_is_asked_who_asked_to_be_left_alone() -> None:
    group = targets(2)
    board = Board(group)
    for target in group:
        fail(board, target, RATE, 100.0, retry_after=30)
    assert board.least_bad(group, ANY, 101.0) is None
    assert board[group[0]].begin(ANY, 101.0, anyway=True) is None


@pytest.mark.parametrize("asked", [{}, {"retry_after": 2.0}])
def test_fault_12_a_storm_at_all_targets_is_no_reason_to_ask_them_all_the_same(asked: dict[str, float]) -> None:
    group = targets(3)
    board = Board(group)
    for target in group:
        fail(board, target, RATE, 100.0, **asked)
    assert all(refusal(board, target, 101.0).until == 102.0 for target in group)
    assert [board[target].begin(ANY, 102.0) is not None for target in group] == [True] * 3
    assert [board[target].begin(ANY, 102.0, anyway=True) for target in group] == [None] * 3
    assert board.least_bad(group, ANY, 102.0) is None


def test_limits_hold_for_the_least_bad_too() -> None:
    group = targets(1, limits=Limits(concurrency=1))
    board = Board([*group, *targets(9)], RULES)
    under_way = begun(board, group[0], 100.0)
    under_way.failed(NETWORK, 100.0)
    fail(board, group[0], NETWORK, 100.0)
    assert board[group[0]].begin(ANY, 101.0, anyway=True) is not None
    assert board.least_bad(group, ANY, 101.0) is None


def test_a_lone_target_is_always_asked() -> None:
    [target] = targets(1)
    board = Board([target])
    for now in range(100, 200):
        fail(board, target, NETWORK, now)
    assert board[target].refusal(ANY, 200.0) is None


def test_of_too_many_failing_targets_the_one_that_failed_longest_ago_is_asked() -> None:
    group = targets(3)
    board = Board(group, RULES)  # one of three may be out
    fail(board, group[0], NETWORK, 100.0, times=2)
    fail(board, group[1], NETWORK, 101.0, times=2)
    assert board[group[0]].refusal(ANY, 102.0) is None
    assert board[group[1]].refusal(ANY, 102.0) is not None
    fail(board, group[0], NETWORK, 102.0)  # for longer now than the other
    assert board[group[0]].refusal(ANY, 103.0) is not None
    assert board[group[1]].refusal(ANY, 103.0) is None


def test_conditions_show_their_state_in_a_line() -> None:
    target = Target("openai/gpt-4o", name="primary")
    board = Board([target, *targets(3)])
    begun(board, target, 1.0)
    assert repr(board[target]) == "<Condition primary well, 1 under way>"
    fail(board, target, RATE, 2.0)
    assert repr(board[target]) == "<Condition primary out: rate, 1 under way>"


# ---------------------------------------------------------------------- its parts


@pytest.mark.parametrize(("share", "count", "most"), [(0.5, 3, 1), (0.29, 100, 29), (0, 5, 0), (1, 5, 5), (0.5, 1, 0)])
def test_a_share_of_targets_is_rounded_down(share: float, count: int, most: int) -> None:
    assert most_out(share, count) == most


def test_who_is_put_back_makes_room_for_another() -> None:
    ejections: Ejections[str] = Ejections(1)
    ejections.put_out("a", 10.0)
    ejections.put_out("b", 5.0)
    assert ejections.spared == {"b"}
    ejections.put_back("a")
    assert ejections.spared == frozenset()


def test_a_ramp_rises_evenly_and_says_when_it_has_risen() -> None:
    ramp = Ramp(100.0, 10.0, peak=50, carrying=0)
    shares = [ramp.share(100 + tenths / 10) for tenths in range(-5, 120)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.1, 1.0)
    for calls in range(FEW + 2, 50):
        assert ramp.calls(ramp.reaches(calls) + 1e-9) >= calls > ramp.calls(ramp.reaches(calls) - 0.01)


def test_the_latest_samples_weigh_most_and_old_ones_fade() -> None:
    latency = Latency()
    assert latency.seen_at(0.0) is None
    latency.add(10.0, 0.0)
    assert latency.seen_at(30.0) == 10.0
    assert latency.seen_at(90.0) == 5.0
    latency.add(1.0, 100.0)
    assert latency.seen_at(100.0) == pytest.approx(1.0, abs=0.01)
    latency.add(2.0, 100.0)
    assert latency.seen_at(100.0) == pytest.approx(1.1, abs=0.01)


def test_streams_and_whole_answers_are_timed_apart() -> None:
    [target] = targets(1)
    board = Board([target])
    begun(board, target, 1.0).succeeded(2.0, first_token_seconds=None, seconds=1.0, tokens=None)
    assert (board[target].latency(2.0), board[target].latency(2.0, whole=True)) == (None, 1.0)
    begun(board, target, 2.0).succeeded(2.5, first_token_seconds=0.2, seconds=0.5, tokens=None)
    assert board[target].latency(2.5) == 0.2


@pytest.mark.parametrize(
    ("share", "samples", "found"), [(0.95, 100, 95), (0.5, 20, 10), (1.0, 20, 20), (0.95, 19, None)]
)
def test_what_most_streams_stay_below(share: float, samples: int, found: float | None) -> None:
    [target] = targets(1)
    board = Board([target])
    for number in range(samples, 0, -1):
        begun(board, target, 1.0).succeeded(1.0, first_token_seconds=number, seconds=number, tokens=None)
    assert board[target].quantile(share) == board[target].quantile(share, whole=True) == found


def test_only_the_latest_streams_count() -> None:
    latency = Latency()
    for number in range(1000):
        latency.add(number, 0.0)
    assert latency.quantile(0.01, at_least=1) == 900


# ---------------------------------------------------------------------- any story at all


SLOW = [HealthCheck.too_slow]
"""How long it takes is the machine's affair."""


class Fleet(RuleBasedStateMachine):
    """Six targets with two keys, calls that end in any way and order, any time between."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.targets = [Target(f"p/{number}", place=Place(account=f"k{number % 2}")) for number in range(6)]
        self.rules = HealthRules(
            trips={"network": Trip(consecutive=2, open_seconds=4, max_open_seconds=20)}, slow_start_seconds=5
        )
        self.board = Board(self.targets, self.rules, RetryBudgetRules())
        self.calls: list[tuple[Target, Permit]] = []
        self.asked: dict[Target, float] = {}
        self.key_asked: dict[str, float] = {}

    def state(self, target: Target) -> Any:
        return self.board[target]._breaker

    def take(self, data: st.DataObject) -> tuple[Target, Permit]:
        return self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))

    @rule(seconds=st.sampled_from([0.0, 0.5, 2.0, 4.0, 11.0, 61.0, 130.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(number=st.integers(0, 5), anyway=st.sampled_from([False, False, False, True]))
    def a_call_begins(self, number: int, anyway: bool) -> None:
        target = self.targets[number]
        before, probing = self.state(target).failure, self.state(target).probing
        spared = self.board[target].spared(self.now)
        told = before is not None and not self.state(target).doubtful
        found = self.board[target].refusal(ANY, self.now, anyway=anyway)
        permit = self.board[target].begin(ANY, self.now, anyway=anyway)
        assert (permit is None) == (found is not None)
        if permit is None:
            return
        self.calls.append((target, permit))
        assert self.now >= self.asked.get(target, 0)
        assert self.now >= self.key_asked.get(target.place.account, 0)
        assert before is None or spared or (anyway and not told) or (permit.probe and not probing)

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), verdict=st.sampled_from([NETWORK, NETWORK, RATE, AUTH, _VERDICTS[errors.Rejected]]))
    def a_call_fails(self, data: st.DataObject, verdict: Verdict) -> None:
        target, permit = self.take(data)
        before = self.state(target).until
        permit.failed(verdict, self.now)
        if verdict.blame == "target":
            assert self.state(target).until >= before

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), seconds=st.sampled_from([0.0, 1.0, 7.0, 60.0]), key=st.booleans())
    def a_provider_asks_to_be_left_alone(self, data: st.DataObject, seconds: float, key: bool) -> None:
        target, permit = self.take(data)
        permit.failed(AUTH if key else RATE, self.now, retry_after=seconds)
        asked: dict[Any, float] = self.key_asked if key else self.asked
        who = target.place.account if key else target
        asked[who] = max(asked.get(who, 0), self.now + seconds)
        found = self.board[target].refusal(ANY, self.now)
        if seconds:
            assert found is not None
            assert found.until is not None
            assert found.until >= self.now + seconds

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), way=st.sampled_from(["succeeded", "answering", "released"]))
    def a_call_works_or_is_left(self, data: st.DataObject, way: str) -> None:
        target, permit = self.take(data)
        if way == "succeeded":
            permit.succeeded(self.now, first_token_seconds=0.1, seconds=1.0, tokens=None)
        elif way == "released":
            permit.released(self.now)
        else:
            permit.answering(self.now)
            self.calls.append((target, permit))

    @rule(number=st.integers(0, 5))
    def a_slow_start_only_rises(self, number: int) -> None:
        shares = [self.board[self.targets[number]].share(self.now + second) for second in range(8)]
        assert shares == sorted(shares)
        assert 0 < shares[0] <= shares[-1] == 1

    @invariant()
    def what_is_under_way_is_counted(self) -> None:
        for target in self.targets:
            assert self.board[target].in_flight == sum(each is target for each, _ in self.calls)

    @invariant()
    def one_probe_at_a_time(self) -> None:
        for target in self.targets:
            breaker = self.state(target)
            probes = [each for owner, each in self.calls if owner is target and each.probe]
            assert sum(each.epoch == breaker.epoch for each in probes if breaker.failure is not None) <= 1
        for key in ("k0", "k1"):
            account = next(self.board[each]._account for each in self.targets if each.place.account == key)
            probes = [each for owner, each in self.calls if owner.place.account == key and each.account_probe]
            assert sum(each.account_epoch == account.epoch for each in probes if account.open) <= 1

    @invariant()
    def no_more_are_left_alone_for_failures_of_their_own_than_may_be(self) -> None:
        """What a provider has said is no such failure: that there are too many calls, or when to come back."""
        failing = [target for target in self.targets if self.state(target).doubtful]
        found = [self.board[target].refusal(ANY, self.now) for target in failing]
        alone = [each for each in found if each is not None and each.kind == "unhealthy"]
        own = [each for each in alone if each.reason.startswith(("left alone", "one call is checking it"))]
        assert len(own) <= 3

    @invariant()
    def who_is_refused_has_a_reason_and_who_is_well_has_none(self) -> None:
        for target in self.targets:
            condition = self.board[target]
            if self.state(target).failure is None and not condition._account.open and condition._ramp is None:
                assert condition._clear


TestFleet = Fleet.TestCase
TestFleet.settings = settings(max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=SLOW)
