"""An answer, appended to the conversation, goes back to its host with all that the host wants back."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import Assembler, LLMResponse, Message, Request, ToolResult, encode_json

CHAT = get_dialect("openai_chat")

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
SIGNED = {**CALL, "extra_content": {"google": {"thought_signature": "s"}}}
DETAILS = [
    {"type": "reasoning.text", "text": "Hm", "signature": "s", "index": 0},
    {"type": "reasoning.encrypted", "data": "x"},
]
FILES = [{"type": "file", "file": {"hash": "h"}}]

ROWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": ({"content": "Hi", "refusal": None, "annotations": []}, {"content": "Hi"}),
    "calls": ({"content": None, "tool_calls": [CALL]}, {"content": None, "tool_calls": [CALL]}),
    "calls that were numbered": ({"content": "", "tool_calls": [{**CALL, "index": 0}]}, {"content": None, "tool_calls": [CALL]}),
    "signed calls (Google)": ({"tool_calls": [SIGNED]}, {"content": None, "tool_calls": [SIGNED]}),
    "reasoning (DeepSeek)": (
        {"content": "", "reasoning_content": "Hm", "tool_calls": [CALL]},
        {"content": None, "reasoning_content": "Hm", "tool_calls": [CALL]},
    ),
    "reasoning (Groq)": ({"content": "Hi", "reasoning": "Hm"}, {"content": "Hi", "reasoning": "Hm"}),
    "reasoning (OpenRouter)": (
        {"content": "Hi", "reasoning": "Hm", "reasoning_details": DETAILS},
        {"content": "Hi", "reasoning": "Hm", "reasoning_details": DETAILS},
    ),
    "encrypted reasoning": (
        {"content": "Hi", "reasoning": None, "reasoning_details": DETAILS[1:]},
        {"content": "Hi", "reasoning_details": DETAILS[1:]},
    ),
    "thought signature (Google)": (
        {"content": "Hi", "extra_content": {"google": {"thought_signature": "s"}}},
        {"content": "Hi", "extra_content": {"google": {"thought_signature": "s"}}},
    ),
    "parsed files (OpenRouter)": ({"content": "Hi", "annotations": FILES}, {"content": "Hi", "annotations": FILES}),
    "voice": (
        {"content": None, "audio": {"id": "a", "data": "QUJD", "transcript": "Hi", "expires_at": 5}},
        {"content": None, "audio": {"id": "a"}},
    ),
    "refusal": ({"content": None, "refusal": "No"}, {"content": None, "refusal": "No"}),
    "object (Cloudflare)": ({"content": {"a": 1}}, {"content": '{"a":1}'}),
}  # fmt: skip


def sent_back(response: LLMResponse) -> dict[str, Any]:
    encoded = CHAT.encode_request(Request(model="m", messages=(response.message,)))
    assert encoded.losses == ()
    return encoded.wire["messages"][0]


@pytest.mark.parametrize(("answer", "history"), ROWS.values(), ids=ROWS)
def test_a_whole_answer(answer: dict[str, Any], history: dict[str, Any]) -> None:
    body = {"id": "r", "choices": [{"message": {"role": "assistant", **answer}, "finish_reason": "stop"}]}
    assert sent_back(CHAT.decode_response(body)) == {"role": "assistant", **history}


@pytest.mark.parametrize(("answer", "history"), ROWS.values(), ids=ROWS)
def test_a_streamed_answer(answer: dict[str, Any], history: dict[str, Any]) -> None:
    decoder, assembler = CHAT.stream_decoder(), Assembler()
    chunk = {"id": "r", "choices": [{"delta": {"role": "assistant", **answer}, "finish_reason": "stop"}]}
    for frame in (encode_json(chunk), b"[DONE]"):
        for event in decoder.feed("", frame):
            assembler.add(event)
    assert sent_back(assembler.response()) == {"role": "assistant", **history}


def test_an_old_function_call_is_answered_in_the_old_form() -> None:
    message = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}}
    response = CHAT.decode_response({"id": "r", "choices": [{"message": message, "finish_reason": "function_call"}]})
    result = Message("tool", [ToolResult(id=response.tool_calls[0].id, content="ok")])
    wire = CHAT.encode_request(Request(model="m", messages=(response.message, result))).wire
    assert wire["messages"] == [message, {"role": "function", "name": "f", "content": "ok"}]
