"""Instructor itself as a target: clients that its own `from_openai` has made, before one of ours, blocking and awaited.

It sends, validates and tries again by itself; a router sees a value or an exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from inspect import isawaitable
from typing import Any

import instructor
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel, Field

from dragoman import (
    AsyncFallbackChain,
    FallbackChain,
    FallbackExhausted,
    LLMResponse,
    RetryConfig,
    RouteRules,
    Target,
    ToolCall,
    UnsupportedFeature,
)
from dragoman.routing.verdict import verdict_of
from dragoman.testing import Emulator

MINI, CLAUDE = "gpt-4o-mini", "anthropic/claude-haiku-4-5"


class Contact(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)


SAID: Any = [{"role": "user", "content": "John is 42 years old"}]
JOHN = Contact(name="John", age=42)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    with Emulator(seed=7) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def theirs(face: str) -> Any:
    """`async`: an awaited client; `threaded`: a blocking one of a chain that is awaited."""
    client = instructor.from_openai((AsyncOpenAI if face == "async" else OpenAI)(max_retries=0))
    assert type(client).__module__.startswith("instructor")
    return client


def ask(face: str, targets: list[Any], **options: Any) -> Any:
    """What a chain of these gives, each asked once."""
    rules = RouteRules(retry=RetryConfig(max_attempts=1))
    chain: Any = (FallbackChain if face == "sync" else AsyncFallbackChain)(targets, rules=rules)
    value = chain.create(response_model=Contact, messages=SAID, **options)
    return asyncio.run(_awaited(value)) if isawaitable(value) else value


async def _awaited(value: Any) -> Any:
    return await value


@pytest.fixture(params=["sync", "async", "threaded"])
def face(request: pytest.FixtureRequest) -> str:
    return request.param


def test_it_is_the_package_itself() -> None:
    assert instructor.__version__.startswith("1.17.")


def test_it_answers(emulator: Emulator, face: str) -> None:
    """Options of the call come with it."""
    value = ask(face, [(theirs(face), MINI), CLAUDE], temperature=0.1)
    assert isinstance(value, Contact)
    assert value.model_dump() == JOHN.model_dump()
    (seen,) = emulator.requests
    assert (seen.wire["model"], seen.wire["temperature"]) == (MINI, 0.1)


# name, what goes wrong at OpenAI's, `max_retries` of the target, how often it is asked, and what follows
FAILURES = [
    ("down", {"status": 503}, 2, 1, ("overloaded", "target")),
    ("too many", {"status": 429}, 0, 1, ("rate", "target")),
    ("key refused", {"status": 401}, 0, 1, ("auth", "account")),
    ("broken", {"cut_at_byte": 0}, 0, 1, ("foreign", "target")),
    ("never fits", None, 2, 3, ("invalid", "nobody")),
]
failures = pytest.mark.parametrize(
    ("fault", "retries", "asked", "follows"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES]
)


def fail(emulator: Emulator, fault: dict[str, Any] | None) -> None:
    if fault is None:
        emulator.script(*[nonsense] * 3, model=MINI)
    else:
        emulator.fault(model=MINI, times=None, **fault)


def nonsense(request: Any) -> LLMResponse:
    (tool,) = request.tools
    return LLMResponse(parts=(ToolCall(id="call_1", name=tool.name, arguments={"name": "John", "age": 420}),))


@failures
def test_when_it_fails_ours_is_asked(
    emulator: Emulator, face: str, fault: Any, retries: int, asked: int, follows: tuple[str, str]
) -> None:
    """S0.39: in vain too, when no answer fitted. Only then does Instructor ask again, as often as the target says."""
    fail(emulator, fault)
    value = ask(face, [Target((theirs(face), MINI), max_retries=retries), CLAUDE])
    assert value == JOHN
    models = [seen.request.model for seen in emulator.requests if seen.request]
    assert models == [MINI] * asked + ["claude-haiku-4-5"]


@failures
def test_what_it_raises_is_understood(
    emulator: Emulator, face: str, fault: Any, retries: int, asked: int, follows: tuple[str, str]
) -> None:
    """`InstructorRetryException` is one class for everything: what it wraps tells what has happened."""
    fail(emulator, fault)
    with pytest.raises(FallbackExhausted) as caught:
        ask(face, [Target((theirs(face), MINI), max_retries=retries)])
    (error,) = caught.value.errors
    assert type(error).__name__ == "InstructorRetryException"
    verdict = verdict_of(error)
    assert (verdict.failure, verdict.blame) == follows
    assert caught.value.cost is None  # it tells nobody what it spent


def test_a_mistake_of_the_callers_is_made_once(emulator: Emulator, face: str) -> None:
    emulator.fault(status=400, model=MINI)
    with pytest.raises(Exception, match="400") as caught:
        ask(face, [(theirs(face), MINI), CLAUDE], max_retries=0)
    assert type(caught.value).__name__ == "InstructorRetryException"
    assert len(emulator.requests) == 1


def test_what_it_cannot_do_goes_to_ours(emulator: Emulator, face: str) -> None:
    """It gives values alone, whole; texts and values that grow come from who can give them."""
    chain: Any = (FallbackChain if face == "sync" else AsyncFallbackChain)([(theirs(face), MINI), CLAUDE])

    async def awaited() -> tuple[Any, Any]:
        text = await chain.generate("Say exactly: hello")
        return text.content, [each async for each in chain.create_partial(response_model=Contact, messages=SAID)][-1]

    def blocking() -> tuple[Any, Any]:
        text = chain.generate("Say exactly: hello")
        return text.content, list(chain.create_partial(response_model=Contact, messages=SAID))[-1]

    assert (blocking() if face == "sync" else asyncio.run(awaited())) == ("hello", JOHN)
    assert {seen.request.model for seen in emulator.requests if seen.request} == {"claude-haiku-4-5"}


def test_an_awaited_client_is_refused_by_a_chain_that_blocks(emulator: Emulator) -> None:
    with pytest.raises(UnsupportedFeature, match="name begins with Async"):
        FallbackChain([(theirs("async"), MINI)])
