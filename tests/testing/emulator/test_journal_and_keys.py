"""What the emulator was sent, who may send it, and that no key is shown anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman.messages import Message
from dragoman.secret import Secret
from dragoman.testing import Emulator

from .conftest import PATHS, Client, body, running

KEY = "sk-live-0123456789abcdef"
SENT = [
    {"authorization": f"Bearer {KEY}"},
    {"x_api_key": KEY},
    {"api_key": KEY},
    {"x_goog_api_key": KEY},
]


def test_a_request_is_kept_as_it_came_and_as_it_was_read(client: Client, emulator: Emulator) -> None:
    client.post("/v1/chat/completions?a=1", body("openai_chat", "Hello", seed=3), x_custom="yes")
    (seen,) = emulator.requests
    assert (seen.number, seen.method, seen.path, seen.target) == (
        1,
        "POST",
        "/v1/chat/completions",
        "/v1/chat/completions?a=1",
    )
    assert seen.headers["x-custom"] == "yes"
    assert seen.wire == body("openai_chat", "Hello", seed=3)
    assert seen.request is not None
    assert (seen.request.model, seen.request.seed) == ("gpt-4o-mini", 3)
    assert seen.request.messages == (Message("user", "Hello"),)


@pytest.mark.parametrize("headers", SENT, ids=str)
def test_keys_are_hidden_and_can_be_compared(client: Client, emulator: Emulator, headers: dict[str, str]) -> None:
    client.post(PATHS["openai_chat"], body("openai_chat"), **headers)
    (name, value), seen = next(iter(headers.items())), emulator.requests[0]
    assert seen.headers[name.replace("_", "-")] == Secret(value)
    assert KEY not in repr(seen) + str(seen.headers) + json.dumps(client.send("GET", "/_emulator/requests").json)


def test_keys_in_a_query_are_hidden(client: Client, emulator: Emulator) -> None:
    client.post(f"/v1/chat/completions?key={KEY}&a=1", body("openai_chat"))
    assert emulator.requests[0].target == "/v1/chat/completions?key=[secret]&a=1"


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("headers", SENT, ids=lambda headers: next(iter(headers)))
def test_a_known_key_may_call(dialect: str, headers: dict[str, str]) -> None:
    with running(keys={KEY, "other"}) as (_, client):
        assert client.post(PATHS[dialect], body(dialect), **headers).status == 200
        assert client.post(f"{PATHS[dialect]}?key={KEY}", body(dialect)).status == 200


REFUSED: list[tuple[dict[str, str], str]] = [
    ({}, "You did not provide an API key."),
    ({"authorization": "Basic abc"}, "You did not provide an API key."),
    ({"authorization": "Bearer sk-wrong-0123456789"}, "Incorrect API key provided: ****6789."),
    ({"x_api_key": "short"}, "Incorrect API key provided: ****."),
]


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize(("headers", "message"), REFUSED, ids=str)
def test_others_are_refused_in_the_dialect(dialect: str, headers: dict[str, str], message: str) -> None:
    kinds = {
        "openai_chat": "invalid_request_error",
        "anthropic_messages": "authentication_error",
        "mistral": "invalid_api_key",
    }
    with running(keys={KEY}) as (emulator, client):
        answer = client.post(PATHS[dialect], b"{not even JSON", **headers)
        assert (answer.status, answer.error["message"]) == (401, message)
        assert answer.error["type"] == kinds[dialect]
        assert emulator.bill[0].outcome == "refused"
        assert client.send("GET", "/v1/models", **headers).status == 401
        assert client.send("HEAD", "/").status == 200


def test_without_a_list_any_key_or_none_may_call(client: Client) -> None:
    assert client.ask("openai_chat").status == 200
    assert client.post(PATHS["openai_chat"], body("openai_chat"), authorization="Bearer x").status == 200


# ---------------------------------------------------------------------- the control surface


def test_another_process_can_do_what_python_can(client: Client, emulator: Emulator) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}
    steps = ["one", {"fault": {"status": 529}}, {"parts": [call], "finish_reason": "tool_calls"}]
    state = client.post("/_emulator/script", {"steps": steps, "model": "gpt-4o-mini"}).json
    assert state["script"] == 3
    assert client.ask("openai_chat").decoded().content == "one"
    assert client.ask("openai_chat").status == 529
    assert client.ask("openai_chat").decoded().tool_calls[0].arguments == {"a": 1}
    state = client.post("/_emulator/faults", {"status": 500, "times": 2, "path": "/messages"}).json
    assert [standing["fault"] for standing in state["faults"]] == [{"status": 500}]
    assert client.ask("openai_chat").status == 200
    assert client.ask("anthropic_messages").status == 500
    seen = client.send("GET", "/_emulator/requests").json
    assert [one["number"] for one in seen] == [1, 2, 3, 4, 5]
    assert seen[0]["body"]["model"] == "gpt-4o-mini"
    bill = client.send("GET", "/_emulator/bill").json
    assert [line["outcome"] for line in bill["lines"]] == ["ok", "refused", "ok", "ok", "refused"]
    assert float(bill["cost"]) > 0
    assert client.post("/_emulator/reset", b"").json["requests"] == 0
    assert emulator.requests == []
    assert client.send("GET", "/_emulator/state").json["script"] == 0


WRONG: list[tuple[str, str, Any, int]] = [
    ("POST", "script", {"steps": "one"}, 400),
    ("POST", "script", {"steps": [7]}, 400),
    ("POST", "script", {"steps": [{"parts": [{"type": "nothing"}]}]}, 400),
    ("POST", "script", {"steps": [], "modle": "x"}, 400),
    ("POST", "faults", {"stats": 1}, 400),
    ("POST", "faults", {"status": 500, "times": "often"}, 400),
    ("POST", "faults", b"[]", 400),
    ("POST", "faults", b"{", 400),
    ("GET", "nowhere", None, 404),
    ("GET", "reset", None, 404),
]


@pytest.mark.parametrize(("method", "name", "content", "status"), WRONG)
def test_wrong_orders_are_refused(client: Client, method: str, name: str, content: Any, status: int) -> None:
    answer = client.send(method, f"/_emulator/{name}", content)
    assert answer.status == status
    assert answer.json["error"]
