"""Vectors from a router: of one model always, over a route as answers are."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from dragoman import (
    AsyncRouter,
    ConfigurationError,
    FallbackExhausted,
    Rejected,
    RetryConfig,
    Router,
    RouteRules,
    TimedOut,
    Timeouts,
    UnsupportedFeature,
)
from dragoman.calls.purse import PURSE, Purse
from dragoman.flow import Flow, async_run, invoke
from dragoman.messages import EmbeddingRequest
from dragoman.routing.policies import Ordered, RoundRobin, Table
from dragoman.routing.target import Target
from dragoman.testing import Emulator

from .stage import CLAUDE, MINI, ONCE, Parrot, chain, result

SMALL, LARGE = "openai/text-embedding-3-small", "openai/text-embedding-3-large"
TEXTS = EmbeddingRequest(model="public", inputs=("one", "two"))


@pytest.fixture(autouse=True)
def stage(emulator: Emulator) -> Emulator:
    return emulator


def two(**options: Any) -> list[Target]:
    """Two places that have the same model."""
    return [Target(SMALL, name=name, **options) for name in ("one", "two")]


def plan(*targets: Any, **options: Any) -> Any:
    return AsyncRouter(Ordered(*targets), **options).plan


def run(flow: Any) -> Any:
    return asyncio.run(async_run(flow))


def fail(emulator: Emulator, **fault: Any) -> None:
    emulator.fault(**fault, path="/embeddings")


# ---------------------------------------------------------------------- another target


def test_another_that_has_the_model_is_asked_when_the_first_fails(emulator: Emulator, mode: str) -> None:
    fail(emulator, status=503)
    response = result(chain(mode, *two()).embed(["one", "two"]))
    assert [attempt.outcome for attempt in response.attempts] == ["Overloaded", "ok"]
    assert len(response) == 2
    assert response.cost == emulator.bill.cost


def test_when_all_have_failed_each_attempt_is_told(emulator: Emulator, mode: str) -> None:
    fail(emulator, status=503, times=None)
    with pytest.raises(FallbackExhausted) as caught:
        result(chain(mode, *two(), LARGE).embed("one"))
    assert [attempt.outcome for attempt in caught.value.attempts] == ["Overloaded", "Overloaded"]


def test_what_would_be_refused_anywhere_is_asked_once(emulator: Emulator, mode: str) -> None:
    fail(emulator, status=400, times=None)
    with pytest.raises(Rejected):
        result(chain(mode, *two()).embed("one"))
    assert len(emulator.requests) == 1


def test_a_router_behind_a_router_is_like_no_other(mode: str) -> None:
    """Nobody knows which model it will ask: two of them may give vectors of different models."""
    inner = [(Router if mode == "sync" else AsyncRouter)(Ordered(model)) for model in (SMALL, LARGE)]
    outer = (Router if mode == "sync" else AsyncRouter)(RoundRobin(*inner))
    assert {result(outer.embed("one")).model for _ in range(4)} == {SMALL.partition("/")[2]}


def test_the_same_is_asked_again_where_there_is_no_other(emulator: Emulator) -> None:
    """As often as the route's rules say, and not as a client alone would besides."""
    fail(emulator, status=503, times=None)
    rules = RouteRules(retry=RetryConfig(max_attempts=2, initial_delay=0.001, max_delay=0.002))
    with pytest.raises(FallbackExhausted):
        run(plan(SMALL, rules=rules).embed_request(TEXTS, {}))
    assert len(emulator.requests) == 2


def test_what_fails_speaks_against_its_target(emulator: Emulator, mode: str) -> None:
    """One that asks for patience is left alone, by calls for answers too: it is one target, and one account."""
    fail(emulator, status=429)
    llm = chain(mode, *(Target(SMALL, name=name, options={"user": name}) for name in ("one", "two")))
    for _ in range(2):
        result(llm.embed("one"))
    assert [seen.wire["user"] for seen in emulator.requests] == ["one", "two", "two"]
    assert llm.health().standings[0].refused is not None


def test_what_speaks_against_a_target_keeps_calls_from_it(emulator: Emulator, mode: str) -> None:
    """Also when it was no call for vectors that failed."""
    emulator.fault(status=429)
    llm = chain(mode, *(Target(SMALL, name=name, options={"user": name}) for name in ("one", "two")))
    result(llm.generate("one"))
    result(llm.embed("one"))
    assert [seen.wire["user"] for seen in emulator.requests] == ["one", "two", "two"]


# ---------------------------------------------------------------------- time


def test_the_time_of_the_route_is_that_of_all_targets(emulator: Emulator, mode: str) -> None:
    fail(emulator, head_delay_seconds=60, times=None)
    with pytest.raises(TimedOut):
        result(chain(mode, *two()).embed("one", timeout=Timeouts(total=0.2)))
    assert len(emulator.requests) == 1


# ---------------------------------------------------------------------- money


