"""What the chat dialect cannot say is moved, changed or left out, and always reported."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
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
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

CHAT = get_dialect("openai_chat")


def losses(request: Request) -> list[tuple[str, str]]:
    return [(loss.effect, loss.where) for loss in CHAT.encode_request(request).losses]


def written(*messages: Message) -> list[dict[str, Any]]:
    return CHAT.encode_request(Request(model="m", messages=messages)).wire["messages"]


PART = "messages[0].content[0]"
PARTS: dict[str, tuple[str, Any, list[tuple[str, str]]]] = {
    "picture by file id": ("user", Image(file_id="f"), [("dropped", PART)]),
    "sound by URL": ("user", Audio(url="https://x"), [("dropped", PART)]),
    "file by URL": ("user", Document(url="https://x"), [("dropped", PART)]),
    "text document": ("user", Document(text="t", title="T"), [("dropped", f"{PART}.title"), ("changed", PART)]),
    "cited document": ("user", Document(file_id="f", citations=True), [("dropped", f"{PART}.citations")]),
    "mark of five minutes": ("user", Text("t", cache=CacheMark(ttl="5m")), [("dropped", f"{PART}.cache")]),
    "mark of any time": ("system", Text("t", cache=CacheMark()), [("dropped", f"{PART}.cache")]),
    "block of another": ("user", Opaque("anthropic_messages", {"type": "x"}), [("dropped", PART)]),
    "field of another": (
        "user",
        Text("t", extra=Extra(fields={"x": 1}, dialect="anthropic_messages")),
        [("dropped", f"{PART}.x")],
    ),
    "picture for the system": ("system", Image(url="https://x"), [("dropped", PART)]),
    "call of the user": ("user", ToolCall(id="c", name="f"), [("dropped", PART)]),
    "result of the assistant": ("assistant", ToolResult(id="c", content="x"), [("dropped", PART)]),
    "picture of the assistant": ("assistant", Image(url="https://x"), [("dropped", PART)]),
    "thinking of another": (
        "assistant",
        Reasoning("Hm", payload={"signature": "s"}, dialect="anthropic_messages"),
        [("dropped", PART)],
    ),
    "thinking of nobody": ("assistant", Reasoning("Hm"), [("dropped", PART)]),
    "sources": ("assistant", Text("t", (Citation(url="https://x"),)), [("dropped", f"{PART}.citations")]),
    "sound without an id": ("assistant", Audio(transcript="Hi"), [("changed", PART)]),
    "failed result": ("tool", ToolResult(id="c", content="x", is_error=True), [("dropped", f"{PART}.is_error")]),
    "picture in a result": ("tool", ToolResult(id="c", content=[Image(url="u")]), [("changed", f"{PART}.content[0]")]),
    "text among results": ("tool", Text("t"), [("changed", PART)]),
}


@pytest.mark.parametrize(("role", "part", "expected"), PARTS.values(), ids=PARTS)
def test_parts(role: str, part: Any, expected: list[tuple[str, str]]) -> None:
    assert losses(Request(model="m", messages=(Message(role, [part]),))) == expected


FIELDS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "budget": ({"reasoning": ReasoningOptions(budget_tokens=5)}, [("dropped", "reasoning.budget_tokens")]),
    "switched on": ({"reasoning": ReasoningOptions(enabled=True)}, [("dropped", "reasoning.enabled")]),
    "schema of text": (
        {"output_format": OutputFormat(kind="text", schema={}, name="n")},
        [("dropped", "output_format.name"), ("dropped", "output_format.schema")],
    ),
    "names of none": (
        {"tool_choice": ToolChoice(mode="none", names=("f",))},
        [("dropped", "tool_choice.names")],
    ),
    "mark on a tool": ({"tools": (Tool(name="f", cache=CacheMark()),)}, [("dropped", "tools[0].cache")]),
    "tool of another": ({"tools": (Opaque("anthropic_messages", {}),)}, [("dropped", "tools[0]")]),
    "strict free-form": ({"tools": (Tool(name="f", text_format={}, strict=True),)}, [("dropped", "tools[0].strict")]),
    "field of another": (
        {"extra": (Extra(fields={"top_a": 1}, dialect="anthropic_messages"),)},
        [("dropped", "top_a")],
    ),
}


@pytest.mark.parametrize(("fields", "expected"), FIELDS.values(), ids=FIELDS)
def test_fields(fields: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert losses(Request(model="m", **fields)) == expected


def test_a_caller_who_vouches_for_a_field_loses_nothing() -> None:
    request = Request(model="m", messages=(Message("user", "Hi", extra=Extra(fields={"x": 1})),))
    encoded = CHAT.encode_request(request)
    assert encoded.wire["messages"][0] == {"role": "user", "content": "Hi", "x": 1}
    assert encoded.losses == ()


def test_a_mark_that_is_lost_leaves_plain_text() -> None:
    assert written(Message("user", [Text("Hi", cache=CacheMark())])) == [{"role": "user", "content": "Hi"}]


def test_a_mark_of_openai_on_a_message_goes_onto_its_last_part() -> None:
    [message] = written(Message("system", "Long", cache=CacheMark(ttl="12h")))
    assert message["content"] == [
        {"type": "text", "text": "Long", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}
    ]


# ---------------------------------------------------------------------- results, and what is moved out of them

CALLS = Message("assistant", [ToolCall(id="a", name="f"), ToolCall(id="b", name="f")])
PICTURE = Image(url="https://x")
SHOWN = {"type": "image_url", "image_url": {"url": "https://x"}}


def test_a_turn_of_results_becomes_messages() -> None:
    """Anthropic puts results and the user's words into one turn; the results must follow the calls."""
    turn = Message("user", [Text("And?"), ToolResult(id="a", content="1"), ToolResult(id="b", content="2")])
    assert written(CALLS, turn)[1:] == [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "user", "content": "And?"},
    ]


def test_pictures_wait_until_all_calls_are_answered() -> None:
    first = Message("tool", [ToolResult(id="a", content=[Text("see"), PICTURE])])
    second = Message("tool", [ToolResult(id="b", content="2")])
    assert written(CALLS, first, second)[1:] == [
        {"role": "tool", "tool_call_id": "a", "content": "see"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "user", "content": [SHOWN]},
    ]


def test_pictures_join_the_user_who_speaks_next() -> None:
    result = Message("tool", [ToolResult(id="a", content=[PICTURE])])
    assert written(CALLS, result, Message("user", "Well?"))[1:] == [
        {"role": "tool", "tool_call_id": "a", "content": ""},
        {"role": "user", "content": [SHOWN, {"type": "text", "text": "Well?"}]},
    ]


def test_pictures_come_before_the_assistant_goes_on() -> None:
    result = Message("tool", [ToolResult(id="a", content=[PICTURE])])
    roles = [message["role"] for message in written(CALLS, result, Message("assistant", "Ah"))]
    assert roles == ["assistant", "tool", "user", "assistant"]


def test_a_tool_turn_without_an_id_is_the_users() -> None:
    assert written(Message("tool", "Hm")) == [{"role": "user", "content": [{"type": "text", "text": "Hm"}]}]
