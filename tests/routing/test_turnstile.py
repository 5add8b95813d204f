"""Waiting for a turn: first the rules with a clock that is only moved, then in real threads and tasks."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dragoman import errors
from dragoman.flow import Flow, Invoke, async_run, run
from dragoman.routing.features import Features
from dragoman.routing.health import Board, Condition, HealthRules, Permit
from dragoman.routing.limits import Turnstile
from dragoman.routing.refusal import Refusal
from dragoman.routing.target import Limits, Place, Target
from dragoman.routing.verdict import _VERDICTS

from ..drive import MODES

RATE = _VERDICTS[errors.RateLimited]
AUTH = _VERDICTS[errors.Unauthorized]
ANY = Features()
SOON = 60.0
"""More seconds than any test takes."""


def condition_with(**limits: Any) -> Condition:
    target = Target("provider/model", limits=Limits(**limits))
    return Board([target])[target]


def of(tenant: str) -> Features:
    return Features(tenant=tenant)


def given(condition: Condition, now: float = 0.0, features: Features = ANY) -> Permit:
    permit = condition.begin(features, now)
    assert permit is not None
    return permit


# ---------------------------------------------------------------------- the rules


def test_who_need_not_wait_does_not() -> None:
    waiter = condition_with(concurrency=1).turnstile.join(Features(), None, 0.0)
    assert isinstance(waiter.outcome, Permit)


def test_who_leaves_lets_the_next_one_in() -> None:
    condition = condition_with(concurrency=1)
    first = given(condition)
    waiters = [condition.turnstile.join(Features(), None, 0.0) for _ in range(2)]
    assert condition.turnstile.waiting == 2
    first.released(1.0)
    assert [isinstance(waiter.outcome, Permit) for waiter in waiters] == [True, False]
    assert (condition.in_flight, condition.turnstile.waiting) == (1, 1)


def test_nobody_passes_those_who_wait() -> None:
    condition = condition_with(requests_per_minute=1)
    given(condition)
    condition.turnstile.join(Features(), None, 1.0)
    found = condition.refusal(Features(), 60.0)  # when the minute is over, and before the one who waits has looked
    assert found == Refusal(kind="limited", reason="1 calls wait for their turn")
    assert condition.begin(Features(), 60.0) is None


def test_fault_68_a_tenant_that_floods_does_not_delay_another() -> None:
    condition = condition_with(concurrency=1)
    under_way: Any = given(condition)
    flood = [condition.turnstile.join(of("noisy"), None, 0.0) for _ in range(500)]
    quiet = [condition.turnstile.join(of("quiet"), None, 0.0) for _ in range(3)]
    for turn in range(6):
        under_way.released(turn)
        served = [
            waiter for waiter in [*flood, *quiet] if isinstance(waiter.outcome, Permit) and not waiter.outcome.ended
        ]
        [under_way] = [waiter.outcome for waiter in served]
    assert all(isinstance(waiter.outcome, Permit) for waiter in quiet)
    assert sum(waiter.outcome is not None for waiter in flood) == 3


def test_fault_68_nor_does_it_take_its_place_in_the_queue() -> None:
    condition = condition_with(concurrency=1, queued=10)
    given(condition)
    flood = [condition.turnstile.join(of("noisy"), None, 0.0) for _ in range(11)]
    assert flood[-1].outcome == Refusal(kind="limited", reason="10 calls wait already, as many as may")
    quiet = condition.turnstile.join(of("quiet"), None, 0.0)
    assert quiet.outcome is None
    assert isinstance(flood[9].outcome, Refusal)
    assert condition.turnstile.waiting == 10


def test_fault_8_a_queue_without_room_refuses_at_once() -> None:
    condition = condition_with(concurrency=1, queued=0)
    given(condition)
    assert isinstance(condition.turnstile.join(Features(), None, 0.0).outcome, Refusal)


@pytest.mark.parametrize(
    ("ahead", "deadline", "until"),
    [(0, 60.0, 60.0), (0, 60.1, None), (1, 119.0, 120.0), (1, 121.0, None), (0, None, None), (3, 200.0, 240.0)],
)
def test_a_wait_that_cannot_end_in_time_is_refused_at_once(
    ahead: int, deadline: float | None, until: float | None
) -> None:
    condition = condition_with(requests_per_minute=1)
    given(condition)
    for _ in range(ahead):
        condition.turnstile.join(Features(), None, 0.0)
    outcome = condition.turnstile.join(Features(), deadline, 1.0).outcome
    if until is None:
        assert outcome is None
    else:
        assert outcome == Refusal(kind="limited", reason="its turn would come after the deadline", until=until)


def test_whose_deadline_passes_is_refused_and_its_turn_is_the_next_ones() -> None:
    condition = condition_with(concurrency=1)
    first = given(condition)
    late = condition.turnstile.join(Features(), 5.0, 0.0)
    patient = condition.turnstile.join(Features(), None, 0.0)
    first.released(6.0)
    assert late.outcome == Refusal(kind="limited", reason="no turn came before the deadline")
    assert isinstance(patient.outcome, Permit)


def test_who_could_not_wait_for_the_answer_leaves_its_turn_to_the_next_one() -> None:
    condition = condition_with(concurrency=1)
    first = given(condition)
    hurried = condition.turnstile.join(Features(), 2.5, 0.0)
    patient = condition.turnstile.join(Features(), 4.5, 0.0)
    first.succeeded(2.0, first_token_seconds=None, seconds=2.0, tokens=None)
    assert hurried.outcome == Refusal(kind="limited", reason="its turn came too late for an answer before the deadline")
    assert isinstance(patient.outcome, Permit)


def test_one_of_those_who_wait_keeps_the_time_for_all() -> None:
    condition = condition_with(requests_per_minute=2)
    given(condition, 0.0)
    given(condition, 10.0)
    keeper, other = (condition.turnstile.join(Features(), 300.0, 20.0) for _ in range(2))
    assert [condition.turnstile.look(waiter, 20.0) for waiter in (keeper, other)] == [40.0, 280.0]
    rung: list[str] = []
    other.ring = lambda: rung.append("other")
    assert condition.turnstile.look(keeper, 60.0) is None
    assert isinstance(keeper.outcome, Permit)
    assert rung == ["other"]
    assert condition.turnstile.look(other, 60.0) == 10.0  # who keeps it now


def test_who_keeps_the_time_learns_of_another_limit() -> None:
    condition = condition_with(concurrency=1, requests_per_minute=1)
    under_way = given(condition, 0.0)
    waiter = condition.turnstile.join(Features(), 300.0, 1.0)
    assert condition.turnstile.look(waiter, 1.0) == 299.0  # nobody knows when the call under way ends
    rung: list[str] = []
    waiter.ring = lambda: rung.append("keeper")
    under_way.released(2.0)
    assert rung == ["keeper"]
    assert condition.turnstile.look(waiter, 2.0) == 58.0


@pytest.mark.parametrize(
    ("verdict", "asked", "until"), [(RATE, 30.0, 31.0), (RATE, 0.5, 1.5), (AUTH, None, 61.0), (AUTH, 5.0, 6.0)]
)
def test_who_waits_for_a_target_that_goes_out_is_sent_away(verdict: Any, asked: float | None, until: float) -> None:
    one, same_key = (Target("p/m", limits=Limits(concurrency=1), place=Place(account="k")) for _ in range(2))
    board = Board([one, same_key])
    under_way = given(board[one])
    waiters = [board[one].turnstile.join(Features(), None, 0.0) for _ in range(3)]
    if verdict is AUTH:  # a key goes out for all its targets
        given(board[same_key]).failed(verdict, 1.0, retry_after=asked)
    else:
        under_way.failed(verdict, 1.0, retry_after=asked)
    for waiter in waiters:
        assert isinstance(waiter.outcome, Refusal)
        assert (waiter.outcome.kind, waiter.outcome.until) == ("unhealthy", until)
    assert board[one].turnstile.waiting == 0


def test_who_asks_for_more_than_there_ever_is_does_not_wait() -> None:
    outcome = condition_with(tokens_per_minute=10).turnstile.join(Features(input_tokens=20), None, 0.0).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.kind == "unfit"


def test_after_an_outage_calls_wait_until_more_may_be_under_way() -> None:
    group = [Target("p/m") for _ in range(2)]
    condition = Board(group, HealthRules(slow_start_seconds=10))[group[0]]
    for permit in [given(condition) for _ in range(100)]:
        permit.failed(RATE, 0.0)
    given(condition, 2.0).succeeded(2.0, first_token_seconds=None, seconds=1.0, tokens=None)
    for _ in range(10):
        given(condition, 2.0)
    waiter = condition.turnstile.join(Features(), None, 2.0)
    seconds = condition.turnstile.look(waiter, 2.0)
    assert seconds is not None
    assert condition.turnstile.look(waiter, 2.0 + seconds + 1e-6) is None


# ---------------------------------------------------------------------- the flow


def waiting(flow: Flow[Any]) -> Invoke:
    effect = next(flow)
    assert isinstance(effect, Invoke)
    return effect


def test_a_turn_that_is_there_needs_nothing_done() -> None:
    with pytest.raises(StopIteration) as stop:
        next(condition_with(concurrency=1).turnstile.turn(Features(), None, lambda: 0.0))
    assert isinstance(stop.value.value, Permit)


def test_a_flow_that_is_left_while_it_waits_leaves_the_queue() -> None:
    condition = condition_with(concurrency=1)
    given(condition)
    flow = condition.turnstile.turn(Features(), None, lambda: 0.0)
    waiting(flow)
    assert condition.turnstile.waiting == 1
    flow.close()
    assert condition.turnstile.waiting == 0


def test_a_flow_that_is_left_when_its_turn_has_come_gives_it_to_the_next() -> None:
    condition = condition_with(concurrency=1)
    first = given(condition)
    flow = condition.turnstile.turn(Features(), None, lambda: 0.0)
    waiting(flow)
    after = condition.turnstile.join(Features(), None, 0.0)
    first.released(1.0)
    assert after.outcome is None
    flow.close()
    assert isinstance(after.outcome, Permit)
    assert condition.in_flight == 1


def test_a_flow_that_is_dropped_in_a_cycle_gives_its_turn_back() -> None:
    """By the garbage collector, at any moment, in whichever thread: also one that holds the lock."""
    condition = condition_with(concurrency=1)
    given(condition)
    flow = condition.turnstile.turn(Features(), None, lambda: 0.0)
    waiting(flow)
    cycle: list[Any] = [flow]
    cycle.append(cycle)
    del flow, cycle
    with condition._lock:
        gc.collect()
    assert condition.turnstile.waiting == 0


# ---------------------------------------------------------------------- threads and tasks


def turn(mode: str, turnstile: Turnstile[Permit], features: Features = ANY, seconds: float = SOON) -> Any:
    flow = turnstile.turn(features, time.monotonic() + seconds, time.monotonic)
    return run(flow) if mode == "sync" else asyncio.run(async_run(flow))


@pytest.mark.parametrize("mode", MODES)
def test_many_at_once_are_never_more_than_may_be(mode: str) -> None:
    condition = condition_with(concurrency=3)
    most: list[int] = []
    served: Counter[str] = Counter()

    def call(number: int) -> None:
        tenant = f"t{number % 5}"
        permit = turn(mode, condition.turnstile, of(tenant))
        assert isinstance(permit, Permit)
        most.append(condition.in_flight)
        served[tenant] += 1
        permit.released(time.monotonic())

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(call, range(200)))
    assert max(most) <= 3
    assert set(served.values()) == {40}
    assert (condition.in_flight, condition.turnstile.waiting) == (0, 0)


def test_many_tasks_of_one_loop_take_turns() -> None:
    condition = condition_with(concurrency=2)

    async def call(number: int) -> int:
        permit = await async_run(condition.turnstile.turn(of(f"t{number % 3}"), None, time.monotonic))
        assert isinstance(permit, Permit)
        await asyncio.sleep(0)
        seen = condition.in_flight
        permit.released(time.monotonic())
        return seen

    async def main() -> list[int]:
        return await asyncio.gather(*(call(number) for number in range(300)))

    assert max(asyncio.run(main())) == 2
    assert condition.turnstile.waiting == 0


@pytest.mark.parametrize("mode", MODES)
def test_a_deadline_ends_the_wait(mode: str) -> None:
    condition = condition_with(concurrency=1)
    given(condition)
    outcome = turn(mode, condition.turnstile, seconds=0.02)
    assert outcome == Refusal(kind="limited", reason="no turn came before the deadline")
    assert condition.turnstile.waiting == 0


@pytest.mark.parametrize("mode", MODES)
def test_time_alone_lets_the_next_ones_in(mode: str) -> None:
    """The minute is nearly over when they begin to wait: the clock runs from 59.95 s on."""
    condition = condition_with(requests_per_minute=3)
    for _ in range(3):
        given(condition, 0.0)
    began = time.monotonic()

    def clock() -> float:
        return 59.95 + time.monotonic() - began

    def call(_: int) -> Any:
        flow = condition.turnstile.turn(Features(), 60 + SOON, clock)
        return run(flow) if mode == "sync" else asyncio.run(async_run(flow))

    with ThreadPoolExecutor(3) as threads:
        outcomes = list(threads.map(call, range(3)))
    assert all(isinstance(outcome, Permit) and outcome.began >= 60 for outcome in outcomes)


def test_a_task_that_is_cancelled_leaves_the_queue() -> None:
    condition = condition_with(concurrency=1)
    first = given(condition)

    async def main() -> Any:
        waiters = [
            asyncio.create_task(async_run(condition.turnstile.turn(Features(), None, time.monotonic))) for _ in range(2)
        ]
        await asyncio.sleep(0)
        assert condition.turnstile.waiting == 2
        waiters[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiters[0]
        assert condition.turnstile.waiting == 1
        first.released(time.monotonic())
        return await waiters[1]

    assert isinstance(asyncio.run(main()), Permit)
    assert condition.in_flight == 1


def test_a_task_and_a_thread_wait_in_one_queue() -> None:
    condition = condition_with(concurrency=1)
    first = given(condition)
    done: list[str] = []

    def call(mode: str) -> None:
        permit = turn(mode, condition.turnstile)
        done.append(mode)
        permit.released(time.monotonic())

    threads = [threading.Thread(target=call, args=(mode,)) for mode in MODES]
    for thread in threads:
        thread.start()
    first.released(time.monotonic())
    for thread in threads:
        thread.join()
    assert sorted(done) == ["async", "sync"]


# ---------------------------------------------------------------------- any story at all


SLOW = [HealthCheck.too_slow]
"""How long it takes is the machine's affair."""


