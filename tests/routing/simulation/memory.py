"""What a router keeps: the same after any number of calls."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from dataclasses import dataclass
from random import Random

from dragoman import errors
from dragoman.flow import Flow, run
from dragoman.messages import LLMResponse
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.features import Features
from dragoman.routing.health import Board
from dragoman.routing.policies import Fastest, LeastBusy, Ordered, RoundRobin, Sticky, Weighted
from dragoman.routing.route import route
from dragoman.routing.routing import Routing
from dragoman.routing.rules import RouteRules
from dragoman.routing.target import Limits, Place, Target
from tests.routing.simulation.traffic import without_log
from tests.routing.simulation.upstreams import ANSWER

LIMITS = Limits(concurrency=50, requests_per_minute=10_000, tokens_per_minute=1e8)


@dataclass(frozen=True)
class Growth:
    """What Python's allocator held more at the end: blocks, each of 512 bytes at most; and all bytes, where traced."""

    blocks: int
    size: int | None


def growth(calls: int, seed: int, *, before: int, traced: bool) -> Growth:
    """What the process grew by over `calls`, after as many as `before`.

    A hundred targets in all kinds of groups; one try in fifty fails, and every call has a session and a tenant that was
    never seen before. A call takes 20 ms of time.
    """
    dice, now = Random(seed), [0.0]
    targets = [
        Target(f"p{number}", place=Place(provider=f"p{number}", model="m", account=f"p{number}"), limits=LIMITS)
        for number in range(100)
    ]
    policy = Ordered(
        Sticky(LeastBusy(*targets[:20]), Fastest(*targets[20:40]), Weighted(*targets[40:60])), RoundRobin(*targets[60:])
    )

    def ask(target: Target, allowance: Allowance) -> Flow[LLMResponse]:
        if dice.random() < 0.02:
            raise errors.Overloaded("busy", retry_after_seconds=1 if dice.random() < 0.5 else None)
        return ANSWER
        yield

    asking = Asking(ask=ask, response_of=lambda response: response, with_response=lambda _, whole: whole)
    routing = Routing(
        policy=policy, board=Board(targets), rules=RouteRules(), clock=lambda: now[0], random=dice.random,
        today=lambda: "2026-11-21",
    )  # fmt: skip

    def call(number: int) -> None:
        now[0] += 0.02
        features = Features(session=f"session {number}", tenant=f"tenant {number}", input_tokens=100)
        run(route(routing, features, asking))

    with without_log():
        for number in range(before):
            call(number)
        gc.collect()
        blocks = sys.getallocatedblocks()
        if traced:
            tracemalloc.start()
        for number in range(before, before + calls):
            call(number)
        gc.collect()
    size = tracemalloc.get_traced_memory()[0] if traced else None
    tracemalloc.stop()
    return Growth(sys.getallocatedblocks() - blocks, size)
