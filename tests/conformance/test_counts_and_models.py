"""Every recorded count of tokens and list of models: read as the official SDK read it, and over real HTTP."""

from __future__ import annotations

import asyncio
import importlib.metadata
from typing import Any

import pytest

import dragoman
from dragoman import Error, ModelInfo, ProviderError, RetryConfig
from dragoman.dialects import Dialect, dialect_names, get_dialect
from dragoman.dialects.counting import get_counting
from dragoman.dialects.listing import LISTINGS
from dragoman.messages import Request

from . import stand_ins
from .corpus import Exchange, exchanges
from .replay import Replay

COUNTINGS = {
    "anthropic_count_tokens": "anthropic_count_tokens",
    "openai_input_tokens": "openai_input_tokens",
    "gemini_count_tokens": "gemini_count_tokens",
}
LISTS = {
    "openai_models": "openai_models",
    "mistral_models": "openai_models",
    "anthropic_models": "anthropic_models",
    "gemini_models": "gemini_models",
    "cohere_models": "cohere_models",
    "ollama_meta": "ollama_tags",
}
"""Folder of recordings → our name for that way of listing."""

COUNTS = [exchange for folder in COUNTINGS for exchange in exchanges(folder)]
MODELS = [
    exchange for folder in LISTS for exchange in exchanges(folder) if not exchange.request["url"].endswith("/show")
]

pytestmark = pytest.mark.skipif(not MODELS, reason="the recorded traffic is not beside the repository")


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", stand_ins.entry_points)


def outcomes(exchange: Exchange, provider: str, ask: str, *arguments: Any) -> list[Any]:
    """What each face of a client makes of the recorded reply."""
    once = RetryConfig(max_attempts=1)

    async def awaited(url: str) -> Any:
        async with dragoman.create_llm(provider, "m", base_url=url, retry_config=once, async_client=True) as llm:
            return await getattr(llm, ask)(*arguments)

    def blocking(url: str) -> Any:
        with dragoman.create_llm(provider, "m", base_url=url, retry_config=once) as llm:
            return getattr(llm, ask)(*arguments)

    found: list[Any] = []
    with Replay(exchange) as replay:
        for face in (blocking, lambda url: asyncio.run(awaited(url))):
            try:
                found.append(face(replay.url))
            except Error as error:
                found.append(error)
    return found


def is_the_error(outcome: object, expect: dict[str, Any]) -> bool:
    return isinstance(outcome, ProviderError) and (outcome.http_status, outcome.message) == (
        expect["status"],
        expect["message"],
    )


# ---------------------------------------------------------------------- counts


@pytest.mark.parametrize("exchange", COUNTS, ids=lambda exchange: exchange.id)
def test_a_count_is_read(exchange: Exchange) -> None:
    if exchange.expect["kind"] == "count":
        counted = get_counting(COUNTINGS[exchange.dialect]).tokens(exchange.response["body"])
        assert counted == exchange.expect["input_tokens"]


@pytest.mark.parametrize("exchange", COUNTS, ids=lambda exchange: exchange.id)
def test_a_prompt_to_be_counted_is_written_as_it_was_recorded(exchange: Exchange) -> None:
    """The dialect reads the recorded body and writes it again; what is made of it for counting changes nothing."""
    body, counting = exchange.request["body"], get_counting(COUNTINGS[exchange.dialect])
    if counting.dialect not in dialect_names() or "generateContentRequest" in body:
        pytest.skip(f"`{counting.dialect}` is not here to write it")
    dialect = get_dialect(counting.dialect)
    asked = decoded(dialect, body, exchange)
    written = counting.body(dialect.encode_request(asked).wire, body.get("model", "m"))
    assert written.keys() <= body.keys() | {"generateContentRequest"}
    again = decoded(dialect, written.get("generateContentRequest", written), exchange)
    assert again.messages == asked.messages


NEEDED = {"anthropic_messages": {"max_tokens": 1}}
"""What a request to be answered needs and one to be counted has not."""


def decoded(dialect: Dialect, body: dict[str, Any], exchange: Exchange) -> Request:
    """A body to be counted, read as one to be answered."""
    path = exchange.request["url"].replace(":countTokens", ":generateContent")
    return dialect.decode_request({**NEEDED.get(dialect.name, {}), **body}, path)


