"""Requests, as a table for both directions, and what cannot be said."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import Rejected
from dragoman.messages import (
    Audio,
    CacheMark,
    Citation,
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
    decode_json,
    encode_json,
)

COHERE = get_dialect("cohere_v2")
ASKED = (Message("user", "Hi"),)
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
LOOK = Tool(name="look", description="Look", parameters=SCHEMA)
WIRE_LOOK = {"type": "function", "function": {"name": "look", "description": "Look", "parameters": SCHEMA}}


def wire(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **fields}


def said(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages), **fields}


def asked(**fields: Any) -> Request:
    return Request(model="m", messages=ASKED, **fields)


BOTH_WAYS: dict[str, tuple[Request, dict[str, Any]]] = {
    "settings": (
        asked(
            max_tokens=5, temperature=0.5, top_p=0.9, top_k=3, seed=7, stop=("END",), frequency_penalty=0.1,
            presence_penalty=0.2, logprobs=True, stream=True,
        ),
        wire(
            max_tokens=5, temperature=0.5, p=0.9, k=3, seed=7, stop_sequences=["END"], frequency_penalty=0.1,
            presence_penalty=0.2, logprobs=True, stream=True,
        ),
    ),
    "what only Cohere knows": (
        asked(extra=(Extra(fields={"safety_mode": "STRICT", "priority": 3}, dialect="cohere_v2"),)),
        wire(safety_mode="STRICT", priority=3),
    ),
    "tools": (asked(tools=(LOOK,)), wire(tools=[WIRE_LOOK])),
    "strict tools": (
        asked(tools=(Tool(name="look", description="Look", parameters=SCHEMA, strict=True),)),
        wire(tools=[WIRE_LOOK], strict_tools=True),
    ),
    "a call is demanded": (
        asked(tools=(LOOK,), tool_choice=ToolChoice(mode="required")),
        wire(tools=[WIRE_LOOK], tool_choice="REQUIRED"),
    ),
    "no call": (
        asked(tools=(LOOK,), tool_choice=ToolChoice(mode="none")),
        wire(tools=[WIRE_LOOK], tool_choice="NONE"),
    ),
    "any JSON": (asked(output_format=OutputFormat(kind="json_object")), wire(response_format={"type": "json_object"})),
    "JSON of a schema": (
        asked(output_format=OutputFormat(kind="json_schema", schema=SCHEMA)),
        wire(response_format={"type": "json_object", "json_schema": SCHEMA}),
    ),
    "thinking on": (asked(reasoning=ReasoningOptions(enabled=True)), wire(thinking={"type": "enabled"})),
    "thinking off": (asked(reasoning=ReasoningOptions(enabled=False)), wire(thinking={"type": "disabled"})),
    "thinking so much": (
        asked(reasoning=ReasoningOptions(budget_tokens=99)),
        wire(thinking={"type": "enabled", "token_budget": 99}),
    ),
    "pictures": (
        Request(
            model="m",
            messages=(
                Message(
                    "user",
                    (
                        Text("What?"),
                        Image(url="https://host/a.png", detail="low"),
                        Image(data="iVBORw0KGgo=", media_type="image/png"),
                    ),
                ),
            ),
        ),
        said(
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What?"},
                    {"type": "image_url", "image_url": {"url": "https://host/a.png", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
                ],
            }
        ),
    ),
    "documents to cite": (
        Request(
            model="m",
            messages=(
                Message("user", "Hello"),
                Message("user", (Document(text="Rivers end in the sea.", title="Rivers"), Text("Where?"))),
            ),
        ),
        said(
            {"role": "user", "content": "Hello"},
            {"role": "user", "content": "Where?"},
            documents=[{"data": {"title": "Rivers", "text": "Rivers end in the sea."}}],
        ),
    ),
    "a tool's turn": (
        Request(
            model="m",
            messages=(
                Message(
                    "assistant",
                    (
                        Reasoning("Hm", dialect="cohere_v2"),
                        Opaque("cohere_v2", {"tool_plan": "I will look."}),
                        ToolCall(id="c1", name="look", arguments_json='{"a": 1}'),
                    ),
                ),
                Message("tool", (ToolResult(id="c1", content=(Document(text="a cat"), Text("and a dog"))),)),
                Message("tool", (ToolResult(id="c1", content="a bird"),)),
            ),
        ),
        said(
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "Hm"}],
                "tool_plan": "I will look.",
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}
                ],
            },
            {
                "role": "tool",
                "tool_call_id": "c1",
                "content": [
                    {"type": "document", "document": {"data": {"text": "a cat"}}},
                    {"type": "text", "text": "and a dog"},
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "a bird"},
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_both_ways(name: str) -> None:
    request, body = BOTH_WAYS[name]
    encoded = COHERE.encode_request(request)
    assert encoded.losses == ()
    assert decode_json(encode_json(encoded.wire)) == body
    assert COHERE.decode_request(body) == request


@pytest.mark.parametrize(
    "document",
    ["A plain text", {"id": "d1", "data": {"text": "a", "title": "b"}}, {"data": {"output": 60, "of": ["a", "tool"]}}],
)
def test_any_document_goes_back_as_it_came(document: Any) -> None:
    body = wire(documents=[document])
    encoded = COHERE.encode_request(COHERE.decode_request(body))
    assert encoded.losses == ()
    assert decode_json(encode_json(encoded.wire)) == body


def test_another_dialect_reads_a_document_of_any_fields_as_json() -> None:
    result = {"type": "document", "document": {"data": {"output": "60"}}}
    body = said({"role": "tool", "tool_call_id": "c", "content": [result]})
    (turn,) = COHERE.decode_request(body).messages
    (document,) = turn.tool_results[0].content
    assert isinstance(document, Document)
    assert document.text == '{"output":"60"}'


LOST: dict[str, tuple[Request, tuple[str, str]]] = {
    "one tool": (
        asked(tools=(LOOK, Tool(name="hear")), tool_choice=ToolChoice(mode="required", names=("look",))),
        ("changed", "tool_choice.names"),
    ),
    "some strict tools": (asked(tools=(LOOK, Tool(name="f", strict=True))), ("dropped", "tools[1].strict")),
    "one call a turn": (asked(parallel_tool_calls=False), ("dropped", "parallel_tool_calls")),
    "effort": (asked(reasoning=ReasoningOptions(effort="high")), ("dropped", "reasoning.effort")),
    "user": (asked(user="someone"), ("dropped", "user")),
    "an earlier document": (
        Request(model="m", messages=(Message("user", (Document(text="a"),)), *ASKED)),
        ("changed", "messages[0].content[0]"),
    ),
    "a PDF": (
        Request(model="m", messages=(Message("user", (Document(data="JVBER", media_type="application/pdf"),)),)),
        ("dropped", "messages[0].content[0]"),
    ),
    "a picture in a result": (
        Request(model="m", messages=(Message("tool", (ToolResult(id="c", content=(Image(data="x"),)),)),)),
        ("dropped", "messages[0].content[0].content[0]"),
    ),
    "a picture of the assistant's": (
        Request(model="m", messages=(Message("assistant", (Image(data="x"),)),)),
        ("dropped", "messages[0].content[0]"),
    ),
    "sound": (
        Request(model="m", messages=(Message("user", (Audio(data="x", transcript="Hi"),)),)),
        ("changed", "messages[0].content[0]"),
    ),
    "a refusal": (
        Request(model="m", messages=(Message("assistant", (Refusal("No."),)),)),
        ("changed", "messages[0].content[0]"),
    ),
    "another's signature": (
        Request(
            model="m",
            messages=(Message("assistant", (Reasoning("Hm", payload={"signature": "s"}, dialect="elsewhere"),)),),
        ),
        ("dropped", "messages[0].content[0].payload"),
    ),
    "another's part": (
        Request(model="m", messages=(Message("assistant", (Opaque("openai_chat", {"x": 1}),)),)),
        ("dropped", "messages[0].content[0]"),
    ),
    "a place in a document": (
        Request(model="m", messages=(Message("assistant", (Text("a", (Citation(unit="page", start=1, end=2),)),)),)),
        ("dropped", "messages[0].content[0].citations[0].start"),
    ),
    "a cache mark": (
        Request(model="m", messages=(Message("user", (Text("a", cache=CacheMark()),)),)),
        ("dropped", "messages[0].content[0].cache"),
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_cannot_be_said_is_told(name: str) -> None:
    request, expected = LOST[name]
    losses = COHERE.encode_request(request).losses
    assert expected in [(loss.effect, loss.where) for loss in losses]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"messages": []}, "`model`"),
        ({"model": "m", "messages": 3}, "`messages`"),
        (said({"content": "Hi"}), r"messages\[0\]\.role"),
        (said({"role": "chatbot", "content": "Hi"}), "system, user, assistant, tool"),
        (said({"role": "user", "content": [{"text": "Hi"}]}), r"content\[0\]\.type"),
        (said({"role": "user", "content": [{"type": "text"}]}), r"content\[0\]\.text"),
        (said({"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}), r"content\[0\]\.image_url"),
        (said({"role": "tool", "content": "Hi"}), "tool_call_id"),
        (said({"role": "assistant", "tool_calls": [{"id": "c"}]}), r"tool_calls\[0\]\.function"),
        (said({"role": "assistant", "content": "x"}, documents=["a"]), "`documents`"),
        (wire(documents=[{"text": "a"}]), r"documents\[0\]\.data"),
        (wire(temperature="hot"), "`temperature`"),
        (wire(stop_sequences=[1]), r"stop_sequences\[0\]"),
        (wire(thinking={}), r"thinking\.type"),
        (wire(response_format={}), r"response_format\.type"),
        (wire(tools=[{"type": "function"}]), r"tools\[0\]\.function"),
    ],
)
def test_what_is_no_request_is_refused(body: dict[str, Any], says: str) -> None:
    with pytest.raises(Rejected, match=says) as caught:
        COHERE.decode_request(body)
    assert COHERE.encode_error(caught.value) == (400, {"message": caught.value.message})