class Holder:
    """Somebody who holds a dollar for each try."""

    def __init__(self) -> None:
        self.asked: list[Decimal] = []
        self.purse = Purse(each=Decimal(1), held=Decimal(1), more=self.more)

    def more(self, by: Decimal) -> Flow[None]:
        async def hold() -> None:
            self.asked.append(by)

        return invoke(async_=hold)


MANY = EmbeddingRequest(model="public", inputs=tuple(f"text {number}" for number in range(3000)))
"""More than fit into one request."""


def embedded(holder: Holder) -> Any:
    async def main() -> Any:
        PURSE.set(holder.purse)
        return await async_run(plan(*two(), rules=ONCE).embed_request(MANY, {}))

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("fault", "asked"),
    [(None, 0), ({"status": 503}, 0), ({"cut_at_byte": 0}, 1)],
    ids=["an answer", "refused: it cost nothing", "broken off"],
)
def test_more_is_held_before_a_try_that_follows_one_that_may_cost(
    emulator: Emulator, fault: dict[str, Any] | None, asked: int
) -> None:
    if fault:
        fail(emulator, **fault)
    holder = Holder()
    response = embedded(holder)
    assert len(response) == 3000
    assert len(holder.asked) == asked
    assert holder.purse.taken == asked + sum(attempt.cost for attempt in response.attempts if attempt.cost)


# ---------------------------------------------------------------------- one model


def test_options_are_those_of_vectors(mode: str) -> None:
    with pytest.raises(ConfigurationError, match="temperature"):
        result(chain(mode, SMALL).embed("one", temperature=1))


def test_the_first_that_has_vectors_gives_them(emulator: Emulator) -> None:
    response = run(plan(CLAUDE, SMALL, LARGE).embed_request(TEXTS, {}))
    assert (len(response), response.model, response.cost) == (2, "text-embedding-3-small", emulator.bill[0].cost)


def test_never_those_of_another_model(emulator: Emulator) -> None:
    """Not when the first fails either."""
    emulator.fault(status=400, path="/embeddings", times=None)
    with pytest.raises(Exception, match="a fault that was asked for"):
        run(plan(SMALL, LARGE).embed_request(TEXTS, {}))
    assert {seen.wire["model"] for seen in emulator.requests} == {"text-embedding-3-small"}


def test_the_policy_chooses_among_those_of_one_model(emulator: Emulator) -> None:
    here, there = Target(SMALL, options={"user": "here"}), Target(SMALL, name="other", options={"user": "there"})
    chosen = AsyncRouter(Table("tier", {"pro": there}, default=here)).with_purpose(tier="pro")
    run(chosen.plan.embed_request(TEXTS, {}))
    assert emulator.requests[0].wire["user"] == "there"


def test_options_fill_what_is_open(emulator: Emulator) -> None:
    """Those of answers mean nothing here."""
    target = Target(SMALL, options={"temperature": 0, "user": "target"})
    request = EmbeddingRequest(model="public", inputs=("one",), dimensions=4)
    response = run(plan(target, max_tokens=5).embed_request(request, {"dimensions": 8}))
    assert len(response[0]) == 4
    assert emulator.requests[0].wire["user"] == "target"


def test_a_chat_model_is_passed_over(emulator: Emulator, mode: str) -> None:
    """Though its provider has embeddings of other models."""
    emulator.fault(status=503, path="/embeddings")
    assert len(result(chain(mode, MINI, SMALL, Target(SMALL, name="other")).embed("one"))) == 1
    assert [seen.wire["model"] for seen in emulator.requests] == ["text-embedding-3-small"] * 2


def test_of_a_model_that_the_catalog_does_not_know_the_provider_is_asked(emulator: Emulator, mode: str) -> None:
    assert len(result(chain(mode, "openai/nobody-knows-it", SMALL).embed("one"))) == 1
    assert emulator.requests[0].wire["model"] == "nobody-knows-it"


def test_models_that_embed_are_named_where_none_of_the_targets_does(emulator: Emulator, mode: str) -> None:
    with pytest.raises(UnsupportedFeature, match=r"none of openai/gpt-4o-mini, anthropic/.* has embeddings") as caught:
        result(chain(mode, MINI, CLAUDE).embed("one"))
    assert caught.value.hint == f"These have: {LARGE}, {SMALL}, openai/text-embedding-ada-002."
    assert not emulator.requests


def test_where_nobody_has_vectors_that_is_said(emulator: Emulator) -> None:
    with pytest.raises(UnsupportedFeature, match=r"none of anthropic/claude-haiku-4-5, parrot/polly has embeddings"):
        plan(CLAUDE, Parrot("hi")).embed_request(TEXTS, {})


def test_a_client_that_blocks_and_a_router_in_a_router_have_them_too() -> None:
    for inner in (Router(SMALL), AsyncRouter(SMALL)):
        assert len(run(plan(inner).embed_request(TEXTS, {}))) == 2
