"""What is read of an answer that is passed on is what the whole decoder reads of it, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects import get_dialect
from dragoman.dialects.forwarding import forwarding_in, read_facts
from dragoman.errors import DecodeError, ProviderError
from dragoman.messages import LLMResponse, Message, Request, Text, ToolCall, Usage, decode_json, encode_json

from ..conformance.corpus import Exchange, exchanges

SHARES = {"anthropic_messages": 1.0, "gemini": 0.95, "openai_chat": 0.75, "openai_responses": 0.6}
"""How many of the recorded answers are read so, at least: what is special of a host or a tool is read in whole."""

EVERY_DIALECT = pytest.mark.parametrize("dialect", SHARES)


def whole(dialect: str, body: bytes) -> LLMResponse:
    """What the whole decoder says of an answer, less what the answer says."""
    response = get_dialect(dialect).decode_response(decode_json(body))
    return replace(response, content="", parts=(), logprobs=None, alternatives=(), extra=None, raw=None)


def recorded(dialect: str) -> list[Exchange]:
    return [each for each in exchanges(dialect) if "body" in each.response and each.response["status"] == 200]


@EVERY_DIALECT
def test_recorded_answers_are_read_alike(dialect: str) -> None:
    answers = recorded(dialect)
    if not answers:
        pytest.skip("the recorded traffic is not beside the repository")
    read = ((each, read_facts(dialect, each.body)) for each in answers)
    found = {each.id: (facts, each.body) for each, facts in read if facts is not None}
    for name, (facts, body) in found.items():
        assert facts == whole(dialect, body), name
    assert len(found) >= SHARES[dialect] * len(answers)


USAGES = [
    Usage(),
    Usage(input_tokens=9, output_tokens=7),
    Usage(input_tokens=9, output_tokens=7, total_tokens=16),
    Usage(input_tokens=90, output_tokens=70, total_tokens=160, cache_read_tokens=40, reasoning_tokens=30),
    Usage(input_tokens=90, output_tokens=70, cache_write_tokens=40, cache_write_1h_tokens=10, web_searches=2),
    Usage(input_tokens=90, output_tokens=70, input_audio_tokens=5, output_audio_tokens=6, tool_prompt_tokens=4),
]

ANSWERS = [
    LLMResponse("Hello", "m-1", finish_reason="stop", id="a-1", created_at=1_700_000_000),
    LLMResponse("Hello", "m-1", finish_reason="length", service_tier="flex"),
    LLMResponse("", "m-1", finish_reason="tool_calls", parts=(ToolCall(id="c-1", name="now", arguments={}),)),
    LLMResponse("", "m-1", finish_reason="tool_calls", parts=(Text("So"), ToolCall(id="c", name="f", arguments={}))),
    LLMResponse("Zürich 😀", "m-1", finish_reason="content_filter"),
]


@EVERY_DIALECT
@pytest.mark.parametrize("usage", USAGES)
@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_as_our_own_servers_write_them_are_read_alike(dialect: str, answer: LLMResponse, usage: Usage) -> None:
    request = Request(model="m", messages=(Message("user", "Hi"),))
    wire = get_dialect(dialect).encode_response(replace(answer, usage=usage), request).wire
    facts = read_facts(dialect, encode_json(wire))
    if facts is not None:
        assert facts == whole(dialect, encode_json(wire))


CHAT: dict[str, Any] = {
    "id": "c-1",
    "model": "m-1",
    "created": 1,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
CHOICE: dict[str, Any] = CHAT["choices"][0]


def chat(**fields: Any) -> dict[str, Any]:
    return {**CHAT, **fields}


def choice(**fields: Any) -> dict[str, Any]:
    return chat(choices=[{**CHOICE, **fields}])


def message(**fields: Any) -> dict[str, Any]:
    return choice(message={**CHOICE["message"], **fields})


def usage(**fields: Any) -> dict[str, Any]:
    return chat(usage={**CHAT["usage"], **fields})


MESSAGE: dict[str, Any] = {
    "type": "message",
    "id": "m-1",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
}
RESPONSE: dict[str, Any] = {"id": "r-1", "status": "completed", "output": [{"type": "message", "content": []}]}
CANDIDATES: dict[str, Any] = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}

USUAL = [
    ("openai_chat", CHAT),
    ("openai_chat", message(tool_calls=[{"id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}])),
    ("openai_chat", message(refusal="No.", content=None)),
    ("openai_chat", choice(finish_reason="EOS", stop_reason="END")),
    ("openai_chat", choice(finish_reason="novel", stop_reason=7)),
    ("openai_chat", usage(completion_tokens_details={"reasoning_tokens": 9}, total_tokens=12)),
    ("openai_chat", chat(created=0, id="", model=None, service_tier="", usage=None)),
    ("anthropic_messages", MESSAGE),
    ("anthropic_messages", {**MESSAGE, "usage": {"input_tokens": 1, "cache_read_input_tokens": 3}}),
    ("openai_responses", RESPONSE),
    ("openai_responses", {**RESPONSE, "output": [{"type": "message", "content": [{"type": "refusal"}]}]}),
    ("openai_responses", {**RESPONSE, "output": [{"type": "function_call", "name": "f"}], "created_at": 1.5}),
    ("gemini", CANDIDATES),
    ("gemini", {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}, "finishReason": "STOP"}]}),
    ("gemini", {**CANDIDATES, "usageMetadata": {"thoughtsTokenCount": 4}, "createTime": "2026-11-22T00:00:00Z"}),
]


@pytest.mark.parametrize(("dialect", "wire"), USUAL)
def test_the_usual_is_read(dialect: str, wire: dict[str, Any]) -> None:
    body = encode_json(wire)
    assert read_facts(dialect, body) == whole(dialect, body)


UNUSUAL = [
    ("openai_chat", chat(error={"message": "overloaded"})),
    ("openai_chat", chat(choices=[])),
    ("openai_chat", chat(choices=[CHOICE, CHOICE])),
    ("openai_chat", choice(error={"message": "broke off"})),
    ("openai_chat", choice(finish_reason=None)),
    ("openai_chat", choice(finish_reason="")),
    ("openai_chat", choice(message=None)),
    ("openai_chat", message(content=[{"type": "refusal", "refusal": "No."}])),
    ("openai_chat", message(tool_calls=[{"id": "t", "function": {}}])),
    ("openai_chat", message(tool_calls=[{"id": "t", "type": "custom", "custom": {"name": "f", "input": ""}}])),
    ("openai_chat", message(function_call={"name": "f", "arguments": ""})),
    ("openai_chat", message(provider_specific_fields={"refusal": "No."})),
    ("openai_chat", usage(prompt_tokens=1.0)),
    ("openai_chat", usage(prompt_tokens="1")),
    ("openai_chat", usage(prompt_tokens=True)),
    ("openai_chat", usage(prompt_cache_hit_tokens=1)),
    ("openai_chat", usage(num_search_queries=1)),
    ("openai_chat", usage(prompt_tokens_details=[])),
    ("anthropic_messages", {"type": "error", "error": {"type": "overloaded_error", "message": "wait"}}),
    ("anthropic_messages", {**MESSAGE, "content": None}),
    ("anthropic_messages", {**MESSAGE, "error": {"message": "no"}}),
    ("openai_responses", {**RESPONSE, "status": "failed"}),
    ("openai_responses", {**RESPONSE, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}),
    ("openai_responses", {**RESPONSE, "error": {"message": "no"}}),
    ("openai_responses", {**RESPONSE, "output": [{"type": "function_call"}]}),
    ("openai_responses", {**RESPONSE, "output": [{"type": "web_search_call"}]}),
    ("openai_responses", {**RESPONSE, "usage": {}, "tool_usage": {"web_search": {"num_requests": 2}}}),
    ("gemini", {"error": {"message": "no"}}),
    ("gemini", {"promptFeedback": {"blockReason": "SAFETY"}, "candidates": [{}]}),
    ("gemini", {"candidates": [{}, {}]}),
    ("gemini", {"candidates": [{"content": {"parts": [{"text": "", "functionCall": {"name": "f"}}]}}]}),
    ("gemini", {**CANDIDATES, "usageMetadata": {"promptTokenCount": 1.0}}),
]


@pytest.mark.parametrize(("dialect", "wire"), UNUSUAL)
def test_the_unusual_is_left_to_the_whole_decoder(dialect: str, wire: dict[str, Any]) -> None:
    assert read_facts(dialect, encode_json(wire)) is None


@EVERY_DIALECT
@pytest.mark.parametrize(
    "body", [b"", b"no JSON", b"[]", b"null", b'{"choices":', b'{"type":"message","content":[],"x":"\xff"}']
)
def test_what_is_no_answer_is_left_to_the_whole_decoder(dialect: str, body: bytes) -> None:
    assert read_facts(dialect, body) is None


@EVERY_DIALECT
def test_what_the_whole_decoder_refuses_is_never_read(dialect: str) -> None:
    """Of every body above, whichever dialect it is of: what is an error to the one is none to the other."""
    for _, wire in USUAL + UNUSUAL:
        body = json.dumps(wire).encode()
        facts = read_facts(dialect, body)
        try:
            response = whole(dialect, body)
        except (DecodeError, ProviderError):
            assert facts is None
        else:
            assert facts in (None, response)


def test_a_dialect_that_is_forwarded_has_facts() -> None:
    assert all(forwarding_in(dialect) is not None for dialect in SHARES)
