"""What a router is asked for somebody beside answers: counts, and what an answer may cost."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from dragoman import AsyncRouter, Router, Usage
from dragoman.calls.call import utc_today
from dragoman.catalog import cost_of
from dragoman.flow import async_run
from dragoman.messages import Message, Request, Role
from dragoman.routing.policies import Ordered, Table
from dragoman.routing.target import Target
from dragoman.testing import Emulator

from .stage import CLAUDE, MINI, Parrot

GROQ, SMALL = "groq/llama-3.3-70b-versatile", "openai/text-embedding-3-small"
HELLO = Request(model="public", messages=(Message(Role.USER, "Hello, how are you?"),), max_tokens=100)


def plan(*targets: Any, **options: Any) -> Any:
    return AsyncRouter(Ordered(*targets), **options).plan


def run(flow: Any) -> Any:
    return asyncio.run(async_run(flow))


# ---------------------------------------------------------------------- counts


def test_counted_by_whoever_counts(emulator: Emulator) -> None:
    count = run(plan(GROQ, CLAUDE).count_request(HELLO, {}))
    assert (count.exact, emulator.requests[0].path) == (True, "/v1/messages/count_tokens")


def test_estimated_where_nobody_does(emulator: Emulator) -> None:
    counts = [run(plan(target).count_request(HELLO, {})) for target in (GROQ, Parrot("hi"))]
    assert [count.exact for count in counts] == [False, False]
    assert all(count.tokens > 0 for count in counts)
    assert emulator.requests == []


# ---------------------------------------------------------------------- what an answer may cost


@pytest.fixture(autouse=True)
def stage(emulator: Emulator) -> Emulator:
    return emulator


def test_the_dearest_of_those_that_may_be_asked() -> None:
    alone = [plan(target).ceiling_of(HELLO) for target in (MINI, CLAUDE)]
    assert plan(MINI, CLAUDE).ceiling_of(HELLO) == max(alone) == alone[1]


def test_it_is_no_less_than_the_bill(emulator: Emulator) -> None:
    worst = plan(MINI).ceiling_of(HELLO)
    run(plan(MINI).answer(HELLO, {}))
    assert emulator.bill[0].cost < worst < Decimal("0.001")


def test_a_policy_may_name_one_alone() -> None:
    routed = AsyncRouter(Table("tier", {"free": MINI}, default=CLAUDE))
    assert routed.with_purpose(tier="free").plan.ceiling_of(HELLO) == plan(MINI).ceiling_of(HELLO)


def test_options_of_a_target_lower_it() -> None:
    request = Request(model="public", messages=HELLO.messages)
    short = plan(Target(MINI, options={"max_tokens": 100})).ceiling_of(request)
    assert short == plan(MINI).ceiling_of(HELLO) < plan(MINI).ceiling_of(request)


def test_unknown_where_it_is_of_one() -> None:
    assert plan(MINI, "openai/nobody-knows-it").ceiling_of(HELLO) is None
    assert plan(MINI, Parrot("hi")).ceiling_of(HELLO) is None


def test_tokens_may_be_told() -> None:
    assert plan(MINI).ceiling_of(HELLO, {}, 10) < plan(MINI).ceiling_of(HELLO, {}, 20)


def test_a_client_that_blocks_and_a_router_in_a_router_have_them_too(emulator: Emulator) -> None:
    inner = [Router(SMALL), AsyncRouter(SMALL)]
    for each in inner:
        assert run(plan(each).count_request(HELLO, {})).tokens > 0
        assert plan(each).ceiling_of(HELLO) == plan(SMALL).ceiling_of(HELLO)


@pytest.mark.parametrize("tokens", [1, 1_000, 500_000])
@pytest.mark.parametrize("target", [MINI, CLAUDE, "google/gemini-2.5-pro", "ollama/llama3.1"])
def test_the_quick_way_comes_to_what_the_catalog_says(target: str, tokens: int) -> None:
    """For models whose tokens all cost the same; others have steps."""
    (server,) = plan(target).behind.servers.values()
    facts = server.place.facts
    window = facts.input_tokens or facts.context_tokens
    usage = Usage(input_tokens=max(2 * tokens, min(4 * tokens, window)), output_tokens=100)
    wanted = cost_of(facts, usage, today=utc_today()).usd
    assert plan(target).ceiling_of(HELLO, {}, tokens) == wanted
