"""Callers who come at random, send one call each over a route, and say how that went."""

from __future__ import annotations

import asyncio
import logging
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from dragoman.errors import Error
from dragoman.flow import async_run
from dragoman.routing.features import Features
from dragoman.routing.health import Board, HealthRules, RetryBudgetRules
from dragoman.routing.policies import Policy
from dragoman.routing.route import route
from dragoman.routing.routing import Routing
from dragoman.routing.rules import RouteRules
from tests.routing.simulation.upstreams import Upstream, asking
from tests.routing.simulation.virtual_loop import simulate


@dataclass(frozen=True)
class Traffic:
    """`rate` callers a second on average (Poisson), until `count` have come; each waits `patience` (from, to) seconds."""

    rate: float
    count: int
    tenant: str | None = None
    patience: tuple[float, float] | None = (30.0, 30.0)


@dataclass
class Calls:
    """How the calls of one kind of traffic went, by arrival.

    Attributes:
        came: When each came.
        took: How many seconds until it had an answer, or none.
        answered: 1 for an answer, 0 for an error.
        late: The most by which a deadline was overshot, in seconds.
        errors: How many ended in which error.
    """

    came: array[float] = field(default_factory=lambda: array("d"))
    took: array[float] = field(default_factory=lambda: array("d"))
    answered: array[int] = field(default_factory=lambda: array("b"))
    late: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def share_answered(self) -> float:
        return sum(self.answered) / len(self.answered)

    def seconds_to_answer(self, share: float) -> float:
        """Within which `share` of those that were answered had their answer."""
        took = sorted(took for took, answered in zip(self.took, self.answered, strict=True) if answered)
        return took[min(int(share * len(took)), len(took) - 1)]


class World:
    """A router, its upstreams, and time."""

    def __init__(
        self,
        policy: Policy,
        upstreams: Sequence[Upstream],
        *,
        seed: int,
        rules: RouteRules | None = None,
        health: HealthRules | None = None,
        retry_budget: RetryBudgetRules | None = None,
    ) -> None:
        self.upstreams = upstreams
        self.dice = Random(seed)
        self.board = Board(policy.targets(), health or HealthRules(), retry_budget or RetryBudgetRules())
        self.now = 0.0
        self.routing = Routing(
            policy=policy,
            board=self.board,
            rules=rules or RouteRules(),
            clock=self._time,
            random=self.dice.random,
            today=lambda: "2026-11-21",
        )
        self._asking = asking(upstreams)
        self._loop: asyncio.AbstractEventLoop | None = None

    def _time(self) -> float:
        assert self._loop is not None  # it runs
        return self._loop.time()

    def run(self, *traffic: Traffic, each_second: Callable[[float], object] | None = None) -> list[Calls]:
        """How each kind of traffic went, when all callers have an answer or an error."""
        with without_log():
            return simulate(self._run(traffic, each_second))

    async def _run(self, traffic: Iterable[Traffic], each_second: Callable[[float], object] | None) -> list[Calls]:
        self._loop = asyncio.get_running_loop()
        watching = None if each_second is None else asyncio.create_task(self._watch(each_second))
        calls = await asyncio.gather(*(self._arrivals(each, Random(self.dice.random())) for each in traffic))
        if watching is not None:
            watching.cancel()
        return calls

    async def _watch(self, each_second: Callable[[float], object]) -> None:
        while True:
            each_second(self._time())
            await asyncio.sleep(1)

    async def _arrivals(self, traffic: Traffic, dice: Random) -> Calls:
        calls, features, when = Calls(), Features(tenant=traffic.tenant), self._time()
        async with asyncio.TaskGroup() as callers:
            for _ in range(traffic.count):
                when += dice.expovariate(traffic.rate)
                await asyncio.sleep(when - self._time())
                patience = None if traffic.patience is None else dice.uniform(*traffic.patience)
                callers.create_task(self._call(calls, features, patience))
        return calls

    async def _call(self, calls: Calls, features: Features, patience: float | None) -> None:
        began = self._time()
        deadline = None if patience is None else began + patience
        answered = 1
        try:
            await async_run(route(self.routing, features, self._asking, deadline))
        except Error as error:
            answered = 0
            name = type(error).__name__
            calls.errors[name] = calls.errors.get(name, 0) + 1
        ended = self._time()
        calls.came.append(began)
        calls.took.append(ended - began)
        calls.answered.append(answered)
        if deadline is not None:
            calls.late = max(calls.late, ended - deadline)


@contextmanager
def without_log() -> Iterator[None]:
    """A failure is a line, and there are many."""
    logger = logging.getLogger("dragoman")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def rate_by(times: Iterable[float], width: float, until: float) -> list[float]:
    """How many of `times` there are a second, in each `width` of time."""
    counts = [0] * int(until / width + 1)
    for at in times:
        if at <= until:
            counts[int(at / width)] += 1
    return [count / width for count in counts]
