"""What the tests of routers share: both faces by one set of words, and providers and clients of an application's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, Field

from dragoman import (
    AsyncFallbackChain,
    AsyncRouter,
    FallbackChain,
    LLMProvider,
    LLMResponse,
    RetryConfig,
    Router,
    RouteRules,
)

MODES = ("sync", "async")
MINI, CLAUDE = "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"
ONCE = RouteRules(retry=RetryConfig(max_attempts=1), max_price_ratio=None)
"""Each target is asked once."""

SAID: list[Any] = [{"role": "user", "content": "John is 42 years old"}]


class Contact(BaseModel):
    """Who someone is."""

    name: str
    age: int = Field(ge=0, le=150)


JOHN = Contact(name="John", age=42)


def chain(mode: str, *targets: Any, **options: Any) -> Any:
    """A chain in which each target is asked once."""
    options.setdefault("rules", ONCE)
    return (FallbackChain if mode == "sync" else AsyncFallbackChain)(targets, **options)


def router(mode: str, policy: Any, **options: Any) -> Any:
    return (Router if mode == "sync" else AsyncRouter)(policy, **options)


def result(outcome: Any) -> Any:
    """What a call comes to, of either face; of a stream all that comes of it."""
    if hasattr(outcome, "__aiter__"):
        return asyncio.run(_listed(outcome))
    if asyncio.iscoroutine(outcome):
        return asyncio.run(_awaited(outcome))
    return list(outcome) if hasattr(outcome, "__next__") else outcome


async def _awaited(outcome: Any) -> Any:
    return await outcome


async def _listed(outcome: Any) -> list[Any]:
    return [each async for each in outcome]


class Parrot(LLMProvider):
    """A provider of the application's own: it says what it is told to, or raises it."""

    def __init__(self, *script: Any, name: str = "parrot") -> None:
        self._script = list(script)
        self._name = name
        self.asked: list[tuple[str, str]] = []

    @property
    def name(self) -> str:
        return self._name

    def _next(self, messages: Any, model: str) -> Any:
        self.asked.append((messages[-1].text, model))
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    async def complete(self, messages: Any, model: str = "polly", temperature: float = 0.7, max_tokens: int = 9) -> Any:
        said = self._next(messages, model)
        if isinstance(said, BaseException):
            raise said
        return LLMResponse(said, model)

    async def stream(
        self, messages: Any, model: str = "polly", temperature: float = 0.7, max_tokens: int = 9
    ) -> AsyncIterator[str]:
        said = self._next(messages, model)
        for word in [said] if isinstance(said, BaseException) else said.split(" "):
            if isinstance(word, BaseException):
                raise word
            yield f"{word} "


class Theirs:
    """A client of somebody else's in Instructor's manner."""

    def __init__(self, *script: Any) -> None:
        self._script = list(script)
        self.calls: list[dict[str, Any]] = []

    def create(self, response_model: Any, messages: Any, **options: Any) -> Any:
        self.calls.append({"messages": messages, **options})
        said = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(said, BaseException):
            raise said
        return response_model.model_validate(said)


class TheirsAwaited(Theirs):
    """The same, awaited."""

    async def create(self, response_model: Any, messages: Any, **options: Any) -> Any:
        return super().create(response_model, messages, **options)
