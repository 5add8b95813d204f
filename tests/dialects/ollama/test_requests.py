"""Requests, as a table for both directions, and what cannot be said."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import Rejected
from dragoman.messages import (
    Audio,
    CacheMark,
    Document,
    Extra,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
    decode_json,
    encode_json,
)

OLLAMA = get_dialect("ollama")
PNG = "iVBORw0KGgoAAAA="
ASKED = (Message("user", "Hi"),)
LOOK = Tool(name="look", description="Look", parameters={"type": "object", "properties": {}})
WIRE_LOOK = {
    "type": "function",
    "function": {"name": "look", "description": "Look", "parameters": {"type": "object", "properties": {}}},
}


def wire(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": False, **fields}


def said(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages), "stream": False}


BOTH_WAYS: dict[str, tuple[Request, dict[str, Any]]] = {
    "settings": (
        Request(
            model="m", messages=ASKED, max_tokens=5, temperature=0.5, top_p=0.9, top_k=3, seed=7, stop=("END",),
            frequency_penalty=0.1, presence_penalty=0.2, logprobs=True, top_logprobs=2, stream=True,
        ),
        wire(
            stream=True, logprobs=True, top_logprobs=2,
            options={
                "num_predict": 5, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "seed": 7, "stop": ["END"],
                "frequency_penalty": 0.1, "presence_penalty": 0.2,
            },
        ),
    ),
    "what only the server knows": (
        Request(
            model="m", messages=ASKED, temperature=0,
            extra=(Extra(fields={"keep_alive": "5m", "options": {"num_ctx": 8192}}, dialect="ollama"),),
        ),
        wire(options={"temperature": 0, "num_ctx": 8192}, keep_alive="5m"),
    ),
    "tools": (Request(model="m", messages=ASKED, tools=(LOOK,)), wire(tools=[WIRE_LOOK])),
    "any JSON": (Request(model="m", messages=ASKED, output_format=OutputFormat(kind="json_object")), wire(format="json")),
    "JSON of a schema": (
        Request(model="m", messages=ASKED, output_format=OutputFormat(kind="json_schema", schema={"type": "object"})),
        wire(format={"type": "object"}),
    ),
    "thinking on": (Request(model="m", messages=ASKED, reasoning=ReasoningOptions(enabled=True)), wire(think=True)),
    "thinking off": (Request(model="m", messages=ASKED, reasoning=ReasoningOptions(enabled=False)), wire(think=False)),
    "thinking hard": (Request(model="m", messages=ASKED, reasoning=ReasoningOptions(effort="high")), wire(think="high")),
    "a picture": (
        Request(model="m", messages=(Message("user", (Image(data=PNG, media_type="image/png"), Text("What?"))),)),
        said({"role": "user", "content": "What?", "images": [PNG]}),
    ),
    "a tool's turn with ids": (
        Request(
            model="m",
            messages=(
                Message("assistant", (Reasoning("Hm", dialect="ollama"), Text("I look."), ToolCall(id="c1", name="look"))),
                Message("tool", (ToolResult(id="c1", name="look", content="a cat"),)),
            ),
        ),
        said(
            {
                "role": "assistant", "content": "I look.", "thinking": "Hm",
                "tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": {}}}],
            },
            {"role": "tool", "content": "a cat", "tool_name": "look", "tool_call_id": "c1"},
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_both_ways(name: str) -> None:
    request, body = BOTH_WAYS[name]
    encoded = OLLAMA.encode_request(request)
    assert encoded.losses == ()
    assert encoded.wire == body
    assert OLLAMA.decode_request(decode_json(encode_json(body))) == request


def test_a_body_streams_unless_it_says_otherwise() -> None:
    assert OLLAMA.decode_request({"model": "m", "messages": []}).stream


# ---------------------------------------------------------------------- calls without ids


def call(name: str) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": {}}}


ANSWERED_IN_ORDER = said(
    {"role": "assistant", "content": "", "tool_calls": [call("look"), call("hear"), call("look")]},
    {"role": "tool", "content": "first", "tool_name": "look"},
    {"role": "tool", "content": "second", "tool_name": "look"},
    {"role": "tool", "content": "sound", "tool_name": "hear"},
)


def test_results_answer_the_calls_of_their_tool_in_order() -> None:
    turn, *answers = OLLAMA.decode_request(ANSWERED_IN_ORDER).messages
    look, hear, again = (call.id for call in turn.tool_calls)
    assert len({look, hear, again}) == 3
    assert [answer.tool_results[0].id for answer in answers] == [look, again, hear]


def test_made_up_ids_are_the_same_each_time_and_never_sent() -> None:
    request = OLLAMA.decode_request(ANSWERED_IN_ORDER)
    assert OLLAMA.decode_request(ANSWERED_IN_ORDER) == request
    assert OLLAMA.encode_request(request).wire == ANSWERED_IN_ORDER


def test_a_turn_of_nothing_but_calls_keeps_them() -> None:
    """The official SDK leaves out empty content."""
    (turn,) = OLLAMA.decode_request(said({"role": "assistant", "tool_calls": [call("look")]})).messages
    assert [call.name for call in turn.tool_calls] == ["look"]


# ---------------------------------------------------------------------- what cannot be said

LOST: dict[str, tuple[Request, tuple[str, str]]] = {
    "tool choice": (
        Request(model="m", tools=(LOOK,), tool_choice=ToolChoice(mode="required")),
        ("dropped", "tool_choice.mode"),
    ),
    "no tool": (Request(model="m", tools=(LOOK,), tool_choice=ToolChoice(mode="none")), ("dropped", "tools")),
    "strict": (Request(model="m", tools=(Tool(name="f", strict=True),)), ("dropped", "tools[0].strict")),
    "free form": (Request(model="m", tools=(Tool(name="f", text_format={}),)), ("dropped", "tools[0]")),
    "budget": (
        Request(model="m", reasoning=ReasoningOptions(budget_tokens=9)),
        ("dropped", "reasoning.budget_tokens"),
    ),
    "effort": (Request(model="m", reasoning=ReasoningOptions(effort="minimal")), ("changed", "reasoning.effort")),
    "alternatives": (Request(model="m", n=2), ("dropped", "n")),
    "a picture by URL": (
        Request(model="m", messages=(Message("user", (Image(url="https://host/a.png"),)),)),
        ("dropped", "messages[0].content[0]"),
    ),
    "a picture after text": (
        Request(model="m", messages=(Message("user", (Text("a"), Image(data=PNG))),)),
        ("changed", "messages[0].content[1]"),
    ),
    "sound": (
        Request(model="m", messages=(Message("user", (Audio(data="x"),)),)),
        ("dropped", "messages[0].content[0]"),
    ),
    "a film": (
        Request(model="m", messages=(Message("user", (Video(data="x"),)),)),
        ("dropped", "messages[0].content[0]"),
    ),
    "a document": (
        Request(model="m", messages=(Message("user", (Document(text="a"),)),)),
        ("changed", "messages[0].content[0]"),
    ),
    "a refusal": (
        Request(model="m", messages=(Message("assistant", (Refusal("No."),)),)),
        ("changed", "messages[0].content[0]"),
    ),
    "another's signature": (
        Request(
            model="m",
            messages=(
                Message("assistant", (Reasoning("Hm", payload={"signature": "s"}, dialect="anthropic_messages"),)),
            ),
        ),
        ("dropped", "messages[0].content[0].payload"),
    ),
    "another's part": (
        Request(model="m", messages=(Message("user", (Opaque("openai_chat", {"type": "x"}),)),)),
        ("dropped", "messages[0].content[0]"),
    ),
    "another's field": (Request(model="m", extra=(Extra(fields={"x": 1}, dialect="gemini"),)), ("dropped", "x")),
    "a cache mark": (
        Request(model="m", messages=(Message("user", (Text("a", cache=CacheMark()),)),)),
        ("dropped", "messages[0].content[0].cache"),
    ),
    "a thought in a result": (
        Request(model="m", messages=(Message("tool", (ToolResult(id="c", content=(Reasoning("Hm"),)),)),)),
        ("dropped", "messages[0].content[0].content[0]"),
    ),
    "a failed result": (
        Request(model="m", messages=(Message("tool", (ToolResult(id="c", content="x", is_error=True),)),)),
        ("dropped", "messages[0].content[0].is_error"),
    ),
    "arguments cut off": (
        Request(model="m", messages=(Message("assistant", (ToolCall(id="c", name="f", arguments_json='{"a'),)),)),
        ("changed", "messages[0].content[0].arguments_json"),
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_cannot_be_said_is_told(name: str) -> None:
    request, expected = LOST[name]
    losses = OLLAMA.encode_request(request).losses
    assert expected in [(loss.effect, loss.where) for loss in losses]


def test_a_picture_by_url_says_how_to_give_it() -> None:
    request = Request(model="m", messages=(Message("user", (Image(url="https://host/a.png"),)),))
    (loss,) = OLLAMA.encode_request(request).losses
    assert "Image.from_path" in loss.why


def test_a_data_url_is_bytes() -> None:
    request = Request(model="m", messages=(Message("user", (Image(url=f"data:image/png;base64,{PNG}"),)),))
    assert OLLAMA.encode_request(request).wire["messages"][0]["images"] == [PNG]


def test_only_the_tools_that_may_be_called_are_offered() -> None:
    tools = (LOOK, Tool(name="hear"))
    request = Request(model="m", tools=tools, tool_choice=ToolChoice(mode="required", names=("look",)))
    assert OLLAMA.encode_request(request).wire["tools"] == [WIRE_LOOK]


# ---------------------------------------------------------------------- bodies that are no requests


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"messages": []}, "`model`"),
        ({"model": "m", "messages": "Hi"}, "`messages`"),
        ({"model": "m", "messages": ["Hi"]}, r"`messages\[0\]`"),
        (said({"content": "Hi"}), r"`messages\[0\]\.role`"),
        (said({"role": "robot", "content": "Hi"}), "system, user, assistant, tool"),
        (said({"role": "user", "content": [{"type": "text"}]}), r"`messages\[0\]\.content`: text"),
        (said({"role": "user", "content": "", "images": [1]}), r"images\[0\]"),
        (said({"role": "assistant", "tool_calls": [{"function": {}}]}), r"tool_calls\[0\]\.function\.name"),
        (said({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}), "an object"),
        (wire(options={"temperature": "hot"}), r"options\.temperature"),
        (wire(options={"stop": [1]}), r"options\.stop\[0\]"),
        (wire(format="yaml"), '"json" or a JSON schema'),
        (wire(think=3), "`think`"),
        (wire(tools=[{"type": "function"}]), r"tools\[0\]\.function"),
        (wire(stream="yes"), "`stream`"),
    ],
)
def test_what_is_no_request_is_refused(body: dict[str, Any], says: str) -> None:
    with pytest.raises(Rejected, match=says) as caught:
        OLLAMA.decode_request(body)
    assert OLLAMA.encode_error(caught.value) == (400, {"error": caught.value.message})