@pytest.mark.parametrize(
    "exchange", [each for each in COUNTS if each.provider == "anthropic"], ids=lambda exchange: exchange.id
)
def test_a_count_over_http(exchange: Exchange) -> None:
    for outcome in outcomes(exchange, "stand_in_counter", "count_tokens", "Hi"):
        if exchange.expect["kind"] == "error":
            assert is_the_error(outcome, exchange.expect["error"])
        else:
            assert (outcome.tokens, outcome.exact) == (exchange.expect["input_tokens"], True)


# ---------------------------------------------------------------------- models


@pytest.mark.parametrize("exchange", MODELS, ids=lambda exchange: exchange.id)
def test_a_list_over_http(exchange: Exchange) -> None:
    """A recorded page that names a next one is followed by itself, so only what has no more is asked for whole."""
    listing = LISTINGS[LISTS[exchange.dialect]]
    body, expect = exchange.response["body"], exchange.expect
    if expect["kind"] == "error":
        for outcome in outcomes(exchange, f"stand_in_{LISTS[exchange.dialect]}", "models"):
            assert is_the_error(outcome, expect["error"])
        return
    page = [listing.model(body)] if expect.get("single") else listing.models(body)
    ids = [model.id for model in page]
    named = expect["ids"] if "ids" in expect else [entry["model"] for entry in body["models"]]
    assert ids == [name.removeprefix("models/") for name in named]  # Google's SDK gives the name of the resource
    assert all(model.raw for model in page)
    if not expect.get("single") and listing.next_page(body) is None:
        for outcome in outcomes(exchange, f"stand_in_{LISTS[exchange.dialect]}", "models"):
            assert [model.id for model in outcome] == ids


def listed(folder: str, model: str) -> list[ModelInfo]:
    """Every entry for `model` in the lists of a folder."""
    listing = LISTINGS[LISTS[folder]]
    bodies = [each.response["body"] for each in MODELS if each.dialect == folder and each.response["status"] == 200]
    pages = [listing.models(body) if listing.field in body else [listing.model(body)] for body in bodies]
    return [each for page in pages for each in page if each.id == model]


@pytest.mark.parametrize(
    ("folder", "model", "said"),
    [
        ("anthropic_models", "claude-opus-5", {"context_tokens": 1_000_000, "max_output_tokens": 128_000}),
        ("gemini_models", "gemini-2.5-pro", {"context_tokens": 1_048_576, "max_output_tokens": 65_536}),
        ("mistral_models", "mistral-medium-2505", {"context_tokens": 131_072, "owner": "mistralai"}),
        ("cohere_models", "command-a-03-2025", {"context_tokens": 288_000, "max_output_tokens": 8192}),
        ("openai_models", "groq/compound-mini", {"context_tokens": 131_072, "max_output_tokens": 8192}),
        ("openai_models", "openai/gpt-5-nano", {"context_tokens": 400_000, "max_output_tokens": 128_000}),
        ("openai_models", "gemini-3-6-flash", {"context_tokens": 1_000_000, "max_output_tokens": 65_536}),
        ("openai_models", "gpt-3.5-turbo", {"created_at": 1_677_610_602, "owner": "openai"}),
        ("ollama_meta", "qwen3:4b", {"created_at": 1_781_911_612}),
    ],
)
def test_what_providers_say_of_a_model(folder: str, model: str, said: dict[str, Any]) -> None:
    assert said in [{name: getattr(each, name) for name in said} for each in listed(folder, model)]


@pytest.mark.parametrize(
    ("folder", "model", "able"),
    [
        ("anthropic_models", "claude-opus-5", {"citations", "pdf_input", "thinking"}),
        ("gemini_models", "gemini-2.5-pro", {"generateContent", "countTokens", "thinking"}),
        ("mistral_models", "mistral-medium-2505", {"completion_chat", "vision", "function_calling"}),
        ("cohere_models", "command-a-03-2025", {"chat", "json_mode"}),
        ("openai_models", "gemini-3-6-flash", {"supportsVision", "supportsReasoning"}),
    ],
)
def test_what_a_model_can_do(folder: str, model: str, able: set[str]) -> None:
    assert any(able <= each.abilities for each in listed(folder, model))
    assert not any("ocr" in each.abilities for each in listed(folder, model))
