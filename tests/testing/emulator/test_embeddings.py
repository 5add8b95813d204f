"""The emulator embeds: in each provider's words, by rule, with faults and a bill."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dragoman.dialects.embeddings import embedding_codec_names, get_embedding_codec
from dragoman.messages import EmbeddingRequest, EmbeddingResponse
from dragoman.testing import Emulator

from .conftest import Client, running

PATHS = {
    "openai_embeddings": "/v1/embeddings",
    "mistral_embeddings": "/v1/embeddings",
    "voyage_embeddings": "/v1/embeddings",
    "gemini_embed": "/v1beta/models/m:batchEmbedContents",
    "vertex_predict_embed": "/v1/projects/p/locations/l/publishers/google/models/m:predict",
    "cohere_embed": "/v2/embed",
    "ollama_embed": "/api/embed",
}


def embed(client: Client, name: str, *inputs: Any, **options: Any) -> EmbeddingResponse:
    """Send what the codec writes to where the provider has it."""
    codec = get_embedding_codec(name)
    request = EmbeddingRequest(model="m", inputs=inputs, **options)
    answer = client.post(PATHS[name], codec.encode_request(request).wire)
    assert answer.status == 200, answer.body
    return codec.decode_response(answer.json, request)


@pytest.mark.parametrize("name", embedding_codec_names())
def test_every_way_of_asking_gives_the_same_vectors(client: Client, emulator: Emulator, name: str) -> None:
    response = embed(client, name, "hello world", "goodbye", dimensions=32)
    expected = embed(client, "openai_embeddings", "hello world", "goodbye", dimensions=32, encoding="float")
    assert response.vectors == expected.vectors
    assert response.usage.input_tokens == emulator.bill[0].usage["prompt_tokens"] == 5


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        ("voyage_embeddings", {"dtype": "int8", "encoding": "base64", "input_type": "query"}, "int8"),
        ("mistral_embeddings", {"dtype": "ubinary"}, "ubinary"),
        ("cohere_embed", {"dtype": "binary"}, "binary"),
        ("cohere_embed", {"encoding": "base64"}, "float"),
        ("openai_embeddings", {"encoding": "base64"}, "float"),
    ],
)
def test_kinds_of_numbers(client: Client, name: str, options: dict[str, Any], kind: str) -> None:
    response = embed(client, name, "hello world", dimensions=32, **options)
    assert (response.dtype, response.dimensions) == (kind, 32)


@pytest.mark.parametrize("given", ["hello", ["hello"], [1, 2], [[1, 2]]])
def test_inputs_in_every_form(client: Client, given: Any) -> None:
    answer = client.post("/v1/embeddings", {"model": "m", "input": given})
    assert [row["index"] for row in answer.json["data"]] == [0]
    assert answer.headers["x-request-id"].startswith("req_")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no model": ({"input": "a"}, "model"),
    "no input": ({"model": "m"}, "'input'"),
    "an empty list": ({"model": "m", "input": []}, "'input'"),
    "an empty text": ({"model": "m", "input": ["a", ""]}, "empty string"),
    "too many": ({"model": "m", "input": ["a"] * 2049}, "too many inputs in one request: 2049 > 2048"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_free(client: Client, emulator: Emulator, name: str) -> None:
    body, said = REFUSED[name]
    answer = client.post("/v1/embeddings", body)
    assert answer.status == 400
    assert said in answer.json["error"]["message"]
    assert emulator.bill.cost == 0


def test_the_bill_has_a_line_for_each_call(client: Client, emulator: Emulator) -> None:
    client.post("/v1/embeddings", {"model": "text-embedding-3-small", "input": ["abcd" * 1000]})
    (line,) = emulator.bill
    assert (line.model, line.outcome, line.usage and line.usage.input_tokens) == ("text-embedding-3-small", "ok", 1000)
    assert line.cost == Decimal("0.00002")


def test_faults_strike_embeddings_as_any_call_to_a_model(client: Client, emulator: Emulator) -> None:
    emulator.fault(status=503)
    emulator.fault(status=429, model="other")
    assert client.post("/v1/embeddings", {"model": "m", "input": "a"}).status == 503
    assert client.post("/v1/embeddings", {"model": "m", "input": "a"}).status == 200
    assert client.post("/v1/embeddings", {"model": "other", "input": "a"}).status == 429
    answer = client.post("/v1/embeddings", {"model": "m", "input": "a"}, x_emulator_fault="status=500")
    assert answer.status == 500


def test_a_script_is_for_answers(client: Client, emulator: Emulator) -> None:
    emulator.script("Hello!")
    assert client.post("/v1/embeddings", {"model": "m", "input": "a"}).status == 200
    assert client.ask("openai_chat").decoded().content == "Hello!"


def test_models_that_are_not_there_do_not_embed() -> None:
    with running(models=["here"], keys={"k"}) as (_, client):
        key = {"authorization": "Bearer k"}
        assert client.post("/v1/embeddings", {"model": "here", "input": "a"}, **key).status == 200
        assert client.post("/v1/embeddings", {"model": "gone", "input": "a"}, **key).status == 404
        assert client.post("/v1/embeddings", {"model": "here", "input": "a"}).status == 401


def test_only_post(client: Client) -> None:
    answer = client.send("GET", "/v1/embeddings")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
