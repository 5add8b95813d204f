"""Paths: any prefix, every dialect, and refusals in the caller's own words."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import dialect_names
from dragoman.dialects.serving import serving_of
from dragoman.testing import Emulator

from .conftest import PATHS, SERVED, Client, body, running

GENERATE = [
    ("/v1/chat/completions", "openai_chat"),
    ("/chat/completions", "openai_chat"),
    ("/openai/v1/chat/completions", "openai_chat"),
    ("/openai/deployments/my-model/chat/completions?api-version=2024-10-21", "openai_chat"),
    ("/v1/chat/completions/", "openai_chat"),
    ("/v1/responses", "openai_responses"),
    ("/openai/v1/responses?api-version=preview", "openai_responses"),
    ("/v1/messages", "anthropic_messages"),
    ("/v1/messages?beta=true", "anthropic_messages"),
    ("/anthropic/v1/messages", "anthropic_messages"),
    ("/v1beta/models/gemini-2.5-flash:generateContent", "gemini"),
    ("/v1/models/gemini-2.5-flash:generateContent?key=k", "gemini"),
    ("/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent", "gemini"),
    ("/api/chat", "ollama"),
    ("/v2/chat", "cohere_v2"),
    ("/model/us.amazon.nova-lite-v1%3A0/converse", "bedrock_converse"),
    ("/model/us.amazon.nova-lite-v1:0/converse", "bedrock_converse"),
    ("/mistral/v1/chat/completions", "mistral"),
]


def test_every_dialect_is_served() -> None:
    assert set(SERVED) == set(dialect_names())


@pytest.mark.parametrize(("target", "dialect"), GENERATE)
def test_paths(client: Client, emulator: Emulator, target: str, dialect: str) -> None:
    answer = client.post(target, body(dialect, "Say exactly: hello"))
    answer.dialect = dialect
    assert answer.decoded().content == "hello"
    assert emulator.requests[-1].dialect == dialect


def test_further_paths() -> None:
    with running(paths={"/v1/chat": "openai_chat", "/ask": "anthropic_messages"}) as (emulator, client):
        for target, dialect in (("/v1/chat", "openai_chat"), ("/api/ask", "anthropic_messages"), GENERATE[0]):
            assert client.post(target, body(dialect, "Say exactly: hello")).status == 200
            assert emulator.requests[-1].dialect == dialect
        assert client.post("/v1/else", body("openai_chat", "Hi")).status == 404


@pytest.mark.parametrize("headers", [{}, {"anthropic_version": "2023-06-01"}], ids=["openai", "anthropic"])
def test_models_in_the_shape_of_the_caller(client: Client, headers: dict[str, str]) -> None:
    models = client.send("GET", "/v1/models", **headers).json
    assert ("has_more" in models) is bool(headers)
    assert ("object" in models) is not bool(headers)
    names = [model["id"] for model in models["data"]]
    assert client.send("GET", f"/v1/models/{names[0]}", **headers).json == models["data"][0]
    assert client.send("GET", "/v1/models/none", **headers).status == 404


def test_models_as_googles_clients_want_them(client: Client) -> None:
    models = client.send("GET", "/v1beta/models?pageSize=5", x_goog_api_key="k").json["models"]
    assert all(model["name"].startswith("models/") for model in models)
    assert client.send("GET", f"/v1beta/{models[0]['name']}", x_goog_api_key="k").json == models[0]


@pytest.mark.parametrize("path", ["/v1/models?page_size=5", "/cohere_v2/v1/models"])
def test_models_as_coheres_clients_want_them(client: Client, path: str) -> None:
    models = client.send("GET", path).json["models"]
    assert all("endpoints" in model for model in models)


def test_googles_tokens_are_counted_also_of_a_whole_request(client: Client) -> None:
    wire = body("gemini", "Hello")
    path = "/v1beta/models/gemini-2.5-flash:countTokens"
    counts = [client.post(path, each).json["totalTokens"] for each in (wire, {"generateContentRequest": wire})]
    assert counts[0] == counts[1] > 0


def test_models_can_be_limited() -> None:
    with running(models=["org/one", "two"]) as (_, client):
        assert [model["id"] for model in client.send("GET", "/v1/models").json["data"]] == ["org/one", "two"]
        assert client.send("GET", "/v1/models/org/one").json["id"] == "org/one"
        assert client.ask("openai_chat", model="two").status == 200
        refused = client.ask("openai_chat", model="three")
        assert (refused.status, refused.json["error"]["code"]) == (404, "model_not_found")
        assert client.ask("anthropic_messages", model="three").json["error"]["type"] == "not_found_error"


ERRORS: list[tuple[str, str, dict[str, str], int, str]] = [
    ("POST", "/v1/nowhere", {}, 404, "invalid_request_error"),
    ("POST", "/v1/nowhere", {"anthropic_version": "2023-06-01"}, 404, "not_found_error"),
    ("GET", "/v1/chat/completions", {}, 405, "invalid_request_error"),
    ("PUT", "/v1/messages", {}, 405, "invalid_request_error"),
    ("DELETE", "/v1/models", {}, 405, "invalid_request_error"),
]


@pytest.mark.parametrize(("method", "target", "headers", "status", "kind"), ERRORS)
def test_what_is_not_there(
    client: Client, method: str, target: str, headers: dict[str, str], status: int, kind: str
) -> None:
    answer = client.send(method, target, b"{}", **headers)
    assert (answer.status, answer.json["error"]["type"]) == (status, kind)
    assert (answer.json.get("type") == "error") is bool(headers or "messages" in target)
    assert ("allow" in answer.headers) is (status == 405)


def test_home_says_what_this_is(client: Client) -> None:
    dialects = client.send("GET", "/").json["dialects"]
    assert dialects[0] == "openai_chat"
    assert set(dialects) == set(dialect_names())


BAD_BODIES: list[tuple[str, bytes | dict[str, Any]]] = [
    ("nothing", b""),
    ("not JSON", b"{oops"),
    ("no object", b"[]"),
    ("no model", {"messages": [{"role": "user", "content": "?"}], "max_tokens": 9}),
    ("no messages", {"model": "m", "max_tokens": 9}),
    ("empty", {"model": "m", "max_tokens": 9, "messages": []}),
    ("wrong role", {"model": "m", "max_tokens": 9, "messages": [{"role": "nobody", "content": "?"}]}),
    ("nested too deeply", b'{"a":' + b"[" * 100_000),
    ("not UTF-8", b'{"model": "\xff\xfe"}'),
]


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("content", [content for _, content in BAD_BODIES], ids=[name for name, _ in BAD_BODIES])
def test_bodies_that_are_no_requests(client: Client, emulator: Emulator, dialect: str, content: Any) -> None:
    answer = client.post(PATHS[dialect], content)
    assert answer.status == 400, answer.body
    assert answer.error["type"] in ("invalid_request_error", "missing_required_parameter")
    assert answer.error["message"]
    (line,) = emulator.bill
    assert (line.outcome, line.status, line.cost) == ("refused", 400, 0)


def test_a_compressed_body_is_refused(client: Client) -> None:
    assert client.post(PATHS["openai_chat"], b"\x1f\x8b", content_encoding="gzip").status == 415


@pytest.mark.parametrize("dialect", PATHS)
def test_every_reply_names_its_request(client: Client, dialect: str) -> None:
    name = serving_of(dialect).request_id_header
    ids = [client.ask(dialect).headers[name], client.ask(dialect, fault="status=500").headers[name]]
    assert len(set(ids)) == 2
    assert all(value.startswith("req_") for value in ids)


def test_tokens_are_counted_without_an_answer(client: Client, emulator: Emulator) -> None:
    wire = body("anthropic_messages", "x" * 40)
    del wire["max_tokens"]
    assert client.post("/v1/messages/count_tokens", wire).json == {"input_tokens": 13}
    assert len(emulator.bill) == 0
