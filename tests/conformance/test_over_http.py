"""Every recording over real HTTP, through the whole client: `create_llm(...).generate(...)` understands it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

import dragoman
from dragoman import Error, LLMResponse, RetryConfig
from dragoman.providers import get_spec, is_provider

from .corpus import Exchange
from .replay import Replay
from .test_codecs import ALL, agree

pytestmark = [
    pytest.mark.skipif(not ALL, reason="the recorded traffic is not beside the repository"),
    pytest.mark.filterwarnings("ignore:the provider `perplexity` is deprecated"),
]

ONCE = RetryConfig(max_attempts=1)


PROVIDERS = {
    "azure": "azure_openai", "gemini": "google", "huggingface": "huggingface_router", "litellm_proxy": "litellm",
}  # fmt: skip
"""What a host of the recordings is called here, where it is called otherwise."""


def provider_of(exchange: Exchange) -> str:
    """The provider's own name where it is built in and speaks the dialect: its quirks must not spoil what is read."""
    name = PROVIDERS.get(exchange.provider, exchange.provider)
    return name if is_provider(name) and exchange.dialect in dialects_of(name) else "openai_compatible"


def dialects_of(name: str) -> tuple[str, ...]:
    """Vertex speaks Anthropic's to Claude."""
    spec = get_spec(name)
    return (spec.dialect_for("gemini"), spec.dialect_for("claude"), *spec.also_speaks)


def ask(mode: str, exchange: Exchange, url: str) -> LLMResponse | Error:
    name = provider_of(exchange)
    settings: Any = {"account_id": "a"} if name == "cloudflare" else {}
    llm: Any = dragoman.create_llm(
        name,
        **settings,
        model="m",
        base_url=url,
        api_key="k",
        dialect=exchange.dialect,
        retry_config=ONCE,
        async_client=mode == "async",
    )
    try:
        if mode == "sync":
            return llm.generate("Hi", stream=True).drain() if exchange.streamed else llm.generate("Hi")
        return asyncio.run(_ask(llm, exchange))
    except Error as error:
        return error


async def _ask(llm: dragoman.AsyncLLM, exchange: Exchange) -> LLMResponse:
    if exchange.streamed:
        return await llm.generate("Hi", stream=True).drain()
    return await llm.generate("Hi")


@pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.id)
def test_understood(exchange: Exchange) -> None:
    with Replay(exchange) as replay:
        answers = [ask(mode, exchange, replay.url) for mode in ("sync", "async")]
    for answer in answers:
        agree(exchange, _as_recorded(exchange, answer))


def _as_recorded(exchange: Exchange, answer: LLMResponse | Error) -> LLMResponse | Error:
    """Without the model's name where the provider gave none: the client then puts the one that was asked."""
    if isinstance(answer, LLMResponse) and not exchange.expect.get("model"):
        return replace(answer, model="")
    return answer


@pytest.mark.parametrize("exchange", [each for each in ALL if each.streamed][::9], ids=lambda exchange: exchange.id)
def test_the_end_of_the_connection_may_end_the_body(exchange: Exchange) -> None:
    with Replay(exchange, chunked=False) as replay:
        agree(exchange, ask("sync", exchange, replay.url))
