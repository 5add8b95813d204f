"""The canonical records: what callers may write, and what they get."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dragoman.messages import (
    Audio,
    Citation,
    Document,
    Image,
    LLMResponse,
    Message,
    Reasoning,
    Refusal,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
    decode_json,
    encode_json,
    parse_arguments,
)


def test_a_message_takes_a_role_and_text_by_position() -> None:
    """S3.1, S3.2."""
    message = Message("user", "Hello")
    assert message == Message(role=Role.USER, content="Hello")
    assert (message.role, message.text, message.parts) == ("user", "Hello", (Text("Hello"),))
    assert Message("user", [Text("a"), Text("b")]).content == (Text("a"), Text("b"))
    assert Message("user", "").parts == ()


def test_a_role_that_is_none_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="narrator"):
        Message("narrator", "…")


def test_a_turn_tells_its_parts_apart() -> None:
    call = ToolCall(id="1", name="f", arguments={"a": 1})
    turn = Message("assistant", [Reasoning("hm"), Text("I "), Text("call"), call, Refusal("no")])
    assert (turn.text, turn.reasoning, turn.refusal, turn.tool_calls) == ("I call", "hm", "no", (call,))
    assert Message("user", "x").reasoning is None
    results = (ToolResult(id="1", content="42"), ToolResult(id="2", content=[Text("4"), Text("2")]))
    assert [result.text for result in Message("tool", results).tool_results] == ["42", "42"]


@pytest.mark.parametrize(
    ("given", "arguments", "arguments_json", "complete"),
    [
        ({}, {}, "{}", True),
        ({"arguments": {"a": [1]}}, {"a": [1]}, '{"a":[1]}', True),
        ({"arguments_json": '{"a": [1]}'}, {"a": [1]}, '{"a": [1]}', True),
        ({"arguments_json": ""}, {}, "{}", True),
        ({"arguments_json": "null"}, {}, "null", True),  # Groq's call without arguments
        ({"arguments_json": '{"a": [1'}, {}, '{"a": [1', False),  # cut off by the token limit
        ({"arguments_json": "[1]"}, {}, "[1]", False),
        ({"arguments_json": '{"a": "\\ud83d"}'}, {"a": "\ud83d"}, '{"a": "\\ud83d"}', True),
    ],
)
def test_a_tool_call_has_its_arguments_both_ways(
    given: dict[str, Any], arguments: dict[str, Any], arguments_json: str, complete: bool
) -> None:
    call = ToolCall(id="1", name="f", **given)
    assert (call.arguments, call.arguments_json, call.complete) == (arguments, arguments_json, complete)


def test_parse_arguments_never_raises_on_text() -> None:
    assert parse_arguments("{") == ({}, False)


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_media_from_path_url_bytes_and_base64(tmp_path: Path) -> None:
    path = tmp_path / "pixel.png"
    path.write_bytes(PIXEL)
    text = base64.b64encode(PIXEL).decode()
    expected = Image(data=text, media_type="image/png")
    assert Image.from_bytes(PIXEL, "image/png") == Image.from_base64(text, "image/png") == expected
    assert Image.from_path(path) == Image(data=text, media_type="image/png", name="pixel.png")
    assert Image.from_url(f"data:image/png;base64,{text}") == expected
    assert Image.from_url("https://h/x.png") == Image(url="https://h/x.png", media_type="image/png")
    assert expected.content_bytes() == PIXEL
    assert expected.data_url() == f"data:image/png;base64,{text}"


def test_media_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        Image.from_path(tmp_path / "absent.png")
    (tmp_path / "thing.unknowable").write_bytes(b"?")
    with pytest.raises(ValueError, match="media_type="):
        Document.from_path(tmp_path / "thing.unknowable")
    with pytest.raises(ValueError, match="no bytes"):
        Audio(url="https://h/a.mp3").content_bytes()


def test_reprs_are_short_and_show_no_bytes() -> None:
    assert repr(Image.from_bytes(PIXEL, "image/png")) == "Image(image/png, 96 base64 characters)"
    assert repr(Document(text="x" * 99, title="Notes")) == "Document(Notes, 99 characters)"
    assert repr(Text("hi")) == "Text(text='hi')"
    assert repr(Tool(name="f", parameters={"properties": {"x": {}, "y": {}}})) == "Tool(f(x, y))"
    assert repr(Tool(name="f", parameters={"properties": 7})) == "Tool(f())"


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        ({}, {}),
        ({"input_tokens": 3}, {"prompt_tokens": 3}),
        (
            {"input_tokens": 3, "output_tokens": 0, "total_tokens": 3},
            {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3},
        ),
    ],
)
def test_usage_is_a_mapping_of_what_was_reported(given: dict[str, int], reported: dict[str, int]) -> None:
    usage = Usage(**given)
    assert isinstance(usage, Mapping)
    assert dict(usage) == dict(usage.items()) == reported
    assert (list(usage), list(usage.values()), len(usage), bool(usage)) == (
        list(reported), list(reported.values()), len(reported), bool(reported),
    )  # fmt: skip
    names = ("prompt_tokens", "completion_tokens")
    assert [getattr(usage, name) for name in names] == [reported.get(name) for name in names]
    assert usage.get("prompt_tokens", "unknown") == reported.get("prompt_tokens", "unknown")
    assert ("prompt_tokens" in usage) is ("prompt_tokens" in reported)


def test_what_was_not_reported_is_a_key_error_not_zero() -> None:
    with pytest.raises(KeyError):
        Usage()["prompt_tokens"]


def test_usage_adds_up() -> None:
    total = Usage(input_tokens=1, reasoning_tokens=2) + Usage(input_tokens=10, output_tokens=5)
    assert total == Usage(input_tokens=11, output_tokens=5, reasoning_tokens=2)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (Usage(input_tokens=1, output_tokens=2, total_tokens=5), 5),
        (Usage(input_tokens=1, output_tokens=2), 3),
        (Usage(input_tokens=1), None),
        (Usage(), None),
    ],
)
def test_tokens_are_the_reported_total_or_the_sum_of_what_is_known(usage: Usage, tokens: int | None) -> None:
    assert usage.tokens == tokens


def test_a_response_can_be_made_by_hand() -> None:
    """S3.3: `LLMResponse(content, model, usage={}, finish_reason="stop")`."""
    response = LLMResponse("Hello", "gpt-4o-mini", {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4})
    assert response.parts == (Text("Hello"),)
    assert (response.usage["total_tokens"], response.finish_reason) == (4, "stop")
    assert LLMResponse("Hello", "m", {}).usage == Usage()
    assert str(response) == "Hello"


def test_a_response_gives_its_parts_by_kind() -> None:
    call = ToolCall(id="1", name="f")
    image = Image(url="https://h/x.png")
    text = Text("see", (Citation(url="https://h"),))
    response = LLMResponse(parts=(Reasoning("hm"), text, image, call), model="m")
    assert (response.content, response.reasoning, response.refusal) == ("see", "hm", None)
    assert (response.tool_calls, response.media, response.citations) == ((call,), (image,), text.citations)
    assert response.message == Message("assistant", response.parts)
    assert LLMResponse(model="m").parts == ()


def test_a_response_shows_what_matters_in_a_line() -> None:
    response = LLMResponse("x" * 200, "m", {"prompt_tokens": 3, "completion_tokens": 1}, provider="openai")
    assert repr(response) == f"<LLMResponse openai/m stop '{'x' * 57}...' 3+1 tokens>"


@pytest.mark.parametrize("wrong", [[{"type": "text", "text": "x"}], ["x"], [Message("user", "x")], {"type": "text"}, 5])
def test_content_that_no_codec_could_encode_is_refused(wrong: Any) -> None:
    """It would be an empty message, in silence."""
    with pytest.raises(TypeError, match="text or parts"):
        Message("user", wrong)


def test_a_small_cost_is_shown_in_plain_digits() -> None:
    response = LLMResponse("x", "m", cost=Decimal("0.00000015"))
    assert repr(response) == "<LLMResponse m stop 'x' $0.00000015>"


def test_equal_answers_have_the_same_hash() -> None:
    """X7: `asyncio.gather` hashes what it is given, the body that cannot be hashed included."""
    one, other = (LLMResponse("x", "m", id="r1", raw={"choices": [{}]}) for _ in range(2))
    assert len({one, other, LLMResponse("y", "m")}) == 2


def test_the_text_of_a_response_has_the_name_that_messages_and_streams_have_for_it() -> None:
    response = LLMResponse("x", "m")
    assert response.text == response.content == response.message.text == "x"


@pytest.mark.parametrize(("name", "here"), [("choices", "`alternatives`"), ("output_text", "`content`")])
def test_a_name_of_openais_response_says_where_it_is_here(name: str, here: str) -> None:
    response = LLMResponse("x", "m")
    with pytest.raises(AttributeError, match=f"`LLMResponse` has no `{name}`.*{here}"):
        getattr(response, name)
    assert not hasattr(response, name)
    assert name not in msgspec.to_builtins(response)


def test_awaiting_a_synchronous_answer_says_what_to_do() -> None:
    """X7."""

    async def main() -> None:
        await LLMResponse("x", "m")

    with pytest.raises(TypeError, match="async_client=True"):
        asyncio.run(main())


@pytest.mark.parametrize("text", ['{"a":1}', '{"a": NaN}', '"\\ud83d"', '"a\tb"', "[]"])
def test_json_that_bends_a_rule_is_still_read(text: str) -> None:
    assert decode_json(text) == decode_json(text.encode()) or "NaN" in text


@pytest.mark.parametrize("text", ["", "{", "nope", "{'a': 1}"])
def test_what_is_not_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # either decoder's message
        decode_json(text)


def test_json_is_compact_and_text_that_utf8_lacks_survives() -> None:
    assert encode_json({"a": [1, "é"]}) == '{"a":[1,"é"]}'.encode()
    assert decode_json(encode_json({"a": "\ud83d"})) == {"a": "\ud83d"}


def test_media_say_what_they_lack_where_nobody_writes_dialects() -> None:
    """`messages` alone, in a process of its own: docs/decisions/0020 says why the methods are there."""
    program = "from dragoman.messages import Image; Image(url='https://example.com/a.png').to_openai()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.splitlines()[-1].endswith(
        "nobody is there yet who can: `import dragoman.client.multimodal` first"
    )
