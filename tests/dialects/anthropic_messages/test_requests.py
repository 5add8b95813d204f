"""Requests, both ways: tables of what is said the same, what is lost, and what is refused."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects import get_dialect
from dragoman.dialects.anthropic_messages import DIALECT
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
    Role,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    encode_json,
)

from .strategies import json_values

NAME = "anthropic_messages"
HELLO = Message(Role.USER, "Hello")
HELLO_WIRE = {"role": "user", "content": "Hello"}
BASE: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [HELLO_WIRE]}
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = Tool(name="weather", parameters=WEATHER)
TOOL_WIRE = {"name": "weather", "input_schema": WEATHER}
CALL = ToolCall(id="toolu_1", name="weather", arguments={"city": "Oslo"})
CALL_WIRE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}}
EPHEMERAL = {"type": "ephemeral"}


def kept(**fields: Any) -> Extra:
    return Extra(fields=fields, dialect=NAME)


def says(*messages: Message, **fields: Any) -> Request:
    return Request(model="claude-sonnet-4-5", max_tokens=100, messages=messages or (HELLO,), **fields)


def user(*parts: Any) -> Request:
    return says(Message(Role.USER, parts))


def user_wire(*blocks: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def assistant(*parts: Any) -> Request:
    return says(HELLO, Message(Role.ASSISTANT, parts))


def assistant_wire(*blocks: Any) -> dict[str, Any]:
    return {"messages": [HELLO_WIRE, {"role": "assistant", "content": list(blocks)}]}


IN_PLACE = Message(Role.SYSTEM, "Be brief.", extra=Extra(dialect=NAME, spelling={"role": "system"}))
SOURCED = {"type": "search_result", "source": "https://a.example", "title": "A", "content": [{"type": "text"}]}
CITED = {"type": "page_location", "cited_text": "x", "document_index": 0, "start_page_number": 1, "end_page_number": 2}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "EpAB"}
REDACTED = {"type": "redacted_thinking", "data": "EqkE"}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}
BLOCKS_OF_TEXT = {"type": "content", "content": [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]}

SAME: dict[str, tuple[Request, dict[str, Any]]] = {
    "text": (says(), {}),
    "settings": (
        says(temperature=0.5, top_p=0.9, top_k=5, stop=("END",), stream=True, user="u1", service_tier="auto"),
        {
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 5,
            "stop_sequences": ["END"],
            "stream": True,
            "metadata": {"user_id": "u1"},
            "service_tier": "auto",
        },
    ),
    "system as text": (says(Message(Role.SYSTEM, "Be brief."), HELLO), {"system": "Be brief."}),
    "system as blocks": (
        says(Message(Role.SYSTEM, (Text("A"), Text("B", cache=CacheMark(ttl="1h")))), HELLO),
        {
            "system": [
                {"type": "text", "text": "A"},
                {"type": "text", "text": "B", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            ]
        },
    ),
    "system inside the conversation": (
        says(HELLO, IN_PLACE),
        {"messages": [HELLO_WIRE, {"role": "system", "content": "Be brief."}]},
    ),
    "a cached text": (
        user(Text("long", cache=CacheMark())),
        user_wire({"type": "text", "text": "long", "cache_control": EPHEMERAL}),
    ),
    "a cache mark of another kind": (
        user(Text("long", cache=CacheMark(), extra=kept(cache_control={"type": "ephemeral", "scope": "global"}))),
        user_wire({"type": "text", "text": "long", "cache_control": {"type": "ephemeral", "scope": "global"}}),
    ),
    "a picture as bytes": (
        user(Image(data="iVBO", media_type="image/png")),
        user_wire({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}),
    ),
    "a picture by URL, cached": (
        user(Image(url="https://a.example/a.png", cache=CacheMark())),
        user_wire(
            {
                "type": "image",
                "source": {"type": "url", "url": "https://a.example/a.png"},
                "cache_control": EPHEMERAL,
            }
        ),
    ),
    "a picture by id, not scaled": (
        user(Image(file_id="file_1", extra=kept(transformations={"oversized_image": "error"}))),
        user_wire(
            {
                "type": "image",
                "source": {"type": "file", "file_id": "file_1"},
                "transformations": {"oversized_image": "error"},
            }
        ),
    ),
    "a picture from a source of next year": (
        user(Opaque(NAME, {"type": "image", "source": {"type": "hologram", "hologram_id": "h1"}})),
        user_wire({"type": "image", "source": {"type": "hologram", "hologram_id": "h1"}}),
    ),
    "a PDF with everything": (
        user(Document(data="JVBERg==", media_type="application/pdf", title="T", context="C", citations=True)),
        user_wire({"type": "document", "source": PDF, "title": "T", "context": "C", "citations": {"enabled": True}}),
    ),
    "a document by URL": (
        user(Document(url="https://a.example/a.pdf")),
        user_wire({"type": "document", "source": {"type": "url", "url": "https://a.example/a.pdf"}}),
    ),
    "a document by id": (
        user(Document(file_id="file_1")),
        user_wire({"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
    ),
    "a document of text": (
        user(Document(text="Once.", media_type="text/plain", citations=False)),
        user_wire(
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "Once."},
                "citations": {"enabled": False},
            }
        ),
    ),
    "a document of blocks": (
        user(Document(text="one two", extra=kept(source=BLOCKS_OF_TEXT))),
        user_wire({"type": "document", "source": BLOCKS_OF_TEXT}),
    ),
    "a document of new settings": (
        user(Document(file_id="f", citations=True, extra=kept(citations={"enabled": True, "style": "x"}))),
        user_wire(
            {
                "type": "document",
                "source": {"type": "file", "file_id": "f"},
                "citations": {"enabled": True, "style": "x"},
            }
        ),
    ),
    "blocks without a canonical part": (
        user(Opaque(NAME, SOURCED), Opaque(NAME, {"type": "container_upload", "file_id": "file_1"})),
        user_wire(SOURCED, {"type": "container_upload", "file_id": "file_1"}),
    ),
    "a tool call": (assistant(Text("I look."), CALL), assistant_wire({"type": "text", "text": "I look."}, CALL_WIRE)),
    "a tool call by code": (
        assistant(ToolCall(id="toolu_1", name="f", extra=kept(caller={"type": "code_execution_20260120"}))),
        assistant_wire(
            {
                "type": "tool_use",
                "id": "toolu_1",
                "name": "f",
                "input": {},
                "caller": {"type": "code_execution_20260120"},
            }
        ),
    ),
    "a result": (
        says(HELLO, Message(Role.ASSISTANT, (CALL,)), Message(Role.TOOL, (ToolResult(id="toolu_1", content="9 °C"),))),
        {
            "messages": [
                HELLO_WIRE,
                {"role": "assistant", "content": [CALL_WIRE]},
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "9 °C"}],
                },
            ]
        },
    ),
    "a failed result with a picture, and what the user adds": (
        user(
            ToolResult(
                id="toolu_1", content=(Text("no"), Image(file_id="f")), is_error=True, cache=CacheMark(ttl="5m")
            ),
            Text("Go on."),
        ),
        user_wire(
            {
                "type": "tool_result",
                "tool_use_id": "toolu_1",
                "content": [
                    {"type": "text", "text": "no"},
                    {"type": "image", "source": {"type": "file", "file_id": "f"}},
                ],
                "is_error": True,
                "cache_control": {"type": "ephemeral", "ttl": "5m"},
            },
            {"type": "text", "text": "Go on."},
        ),
    ),
    "thinking, in place": (
        assistant(
            Reasoning("Hm.", payload={"signature": "EpAB"}, dialect=NAME),
            Reasoning(payload=REDACTED, dialect=NAME),
            Reasoning(payload={"signature": "Ep0C"}, dialect=NAME),
            CALL,
        ),
        assistant_wire(THOUGHT, REDACTED, {"type": "thinking", "thinking": "", "signature": "Ep0C"}, CALL_WIRE),
    ),
    "text with its sources": (
        assistant(
            Text(
                "It is.",
                (
                    Citation(
                        unit="page",
                        cited_text="x",
                        document_index=0,
                        start=1,
                        end=2,
                        extra=Extra(dialect=NAME, spelling=CITED),
                    ),
                ),
            )
        ),
        assistant_wire({"type": "text", "text": "It is.", "citations": [CITED]}),
    ),
    "tools": (
        says(
            tools=(
                Tool(
                    name="weather",
                    description="Now",
                    parameters=WEATHER,
                    strict=True,
                    cache=CacheMark(),
                    extra=kept(defer_loading=True),
                ),
                ServerTool("web_search", {"max_uses": 2}, NAME, cache=CacheMark()),
                ServerTool("code_execution", {"type": "code_execution_20260120"}, NAME),
                Opaque(NAME, {"type": "bash_20250124", "name": "bash"}),
            )
        ),
        {
            "tools": [
                {
                    **TOOL_WIRE,
                    "description": "Now",
                    "strict": True,
                    "cache_control": EPHEMERAL,
                    "defer_loading": True,
                },
                {"type": "web_search_20250305", "name": "web_search", "max_uses": 2, "cache_control": EPHEMERAL},
                {"type": "code_execution_20260120", "name": "code_execution"},
                {"type": "bash_20250124", "name": "bash"},
            ]
        },
    ),
    "any tool, one at a time": (
        says(tools=(TOOL,), tool_choice=ToolChoice(mode="required"), parallel_tool_calls=False),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
    ),
    "the model's choice, several at once": (
        says(tools=(TOOL,), tool_choice=ToolChoice(), parallel_tool_calls=True),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "auto", "disable_parallel_tool_use": False}},
    ),
    "one tool": (
        says(tools=(TOOL,), tool_choice=ToolChoice(mode="required", names=("weather",))),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "tool", "name": "weather"}},
    ),
    "no tool": (
        says(tools=(TOOL,), tool_choice=ToolChoice(mode="none")),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "none"}},
    ),
    "a choice of next year": (
        says(tools=(TOOL,), extra=(kept(tool_choice={"type": "auction"}),)),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "auction"}},
    ),
    "a choice with a new setting": (
        says(tools=(TOOL,), tool_choice=ToolChoice(), extra=(kept(tool_choice={"hurry": True}),)),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "auto", "hurry": True}},
    ),
    "a budget for thinking": (
        says(reasoning=ReasoningOptions(budget_tokens=2048)),
        {"thinking": {"type": "enabled", "budget_tokens": 2048}},
    ),
    "adaptive thinking, shown in short": (
        says(reasoning=ReasoningOptions(enabled=True, effort="high", extra=kept(display="summarized"))),
        {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}},
    ),
    "no thinking": (says(reasoning=ReasoningOptions(enabled=False)), {"thinking": {"type": "disabled"}}),
    "no thinking, and a setting of next year": (
        says(reasoning=ReasoningOptions(enabled=False, extra=kept(pace=None))),
        {"thinking": {"type": "disabled", "pace": None}},
    ),
    "thinking between tools": (
        says(reasoning=ReasoningOptions(enabled=True, extra=kept(type="between_tools"))),
        {"thinking": {"type": "between_tools"}},
    ),
    "thinking as some servers want it": (
        says(reasoning=ReasoningOptions(enabled=True, extra=Extra(dialect=NAME, spelling={"type": "enabled"}))),
        {"thinking": {"type": "enabled"}},
    ),
    "effort alone": (says(reasoning=ReasoningOptions(effort="xhigh")), {"output_config": {"effort": "xhigh"}}),
    "a schema": (
        says(output_format=OutputFormat(kind="json_schema", schema=WEATHER)),
        {"output_config": {"format": {"type": "json_schema", "schema": WEATHER}}},
    ),
    "a schema in its older place": (
        says(output_format=OutputFormat(kind="json_schema", schema=WEATHER, extra=kept())),
        {"output_format": {"type": "json_schema", "schema": WEATHER}},
    ),
    "a format of next year": (
        says(extra=(kept(output_config={"format": {"type": "grammar", "grammar": "x"}}),)),
        {"output_config": {"format": {"type": "grammar", "grammar": "x"}}},
    ),
    "effort, schema and a budget for the task": (
        says(
            reasoning=ReasoningOptions(effort="low"),
            output_format=OutputFormat(kind="json_schema", schema=WEATHER),
            extra=(kept(output_config={"task_budget": 9}),),
        ),
        {"output_config": {"effort": "low", "format": {"type": "json_schema", "schema": WEATHER}, "task_budget": 9}},
    ),
    "what only this dialect has": (
        says(user="u1", extra=(kept(cache_control=EPHEMERAL, mcp_servers=[{"name": "d"}], metadata={"team": "x"}),)),
        {"cache_control": EPHEMERAL, "mcp_servers": [{"name": "d"}], "metadata": {"user_id": "u1", "team": "x"}},
    ),
    "a field of a message of next year": (
        says(Message(Role.USER, "Hello", extra=kept(mood="curious"))),
        {"messages": [{**HELLO_WIRE, "mood": "curious"}]},
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_said_the_same(name: str) -> None:
    request, wire = SAME[name]
    body = {**BASE, **wire}
    encoded = get_dialect(NAME).encode_request(request)
    assert encoded.wire == body
    assert encoded.losses == ()
    assert DIALECT.decode_request(deepcopy(body)) == request


ONE_WAY: dict[str, tuple[Request, dict[str, Any]]] = {
    "the user, as Anthropic's SDK says it": (
        says(metadata={"user_id": "u1"}),
        {"metadata": {"user_id": "u1"}},
    ),
    "the same user twice": (says(user="u1", metadata={"user_id": "u1"}), {"metadata": {"user_id": "u1"}}),
    "leading system messages are joined in order": (
        says(Message(Role.SYSTEM, "A"), Message(Role.SYSTEM, (Text("B"),)), HELLO),
        {"system": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]},
    ),
    "results of one answer are one turn": (
        says(
            HELLO,
            Message(Role.TOOL, (ToolResult(id="1", content="a"),)),
            Message(Role.TOOL, (ToolResult(id="2", content="b"),)),
            HELLO,
        ),
        {
            "messages": [
                HELLO_WIRE,
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "1", "content": "a"},
                        {"type": "tool_result", "tool_use_id": "2", "content": "b"},
                    ],
                },
                HELLO_WIRE,
            ]
        },
    ),
    "a mark on a message is one on its last block": (
        says(Message(Role.USER, "long", cache=CacheMark(ttl="1h"))),
        user_wire({"type": "text", "text": "long", "cache_control": {"type": "ephemeral", "ttl": "1h"}}),
    ),
    "empty text beside a call, which the API refuses to read": (assistant(Text(""), CALL), assistant_wire(CALL_WIRE)),
    "a data URL is taken apart": (
        user(Image(url="data:image/png;base64,iVBO")),
        user_wire({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}),
    ),
    "a file of text is sent as text": (
        user(Document.from_bytes(b"a,b", "text/csv", name="a.csv")),
        user_wire({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b"}}),
    ),
    "a citation built from its fields": (
        assistant(Text("x", (Citation(unit="char", cited_text="c", document_index=1, start=2, end=3),))),
        assistant_wire(
            {
                "type": "text",
                "text": "x",
                "citations": [
                    {
                        "type": "char_location",
                        "cited_text": "c",
                        "document_index": 1,
                        "document_title": None,
                        "start_char_index": 2,
                        "end_char_index": 3,
                    }
                ],
            }
        ),
    ),
    "one call at a time, without a choice": (
        says(tools=(TOOL,), parallel_tool_calls=False),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    ),
    "effort `none` is no thinking": (
        says(reasoning=ReasoningOptions(effort="none")),
        {"thinking": {"type": "disabled"}},
    ),
    "settings that change nothing": (
        says(n=1, logprobs=False, include_usage=True, output_format=OutputFormat(kind="text")),
        {},
    ),
    "fields the caller vouches for": (says(extra=(Extra(fields={"speed": "fast"}),)), {"speed": "fast"}),
}


@pytest.mark.parametrize("name", ONE_WAY)
def test_encoded(name: str) -> None:
    request, wire = ONE_WAY[name]
    encoded = DIALECT.encode_request(request)
    assert encoded.wire == {**BASE, **wire}
    assert encoded.losses == ()


FOREIGN = Extra(fields={"x": 1}, dialect="openai_chat")
LOST: dict[str, tuple[Request, dict[str, Any], list[str]]] = {
    "settings": (
        says(
            seed=1, frequency_penalty=0.1, presence_penalty=0.2, n=2, logprobs=True, top_logprobs=3, metadata={"a": 1}
        ),
        {},
        ["metadata.a", "seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "n"],
    ),
    "of metadata all but the user": (
        says(metadata={"user_id": "u1", "team": "x"}),
        {"metadata": {"user_id": "u1"}},
        ["metadata.team"],
    ),
    "a user that is no text": (says(metadata={"user_id": 7}), {}, ["metadata.user_id"]),
    "two users": (says(user="u1", metadata={"user_id": "u2"}), {"metadata": {"user_id": "u1"}}, ["metadata.user_id"]),
    "a seed of 0 is a seed": (says(seed=0), {}, ["seed"]),
    "usage switched off": (says(include_usage=False), {}, ["include_usage"]),
    "fields of another dialect": (says(extra=(FOREIGN,)), {}, ["x"]),
    "a later system message is hoisted": (
        says(HELLO, Message(Role.SYSTEM, "Be brief.")),
        {"system": "Be brief."},
        ["messages[1]"],
    ),
    "another model's thinking": (
        assistant(Reasoning("Hm.", payload={"id": "rs_1"}, dialect="openai_responses"), Text("Yes.")),
        assistant_wire({"type": "text", "text": "Yes."}),
        ["messages[1].content[0]"],
    ),
    "a turn of another model's thinking only": (
        assistant(Reasoning("Hm.")),
        {},
        ["messages[1].content[0]", "messages[1]"],
    ),
    "a refusal becomes text": (
        assistant(Refusal("No.")),
        assistant_wire({"type": "text", "text": "No."}),
        ["messages[1].content[0]"],
    ),
    "sound": (
        user(Audio(data="UklG", media_type="audio/wav"), Audio(id="a", transcript="Hello"), Text("?")),
        user_wire({"type": "text", "text": "Hello"}, {"type": "text", "text": "?"}),
        ["messages[0].content[0]", "messages[0].content[1]"],
    ),
    "a part of another dialect": (
        user(Opaque("gemini", {"video": 1}), Text("?")),
        user_wire({"type": "text", "text": "?"}),
        ["messages[0].content[0]"],
    ),
    "the resolution of a picture": (
        user(Image(file_id="f", detail="high")),
        user_wire({"type": "image", "source": {"type": "file", "file_id": "f"}}),
        ["messages[0].content[0].detail"],
    ),
    "a citation of the open web": (
        assistant(Text("x", (Citation(url="https://a.example"),))),
        assistant_wire({"type": "text", "text": "x"}),
        ["messages[1].content[0].citations[0]"],
    ),
    "arguments that were cut off": (
        assistant(ToolCall(id="1", name="f", arguments_json='{"a": ')),
        assistant_wire({"type": "tool_use", "id": "1", "name": "f", "input": {}}),
        ["messages[1].content[0].arguments_json"],
    ),
    "free-form input": (
        assistant(ToolCall(id="1", name="f", text="SELECT 1")),
        assistant_wire({"type": "tool_use", "id": "1", "name": "f", "input": {"input": "SELECT 1"}}),
        ["messages[1].content[0].text"],
    ),
    "results come first": (
        user(Text("Here:"), ToolResult(id="1", content="a")),
        user_wire({"type": "tool_result", "tool_use_id": "1", "content": "a"}, {"type": "text", "text": "Here:"}),
        ["messages[0].content"],
    ),
    "a result without an id": (
        says(Message(Role.TOOL, "42")),
        user_wire({"type": "text", "text": "42"}),
        ["messages[0].role"],
    ),
    "a mark on thinking": (
        assistant(Reasoning("Hm.", payload={"signature": "EpAB"}, dialect=NAME, cache=CacheMark())),
        assistant_wire(THOUGHT),
        ["messages[1].content[0].cache"],
    ),
    "two marks in one place": (
        says(Message(Role.USER, (Text("a", cache=CacheMark()),), cache=CacheMark(ttl="1h"))),
        user_wire({"type": "text", "text": "a", "cache_control": EPHEMERAL}),
        ["messages[0].cache"],
    ),
    "a free-form tool": (says(tools=(Tool(name="sql", text_format={"type": "text"}),)), {"tools": []}, ["tools[0]"]),
    "a choice among some tools": (
        says(tools=(TOOL, Tool(name="other")), tool_choice=ToolChoice(mode="required", names=("weather", "time"))),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "any"}},
        ["tool_choice.names", "tools"],
    ),
    "one call at a time, without tools": (says(parallel_tool_calls=False), {}, ["parallel_tool_calls"]),
    "one call at a time, and none allowed": (
        says(tools=(TOOL,), tool_choice=ToolChoice(mode="none"), parallel_tool_calls=False),
        {"tools": [TOOL_WIRE], "tool_choice": {"type": "none"}},
        ["parallel_tool_calls"],
    ),
    "JSON without a schema": (says(output_format=OutputFormat(kind="json_object")), {}, ["output_format"]),
    "a schema's description, and leave to deviate from it": (
        says(output_format=OutputFormat(kind="json_schema", schema=WEATHER, name="w", description="d", strict=False)),
        {"output_config": {"format": {"type": "json_schema", "schema": WEATHER}}},
        ["output_format.description", "output_format.strict"],
    ),
    "the least effort": (
        says(reasoning=ReasoningOptions(effort="minimal")),
        {"output_config": {"effort": "low"}},
        ["reasoning.effort"],
    ),
    "a budget for no thinking": (
        says(reasoning=ReasoningOptions(enabled=False, budget_tokens=99)),
        {"thinking": {"type": "disabled"}},
        ["reasoning.budget_tokens"],
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_lost_but_not_in_silence(name: str) -> None:
    request, wire, where = LOST[name]
    encoded = DIALECT.encode_request(request)
    assert encoded.wire == {**BASE, **wire}
    assert [loss.where for loss in encoded.losses] == where


@pytest.mark.parametrize(
    "stranger",
    [
        ToolCall(id="2", name="f"),
        ToolResult(id="2", content="5"),
        Reasoning("Hm", payload={"signature": "s"}, dialect=NAME),
    ],
)
def test_what_cannot_stand_in_a_result_is_left_out_of_it(stranger: Any) -> None:
    result = ToolResult(id="1", content=[Text("a"), stranger, Text("b")])
    encoded = DIALECT.encode_request(Request(model="m", messages=(Message("tool", [result]),)))
    [turn] = encoded.wire["messages"]
    assert [block["text"] for block in turn["content"][0]["content"]] == ["a", "b"]
    assert [loss.where for loss in encoded.losses] == ["messages[0].content[0].content[1]"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [("JVBERi0x", "application/pdf"), ("iVBORw0KGgoA", "image/png"), ("/9j/4AAQ", "image/jpeg"), ("AAAA", None)],
)
def test_bytes_say_themselves_what_they_are_or_are_not_sent(data: str, kind: str | None) -> None:
    """The API refuses bytes without a media type."""
    encoded = DIALECT.encode_request(Request(model="m", messages=(Message("user", [Text("?"), Image(data=data)]),)))
    [_, *pictures] = encoded.wire["messages"][0]["content"]
    assert [picture["source"]["media_type"] for picture in pictures] == ([] if kind is None else [kind])
    assert [loss.where for loss in encoded.losses] == ([] if kind else ["messages[0].content[1]"])


# ---------------------------------------------------------------------- where the path says more than the body

PATHS = {
    "/v1/messages?beta=true": (None, False),
    "/v1/projects/p/locations/l/publishers/anthropic/models/claude-3@2025:rawPredict": ("claude-3@2025", False),
    "/v1/projects/p/locations/l/publishers/anthropic/models/claude-3@2025:streamRawPredict": ("claude-3@2025", True),
    "/model/us.anthropic.claude-v1%3A0/invoke": ("us.anthropic.claude-v1:0", False),
    "/model/us.anthropic.claude-v1:0/invoke-with-response-stream": ("us.anthropic.claude-v1:0", True),
}


@pytest.mark.parametrize("target", PATHS)
def test_model_in_the_path(target: str) -> None:
    model, stream = PATHS[target]
    body = {**BASE, "anthropic_version": "x"} if model is None else {**BASE, "anthropic_version": "x", "model": None}
    request = DIALECT.decode_request(body, target)
    assert (request.model, request.stream) == (model or BASE["model"], stream)
    assert request.extra == (kept(anthropic_version="x"),)


# ---------------------------------------------------------------------- what is refused

REFUSED: dict[str, tuple[Any, str]] = {
    "no object": ([], "body: Input should be a valid dictionary"),
    "no model": ({**BASE, "model": None}, "model: Field required"),
    "no max_tokens": ({k: v for k, v in BASE.items() if k != "max_tokens"}, "max_tokens: Field required"),
    "max_tokens as text": ({**BASE, "max_tokens": "9"}, "max_tokens: Input should be a valid integer"),
    "max_tokens as truth": ({**BASE, "max_tokens": True}, "max_tokens: Input should be a valid integer"),
    "no messages": ({**BASE, "messages": None}, "messages: Field required"),
    "empty messages": ({**BASE, "messages": []}, "messages: at least one message is required"),
    "a message as text": ({**BASE, "messages": ["Hi"]}, "messages.0: Input should be a valid dictionary"),
    "no role": ({**BASE, "messages": [{"content": "Hi"}]}, "messages.0.role: Field required"),
    "a foreign role": (
        {**BASE, "messages": [{"role": "tool", "content": "Hi"}]},
        "messages.0.role: Input should be 'user', 'assistant' or 'system'",
    ),
    "no content": ({**BASE, "messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    "a block without type": ({**BASE, **user_wire({"text": "Hi"})}, "messages.0.content.0.type: Field required"),
    "text without text": (
        {**BASE, **user_wire({"type": "text"})},
        "messages.0.content.0.text: Field required",
    ),
    "input as text": (
        {**BASE, **user_wire({**CALL_WIRE, "input": "{}"})},
        "messages.0.content.0.input: Input should be a valid dictionary",
    ),
    "bytes without a type": (
        {**BASE, **user_wire({"type": "image", "source": {"type": "base64", "data": "iVBO"}})},
        "messages.0.content.0.source.media_type: Field required",
    ),
    "a call inside a result": (
        {**BASE, **user_wire({"type": "tool_result", "tool_use_id": "1", "content": [CALL_WIRE]})},
        "messages.0.content.0.content.0.type: 'tool_use' cannot stand here",
    ),
    "a system of numbers": ({**BASE, "system": 5}, "system: Input should be a valid list"),
    "a tool without schema": (
        {**BASE, "tools": [{"name": "f"}]},
        "tools.0.custom.input_schema: Field required",
    ),
    "a forced tool without name": ({**BASE, "tool_choice": {"type": "tool"}}, "tool_choice.name: Field required"),
    "a budget as text": (
        {**BASE, "thinking": {"type": "enabled", "budget_tokens": "much"}},
        "thinking.budget_tokens: Input should be a valid integer",
    ),
    "a stop sequence as number": (
        {**BASE, "stop_sequences": [1]},
        "stop_sequences.0: Input should be a valid string",
    ),
    "a format without schema": (
        {**BASE, "output_config": {"format": {"type": "json_schema"}}},
        "output_config.format.schema: Field required",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name: str) -> None:
    body, message = REFUSED[name]
    with pytest.raises(Rejected) as caught:
        DIALECT.decode_request(body)
    assert caught.value.message == message
    status, wire = DIALECT.encode_error(caught.value)
    assert (status, wire["error"]) == (400, {"type": "invalid_request_error", "message": message})


WIRES = [{**BASE, **wire} for _, wire in SAME.values()]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(WIRES), st.integers(0, 10**6), json_values)
def test_no_body_raises_anything_but_rejected(body: dict[str, Any], seed: int, junk: Any) -> None:
    """Any one place of a good body, replaced by anything: it is read, or refused with a name, and goes back."""
    broken = deepcopy(body)
    replace_somewhere(broken, random.Random(seed), junk)
    outcome = read(broken)
    if isinstance(outcome, Rejected):
        assert (outcome.http_status, ": " in outcome.message) == (400, True)
    else:
        encode_json(DIALECT.encode_request(outcome).wire)


def read(body: dict[str, Any]) -> Request | Rejected:
    try:
        return DIALECT.decode_request(body)
    except Rejected as error:
        return error


def replace_somewhere(body: dict[str, Any], dice: random.Random, junk: Any) -> None:
    holder, key = dice.choice(list(places_in(body)))
    holder[key] = junk


def places_in(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from places_in(inner)
