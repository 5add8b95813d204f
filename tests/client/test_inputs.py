"""What callers may hand in, and what it becomes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from dragoman.client.inputs import canonical_messages, image_of, messages_of
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError
from dragoman.messages import Document, Image, Message, Part, Reasoning, Request, Text, ToolCall, ToolResult

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize(
    ("prompt", "others", "expected"),
    [
        ("Hi", {}, [Message("user", "Hi")]),
        ("Hi", {"system": "Be brief"}, [Message("system", "Be brief"), Message("user", "Hi")]),
        (Message("user", "Hi"), {}, [Message("user", "Hi")]),
        ([Text("a"), Text("b")], {}, [Message("user", [Text("a"), Text("b")])]),
        (None, {"messages": [Message("user", "Hi")]}, [Message("user", "Hi")]),
        (
            "now",
            {"messages": [{"role": "user", "content": "before"}]},
            [Message("user", "before"), Message("user", "now")],
        ),
        (
            "What is it?",
            {"images": ["https://h/x.png"], "documents": [Document(text="notes")]},
            [Message("user", [Image(url="https://h/x.png"), Document(text="notes"), Text("What is it?")])],
        ),
        (None, {"images": ["https://h/x.png"]}, [Message("user", [Image(url="https://h/x.png")])]),
    ],
)
def test_a_conversation_is_put_together(prompt: Any, others: dict[str, Any], expected: list[Message]) -> None:
    """X4."""
    assert list(messages_of(prompt, **others)) == expected


OPENAI = [
    {"role": "system", "content": "s"},
    {
        "role": "user",
        "content": [{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": "https://h/x.png"}}],
    },
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "42"},
]
ANTHROPIC = [
    {"role": "user", "content": [{"type": "text", "text": "t"}, {"type": "image", "source": {"type": "url", "url": "https://h/x.png"}}]},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "tool_use", "id": "c1", "name": "f", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "42"}]},
]  # fmt: skip


@pytest.mark.parametrize("dicts", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])
def test_plain_dicts_are_read_in_either_form(dicts: list[dict[str, Any]]) -> None:
    turns = canonical_messages(dicts)
    assert len(turns) == len(dicts)
    kinds: set[type[Part]] = {type(part) for turn in turns for part in turn.parts}
    assert {Text, Image, ToolCall, ToolResult} <= kinds
    assert (Reasoning in kinds) is (dicts is ANTHROPIC)
    call = next(part for turn in turns for part in turn.parts if isinstance(part, ToolCall))
    result = next(part for turn in turns for part in turn.parts if isinstance(part, ToolResult))
    assert (call.id, call.name, result.id, result.text) == ("c1", "f", "c1", "42")


def test_forms_may_be_mixed_and_are_not_changed() -> None:
    mixed = [OPENAI[0], Message("user", "m"), *ANTHROPIC, OPENAI[3]]
    before = repr(mixed)
    assert [turn.role for turn in canonical_messages(mixed)] == ["system", "user", "user", "assistant", "tool", "tool"]
    assert repr(mixed) == before


@pytest.mark.parametrize(
    ("prompt", "others", "error", "says"),
    [
        (None, {}, ConfigurationError, "nothing was asked"),
        (..., {}, TypeError, "placeholder"),  # X28
        ("x", {"messages": ...}, TypeError, "placeholder"),
        ([], {}, ConfigurationError, "nothing was asked"),
        (Message("tool", []), {}, ConfigurationError, "nothing was asked"),  # what `run_tools` gives without a call
        (7, {}, TypeError, "a prompt is text"),
        ({"role": "user", "content": "x"}, {}, TypeError, "a dict goes into messages="),
        ([Message("user", "x")], {}, TypeError, "whole messages, also as dicts, go into messages="),
        ([{"role": "user", "content": "x"}], {}, TypeError, "not dict"),
        ("x", {"messages": ["hello"]}, TypeError, "a message is a Message or a dict"),
        ("x", {"messages": [{"role": "narrator", "content": "x"}]}, ConfigurationError, "messages: .*narrator"),
        ("x", {"messages": [{"content": "x"}]}, ConfigurationError, "messages: .*role"),
        ("x", {"images": [b"not a picture"]}, ConfigurationError, "PNG"),
        ("x", {"images": [__file__]}, ConfigurationError, "other files go into documents="),
        ("x", {"images": [7]}, TypeError, "a picture is a path"),
        ("x", {"documents": ["Makefile"]}, ConfigurationError, "pass media_type= to Document.from_path"),
    ],
)
def test_what_makes_no_sense_is_refused(prompt: Any, others: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        messages_of(prompt, **others)


def test_pictures_from_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "pixel.png"
    path.write_bytes(PNG)
    data = base64.b64encode(PNG).decode()
    assert image_of(PNG) == Image(data=data, media_type="image/png")
    assert image_of(str(path)) == image_of(path) == Image(data=data, media_type="image/png", name="pixel.png")
    assert image_of(f"data:image/png;base64,{data}") == Image(data=data, media_type="image/png")
    with pytest.raises(OSError, match="absent"):
        image_of("absent.png")


@pytest.mark.parametrize("name", ["upload", "pixel.tmp", "pixel.bak", "pixel.txt"])
def test_a_picture_is_known_by_its_bytes_when_not_by_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PNG)
    assert image_of(path).media_type == "image/png"


def test_a_file_that_neither_name_nor_bytes_show_to_be_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"no picture")
    with pytest.raises(ConfigurationError, match=r"use Image\.from_path\(path, media_type\)"):
        image_of(path)


def test_a_cache_mark_in_a_dict_is_anthropics_and_not_sent_elsewhere_in_silence() -> None:
    part = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    (message,) = canonical_messages([{"role": "user", "content": [part]}])
    assert message.parts[0].cache is not None
    encoded = get_dialect("openai_chat").encode_request(Request(model="m", messages=(message,)))
    assert "cache_control" not in json.dumps(encoded.wire)
    assert [loss.where for loss in encoded.losses] == ["messages[0].content[0].cache"]
