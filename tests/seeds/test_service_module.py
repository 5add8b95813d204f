"""The blocks of the service module (seed 003) run with the library's classes in the place of those it defines.

Every block is in `RUN` or in `NOT_RUN`. Parts 5 and 6, the factory and the router, are run as printed, over our providers.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import dragoman
from dragoman import LLMProvider, LLMResponse, Message, ProviderFactory, Role
from dragoman.errors import ProviderFailed
from dragoman.testing import Emulator
from tests.markdown import run

from .guide import ABSENT, changed_lines, python_blocks, seed

MODULE = seed("003")
BLOCKS = python_blocks(MODULE)

pytestmark = pytest.mark.skipif(MODULE is None, reason=ABSENT)

Names = dict[str, Any]

PAGE: Names = {
    "os": os,
    "Any": Any,
    "AsyncIterator": AsyncIterator,
    "Dict": dict,
    "List": list,
    **{
        name: getattr(dragoman, name)
        for name in (
            "AnthropicProvider", "LLMProvider", "LLMResponse", "Message", "OllamaProvider", "OpenAIProvider",
            "ProviderFactory", "Role",
        )
    },
}  # fmt: skip
"""What the module's earlier parts have imported and defined when a later part runs; the classes are ours."""

SAID = [Message(role=Role.USER, content="Say exactly: hello")]


async def read(stream: Any) -> str:
    return "".join([text async for text in stream])


# ---------------------------------------------------------------------- what is seen when a block has run


def same_interface(names: Names, emulator: Emulator) -> None:
    """S3.1-S3.4: what their code may write, ours takes."""
    assert {role.name: role.value for role in names["Role"]}.items() <= {role.name: role.value for role in Role}.items()
    assert [(each.role.value, each.content) for each in (names["Message"](names["Role"].USER, "Hi"),)] == [
        (each.role.value, each.content) for each in (Message(Role.USER, "Hi"),)
    ]
    for given in (("Hi", "m"), ("Hi", "m", {"total_tokens": 3}, "length")):
        theirs, ours = names["LLMResponse"](*given), LLMResponse(*given)
        assert (theirs.content, theirs.model, theirs.finish_reason) == (ours.content, ours.model, ours.finish_reason)
        assert theirs.usage == dict(ours.usage)
    assert names["LLMProvider"].__abstractmethods__ == LLMProvider.__abstractmethods__
    for method in ("complete", "stream"):
        wanted, has = (inspect.signature(getattr(kind, method)) for kind in (names["LLMProvider"], LLMProvider))
        assert {name: each.default for name, each in wanted.parameters.items()} == {
            name: each.default for name, each in has.parameters.items()
        }


def same_factory(names: Names, emulator: Emulator) -> None:
    """S3.8: theirs makes our providers, and ours behaves as theirs."""
    for factory in (names["ProviderFactory"], ProviderFactory):
        assert factory.available_providers() == ["openai", "anthropic", "ollama"]
        with pytest.raises(ValueError, match=r"^Unknown provider: nobody"):
            factory.create("nobody")
        made = factory.create("openai", api_key="k")
        assert isinstance(made, dragoman.OpenAIProvider)
        assert asyncio.run(made.complete(SAID)).content == "hello"


def made_by_name(names: Names, emulator: Emulator) -> None:
    """As the page uses them."""

    async def ask() -> None:
        for provider in (names["openai"], names["claude"]):
            response = await provider.complete(SAID)
            assert response.content == await read(provider.stream(SAID)) == "hello"
            assert set(response.usage) == {"prompt_tokens", "completion_tokens", "total_tokens"}
            await provider.close()

    asyncio.run(ask())
    assert names["local"].name == "ollama"
    assert [seen.wire["model"] for seen in emulator.requests[::2]] == ["gpt-4o-mini", "claude-3-5-sonnet-20241022"]


def same_ollama(names: Names, emulator: Emulator) -> None:
    """S3.7: theirs, on httpx, and ours ask and understand alike."""

    async def ask(kind: type[Any]) -> tuple[LLMResponse, str]:
        provider = kind(base_url=emulator.url)
        answer = await provider.complete(SAID), await read(provider.stream(SAID))
        await provider.close()
        return answer

    (theirs, their_text), (ours, our_text) = (
        asyncio.run(ask(kind)) for kind in (names["OllamaProvider"], dragoman.OllamaProvider)
    )
    assert (ours.content, our_text) == (theirs.content, their_text) == ("hello", "hello")
    assert (ours.model, ours.finish_reason, dict(ours.usage)) == (theirs.model, "stop", dict(theirs.usage))
    asked = [(seen.path, seen.wire) for seen in emulator.requests]
    assert asked[:2] == asked[2:]


def routed(names: Names, emulator: Emulator) -> None:
    """By the seed's own router: it tries again with its own pauses, falls back, and streams."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    names["asyncio"] = SimpleNamespace(sleep=sleep)

    async def ask() -> None:
        primary = dragoman.OpenAIProvider(retry_config=dragoman.RetryConfig(max_attempts=1))
        fallback = dragoman.AnthropicProvider(retry_config=dragoman.RetryConfig(max_attempts=1))
        router = names["LLMRouter"](primary, fallback)
        assert (await router.complete(SAID, "gpt-4o-mini", temperature=0)).provider == "openai"
        emulator.fault(status=500, times=None, path="/chat/completions")
        assert (await router.complete(SAID, "claude-haiku-4-5", max_tokens=9)).provider == "anthropic"
        assert await read(router.stream(SAID, "claude-haiku-4-5")) == "hello"
        with pytest.raises(ProviderFailed):
            await read(names["LLMRouter"](primary).stream(SAID, "gpt-4o-mini"))
        with pytest.raises(RuntimeError, match="All providers failed"):
            await names["LLMRouter"](primary, max_retries=0).complete(SAID, "gpt-4o-mini")

    asyncio.run(ask())
    assert slept == [1, 2]


RUN: dict[str, tuple[str, Callable[[Names, Emulator], None]]] = {
    "Clean Abstraction 1": ("S3.1-S3.4", same_interface),
    "Free Local Inference 1": ("S3.7", same_ollama),
    "Dynamic Provider Creation 1": ("S3.8", same_factory),
    "Dynamic Provider Creation 2": ("S3.5 S3.6 S3.8", made_by_name),
    "Production-Ready Routing 1": ("S3.13", routed),
}
"""Block → the promises it makes, and how it is seen that they hold."""

OURS = "it builds on an SDK what the library has; what it does is held by tests/client/test_llm_provider.py"

NOT_RUN: dict[str, str] = {
    "OpenAI SDK v1.0+ (Dec 2025) 1": OURS,
    "Anthropic SDK (Dec 2025) 1": OURS,
    "Complete Streaming Endpoint 1": "the demonstration service comes with the gateway",
}
"""Block → why it is not run."""


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    with Emulator() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def test_every_block_is_accounted_for() -> None:
    assert sorted(BLOCKS) == sorted([*RUN, *NOT_RUN])
    assert len(BLOCKS) == 8


def test_nothing_is_changed() -> None:
    """The module imports nothing of a library: its later parts use what its earlier ones define."""
    assert [line for name in RUN for line in changed_lines(BLOCKS[name].source)] == []


@pytest.mark.parametrize("name", RUN, ids=[f"{ids} {name}" for name, (ids, _) in RUN.items()])
def test_block(emulator: Emulator, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)  # the router says what failed, which is what is wanted here
    _, check = RUN[name]
    names = {"__name__": "seed", **PAGE}
    try:
        run(BLOCKS[name].compiled(), names)
        check(names, emulator)
    finally:
        names.clear()
