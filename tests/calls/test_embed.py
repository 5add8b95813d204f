"""Embeddings as a flow: how many requests, in which order, under which limits, and what they cost together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.calls import EmbeddingCall, RetryConfig, Target, embed
from dragoman.dialects import get_dialect
from dragoman.dialects.embeddings import get_embedding_codec
from dragoman.errors import DecodeError, Error, LossRefused, ProviderError, RateLimited, TimedOut, UnknownModel
from dragoman.http import Origin, Timeouts
from dragoman.messages import EmbeddingRequest
from dragoman.providers import get_spec
from dragoman.secret import HIDDEN, Secret

from ..drive import MODES, Transport, drive
from .conftest import Clock

both = pytest.mark.parametrize("mode", MODES)
KEY = "sk-marked-secret-key"


def call(
    transport: Transport,
    clock: Clock,
    *inputs: Any,
    provider: str = "openai",
    model: str = "text-embedding-3-small",
    **options: Any,
) -> EmbeddingCall:
    spec = get_spec(provider)
    fields = options.pop("request", {})
    target = Target(
        spec=spec,
        model=model,
        dialect=get_dialect(spec.dialect),
        origin=Origin("https", "api.test", 443),
        prefix=spec.default_prefix,
        transport=transport,
        key=Secret(KEY),
    )
    return EmbeddingCall(
        target=target,
        request=EmbeddingRequest(model=model, inputs=inputs, **fields),
        codec=get_embedding_codec(options.pop("codec", spec.embeddings_for(model))),
        retry=options.pop("retry", RetryConfig(use_jitter=False)),
        clock=clock,
        today=lambda: "2026-11-21",
        **options,
    )


def answer(vectors: Sequence[Sequence[float]], tokens: int = 10, **fields: Any) -> dict[str, Any]:
    body = {
        "data": [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)],
        "model": "served",
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return {"body": json.dumps(body).encode(), **fields}


def bodies(transport: Transport) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in transport.requests]


@both
def test_one_request(mode: str, clock: Clock) -> None:
    headers = {"content-type": "application/json", "x-request-id": "req_1"}
    transport = Transport(mode, answer([[1.0], [2.0]], tokens=1_000_000, headers=headers))
    response, events = drive(mode, embed(call(transport, clock, "a", "b", request={"dimensions": 1})))
    (sent,) = transport.requests
    assert (sent.method, sent.target) == ("POST", "/v1/embeddings")
    assert ("authorization", f"Bearer {KEY}") in sent.headers
    assert bodies(transport) == [
        {"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 1, "encoding_format": "base64"}
    ]
    assert list(response) == [[1.0], [2.0]]
    assert (response.model, response.provider, response.request_id) == ("served", "openai", "req_1")
    assert response.cost == Decimal("0.02")
    assert [attempt.outcome for attempt in response.attempts] == ["ok"]
    assert events == []


@both
def test_many_inputs_become_requests_in_order(mode: str, clock: Clock) -> None:
    replies = [
        answer([[float(n)] for n in range(start, end)], 500_000)
        for start, end in ((0, 2048), (2048, 4096), (4096, 4100))
    ]
    transport = Transport(mode, *replies)
    response, _ = drive(mode, embed(call(transport, clock, *map(str, range(4100)))))
    assert [len(body["input"]) for body in bodies(transport)] == [2048, 2048, 4]
    assert [vector[0] for vector in response] == [float(n) for n in range(4100)]
    assert (response.usage.input_tokens, response.cost) == (1_500_000, Decimal("0.03"))
    assert [attempt.cost for attempt in response.attempts] == [Decimal("0.01")] * 3
    assert [len(body["data"]) for body in response.raw] == [2048, 2048, 4]


@both
def test_each_request_has_its_own_tries_and_all_are_recorded(mode: str, clock: Clock) -> None:
    busy = {"status": 429, "body": b'{"error": {"message": "slow down"}}'}
    transport = Transport(mode, busy, answer([[1.0]]), busy, busy, answer([[2.0]]))
    response, _ = drive(mode, embed(call(transport, clock, "a", (1,))))
    assert [attempt.outcome for attempt in response.attempts] == [
        "RateLimited",
        "ok",
        "RateLimited",
        "RateLimited",
        "ok",
    ]
    assert list(response) == [[1.0], [2.0]]
    assert clock.slept == [0.5, 0.5, 1.0]
    assert response.cost == Decimal("0.0000004")


@both
def test_an_error_knows_what_was_paid_before_it(mode: str, clock: Clock) -> None:
    gone = {"status": 404, "body": b'{"error": {"message": "no such model", "code": "model_not_found"}}'}
    transport = Transport(mode, answer([[1.0]], tokens=1_000_000), gone)
    with pytest.raises(UnknownModel, match="`openai/text-embedding-3-small`: no such model") as caught:
        drive(mode, embed(call(transport, clock, "a", (1,))))
    assert [attempt.outcome for attempt in caught.value.attempts] == ["ok", "UnknownModel"]
    assert caught.value.cost == Decimal("0.02")


@both
def test_one_deadline_holds_over_all_requests(mode: str, clock: Clock) -> None:
    busy = {"status": 429, "headers": {"retry-after": "20"}, "body": b"{}"}
    transport = Transport(mode, busy, answer([[1.0]]), busy)
    with pytest.raises(RateLimited):
        drive(mode, embed(call(transport, clock, "a", (1,), timeouts=Timeouts(total=30))))
    assert clock.slept == [20.0]
    assert {request.deadline for request in transport.requests} == {1030.0}


@both
def test_a_timeout_has_its_attempts_too(mode: str, clock: Clock) -> None:
    transport = Transport(mode, TimedOut("too slow", phase="total"))
    with pytest.raises(TimedOut) as caught:
        drive(mode, embed(call(transport, clock, "a")))
    assert [attempt.outcome for attempt in caught.value.attempts] == ["TimedOut"]
    assert caught.value.cost is None


@both
def test_too_few_vectors_are_no_answer(mode: str, clock: Clock) -> None:
    transport = Transport(mode, answer([[1.0]]), answer([[1.0], [2.0]]))
    response, _ = drive(mode, embed(call(transport, clock, "a", "b")))
    assert [attempt.outcome for attempt in response.attempts] == ["DecodeError", "ok"]
    assert "2 inputs were sent, and 1 vectors came back" in str(response.attempts[0].error)


BROKEN = {
    "no JSON": (b"<html>", "the answer is not JSON"),
    "no object": (b"[]", "not a JSON object"),
    "no vectors": (b'{"object": "list"}', "the answer could not be read: KeyError"),
    "broken base64": (b'{"data": [{"index": 0, "embedding": "AAC"}]}', "the answer could not be read"),
}


@both
@pytest.mark.parametrize("name", BROKEN)
def test_answers_that_cannot_be_read(mode: str, clock: Clock, name: str) -> None:
    body, said = BROKEN[name]
    transport = Transport(mode, {"body": body})
    with pytest.raises(DecodeError, match=said) as caught:
        drive(mode, embed(call(transport, clock, "a", retry=RetryConfig(max_attempts=1))))
    assert caught.value.data == body


@both
def test_what_is_lost_is_a_warning_said_once(mode: str, clock: Clock) -> None:
    transport = Transport(mode, answer([[1.0]]), answer([[2.0]]))
    response, _ = drive(mode, embed(call(transport, clock, "a", (1,), request={"input_type": "query"})))
    assert [str(loss) for loss in response.warnings] == [
        "`input_type` was dropped: this provider's embeddings do not know it"
    ]


@both
def test_losses_can_be_refused_before_anything_is_sent(mode: str, clock: Clock) -> None:
    transport = Transport(mode)
    with pytest.raises(LossRefused, match="input_type"):
        drive(mode, embed(call(transport, clock, "a", request={"input_type": "query"}, on_loss="error")))
    assert transport.requests == []


@both
def test_what_a_provider_demands_is_filled_in_and_noted(mode: str, clock: Clock) -> None:
    body = {"id": "1", "embeddings": {"float": [[1.0]]}, "meta": {"billed_units": {"input_tokens": 2}}}
    transport = Transport(mode, {"body": json.dumps(body).encode()})
    response, _ = drive(mode, embed(call(transport, clock, "a", codec="cohere_embed", model="embed-v4.0")))
    assert bodies(transport) == [{"model": "embed-v4.0", "texts": ["a"], "input_type": "search_document"}]
    assert response.attempts[0].notes == ("input_type=document by default: the provider demands one",)
    assert (response.model, response.cost) == ("embed-v4.0", None)
    assert response.cost_note == "the catalog does not know this model"


@both
def test_no_error_shows_the_key(mode: str, clock: Clock) -> None:
    refused = {"status": 401, "body": json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode()}
    with pytest.raises(Error) as caught:
        drive(mode, embed(call(Transport(mode, refused), clock, "a")))
    assert isinstance(caught.value, ProviderError)
    assert caught.value.message == f"wrong key {HIDDEN}"
    assert KEY not in repr(caught.value.body)


@both
def test_a_path_of_the_providers_own(mode: str, clock: Clock) -> None:
    transport = Transport(mode, answer([[1.0]]))
    asked = call(transport, clock, "a")
    own = replace(
        asked.target.spec, paths={"openai_embeddings": lambda request: f"/deployments/{request.model}/embeddings"}
    )
    asked = replace(asked, target=replace(asked.target, spec=own, query="api-version=1"))
    drive(mode, embed(asked))
    (sent,) = transport.requests
    assert sent.target == "/v1/deployments/text-embedding-3-small/embeddings?api-version=1"
