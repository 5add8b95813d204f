"""Answers of the whole emulator, as the client half of each dialect reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman.testing import Emulator

from .conftest import PATHS, Client, body, raw_request, running

pytestmark = pytest.mark.parametrize("dialect", PATHS)

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: dict[str, list[Any]] = {
    "openai_chat": [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}],
    "anthropic_messages": [{"name": "get_weather", "input_schema": SCHEMA}],
}
FORMATS: dict[str, dict[str, Any]] = {
    "openai_chat": {"response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}},
    "anthropic_messages": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
}
REASONING: dict[str, dict[str, Any]] = {
    "openai_chat": {"reasoning_effort": "low"},
    "anthropic_messages": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
}


def like(dialect: str) -> str:
    """The dialect whose bodies in these tables it takes too."""
    return {"mistral": "openai_chat"}.get(dialect, dialect)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_text(client: Client, dialect: str, stream: bool) -> None:
    answer = client.ask(dialect, "Say exactly: pong 🏓", stream=stream).decoded()
    assert (answer.content, answer.finish_reason) == ("pong 🏓", "stop")
    assert answer.model == body(dialect)["model"]
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (8, 2)
    assert answer.id


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Hello", {}),
        ("Count to 300", {}),
        ("Count to 300", {"max_tokens": 7}),
        ("weather in Paris", {"tools": True}),
        ("weather in 'Llanfairpwllgwyngyll'", {"tools": True, "max_tokens": 9}),
        ("I live in Rome", {"form": True}),
        ("Hello", {"reasoning": True}),
        ("please refuse", {}),
    ],
)
def test_a_stream_adds_up_to_the_whole_answer(dialect: str, text: str, options: dict[str, Any]) -> None:
    """With the same seed, the two ways of asking are told the same."""
    extra = {name: value for name, value in options.items() if name == "max_tokens"}
    extra |= {"tools": TOOLS[like(dialect)]} if "tools" in options else {}
    extra |= FORMATS[like(dialect)] if "form" in options else {}
    extra |= REASONING[like(dialect)] if "reasoning" in options else {}
    answers = []
    for stream in (False, True):
        with running(seed=4) as (_, client):
            answer = client.ask(dialect, text, stream=stream, **extra).decoded()
            answers.append(
                (answer.parts, answer.finish_reason, answer.usage.output_tokens, answer.usage.input_tokens, answer.id)
            )
    if "max_tokens" in options and "tools" in options and dialect == "anthropic_messages":
        answers = [answer[1:] for answer in answers]  # a whole body has no place for half of an object
    assert answers[0] == answers[1]


def test_a_form(client: Client, dialect: str) -> None:
    answer = client.ask(dialect, "I live in Rome", **FORMATS[like(dialect)]).decoded()
    assert json.loads(answer.content) == {"city": "Rome"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_tools(client: Client, dialect: str, stream: bool) -> None:
    answer = client.ask(dialect, "weather in Paris", tools=TOOLS[like(dialect)], stream=stream).decoded()
    (call,) = answer.tool_calls
    assert (call.name, call.arguments, answer.finish_reason) == ("get_weather", {"city": "Paris"}, "tool_calls")


def test_reasoning(client: Client, dialect: str) -> None:
    assert client.ask(dialect, "Hello", **REASONING[like(dialect)]).decoded().reasoning
    assert client.ask(dialect, "Hello").decoded().reasoning is None


def test_a_stream_comes_in_uneven_pieces_a_frame_each(client: Client, dialect: str) -> None:
    answer = client.ask(dialect, "Count to 200", stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    deltas = [
        delta for _, data in answer.frames if (delta := _text_in(json.loads(data)) if data.startswith(b"{") else "")
    ]
    assert "".join(deltas).split() == [str(n) for n in range(1, 201)]
    assert len({len(delta) for delta in deltas}) > 5


def _text_in(wire: dict[str, Any]) -> str:
    if "choices" in wire:
        return "".join(choice["delta"].get("content") or "" for choice in wire["choices"])
    return wire.get("delta", {}).get("text", "")


def test_each_frame_is_a_chunk_of_http(emulator: Emulator, wire: Any, dialect: str) -> None:
    connection = wire()
    connection.send(raw_request(PATHS[dialect], body(dialect, "Count to 50", stream=True)))
    connection.until(b"\r\n\r\n")
    whole = connection.until(b"\r\n0\r\n\r\n")
    chunks = []
    while not whole.startswith(b"0\r\n"):
        size, _, whole = whole.partition(b"\r\n")
        chunks.append(whole[: int(size, 16)])
        whole = whole[int(size, 16) + 2 :]
    assert all(chunk.endswith(b"\n\n") and chunk.count(b"\n\n") == 1 for chunk in chunks)
    assert len(chunks) == emulator.bill[0].pieces == emulator.bill[0].delivered


def test_the_size_of_pieces_can_be_set(dialect: str) -> None:
    with running(piece=1) as (_, fine), running(piece=500) as (_, coarse):
        many, few = (len(client.ask(dialect, "Count to 100", stream=True).frames) for client in (fine, coarse))
    assert many > 200
    assert few < 12


# ---------------------------------------------------------------------- what providers refuse


def turn(role: str, *parts: Any) -> dict[str, Any]:
    return {"role": role, "content": list(parts)}


def test_a_result_must_answer_a_call(client: Client, dialect: str) -> None:
    orphan = {
        "openai_chat": {"role": "tool", "tool_call_id": "call_1", "content": "18"},
        "anthropic_messages": turn("user", {"type": "tool_result", "tool_use_id": "call_1", "content": "18"}),
    }[like(dialect)]
    refused = client.ask(dialect, messages=[{"role": "user", "content": "?"}, orphan])
    assert refused.status == 400
    assert "call_1" in refused.error["message"]


def test_a_call_must_be_answered(client: Client, dialect: str) -> None:
    calling = {
        "openai_chat": {
            "role": "assistant",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        "anthropic_messages": turn("assistant", {"type": "tool_use", "id": "call_1", "name": "f", "input": {}}),
    }[like(dialect)]
    hello = {"role": "user", "content": "Hello"}
    refused = client.ask(dialect, messages=[hello, calling, hello])
    assert refused.status == 400
    assert "call_1" in refused.error["message"]


def test_a_forced_tool_must_exist(client: Client, dialect: str) -> None:
    choice = {
        "openai_chat": {"type": "function", "function": {"name": "none"}},
        "anthropic_messages": {"type": "tool", "name": "none"},
    }[like(dialect)]
    refused = client.ask(dialect, tools=TOOLS[like(dialect)], tool_choice=choice)
    assert refused.status == 400
    assert "none" in refused.error["message"]


def test_a_prompt_must_fit_the_window(client: Client, dialect: str) -> None:
    refused = client.ask(dialect, "x" * 5_000_000)
    assert refused.status == 400
    assert "too long" in refused.error["message"]


def test_the_window_is_what_may_go_in(client: Client, dialect: str) -> None:
    """`gpt-5` holds 400,000 tokens, of which 272,000 may be the prompt's."""
    refused = client.ask(dialect, "word " * 290_000, model="gpt-5")
    assert refused.status == 400
    assert "> 272000 maximum" in refused.error["message"]
