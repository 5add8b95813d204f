"""Every recorded call for embeddings: through the codec alone, and over real HTTP through both faces of the client."""

from __future__ import annotations

import asyncio
import importlib.metadata
from typing import Any

import pytest

import dragoman
from dragoman import EmbeddingResponse, Error, ProviderError, RetryConfig
from dragoman.dialects.embeddings import embedding_codec_names, get_embedding_codec
from dragoman.messages import EmbeddingRequest, decode_json, encode_json

from . import stand_ins
from .corpus import KNOWN_DIFFERENCES, Exchange, canonical_usage, exchanges
from .replay import Replay

ALL = [exchange for name in embedding_codec_names() for exchange in exchanges(name)]
GOOD = [exchange for exchange in ALL if exchange.expect["kind"] == "embeddings"]

pytestmark = pytest.mark.skipif(not ALL, reason="the recorded traffic is not beside the repository")

by_id = pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.id)
OPTIONS = ("dimensions", "input_type", "dtype", "encoding", "truncate", "user")


def asked(exchange: Exchange) -> EmbeddingRequest:
    """What the recorded request asks for, as the codec's server half reads it."""
    return get_embedding_codec(exchange.dialect).decode_request(exchange.request["body"], exchange.request["url"])


def differences(exchange: Exchange, outcome: EmbeddingResponse | Error) -> dict[str, str]:
    expect = exchange.expect
    if expect["kind"] == "error":
        assert isinstance(outcome, ProviderError), repr(outcome)
        got: dict[str, Any] = {"status": outcome.http_status, "message": outcome.message}
        want = {name: expect["error"][name] for name in got}
    else:
        assert isinstance(outcome, EmbeddingResponse), repr(outcome)
        got = {"count": len(outcome), "dimensions": outcome.dimensions, "first": outcome[0][:3]}
        want = {name: expect[name] for name in got if expect[name] is not None}
        counts = canonical_usage(expect.get("usage") or {}, exclusive_cache=False)
        want |= {"usage": counts, **({"model": expect["model"]} if expect.get("model") else {})}
        got |= {"usage": {name: getattr(outcome.usage, name) for name in counts}, "model": outcome.model}
    return {name: f"{got[name]!r} != {want[name]!r}" for name in want if got[name] != want[name]}


def agree(exchange: Exchange, outcome: EmbeddingResponse | Error) -> None:
    wrong, known = differences(exchange, outcome), KNOWN_DIFFERENCES.get(exchange.id, {})
    assert {name: what for name, what in wrong.items() if name not in known} == {}
    assert set(known) <= set(wrong), "this difference is gone: take it off the list"


@pytest.mark.parametrize("exchange", GOOD, ids=lambda exchange: exchange.id)
def test_the_codec_understands(exchange: Exchange) -> None:
    codec = get_embedding_codec(exchange.dialect)
    response = codec.decode_response(exchange.response["body"], asked(exchange))
    agree(exchange, response)
    assert all(len(vector) == len(response[0]) for vector in response)


@by_id
def test_a_request_is_written_as_it_was_read(exchange: Exchange) -> None:
    """But for fields that are null, and a lone input outside a list."""
    codec, body = get_embedding_codec(exchange.dialect), exchange.request["body"]
    written = codec.encode_request(asked(exchange))
    recorded = {name: value for name, value in body.items() if value is not None}
    given = recorded.get("input")
    if isinstance(given, str) or (given and isinstance(given[0], int)):
        recorded["input"] = [given]
    kept = {name: value for name, value in written.wire.items() if value is not None}
    assert (decode_json(encode_json(kept)), written.losses) == (recorded, ())


@pytest.mark.parametrize("exchange", GOOD, ids=lambda exchange: exchange.id)
def test_an_answer_survives_our_server_half(exchange: Exchange) -> None:
    codec, request = get_embedding_codec(exchange.dialect), asked(exchange)
    response = codec.decode_response(exchange.response["body"], request)
    again = codec.decode_response(codec.encode_response(response, request).wire, request)
    assert (again.vectors, again.dtype) == (response.vectors, response.dtype)
    assert again.usage.input_tokens == response.usage.input_tokens


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", stand_ins.entry_points)


@pytest.mark.usefixtures("stand_in")
@by_id
def test_understood_over_http(exchange: Exchange) -> None:
    request = asked(exchange)
    given = {name: getattr(request, name) for name in OPTIONS if getattr(request, name) is not None}
    options = given if exchange in GOOD else {}  # some were refused for options that we refuse too
    inputs = list(request.inputs)[:256]  # so that the one that was refused for its length is one request

    def client(url: str, **more: Any) -> Any:
        once = RetryConfig(max_attempts=1)
        return dragoman.create_llm(
            f"stand_in_{exchange.dialect}",
            model=request.model or "m",
            base_url=url,
            api_key="k",
            retry_config=once,
            **more,
        )

    async def awaited(url: str) -> EmbeddingResponse:
        async with client(url, async_client=True) as llm:
            return await llm.embed(inputs, **options)

    def blocking(url: str) -> EmbeddingResponse:
        with client(url) as llm:
            return llm.embed(inputs, **options)

    with Replay(exchange) as replay:
        for ask in (blocking, lambda url: asyncio.run(awaited(url))):
            try:
                outcome: EmbeddingResponse | Error = ask(replay.url)
            except Error as error:
                outcome = error
            agree(exchange, outcome)
            ended = "ok" if isinstance(outcome, EmbeddingResponse) else type(outcome).__name__
            assert [attempt.outcome for attempt in outcome.attempts] == [ended]
