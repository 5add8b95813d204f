"""What stands beside answers: lists of models, counts, vectors, pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.front.running import UPSTREAMS

LISTS = [
    ("/v1/models", {}, lambda wire: [model["id"] for model in wire["data"]], "object"),
    ("/openai/v1/models", {}, lambda wire: [model["id"] for model in wire["data"]], "object"),
    (
        "/v1/models",
        {"anthropic-version": "2023-06-01"},
        lambda wire: [model["id"] for model in wire["data"]],
        "has_more",
    ),
    ("/v1/models", {"x-goog-api-key": "k"}, lambda wire: [model["name"][7:] for model in wire["models"]], "models"),
    ("/v1/models?key=k", {}, lambda wire: [model["name"][7:] for model in wire["models"]], "models"),
    ("/v1beta/models", {}, lambda wire: [model["name"][7:] for model in wire["models"]], "models"),
    ("/api/tags", {}, lambda wire: [model["name"] for model in wire["models"]], "models"),
]


@pytest.mark.parametrize(("path", "headers", "names", "telling"), LISTS, ids=[f"{row[0]} {row[1]}" for row in LISTS])
def test_models_in_the_form_of_who_asks(client: httpx.Client, path: str, headers: dict, names, telling: str) -> None:
    wire = client.get(path, headers=headers).json()
    assert telling in wire
    assert set(UPSTREAMS) <= set(names(wire))


@pytest.mark.parametrize("name", ["up-openai", "openai/gpt-4o-mini"])
def test_one_model(client: httpx.Client, name: str) -> None:
    assert client.get(f"/v1/models/{name}").json()["id"] == name


def test_one_model_that_there_is_not(client: httpx.Client) -> None:
    reply = client.get("/v1/models/nobody", headers={"anthropic-version": "2023-06-01"})
    assert (reply.status_code, reply.json()["error"]["type"]) == (404, "not_found_error")


SHOWN = {
    "up-openai": {"tools", "vision"},
    "up-anthropic": {"tools", "vision", "thinking"},
    "up-ollama": {"tools"},
    "openai/nobody-knows-it": set(),
}
"""Model → what all of its targets are known to do beside answering."""


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_model_can_do_for_clients_of_ollama(client: httpx.Client, name: str) -> None:
    wire = client.post("/api/show", json={"model": name}).json()
    assert set(wire["capabilities"]) == {"completion", *SHOWN[name]}
    assert client.post("/api/show", json={"name": name}).json() == wire


@pytest.mark.parametrize(("body", "status"), [({"model": "nobody"}, 404), ({}, 400), ({"model": 5}, 400)])
def test_what_cannot_be_shown(client: httpx.Client, body: dict, status: int) -> None:
    reply = client.post("/api/show", json=body)
    assert (reply.status_code, set(reply.json())) == (status, {"error"})


COUNTS = [
    ("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "How many?"}]}, "input_tokens"),
    ("/v1/responses/input_tokens", {"input": "How many?"}, "input_tokens"),
    ("/v1beta/models/MODEL:countTokens", {"contents": [{"parts": [{"text": "How many?"}]}]}, "totalTokens"),
]


@pytest.mark.parametrize("model", UPSTREAMS)
@pytest.mark.parametrize(("path", "body", "field"), COUNTS, ids=[row[0] for row in COUNTS])
def test_counts(client: httpx.Client, emulator: Emulator, path: str, body: dict, field: str, model: str) -> None:
    reply = client.post(path.replace("MODEL", model), json={"model": model, **body})
    assert reply.json()[field] > 0


def test_vectors(client: httpx.Client, emulator: Emulator) -> None:
    body = {"model": "openai/text-embedding-3-small", "input": ["a", "b"], "dimensions": 8}
    wire = client.post("/v1/embeddings", json=body).json()
    assert [len(row["embedding"]) for row in wire["data"]] == [8, 8]
    assert wire["usage"]["prompt_tokens"] > 0


def test_vectors_in_base64(client: httpx.Client, emulator: Emulator) -> None:
    """As openai-python asks for them unless it is told otherwise."""
    body = {"model": "openai/text-embedding-3-small", "input": "a", "encoding_format": "base64"}
    assert isinstance(client.post("/v1/embeddings", json=body).json()["data"][0]["embedding"], str)


EMBEDS = ["openai/text-embedding-3-small", "google/gemini-embedding-001", "ollama/nomic-embed-text"]


@pytest.mark.parametrize("model", EMBEDS)
@pytest.mark.parametrize("strict", [False, True])
def test_what_is_lost_of_a_request_for_vectors_is_named(
    client: httpx.Client, emulator: Emulator, model: str, strict: bool
) -> None:
    """Base64 is no loss: the caller gets it from us."""
    body = {"model": model, "input": ["a"], "encoding_format": "base64", "user": "me", "later": 1}
    reply = client.post("/v1/embeddings", json=body, headers={"x-dragoman-on-loss": "error"} if strict else {})
    own = model.startswith("openai/")
    named = {loss.split(" ")[0] for loss in reply.headers.get("x-dragoman-loss", "").split("; ") if loss}
    assert reply.status_code == (400 if strict and not own else 200)
    if reply.status_code == 200:
        assert isinstance(reply.json()["data"][0]["embedding"], str)
        assert reply.headers["x-dragoman-model"] == model.partition("/")[2]
        assert named == (set() if own else {"user", "later"})
        assert (emulator.requests[0].wire.get("later") == 1) == own
    else:
        assert "`later`" in reply.json()["error"]["message"]
        assert not emulator.requests


def test_a_count_that_is_an_estimate_says_so(client: httpx.Client, emulator: Emulator) -> None:
    body = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    for model, guessed in (("up-anthropic", False), ("up-ollama", True)):
        reply = client.post("/v1/messages/count_tokens", json={"model": model, **body})
        assert ("this is an estimate" in reply.headers.get("x-dragoman-loss", "")) == guessed


def test_vectors_for_clients_of_google(client: httpx.Client, emulator: Emulator) -> None:
    rows = [{"model": "models/x", "content": {"parts": [{"text": "a"}]}}]
    path = "/v1beta/models/openai/text-embedding-3-small:batchEmbedContents"
    assert client.post(path, json={"requests": rows}).json()["embeddings"][0]["values"]


def test_one_vector_for_clients_of_google(client: httpx.Client, emulator: Emulator) -> None:
    """As the AI SDK asks for it."""
    body = {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 8}
    wire = client.post("/v1beta/models/openai/text-embedding-3-small:embedContent", json=body).json()
    assert len(wire["embedding"]["values"]) == 8


# ---------------------------------------------------------------------- pages


def test_home_is_a_page_for_who_wants_one(client: httpx.Client) -> None:
    assert client.get("/").json()["service"] == "dragoman"
    page = client.get("/", headers={"accept": "text/html"})
    assert "OPENAI_BASE_URL=http://127.0.0.1" in page.text
    assert client.head("/").status_code == 200


def test_health_and_readiness(client: httpx.Client) -> None:
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/ready").json() == {"status": "ready"}


def test_metrics_count_calls(client: httpx.Client, emulator: Emulator) -> None:
    client.post("/v1/chat/completions", json={"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]})
    assert 'model="up-openai"' in client.get("/metrics").text


def test_every_path_is_in_the_document(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {
        "/v1/chat", "/v1/providers", "/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/models",
        "/v1/messages", "/v1/messages/count_tokens", "/v1beta/models/{model}:generateContent",
        "/v1beta/models/{model}:streamGenerateContent", "/v1beta/models/{model}:countTokens", "/health", "/ready",
        "/metrics",
    } <= set(paths)  # fmt: skip
    assert client.get("/docs").status_code == 200


def test_the_document_tells_what_short_pages_answer(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    shapes = [
        paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for path in ("/v1/providers", "/api/version", "/health")
    ]
    texts = {"type": "array", "items": {"type": "string"}}
    assert [shape.get("additionalProperties") for shape in shapes] == [texts, {"type": "string"}, None]


def test_an_old_pydantic_is_not_loaded_to_start() -> None:
    code = "import sys; from dragoman.gateway import create_app; create_app({}); print('pydantic.v1' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_document_names_what_it_refers_to(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert {reference.rpartition("/")[2] for reference in references(document)} <= set(schemas)
    named = {path for path, item in document["paths"].items() if "parameters" in item}
    assert named == {path for path in document["paths"] if "{model}" in path}


def references(value: Any) -> Iterator[str]:
    """Every `$ref` inside."""
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from references(each)
