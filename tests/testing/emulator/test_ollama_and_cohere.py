"""What the servers of Ollama and Cohere do besides answering."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client, running


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("dialect", ["ollama", "cohere_v2"])
def test_a_model_answers(client: Client, dialect: str, stream: bool) -> None:
    answer = client.ask(dialect, "Say exactly: pong 🏓", stream=stream).decoded()
    assert (answer.content, answer.finish_reason) == ("pong 🏓", "stop")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (8, 2)


def test_ollama_lists_what_is_installed() -> None:
    with running(models=["llama3.1:8b", "mistral:7b"]) as (_, client):
        listed = client.send("GET", "/api/tags").json["models"]
        assert [model["name"] for model in listed] == ["llama3.1:8b", "mistral:7b"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/generate"),
        ("GET", "/api/ps"),
        ("POST", "/api/show"),
        ("POST", "/api/pull"),
        ("DELETE", "/api/delete"),
    ],
)
def test_what_the_emulator_lacks_is_said_in_ollamas_form(client: Client, method: str, path: str) -> None:
    refused = client.send(method, path, {"model": "llama3.1:8b"})
    assert (refused.status, list(refused.json)) == (404, ["error"])
    assert f"the emulator has no `{path}`" in refused.json["error"]


def test_a_path_of_nobodys_is_refused_in_openais_form(client: Client) -> None:
    refused = client.send("POST", "/api/nothing", {})
    assert (refused.status, refused.json["error"]["message"]) == (404, "Invalid URL (POST /api/nothing)")


@pytest.mark.parametrize(
    ("asked", "word"),
    [({}, "load"), ({"keep_alive": "10m"}, "load"), ({"keep_alive": 0}, "unload"), ({"keep_alive": "0"}, "unload")],
)
def test_ollama_loads_or_unloads_a_model_that_is_asked_nothing(
    client: Client, asked: dict[str, Any], word: str
) -> None:
    wire = {"model": "llama3.1:8b", "messages": [], "stream": False, **asked}
    answer = client.post("/api/chat", wire).json
    assert (answer["done_reason"], answer["message"]["content"]) == (word, "")


def test_cohere_lists_models_to_its_own_client(client: Client) -> None:
    models = client.send("GET", "/v1/models", x_fern_sdk_name="cohere").json["models"]
    assert models
    assert all("chat" in model["endpoints"] for model in models)


def test_cohere_counts_by_giving_all_tokens(client: Client) -> None:
    counted = client.post("/v1/tokenize", {"model": "command-a-03-2025", "text": "x" * 40}).json["tokens"]
    asked = client.ask("cohere_v2", "x" * 40).json["usage"]["tokens"]["input_tokens"]
    assert len(counted) == asked