class Queue(RuleBasedStateMachine):
    """Calls of three tenants come, end, give up and pass their deadlines, while limits of all kinds hold."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.condition = condition_with(concurrency=3, requests_per_minute=8, queued=5)
        self.waiting: list[Any] = []
        self.under_way: list[Permit] = []
        self.begun: list[float] = []

    def collect(self) -> None:
        """What became of those who waited."""
        for waiter in [each for each in self.waiting if each.outcome is not None]:
            self.waiting.remove(waiter)
            if isinstance(waiter.outcome, Permit):
                assert waiter.outcome.began < waiter.deadline
                self.under_way.append(waiter.outcome)
                self.begun.append(waiter.outcome.began)

    @rule(seconds=st.sampled_from([0.125, 1.0, 10.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.everybody_looks()

    @rule(tenant=st.sampled_from(["a", "b", "c"]), patience=st.sampled_from([0.0, 5.0, 70.0, None]))
    def a_call_comes(self, tenant: str, patience: float | None) -> None:
        deadline = None if patience is None else self.now + patience
        self.waiting.append(self.condition.turnstile.join(of(tenant), deadline, self.now))
        self.everybody_looks()

    @precondition(lambda self: self.under_way)
    @rule()
    def a_call_ends(self) -> None:
        self.under_way.pop(0).released(self.now)
        self.collect()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def one_gives_up(self, data: st.DataObject) -> None:
        waiter = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.condition.turnstile.leave(waiter, self.now)
        self.everybody_looks()

    def everybody_looks(self) -> None:
        pauses = [self.condition.turnstile.look(waiter, self.now) for waiter in list(self.waiting)]
        assert all(pause is None or pause > 0 for pause in pauses)
        self.collect()

    @invariant()
    def the_limits_hold(self) -> None:
        assert self.condition.in_flight == len(self.under_way) <= 3
        assert self.condition.turnstile.waiting == len(self.waiting) <= 5
        assert all(sum(end - 60 < at <= end for at in self.begun) <= 8 for end in self.begun)

    @invariant()
    def nobody_waits_in_vain(self) -> None:
        """Who waits has a deadline to come, and a limit speaks against its turn."""
        assert all(waiter.deadline > self.now for waiter in self.waiting)
        if self.waiting:
            assert self.condition.obstacle(Features(), self.now) is not None


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=SLOW)
