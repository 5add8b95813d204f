"""Every dialect that callers speak reaches every provider, whole and streamed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from dragoman.gateway.replies import losses_in
from dragoman.messages import Loss
from dragoman.testing import Emulator
from tests.gateway.front.dialects import SURFACES, Surface, heard
from tests.gateway.front.running import UPSTREAMS

ALL = pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
EACH = pytest.mark.parametrize("model", UPSTREAMS)


@ALL
@EACH
def test_an_answer(client: httpx.Client, emulator: Emulator, surface: Surface, model: str) -> None:
    emulator.script("Rivers run downhill.")
    reply = client.post(surface.path(model, False), json=surface.body(model, "Why?", False))
    assert reply.status_code == 200, reply.text
    assert surface.said(reply.json()) == "Rivers run downhill."
    assert reply.headers["x-dragoman-provider"] == UPSTREAMS[model].partition("/")[0]
    assert reply.headers["x-request-id"].startswith("req_")
    assert emulator.requests[0].request.model == UPSTREAMS[model].partition("/")[2]


@ALL
@EACH
def test_a_stream(client: httpx.Client, emulator: Emulator, surface: Surface, model: str) -> None:
    """It ends once, and nothing comes after its end."""
    emulator.script("Rivers run downhill,\nas a rule.")
    reply = client.post(surface.path(model, True), json=surface.body(model, "Why?", True))
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert heard(surface, reply.content) == ("Rivers run downhill,\nas a rule.", 1, 0)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions",
        "/chat/completions",
        "/v1/v1/chat/completions",
        "/openai/v1/chat/completions",
        "/v1/chat/completions/",
        "/v1/chat/completions?api-version=2024-10-21",
        "/openai/deployments/up-openai/chat/completions?api-version=2024-10-21",
    ],
)
def test_the_paths_that_clients_of_openai_write(client: httpx.Client, emulator: Emulator, path: str) -> None:
    emulator.script("Yes.")
    body = {"model": "up-openai", "messages": [{"role": "user", "content": "Is it?"}]}
    assert client.post(path, json=body).json()["choices"][0]["message"]["content"] == "Yes."


def test_a_deployment_in_the_path_is_the_model(client: httpx.Client, emulator: Emulator) -> None:
    """Azure's clients do not say it again in the body."""
    body = {"messages": [{"role": "user", "content": "Is it?"}]}
    reply = client.post("/openai/deployments/up-anthropic/chat/completions", json=body)
    assert reply.headers["x-dragoman-provider"] == "anthropic"


@pytest.mark.parametrize(
    "path", ["/v1/messages", "/v1/messages?beta=true", "/anthropic/v1/messages", "/v1/v1/messages"]
)
def test_the_paths_that_clients_of_anthropic_write(client: httpx.Client, emulator: Emulator, path: str) -> None:
    body = {"model": "up-anthropic", "max_tokens": 9, "messages": [{"role": "user", "content": "Is it?"}]}
    assert client.post(path, json=body).json()["type"] == "message"


@pytest.mark.parametrize(
    "path",
    [
        "/v1beta/models/up-gemini:generateContent",
        "/v1/models/up-gemini:generateContent",
        "/v1/publishers/google/models/up-gemini:generateContent",
        "/v1/projects/p/locations/l/publishers/google/models/up-gemini:generateContent",
    ],
)
def test_the_paths_that_clients_of_google_write(client: httpx.Client, emulator: Emulator, path: str) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Is it?"}]}]}
    assert client.post(path, json=body).json()["candidates"]


