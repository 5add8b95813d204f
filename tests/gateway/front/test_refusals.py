"""What is refused before the first byte: with a status, in the caller's dialect."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.front.dialects import SURFACES, Surface
from tests.gateway.front.running import config_for, gateway

ALL = pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
WHOLE_AND_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])

_OWN_WORDS = {
    ("anthropic_messages", 503): [529],
    ("anthropic_messages", 502): [500],
    ("gemini", 502): [500],
}
"""The statuses by which a dialect says the same: others its clients do not know."""

AT_PROVIDERS = [
    (400, 400, "the caller's own mistake"),
    (401, 502, "the gateway's key is not the caller's"),
    (402, 502, "nor is its account"),
    (404, 404, "there is no such model"),
    (429, 429, "too much for now"),
    (500, 502, "the provider broke"),
    (503, 503, "it has too much to do"),
]


@ALL
@WHOLE_AND_STREAMED
def test_a_model_that_there_is_not(client: httpx.Client, emulator: Emulator, surface: Surface, stream: bool) -> None:
    reply = client.post(surface.path("nobody", stream), json=surface.body("nobody", "Hi", stream))
    assert reply.status_code == 404
    assert "up-openai" in surface.refused(reply.json())
    assert not emulator.requests


@ALL
@WHOLE_AND_STREAMED
@pytest.mark.parametrize(("status", "told", "why"), AT_PROVIDERS, ids=str)
def test_what_a_provider_refuses(
    client: httpx.Client, emulator: Emulator, surface: Surface, stream: bool, status: int, told: int, why: str
) -> None:
    """Also of a stream: nothing has gone out yet, so the status can still say it."""
    emulator.fault(status=status, times=None)
    reply = client.post(surface.path("up-openai", stream), json=surface.body("up-openai", "Hi", stream))
    assert reply.status_code in {told, *_OWN_WORDS.get((surface.name, told), ())}, reply.text
    assert surface.refused(reply.json())


MESSAGE: dict[str, Any] = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("fault", [{"status": 400}, {"error_after": 12}], ids=["refused", "in the stream"])
@pytest.mark.parametrize("model", ["nobody", "up-openai", "up-anthropic"])
def test_anthropics_clients_read_the_requests_id_in_the_error(
    client: httpx.Client, emulator: Emulator, model: str, fault: dict[str, int]
) -> None:
    """It is the one in the headers: that of the provider's own request stays with us."""
    emulator.fault(**fault)
    reply = client.post("/v1/messages", json={"model": model, "stream": True, **MESSAGE})
    (error,) = [json.loads(line.removeprefix("data: ")) for line in reply.text.splitlines() if '"type":"error"' in line]
    assert error["request_id"] == reply.headers["request-id"] == reply.headers["x-request-id"]


KEPT: list[tuple[str, str, dict[str, Any]]] = [
    ("previous_response_id", "/v1/responses", {"previous_response_id": "resp_1", "input": "And now?"}),
    ("conversation", "/v1/responses", {"conversation": {"id": "conv_1"}, "input": "And now?"}),
    ("prompt", "/v1/responses", {"prompt": {"id": "pmpt_1"}, "input": "And now?"}),
    ("content[0]", "/v1/responses", {"input": [{"type": "item_reference", "id": "msg_1"}, *MESSAGE["messages"]]}),
    (
        "cachedContent",
        "/v1beta/models/{model}:generateContent",
        {"contents": [{"parts": [{"text": "And now?"}]}], "cachedContent": "cachedContents/1"},
    ),
]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", ["up-openai", "up-anthropic", "up-ollama"])
@pytest.mark.parametrize(("name", "path", "body"), KEPT, ids=lambda value: value if isinstance(value, str) else "")
def test_input_that_another_provider_keeps_is_not_left_out(
    client: httpx.Client, emulator: Emulator, name: str, path: str, body: dict[str, Any], model: str, stream: bool
) -> None:
    """What would come is an answer to another question."""
    if stream and "contents" in body:
        path = path.replace("generateContent", "streamGenerateContent")
    asked = body if "contents" in body else {"model": model, "stream": stream, **body}
    reply = client.post(path.format(model=model), json=asked)
    assert reply.status_code == 400
    told = (reply.json()[0] if isinstance(reply.json(), list) else reply.json())["error"]["message"]
    assert name in told
    assert "Send the whole input" in told
    assert not emulator.requests


