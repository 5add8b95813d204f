"""The straight way beside the whole one: two worlds in which the same happens must be the same after every step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from random import Random as Dice
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dragoman import errors
from dragoman.calls import RetryConfig
from dragoman.catalog import ModelFacts, Price, PriceList
from dragoman.client.routers.features import at_most, features_of
from dragoman.client.routers.purpose import Purpose
from dragoman.flow import Effect, Emit, Flow, Invoke, Sleep, emit
from dragoman.messages import Image, LLMResponse, Message, Role, Text, TextDelta, Usage
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.explanation import explain
from dragoman.routing.features import Features
from dragoman.routing.health import Board, HealthRules, Trip
from dragoman.routing.limits.turnstile import Waiter
from dragoman.routing.limits.window import SlidingSum
from dragoman.routing.policies import LeastBusy, Ordered, Policy, Random, RoundRobin, Table, Weighted
from dragoman.routing.route import route
from dragoman.routing.routing import Routing
from dragoman.routing.rules import Hedge, RouteRules
from dragoman.routing.straight import first_of, straight
from dragoman.routing.target import Limits, Place, Target
from tests.routing.scene import targets

TODAY = "2026-11-22"

OUTCOMES: dict[str, Callable[[], LLMResponse | Exception]] = {
    "ok": lambda: LLMResponse("Hello", "m", Usage(input_tokens=30, output_tokens=7)),
    "ok, timed": lambda: LLMResponse("Hi", "m", Usage(input_tokens=90, output_tokens=7), first_token_seconds=0.3),
    "busy": lambda: errors.RateLimited("too many"),
    "busy, for a while": lambda: errors.RateLimited("too many", retry_after_seconds=2.0),
    "broken": lambda: errors.ProviderFailed("no good", http_status=500, retryable=True),
    "no key": lambda: errors.Unauthorized("bad key"),
    "no such model": lambda: errors.UnknownModel("what model?"),
    "mistaken": lambda: errors.Rejected("bad request"),
    "a fault": lambda: RuntimeError("a fault"),
}


class Held(Sleep, frozen=True):
    """A target is asking; what comes of it is sent in."""

    title: str = ""


class Call:
    """One call under way in one world, and what was seen of it."""

    def __init__(self, world: World, flow: Flow[Any]) -> None:
        self.world, self._flow = world, flow
        self.seen: list[str] = []
        self.over = False
        self._waiter: Waiter[Any] | None = None
        self._go_on(None)

    def end(self, outcome: LLMResponse | Exception) -> None:
        """Whoever is asked answers, or fails. One that waits in a queue goes on if its turn has come."""
        if self._waiter is None:
            self._go_on(outcome)
        elif self._waiter.outcome is not None:
            self._waiter = None
            self._go_on(None)

    def leave(self) -> None:
        self._flow.close()
        self.over = True

    def _go_on(self, given: Any) -> None:
        try:
            while not isinstance(effect := self._flow.send(given), Held):
                given = None
                if isinstance(effect, Invoke):
                    self._waiter = cast("partial[None]", effect.sync).args[0]
                    self.seen.append("waits for its turn")
                    return
                self._carry_out(effect)
            self.seen.append(f"asks {effect.title} within {effect.seconds}")
        except StopIteration as stop:
            self._finish(stop.value)
        except Exception as error:  # noqa: BLE001  # it is what is compared
            self._finish(error)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Emit(event):
                self.seen.append(f"shows {event!r}")
            case Sleep(seconds):
                self.seen.append(f"sleeps {seconds}")
                self.world.now += seconds
            case _:
                raise AssertionError(effect)

    def _finish(self, result: LLMResponse | Exception) -> None:
        self.over = True
        self.seen.append(f"{type(result).__name__} {result}")
        if isinstance(result, errors.Error):
            self.seen.append(f"{result.hint} {[attempt.outcome for attempt in result.attempts]}")
        if isinstance(result, LLMResponse):
            self.seen.append(f"{result.cost_note} {[attempt.outcome for attempt in result.attempts]}")


class World:
    """A router whose clock stands still unless it is moved. `goes_straight`: where it can."""

    def __init__(self, policy: Policy, rules: RouteRules, health: HealthRules, *, goes_straight: bool) -> None:
        self.now = 1000.0
        self.dice = Dice(7)
        self.straight_calls = 0
        self.log: list[str] = []
        tree = policy.mapped(lambda target: target)
        self.routing = Routing(
            policy=tree,
            board=Board(tree.targets(), health),
            rules=rules,
            clock=lambda: self.now,
            random=self.dice.random,
            today=lambda: TODAY,
        )
        self.first = first_of(self.routing) if goes_straight else None
        self.calls: list[Call] = []

    def begin(self, features: Features, limit: float | None, *, stream: bool) -> None:
        asking: Asking[LLMResponse] = Asking(ask=partial(_asked, stream=stream), stream=stream)
        if self.first is not None and self.first.takes(features):
            self.straight_calls += 1
            flow = straight(self.routing, self.first, lambda: features, asking, limit)
        else:
            flow = route(self.routing, features, asking, None if limit is None else self.now + limit)
        with logged(self.log):
            self.calls.append(Call(self, flow))

    def step(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("begin", features, limit, stream):
                self.begin(features, limit, stream=stream)
            case ("pass", seconds):
                self.now += seconds
            case (kind, number, outcome):
                held = [call for call in self.calls if not call.over]
                if not held:
                    return
                call = held[number % len(held)]
                with logged(self.log):
                    call.leave() if kind == "leave" else call.end(OUTCOMES[outcome]())

    def state(self) -> Any:
        """All that a decision may depend on, and all that anybody has seen."""
        routing, board = self.routing, self.routing.board
        situation = routing.situation(Features(input_tokens=10), self.now, moves=False)
        return (
            [call.seen for call in self.calls],
            self.log,
            [_standing(board[target]) for target in board],
            (_sum(board.retry_budget._begun), _sum(board.retry_budget._spent)),
            self.dice.getstate(),
            [getattr(policy, "_turn", None) for policy in routing.policy.members],
            explain(routing.policy, situation, routing.rules).to_dict(),
        )


def _asked(target: Target, allowance: Allowance, *, stream: bool) -> Flow[LLMResponse]:
    if stream:
        yield from emit(TextDelta("Hel"))
    outcome = yield Held(-1.0 if allowance.seconds is None else allowance.seconds, target.title)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _standing(condition: Any) -> Any:
    breaker, account, meter = condition._breaker, condition.account, condition._meter
    return (
        (condition.in_flight, condition._peak, condition.well, condition._clear, condition.turnstile.waiting),
        _fields(breaker),
        _fields(breaker._tally),
        (account.calm, account.epoch, _fields(account._breaker)),
        (condition._whole._measured, list(condition._whole._samples)),
        (condition._first_token._measured, list(condition._first_token._samples)),
        None if meter is None else (_sum(meter._requests), _sum(meter._tokens)),
        None if condition._ramp is None else _fields(condition._ramp),
    )


def _fields(of: Any) -> list[str]:
    return [f"{name}={getattr(of, name)}" for name in of.__slots__ if name not in ("_rules", "_tally")]


def _sum(of: SlidingSum | None) -> Any:
    return None if of is None else (of.total, [(each.first, each.last, each.amount) for each in of._bookings])


@contextmanager
def logged(lines: list[str]) -> Iterator[None]:
    """What is logged goes into `lines`."""
    logger, handler = logging.getLogger("dragoman"), logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


# ---------------------------------------------------------------------- any policy, any rules, any story


def _target(number: int, window: int | None, limits: Limits | None, attempts: int | None) -> Target:
    prices = (PriceList(prices=dict.fromkeys(("input", "output"), Price(Decimal((1, 2, 15)[number])))),)
    facts = ModelFacts(id="m", provider=f"p{number % 2}", context_tokens=window, tools=number != 1, prices=prices)
    place = Place(provider=f"p{number % 2}", model="m", account=f"k{number % 2}", facts=facts)
    return Target("x", name=f"t{number}", limits=limits, max_attempts=attempts, place=place)


LIMITS = st.none() | st.builds(
    Limits,
    concurrency=st.sampled_from([None, 1, 3]),
    requests_per_minute=st.sampled_from([None, 2, 1000]),
    tokens_per_minute=st.sampled_from([None, 60, 10_000]),
    queued=st.sampled_from([0, 3]),
)
TARGETS = st.tuples(
    *(
        st.builds(
            partial(_target, number), st.sampled_from([None, 50, 10_000]), LIMITS, st.sampled_from([None, None, 3])
        )
        for number in range(3)
    )
)
TREES: list[Callable[[Target, Target, Target], Policy]] = [
    Ordered,
    lambda a, b, c: Ordered(a, c),
    lambda a, b, c: Ordered(Ordered(a, b), c),
    lambda a, b, c: Ordered(a, RoundRobin(b, c)),
    lambda a, b, c: Ordered(a, Weighted(b, c)),
    lambda a, b, c: Ordered(a, Random(b, c), LeastBusy(a, c)),
    lambda a, b, c: Ordered(Table("task", {"x": b}, default=a), c),
    RoundRobin,
]
RULES = st.builds(
    RouteRules,
    max_attempts=st.integers(1, 4),
    max_price_ratio=st.sampled_from([None, 10.0]),
    after_commit=st.sampled_from(["raise", "continue", "restart"]),
    allow=st.sampled_from([None, None, frozenset({"p0"}), frozenset({"p1"})]),
    retry=st.builds(RetryConfig, max_attempts=st.integers(1, 3), use_jitter=st.booleans()),
)
HEALTH = st.builds(
    HealthRules,
    trips=st.just({"server": Trip(consecutive=2, open_seconds=4, max_open_seconds=20)}),
    slow_start_seconds=st.sampled_from([0, 5]),
)
FEATURES = st.builds(
    Features,
    tenant=st.sampled_from([None, "acme"]),
    task=st.sampled_from([None, "x"]),
    input_tokens=st.sampled_from([0, 20, 49, 51, 5000]),
    output_tokens=st.sampled_from([None, 1, 100]),
    needs=st.frozensets(st.sampled_from(["tools", "stream"])),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), FEATURES, st.sampled_from([None, 3.0, 60.0]), st.booleans()),
        st.tuples(st.just("pass"), st.sampled_from([0.01, 0.5, 3.0, 61.0])),
        st.tuples(st.just("end"), st.integers(0, 5), st.sampled_from(["ok", "ok, timed"])),
        st.tuples(st.just("end"), st.integers(0, 5), st.sampled_from(list(OUTCOMES))),
        st.tuples(st.just("leave"), st.integers(0, 5), st.just("")),
    ),
    min_size=1,
    max_size=40,
)


CALL = ("begin", Features(), None, False)
OF_TWO_A_MINUTE = tuple(_target(number, None, Limits(requests_per_minute=2), None) for number in range(3))
QUEUE: list[tuple[Any, ...]] = [CALL, CALL, CALL, ("pass", 61.0), CALL, ("end", 0, "ok"), ("end", 0, "ok")]
"""Whoever comes when there is room again comes after those who wait for it."""


@example(lambda a, b, c: Ordered(a), OF_TWO_A_MINUTE, RouteRules(), HealthRules(), QUEUE)
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TREES), TARGETS, RULES, HEALTH, STEPS)
def test_the_straight_way_leads_where_the_whole_one_does(
    tree: Callable[..., Policy],
    three: tuple[Target, Target, Target],
    rules: RouteRules,
    health: HealthRules,
    steps: list[tuple[Any, ...]],
) -> None:
    policy = tree(*three)
    worlds = [World(policy, rules, health, goes_straight=straightly) for straightly in (False, True)]
    for step in steps:
        for world in worlds:
            world.step(step)
        whole, straightly = (world.state() for world in worlds)
        assert straightly == whole, step


def test_most_calls_of_a_chain_go_straight() -> None:
    """Else the test above compares a way with itself."""
    world = World(Ordered(*targets("abc")), RouteRules(), HealthRules(), goes_straight=True)
    for _ in range(3):
        world.begin(Features(), None, stream=False)
    assert world.straight_calls == 3
    assert [call.seen for call in world.calls] == [["asks a within -1.0"]] * 3


A, B = targets("ab")


@pytest.mark.parametrize(
    ("policy", "rules", "named"),
    [
        (Ordered(A, B), RouteRules(), "a"),
        (Ordered(Ordered(B, A), A), RouteRules(), "b"),
        (Ordered(A, Random(B)), RouteRules(), "a"),
        (Ordered(Random(A), B), RouteRules(), None),
        (RoundRobin(A, B), RouteRules(), None),
        (Table("task", {}, default=A), RouteRules(), None),
        (Ordered(A, B), RouteRules(hedge=Hedge()), None),
        (Ordered(A, B), RouteRules(allow=frozenset({"openai"})), None),
    ],
)
def test_who_is_first_is_settled_where_no_call_can_change_it(policy: Policy, rules: RouteRules, named: str) -> None:
    first = first_of(Routing(policy=policy, board=Board(policy.targets()), rules=rules))
    assert (None if first is None else first.target.name) == named


class Reversed(Ordered):
    """What somebody made of a policy of ours."""

    def ranked(self, situation: Any) -> Any:
        return reversed(self._ranked)


def test_a_policy_made_of_ours_is_asked_each_time() -> None:
    policy = Reversed(A, B)
    assert (policy.foremost, policy.names_all) == (None, False)
    assert Ordered(policy, A).foremost is None


# ---------------------------------------------------------------------- how long a call is at most


CONTENTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.text("aé\N{GRINNING FACE}\N{CJK UNIFIED IDEOGRAPH-4E2D}", max_size=60),
    st.lists(st.one_of(st.builds(Text, st.text(max_size=9)), st.just(Image(url="https://x/y.png"))), min_size=1),
)


@given(st.lists(st.builds(Message, st.just(Role.USER), CONTENTS), max_size=4))
def test_no_call_is_longer_than_it_is_taken_to_be(messages: list[Message]) -> None:
    """So whoever has room for the most has room for the call."""
    features = features_of(Purpose(), None, tuple(messages), {}, stream=False, value=False)
    assert features.input_tokens <= at_most(tuple(messages))
    assert not features.needs or at_most(tuple(messages)) == float("inf")
