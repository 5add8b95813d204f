"""What callers may hand in, and what it becomes."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from dragoman.client.inputs import canonical_messages, image_of, messages_of
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError
from dragoman.messages import (
    Audio,
    CacheMark,
    Document,
    Extra,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    ToolCall,
    ToolResult,
)

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
            [
                Message(
                    "user",
                    [Image(url="https://h/x.png", media_type="image/png"), Document(text="notes"), Text("What is it?")],
                )
            ],
        ),
        (
            None,
            {"images": ["https://h/x.png"]},
            [Message("user", [Image(url="https://h/x.png", media_type="image/png")])],
        ),
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


CALL = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}", "id": "fc_1", "status": None}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "42"}
SPOKEN = {"type": "output_text", "text": "Hello", "annotations": []}
ANSWER = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [SPOKEN]}
ASKED = {"role": "user", "content": "Hi"}
PICTURED = {"type": "input_image", "image_url": "https://h/x.png"}
FILE = {"type": "input_file", "file_url": "https://h/x.pdf"}


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}], [("user", [Text("Hi")])]),
        (
            [{"role": "user", "content": [{"type": "input_text", "text": "Whose?"}, PICTURED, FILE]}],
            [("user", [Text("Whose?"), Image(url="https://h/x.png"), Document(url="https://h/x.pdf")])],
        ),
        ([{"role": "assistant", "content": [SPOKEN]}], [("assistant", [Text("Hello")])]),
        ([ASKED, ANSWER, ASKED], [("user", [Text("Hi")]), ("assistant", [Text("Hello")]), ("user", [Text("Hi")])]),
        (
            [ASKED, {"role": "assistant", "content": "Wait"}, CALL, RESULT],
            [
                ("user", [Text("Hi")]),
                ("assistant", [Text("Wait"), ToolCall(id="c1", name="weather", arguments_json="{}")]),
                ("tool", [ToolResult(id="c1", content="42")]),
            ],
        ),
        (
            [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}, *OPENAI[1]["content"]]}],
            [("user", [Text("Hi"), Text("t"), Image(url="https://h/x.png")])],
        ),
    ],
    ids=["a text", "a picture and a file", "what the model said", "an answer", "a call and its result", "both forms"],
)
def test_items_of_the_responses_api_are_read(items: list[dict[str, Any]], said: list[tuple[str, list[Part]]]) -> None:
    before = deepcopy(items)
    turns = canonical_messages(items)
    assert [(turn.role, [_bare(part) for part in turn.parts]) for turn in turns] == said
    assert items == before


def _bare(part: Part) -> Part:
    """The part without what only the Responses API has: ids and the like."""
    return msgspec.structs.replace(part, extra=None)


def test_items_of_the_responses_api_come_back_as_they_were() -> None:
    items = [ASKED, {"type": "reasoning", "id": "rs_1", "summary": []}, {**CALL, "status": "completed"}, RESULT, ANSWER]
    request = Request(model="m", messages=tuple(canonical_messages(items)))
    encoded = get_dialect("openai_responses").encode_request(request)
    assert (encoded.wire["input"], encoded.losses) == (items, ())


@pytest.mark.parametrize("item", [{"type": "function_call", "name": "x"}, {"type": "function_call_output"}])
def test_items_that_lack_something_are_refused(item: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="call_id"):
        canonical_messages([ASKED, item])


def test_forms_may_be_mixed_and_are_not_changed() -> None:
    mixed = [OPENAI[0], Message("user", "m"), *ANTHROPIC, OPENAI[3]]
    before = repr(mixed)
    assert [turn.role for turn in canonical_messages(mixed)] == ["system", "user", "user", "assistant", "tool", "tool"]
    assert repr(mixed) == before


OURS = [
    Message("system", "s"),
    Message("user", [Text("t"), Image(url="https://h/x.png"), Document(text="notes")], cache=CacheMark()),
    Message(
        "assistant", [Reasoning("hm", payload={"signature": "s"}), ToolCall(id="c1", name="f", arguments={"a": 1})]
    ),
    Message("assistant", [Refusal("no"), Text("t", extra=Extra(fields={"f": 1})), Opaque("gemini", {"x": {}})]),
    Message("tool", [ToolResult(id="c1", content=[Text("42"), Audio(data="aa", media_type="audio/wav")])]),
]


@pytest.mark.parametrize(
    "saved",
    [
        pytest.param(lambda turn: json.loads(msgspec.json.encode(turn)), id="json"),
        pytest.param(msgspec.to_builtins, id="builtins"),
        pytest.param(msgspec.structs.asdict, id="parts as they are"),
    ],
)
@pytest.mark.parametrize("turn", OURS, ids=lambda turn: turn.role + "/" + type(turn.parts[-1]).__name__)
def test_messages_of_ours_are_read_again_as_they_were_saved(turn: Message, saved: Any) -> None:
    assert canonical_messages([saved(turn)]) == [turn]


@pytest.mark.parametrize("part", [Text("t"), {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}])
def test_parts_of_ours_in_a_dict_are_read_as_ours(part: Any) -> None:
    expected = part if isinstance(part, Text) else ToolCall(id="c1", name="f", arguments={"a": 1})
    assert canonical_messages([{"role": "assistant", "content": [part]}]) == [Message("assistant", [expected])]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"content": [{"type": "tool_call", "id": "c1", "name": "f", "args": {}}]},
            r"unknown field `args`.*content\[0\]",
        ),
        ({"content": "t", "cache": None, "extra": {"mine": 1}}, r"unknown field `mine` - at `\$.extra`"),
        ({"content": "t", "cache": None, "extra": None, "tool_calls": []}, "unknown field `tool_calls`"),
    ],
)
def test_what_is_ours_in_part_is_refused_with_the_way(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"messages: .*{says}.*OpenAI's or Anthropic's form"):
        canonical_messages([{"role": "assistant", **fields}])


@pytest.mark.parametrize(
    ("prompt", "others", "error", "says"),
    [
        (None, {}, ConfigurationError, "nothing was asked"),
        (..., {}, ConfigurationError, "placeholder"),  # X28
        ("x", {"messages": ...}, ConfigurationError, "placeholder"),
        ([], {}, ConfigurationError, "nothing was asked"),
        (Message("tool", []), {}, ConfigurationError, "nothing was asked"),  # what `run_tools` gives without a call
        (7, {}, ConfigurationError, "a prompt is text"),
        ({"role": "user", "content": "x"}, {}, ConfigurationError, "a dict goes into messages="),
        ([Message("user", "x")], {}, ConfigurationError, "whole messages, also as dicts, go into messages="),
        ([{"role": "user", "content": "x"}], {}, ConfigurationError, "not dict"),
        ("x", {"messages": ["hello"]}, ConfigurationError, "a message is a Message or a dict"),
        ("x", {"messages": [{"role": "narrator", "content": "x"}]}, ConfigurationError, "messages: .*narrator"),
        ("x", {"messages": [{"content": "x"}]}, ConfigurationError, "messages: .*role"),
        ("x", {"images": [b"not a picture"]}, ConfigurationError, "PNG"),
        ("x", {"images": [__file__]}, ConfigurationError, "other files go into documents="),
        ("x", {"images": [7]}, ConfigurationError, "a picture is a path"),
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


class Block(BaseModel):
    """As Anthropic's SDK has it."""

    type: str = "text"
    text: str
    citations: None = None


class Answer(BaseModel):
    """As SDKs answer."""

    role: str = "assistant"
    content: list[Block]
    type: str = "message"
    id: str = "msg_1"


@pytest.mark.parametrize(
    "given",
    [
        Answer(content=[Block(text="Hi")]),
        {"role": "assistant", "content": [Block(text="Hi")]},
        Message("assistant", [Text("Hi")]),
    ],
    ids=["an answer", "its blocks", "ours"],
)
def test_what_sdks_answer_with_goes_on_as_what_it_writes(given: Any) -> None:
    assert [message.parts for message in canonical_messages([given])] == [(Text("Hi"),)]