RESPONSES = "/v1/responses"
CHAT = "/v1/chat/completions"
QUESTION: dict[str, Any] = {"type": "input_text", "text": "What is it?"}
PICTURE: dict[str, Any] = {"type": "input_image", "file_id": "file-1"}
FILE: dict[str, Any] = {"type": "input_file", "file_id": "file-1"}
CHAT_FILE: dict[str, Any] = {"type": "file", "file": {"file_id": "file-1"}}
SPOKEN: dict[str, Any] = {"role": "assistant", "audio": {"id": "audio_1"}}
HI: dict[str, Any] = {"role": "user", "content": "Hi"}


def of_responses(part: dict[str, Any]) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [QUESTION, part]}]}


def of_chat(part: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]}]}


def of_result(part: dict[str, Any]) -> dict[str, Any]:
    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
    return {"input": [HI, call, {"type": "function_call_output", "call_id": "c1", "output": [QUESTION, part]}]}


BY_ID: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("a picture", RESPONSES, of_responses(PICTURE), "up-openai", "messages[0].content[1]"),
    ("a picture", RESPONSES, of_responses(PICTURE), "up-mistral", "messages[0].content[1]"),
    ("a picture", RESPONSES, of_responses(PICTURE), "up-anthropic", "messages[0].content[1]"),
    ("a file", RESPONSES, of_responses(FILE), "up-anthropic", "messages[0].content[1]"),
    ("a file", RESPONSES, of_responses(FILE), "up-mistral", "messages[0].content[1]"),
    ("a file", RESPONSES, of_responses(FILE), "up-ollama", "messages[0].content[1]"),
    ("a file", CHAT, of_chat(CHAT_FILE), "up-anthropic", "messages[0].content[1]"),
    ("a tool's picture", RESPONSES, of_result(PICTURE), "up-anthropic", "messages[2].content[0].content[1]"),
    ("a sound", CHAT, {"messages": [HI, SPOKEN, HI]}, "up-anthropic", "messages[1].content[0]"),
]
"""What there is, where it is said, to whom, and how its place is called."""


@pytest.mark.parametrize(
    ("path", "body", "model", "where"), [row[1:] for row in BY_ID], ids=[f"{row[0]} {row[3]}" for row in BY_ID]
)
def test_what_only_its_provider_knows_by_an_id_is_neither_left_out_nor_passed_on(
    of_all: httpx.Client, emulator: Emulator, path: str, body: dict[str, Any], model: str, where: str
) -> None:
    reply = of_all.post(path, json={"model": model, **body})
    assert reply.status_code == 400
    assert where in reply.json()["error"]["message"]
    assert not emulator.requests


OWN: list[tuple[str, dict[str, Any], str]] = [
    (RESPONSES, of_responses(FILE), "up-openai"),
    (CHAT, of_chat(CHAT_FILE), "up-openai"),
    (CHAT, of_chat({"type": "file", "file_id": "1"}), "up-mistral"),
    (CHAT, {"messages": [HI, SPOKEN, HI]}, "up-openai"),
]


@pytest.mark.parametrize(("path", "body", "model"), OWN)
def test_who_may_know_the_id_is_asked(
    of_all: httpx.Client, emulator: Emulator, path: str, body: dict[str, Any], model: str
) -> None:
    assert of_all.post(path, json={"model": model, **body}).status_code == 200
    assert len(emulator.requests) == 1


def test_nothing_is_kept_where_a_field_says_so(client: httpx.Client, emulator: Emulator) -> None:
    """As some clients do that write every field."""
    body = {"model": "up-anthropic", "input": "Hi", "previous_response_id": None, "conversation": None, "prompt": None}
    assert client.post("/v1/responses", json=body).status_code == 200


def test_who_keeps_the_input_is_asked_for_it(emulator: Emulator) -> None:
    """Others of the route are passed over. The emulator keeps nothing, and says so."""
    keeper = {"model": "openai/gpt-4o-mini", "client": {"dialect": "openai_responses"}}
    config = config_for(
        emulator, models={"both": ["anthropic/claude-sonnet-4-5", "keeper"]}, targets={"keeper": keeper}
    )
    body = {"model": "both", "input": "And now?", "previous_response_id": "resp_1"}
    with gateway(emulator, config) as url:
        reply = httpx.post(f"{url}/v1/responses", json=body, trust_env=False)
    assert "this emulator is stateless" in reply.text
    assert [seen.wire["previous_response_id"] for seen in emulator.requests] == ["resp_1"]


def test_when_to_come_again_is_passed_on(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault(status=429, retry_after=7, times=None)
    body = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}
    assert client.post("/v1/chat/completions", json=body).headers["retry-after"] == "7"


