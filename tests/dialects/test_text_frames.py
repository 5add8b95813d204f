"""What is known to stand around the text of a frame stands around any other text as well."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman.dialects.text_frames import TextFrames, around_text, read_string, text_frames_in

FRAMES = {
    "openai_chat": '{"id":%(id)s,"choices":[{"index":0,"delta":{"content":%(text)s},"finish_reason":null}],"model":"m"}',
    "anthropic_messages": '{"id":%(id)s,"type":"content_block_delta","index":0,'
    '"delta":{"type":"text_delta","text":%(text)s}}',
    "openai_responses": '{"id":%(id)s,"type":"response.output_text.delta","output_index":0,"delta":%(text)s}',
}
DIALECTS = list(FRAMES)


def row_of(dialect: str) -> TextFrames[Any]:
    row = text_frames_in(dialect)
    assert row is not None
    return row


def frame_of(dialect: str, text: str, id_: str = "answer-1") -> bytes:
    return (FRAMES[dialect] % {"text": json.dumps(text, ensure_ascii=False), "id": json.dumps(id_)}).encode()


def around(dialect: str, data: bytes) -> tuple[bytes, bytes] | None:
    row = row_of(dialect)
    return around_text(row, data, row.decode(data.decode()))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", ["", "more", 'a "word"\n', "été 🌊", "null"])
def test_a_frame_is_what_stands_around_its_text(dialect: str, text: str) -> None:
    found = around(dialect, frame_of(dialect, text))
    assert found is not None
    assert found[0] + b'"another"' + found[1] == frame_of(dialect, "another")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_text_that_is_said_before_itself_is_not_told_apart(dialect: str) -> None:
    assert around(dialect, frame_of(dialect, "more", id_="more")) is None


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", ["id", "index", "type", "text_delta", "content", "delta", "output_index"])
def test_a_text_that_is_a_word_of_its_frame_is_not_told_apart(dialect: str, text: str) -> None:
    frame = frame_of(dialect, text)
    assert (around(dialect, frame) is None) == (frame.index(f'"{text}"'.encode()) != frame.rindex(f'"{text}"'.encode()))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_escapes_that_we_would_not_write_are_not_found(dialect: str) -> None:
    assert around(dialect, frame_of(dialect, "X").replace(b'"X"', b'"\\u0058"')) is None


@pytest.mark.parametrize(
    "data", [b"", b'"', b'"a', b'"a" "b"', b'"a","b"', b'"a\x01"', b'"a\nb"', b'"\xff"', b'"\\x"', b'"\\ud83d"', b"1"]
)
def test_what_is_no_string_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_string(data)