def test_what_a_caller_of_the_same_dialect_wrote_arrives_as_it_is(client: httpx.Client, emulator: Emulator) -> None:
    """Unknown fields, in the body and in its parts, and headers of betas."""
    block = {"type": "text", "text": "Hi", "from_the_future": {"a": [1.0]}}
    body = {"model": "up-anthropic", "max_tokens": 9, "messages": [{"role": "user", "content": [block]}], "later": None}
    client.post("/v1/messages?beta=true", json=body, headers={"anthropic-beta": "new-thing-2027"})
    seen = emulator.requests[0]
    assert seen.wire == {**body, "model": "claude-sonnet-4-5"}
    assert seen.headers["anthropic-beta"] == "new-thing-2027"


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_request_loses_on_the_way_is_named(client: httpx.Client, emulator: Emulator, stream: bool) -> None:
    body = {"model": "up-anthropic", "seed": 7, "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
    reply = client.post("/v1/chat/completions", json=body)
    assert reply.status_code == 200
    assert reply.headers["x-dragoman-loss"].startswith("seed dropped")


def test_a_caller_who_wants_no_losses_is_refused_with_their_names(client: httpx.Client, emulator: Emulator) -> None:
    body = {"model": "up-anthropic", "seed": 7, "messages": [{"role": "user", "content": "Hi"}]}
    reply = client.post("/v1/chat/completions", json=body, headers={"x-dragoman-on-loss": "error"})
    assert reply.status_code == 400
    assert "`seed`" in reply.json()["error"]["message"]
    assert not emulator.requests


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
        ("/v1/embeddings", {"model": "openai/text-embedding-3-small", "input": ["Hi"]}),
        ("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "Hi"}]}),
    ],
)
@pytest.mark.parametrize(("word", "status"), [("warn", 200), ("error", 200), ("refuse", 400), ("", 400)])
def test_a_word_that_does_not_say_what_is_done_about_losses(
    client: httpx.Client, emulator: Emulator, path: str, body: dict[str, Any], word: str, status: int
) -> None:
    """Who wants to be strict and is not understood would have an answer to another question."""
    reply = client.post(path, json={"model": "up-anthropic", **body}, headers={"x-dragoman-on-loss": word})
    assert reply.status_code == status
    if status == 400:
        assert "`warn` or `error`" in reply.json()["error"]["message"]
        assert not emulator.requests


@pytest.mark.parametrize("number", [1, 30, 100, 2000])
def test_every_loss_is_named_as_far_as_a_header_goes(client: httpx.Client, emulator: Emulator, number: int) -> None:
    """First they are told in fewer words, then they are counted; none is cut."""
    marked = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    body = {"model": "up-ollama", "max_tokens": 9, "messages": [{"role": "user", "content": [marked] * number}]}
    told = client.post("/v1/messages", json=body).headers["x-dragoman-loss"]
    losses = told.split("; ")
    assert len(told) <= 4096
    rest = int(losses.pop().split()[1]) if number == 2000 else 0
    assert len(losses) + rest == number
    named = [loss.partition(" ")[0] for loss in losses]
    assert named == [f"messages[0].content[{place}].cache" for place in range(len(losses))]
    assert {" dropped: " in loss for loss in losses} == {number < 100}
    assert {loss.endswith(" dropped") for loss in losses} == {number >= 100}


def test_an_answer_of_another_dialect_has_what_clients_look_for(client: httpx.Client, emulator: Emulator) -> None:
    body = {"model": "up-ollama", "messages": [{"role": "user", "content": "Hi"}]}
    answer = client.post("/v1/chat/completions", json=body).json()
    assert answer["id"].startswith("chatcmpl-")
    assert answer["created"] > 1_700_000_000
    assert answer["model"] == "llama3.2"


def test_the_callers_own_request_id_is_kept(client: httpx.Client, emulator: Emulator) -> None:
    body = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}
    reply = client.post("/v1/chat/completions", json=body, headers={"x-request-id": "mine-1"})
    assert reply.headers["x-request-id"] == "mine-1"


def test_a_loss_that_has_no_room_is_counted() -> None:
    long = Loss(effect="dropped", where="x" * 10_000, why="it is not known")
    assert losses_in((long,)) == [(b"x-dragoman-loss", b"1 loss")]
