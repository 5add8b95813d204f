"""What the emulator does for clients of the Responses API alone."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.messages import Reasoning
from dragoman.testing import Emulator

from .conftest import SERVED, Client, body

RESPONSES = "openai_responses"

CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "18"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_reasoning_is_encrypted_and_goes_back(client: Client, emulator: Emulator, stream: bool) -> None:
    answer = client.ask(RESPONSES, "Say exactly: hello", reasoning={"effort": "low"}, stream=stream).decoded()
    assert answer.content == "hello"
    assert answer.reasoning
    thought = answer.parts[0]
    assert isinstance(thought, Reasoning)
    assert thought.payload is not None
    item = {"type": "reasoning", "summary": [], "encrypted_content": thought.payload["encrypted_content"]}
    turns = [{"role": "user", "content": "Hi"}, item, {"role": "assistant", "content": "hello"}]
    again = [*turns, {"role": "user", "content": "Say exactly: again"}]
    assert (
        client.post(SERVED[RESPONSES], body(RESPONSES, input=again)).json["output"][0]["content"][0]["text"] == "again"
    )


@pytest.mark.parametrize("content", ["", "gAAAAABnb3QgYSB0b2tlbg==", "AAAA", "no base64!", 5])
def test_other_encrypted_content_is_refused(client: Client, content: Any) -> None:
    item = {"type": "reasoning", "summary": [], "encrypted_content": content}
    turns = [{"role": "user", "content": "Hi"}, item, {"role": "assistant", "content": "Hello"}]
    answer = client.post(SERVED[RESPONSES], body(RESPONSES, input=[*turns, {"role": "user", "content": "Hi"}]))
    assert (answer.status, answer.json["error"]["code"]) == (400, "invalid_encrypted_content")


@pytest.mark.parametrize("name", ["previous_response_id", "conversation", "prompt"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_nothing_is_remembered(client: Client, name: str, stream: bool) -> None:
    """Also when only a result is sent, which answers a call that nobody here knows."""
    answer = client.post(SERVED[RESPONSES], body(RESPONSES, input=[RESULT], stream=stream, **{name: "resp_1"}))
    error = answer.json["error"]
    assert (answer.status, error["param"], error["type"]) == (400, name, "invalid_request_error")
    assert "stateless" in error["message"]
    assert "whole conversation" in error["message"]


def test_null_is_no_memory(client: Client) -> None:
    assert client.ask(RESPONSES, previous_response_id=None).status == 200


def test_items_are_not_known_by_id(client: Client) -> None:
    answer = client.post(SERVED[RESPONSES], body(RESPONSES, input=[{"type": "item_reference", "id": "msg_1"}]))
    assert (answer.status, answer.json["error"]["param"]) == (400, "input")


def test_a_result_must_answer_a_call(client: Client) -> None:
    turns = [{"role": "user", "content": "Hi"}, CALL, RESULT]
    assert client.post(SERVED[RESPONSES], body(RESPONSES, input=turns)).status == 200
    assert client.post(SERVED[RESPONSES], body(RESPONSES, input=[turns[0], RESULT])).status == 400
    assert client.post(SERVED[RESPONSES], body(RESPONSES, input=[*turns[:2], turns[0]])).status == 400


def test_tokens_are_counted(client: Client) -> None:
    counted = client.post("/v1/responses/input_tokens", body(RESPONSES, "Hello there")).json
    assert counted["object"] == "response.input_tokens"
    assert counted["input_tokens"] == client.ask(RESPONSES, "Hello there").decoded().usage.input_tokens


@pytest.mark.parametrize("after", [0, 6])
def test_an_error_inside_a_stream(client: Client, after: int) -> None:
    answer = client.ask(RESPONSES, "Count to 50", stream=True, fault=f"error-after={after};status=429")
    kinds = [kind for kind, _ in answer.frames]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-2:] == ["error", "response.failed"]
