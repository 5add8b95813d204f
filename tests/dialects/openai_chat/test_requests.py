"""Requests, both ways: each row is a canonical record and the body that says it."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import (
    Audio,
    CacheMark,
    Document,
    Extra,
    Image,
    JsonObject,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

CHAT = get_dialect("openai_chat")
NAME = "openai_chat"


def own(spelling: JsonObject | None = None, **fields: Any) -> Extra:
    return Extra(fields=fields, dialect=NAME, spelling=spelling or {})


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [], **fields}


# ---------------------------------------------------------------------- messages

MESSAGES: dict[str, tuple[Message, dict[str, Any]]] = {
    "text": (Message("user", "Hi"), {"role": "user", "content": "Hi"}),
    "system": (Message("system", "Be kind"), {"role": "system", "content": "Be kind"}),
    "developer": (
        Message("system", "Be kind", extra=own({"role": "developer"})),
        {"role": "developer", "content": "Be kind"},
    ),
    "named": (Message("user", "Hi", extra=own(name="Ada")), {"role": "user", "content": "Hi", "name": "Ada"}),
    "parts": (
        Message("user", [Text("What is this?"), Image(url="https://x/y.png", detail="low")]),
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
            ],
        },
    ),
    "assistant": (Message("assistant", "Hello"), {"role": "assistant", "content": "Hello"}),
    "refusal": (
        Message("assistant", [Refusal("No")]),
        {"role": "assistant", "content": None, "refusal": "No"},
    ),
    "refusal as a part": (
        Message("assistant", [Refusal("No", extra=own({"type": "refusal"}))]),
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]},
    ),
    "calls": (
        Message("assistant", [Text("Let me see."), ToolCall(id="c1", name="f", arguments={"a": 1})]),
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}],
        },
    ),
    "cut-off call": (
        Message("assistant", [ToolCall(id="c1", name="f", arguments_json='{"a": ')]),
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": '}}],
        },
    ),
    "free-form call": (
        Message("assistant", [ToolCall(id="c1", name="math", text="1 + 1")]),
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "custom", "custom": {"name": "math", "input": "1 + 1"}}],
        },
    ),
    "thought signature of a call": (
        Message(
            "assistant", [ToolCall(id="c1", name="f", extra=own(extra_content={"google": {"thought_signature": "s"}}))]
        ),
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {"google": {"thought_signature": "s"}},
                }
            ],
        },
    ),
    "result": (
        Message("tool", [ToolResult(id="c1", content="sunny", name="weather")]),
        {"role": "tool", "tool_call_id": "c1", "content": "sunny", "name": "weather"},
    ),
    "result of a host that takes pictures": (
        Message("tool", [ToolResult(id="c1", content=[Text("see"), Image(url="https://x", extra=own())])]),
        {
            "role": "tool",
            "tool_call_id": "c1",
            "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "https://x"}}],
        },
    ),
    "voice": (
        Message("assistant", [Audio(id="audio_1")]),
        {"role": "assistant", "content": None, "audio": {"id": "audio_1"}},
    ),
    "painted": (
        Message("assistant", [Text("Here"), Image(url="https://x", extra=own())]),
        {
            "role": "assistant",
            "content": "Here",
            "images": [{"type": "image_url", "image_url": {"url": "https://x"}}],
        },
    ),
    "reasoning of DeepSeek": (
        Message("assistant", [Reasoning("Hm", payload={"reasoning_content": None}, dialect=NAME), Text("Hi")]),
        {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"},
    ),
    "empty reasoning, which DeepSeek wants back": (
        Message("assistant", [Reasoning("", payload={"reasoning_content": None}, dialect=NAME), Text("Hi")]),
        {"role": "assistant", "content": "Hi", "reasoning_content": ""},
    ),
    "reasoning of OpenRouter": (
        Message(
            "assistant",
            [
                Reasoning(
                    "Hm",
                    payload={"reasoning": None, "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
                    dialect=NAME,
                ),
                Text("Hi"),
            ],
        ),
        {
            "role": "assistant",
            "content": "Hi",
            "reasoning": "Hm",
            "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}],
        },
    ),
    "reasoning under both names": (
        Message(
            "assistant",
            [Reasoning("Hm", payload={"reasoning_content": None, "reasoning": None}, dialect=NAME), Text("Hi")],
        ),
        {"role": "assistant", "content": "Hi", "reasoning_content": "Hm", "reasoning": "Hm"},
    ),
    "parsed files of OpenRouter": (
        Message("assistant", "Hi", extra=own(annotations=[{"type": "file", "file": {"hash": "h"}}])),
        {"role": "assistant", "content": "Hi", "annotations": [{"type": "file", "file": {"hash": "h"}}]},
    ),
    "cache mark on a message": (
        Message("user", "Hi", cache=CacheMark(), extra=own({"cache_control": {"type": "ephemeral"}})),
        {"role": "user", "content": "Hi", "cache_control": {"type": "ephemeral"}},
    ),
}


@pytest.mark.parametrize(("message", "wire"), MESSAGES.values(), ids=MESSAGES)
def test_messages(message: Message, wire: dict[str, Any]) -> None:
    encoded = CHAT.encode_request(Request(model="m", messages=(message,)))
    assert encoded.wire["messages"] == [wire]
    assert encoded.losses == ()
    assert CHAT.decode_request(body(messages=[wire])).messages == (message,)


PARTS: dict[str, tuple[Part, dict[str, Any]]] = {
    "picture": (
        Image(data="QUJD", media_type="image/png"),
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
    ),
    "picture without a type": (
        Image(url="data:;base64,QUJD"),
        {"type": "image_url", "image_url": {"url": "data:;base64,QUJD"}},
    ),
    "wav": (
        Audio(data="QUJD", media_type="audio/wav"),
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
    ),
    "mp3": (
        Audio(data="QUJD", media_type="audio/mpeg"),
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}},
    ),
    "pdf": (
        Document(data="QUJD", media_type="application/pdf", name="a.pdf", extra=own()),
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}},
    ),
    "uploaded file": (Document(file_id="file-1"), {"type": "file", "file": {"file_id": "file-1"}}),
    "file that came as a URL": (
        Document(url="https://x/a.pdf", name="a.pdf", extra=own()),
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://x/a.pdf"}},
    ),
    "video": (
        Opaque(NAME, {"type": "video_url", "video_url": {"url": "https://x"}}),
        {"type": "video_url", "video_url": {"url": "https://x"}},
    ),
    "breakpoint": (
        Text("long", cache=CacheMark(ttl="30m")),
        {"type": "text", "text": "long", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
    ),
    "Anthropic's mark": (
        Text("long", cache=CacheMark(ttl="1h"), extra=own({"cache_control": {"type": "ephemeral", "ttl": "1h"}})),
        {"type": "text", "text": "long", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ),
    "unknown fields": (
        Image(url="https://x", extra=own(image_url={"format": "image/webp"}, max_pixels=10)),
        {"type": "image_url", "image_url": {"url": "https://x", "format": "image/webp"}, "max_pixels": 10},
    ),
}


@pytest.mark.parametrize(("part", "wire"), PARTS.values(), ids=PARTS)
def test_parts(part: Part, wire: dict[str, Any]) -> None:
    message = Message("user", [Text("See:"), part])
    encoded = CHAT.encode_request(Request(model="m", messages=(message,)))
    assert encoded.wire["messages"][0]["content"][1] == wire
    assert encoded.losses == ()
    assert CHAT.decode_request(body(messages=encoded.wire["messages"])).messages == (message,)


# ---------------------------------------------------------------------- tools

TOOLS: dict[str, tuple[Tool | Opaque, dict[str, Any]]] = {
    "function": (
        Tool(name="f", description="Does it", parameters={"type": "object"}, strict=True),
        {
            "type": "function",
            "function": {"name": "f", "description": "Does it", "parameters": {"type": "object"}, "strict": True},
        },
    ),
    "free-form": (
        Tool(name="math", text_format={"type": "grammar", "syntax": "lark", "definition": "start: x"}),
        {
            "type": "custom",
            "custom": {
                "name": "math",
                "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: x"}},
            },
        },
    ),
    "free-form without a format": (
        Tool(name="math", text_format={}),
        {"type": "custom", "custom": {"name": "math"}},
    ),
    "of the host": (
        Opaque(NAME, {"type": "openrouter:web_search", "parameters": {"max_uses": 1}}),
        {"type": "openrouter:web_search", "parameters": {"max_uses": 1}},
    ),
    "unknown fields": (
        Tool(name="f", parameters={}, extra=own(eager_input_streaming=True, function={"x": 1})),
        {"type": "function", "function": {"name": "f", "parameters": {}, "x": 1}, "eager_input_streaming": True},
    ),
    "cache mark": (
        Tool(name="f", parameters={}, cache=CacheMark(), extra=own({"cache_control": {"type": "ephemeral"}})),
        {"type": "function", "function": {"name": "f", "parameters": {}}, "cache_control": {"type": "ephemeral"}},
    ),
}


@pytest.mark.parametrize(("tool", "wire"), TOOLS.values(), ids=TOOLS)
def test_tools(tool: Tool | Opaque, wire: dict[str, Any]) -> None:
    encoded = CHAT.encode_request(Request(model="m", tools=(tool,)))
    assert encoded.wire["tools"] == [wire]
    assert encoded.losses == ()
    assert CHAT.decode_request(body(tools=[wire])).tools == (tool,)


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


CHOICES: dict[str, tuple[ToolChoice, Any]] = {
    "auto": (ToolChoice(mode="auto"), "auto"),
    "required": (ToolChoice(mode="required"), "required"),
    "none": (ToolChoice(mode="none"), "none"),
    "named": (ToolChoice(mode="required", names=("f",)), function("f")),
    "free-form": (ToolChoice(mode="required", names=("math",)), {"type": "custom", "custom": {"name": "math"}}),
    "some": (
        ToolChoice(mode="auto", names=("f",)),
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [function("f")]}},
    ),
    "one of some": (
        ToolChoice(mode="required", names=("f", "g")),
        {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [function("f"), function("g")]}},
    ),
}


@pytest.mark.parametrize(("choice", "wire"), CHOICES.values(), ids=CHOICES)
def test_tool_choices(choice: ToolChoice, wire: Any) -> None:
    tools = (Tool(name="f"), Tool(name="g"), Tool(name="math", text_format={}))
    encoded = CHAT.encode_request(Request(model="m", tools=tools, tool_choice=choice))
    assert encoded.wire["tool_choice"] == wire
    assert CHAT.decode_request(body(tool_choice=wire)).tool_choice == choice


def test_any_is_required_in_other_words() -> None:
    assert CHAT.decode_request(body(tool_choice="any")).tool_choice == ToolChoice(mode="required")


@pytest.mark.parametrize("choice", ["sometimes", {"type": "web_search"}, {"type": "allowed_tools"}, 3])
def test_a_choice_we_do_not_know_goes_through(choice: Any) -> None:
    assert CHAT.encode_request(CHAT.decode_request(body(tool_choice=choice))).wire == body(tool_choice=choice)


# ---------------------------------------------------------------------- the old functions

LEGACY = body(
    messages=[
        {"role": "user", "content": "A joke!"},
        {"role": "assistant", "content": "", "function_call": {"name": "joke", "arguments": '{"on":"cats"}'}},
        {"role": "function", "name": "joke", "content": "Meow."},
    ],
    functions=[{"name": "joke", "description": "Tell one", "parameters": {"type": "object"}, "x": 1}],
    function_call={"name": "joke"},
)


def test_functions_are_tools() -> None:
    request = CHAT.decode_request(LEGACY)
    call, result = request.messages[1].tool_calls[0], request.messages[2].tool_results[0]
    assert (call.name, call.arguments, result.id, result.text) == ("joke", {"on": "cats"}, call.id, "Meow.")
    assert request.tools[0].description == "Tell one"
    assert request.tool_choice == ToolChoice(mode="required", names=("joke",))


@pytest.mark.parametrize("choice", ["auto", "none", {"name": "joke"}])
def test_functions_go_back_as_they_came(choice: Any) -> None:
    wire = {**LEGACY, "function_call": choice}
    encoded = CHAT.encode_request(CHAT.decode_request(wire))
    wire["messages"][1]["content"] = None  # beside a call nothing and null are the same
    assert encoded.wire == wire
    assert encoded.losses == ()


# ---------------------------------------------------------------------- the other fields

FIELDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "limit": ({"max_tokens": 5}, {"max_completion_tokens": 5}),
    "sampling": ({"temperature": 0, "top_p": 0.5, "top_k": 3}, {"temperature": 0, "top_p": 0.5, "top_k": 3}),
    "stop": ({"stop": ("a", "b")}, {"stop": ["a", "b"]}),
    "schema": (
        {"output_format": OutputFormat(kind="json_schema", schema={"type": "object"}, name="s", strict=True)},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "s", "schema": {"type": "object"}, "strict": True},
            }
        },
    ),
    "json": ({"output_format": OutputFormat(kind="json_object")}, {"response_format": {"type": "json_object"}}),
    "json with a schema": (
        {"output_format": OutputFormat(kind="json_object", schema={"type": "object"})},
        {"response_format": {"type": "json_object", "schema": {"type": "object"}}},
    ),
    "effort": ({"reasoning": ReasoningOptions(effort="low")}, {"reasoning_effort": "low"}),
    "OpenRouter's effort": (
        {"reasoning": ReasoningOptions(budget_tokens=9, enabled=True, extra=own({"reasoning": {}}, exclude=True))},
        {"reasoning": {"max_tokens": 9, "enabled": True, "exclude": True}},
    ),
    "stream": (
        {"stream": True, "include_usage": True},
        {"stream": True, "stream_options": {"include_usage": True}},
    ),
    "stream without usage": ({"stream": True, "include_usage": False}, {"stream": True}),
    "stream with options": (
        {"stream": True, "include_usage": True, "extra": (own(stream_options={"include_obfuscation": False}),)},
        {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
    ),
    "unknown": (
        {"extra": (own(logit_bias={"5": -100}, thinking={"type": "disabled"}, echo=None),)},
        {"logit_bias": {"5": -100}, "thinking": {"type": "disabled"}, "echo": None},
    ),
    "both limits": ({"max_tokens": 5, "extra": (own(max_tokens=7),)}, {"max_completion_tokens": 5, "max_tokens": 7}),
    "a format we do not know": (
        {"extra": (own(response_format={"type": "regex", "pattern": "a+"}),)},
        {"response_format": {"type": "regex", "pattern": "a+"}},
    ),
    "both ways to ask for thinking": (
        {"reasoning": ReasoningOptions(effort="low"), "extra": (own(reasoning={"exclude": True}),)},
        {"reasoning_effort": "low", "reasoning": {"exclude": True}},
    ),
    "thinking in words we do not know": (
        {"extra": (own(reasoning={"effort": 3}, reasoning_effort=True),)},
        {"reasoning": {"effort": 3}, "reasoning_effort": True},
    ),
    "stream options without a stream": (
        {"extra": (own(stream_options={"include_usage": True}),)},
        {"stream_options": {"include_usage": True}},
    ),
}


@pytest.mark.parametrize(("fields", "wire"), FIELDS.values(), ids=FIELDS)
def test_fields(fields: dict[str, Any], wire: dict[str, Any]) -> None:
    encoded = CHAT.encode_request(Request(model="m", **fields))
    assert encoded.wire == body(**wire)
    assert encoded.losses == ()
    assert CHAT.decode_request(body(**wire)) == Request(model="m", **fields)


def test_the_older_name_of_the_limit_is_read() -> None:
    assert CHAT.decode_request(body(max_tokens=5)).max_tokens == 5


def test_usage_of_a_stream_is_asked_for_unless_the_caller_does_not_want_it() -> None:
    assert CHAT.encode_request(Request(model="m", stream=True)).wire["stream_options"] == {"include_usage": True}


def test_one_stop_text_may_stand_alone() -> None:
    assert CHAT.decode_request(body(stop="END")).stop == ("END",)


def test_thinking_is_switched_off_by_an_effort() -> None:
    request = Request(model="m", reasoning=ReasoningOptions(enabled=False))
    assert CHAT.encode_request(request).wire["reasoning_effort"] == "none"


def test_a_message_may_have_its_picture_as_text() -> None:
    wire = {"role": "user", "content": [{"type": "image_url", "image_url": "https://x"}]}
    assert CHAT.decode_request(body(messages=[wire])).messages[0].parts == (Image(url="https://x"),)


def test_the_model_may_stand_in_the_path() -> None:
    target = "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    assert CHAT.decode_request({"messages": []}, target).model == "my-gpt"
    assert CHAT.decode_request({"model": "named", "messages": []}, target).model == "named"


def test_extra_body_wins_over_what_we_write() -> None:
    extra = Extra(fields={"temperature": 2, "stream_options": {"x": 1}})
    wire = CHAT.encode_request(Request(model="m", temperature=0, stream=True, extra=(extra,))).wire
    assert wire["temperature"] == 2
    assert wire["stream_options"] == {"x": 1}