def test_when_the_first_target_may_be_asked_again_is_said(emulator: Emulator) -> None:
    """The only target is left alone for longer than anybody waits; who calls meanwhile is told how long that is."""
    emulator.fault(status=429, retry_after=500)
    health = {"trips": {"rate": {"consecutive": 1}}}
    body = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}
    with gateway(emulator, config_for(emulator, health=health)) as url:
        refused, left_alone = (httpx.post(f"{url}/v1/chat/completions", json=body, trust_env=False) for _ in range(2))
    assert refused.status_code == 429
    assert left_alone.status_code == 503
    assert 400 < int(left_alone.headers["retry-after"]) <= 500


@pytest.mark.parametrize("status", [401, 404])
def test_of_a_route_is_said_when_its_other_target_may_be_asked(emulator: Emulator, status: int) -> None:
    """Whom only a limit kept from it: that the one asked has no such model is not all there is to say."""
    emulator.fault(status=429, retry_after=500, model="claude-sonnet-4-5")
    emulator.fault(status=status, model="gpt-4o-mini", times=None)
    config = config_for(
        emulator,
        models={"one": ["other"], "both": ["openai/gpt-4o-mini", "other"]},
        targets={"other": {"model": "anthropic/claude-sonnet-4-5"}},
        health={"trips": {"rate": {"consecutive": 1}}},
    )
    message = {"messages": [{"role": "user", "content": "Hi"}]}
    with gateway(emulator, config) as url:
        limited, refused = (
            httpx.post(f"{url}/v1/chat/completions", json={"model": model, **message}, trust_env=False)
            for model in ("one", "both")
        )
    assert limited.status_code == 429
    assert refused.status_code == 503
    assert 400 < int(refused.headers["retry-after"]) <= 500


def test_a_provider_that_quotes_the_gateways_key_is_not_quoted(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fault(status=401, body='{"error": {"message": "wrong key upstream-key"}}', times=None)
    body = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}
    reply = client.post("/v1/chat/completions", json=body)
    assert "upstream-key" not in reply.text


BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b'"text"', 400),
    (b'{"model": NaN}', 400),
    (b'{"model": "\xff"}', 400),
    (b'{"model": "\\ud800"}', 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 100_000, 400),
    (b"{}", 400),
    (b'{"model": 5}', 400),
    (b'{"model": "up-openai"}', 400),
    (b'{"model": "up-openai", "messages": "Hi"}', 400),
    (b'{"model": "up-openai", "messages": [5]}', 400),
    (b'{"model": "up-openai", "messages": [{"role": "emperor", "content": "Hi"}]}', 400),
    (b'{"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}], "temperature": "hot"}', 400),
    (json.dumps({"model": "x" * 100_000, "messages": [{"role": "user", "content": "Hi"}]}).encode(), 404),
    (json.dumps({"model": "../../etc", "messages": [{"role": "user", "content": "Hi"}]}).encode(), 404),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda value: repr(value)[:40])
def test_a_body_that_is_no_request(client: httpx.Client, emulator: Emulator, body: bytes, status: int) -> None:
    for path in ("/v1/chat/completions", "/v1/chat"):
        reply = client.post(path, content=body, headers={"content-type": "application/json"})
        has_default = path == "/v1/chat" and b"model" not in body
        assert reply.status_code == status or has_default, (path, reply.text[:300])
        assert reply.json()["error"]["message"]
    assert not emulator.requests


def test_a_field_that_is_said_twice_counts_once_everywhere(client: httpx.Client, emulator: Emulator) -> None:
    """What is routed by is what is sent: two readings of one body would let a caller past its rights."""
    body = b'{"model": "nobody", "model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}'
    reply = client.post("/v1/chat/completions", content=body)
    assert reply.status_code == 200
    assert emulator.requests[0].wire["model"] == "gpt-4o-mini"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/chat/completions", "POST"),
        ("DELETE", "/v1/messages", "POST"),
        ("POST", "/v1/models", "GET, HEAD"),
    ],
)
def test_a_method_that_is_none_there(client: httpx.Client, method: str, path: str, allowed: str) -> None:
    reply = client.request(method, path)
    assert (reply.status_code, reply.headers["allow"]) == (405, allowed)


def test_a_path_that_leads_nowhere(client: httpx.Client) -> None:
    reply = client.post("/v1/chat/complete", json={})
    assert reply.status_code == 404
    assert "/docs" in reply.json()["error"]["message"]


def test_a_body_in_a_coding_is_not_unpacked(client: httpx.Client) -> None:
    reply = client.post("/v1/chat/completions", content=b"\x1f\x8b", headers={"content-encoding": "gzip"})
    assert reply.status_code == 415
