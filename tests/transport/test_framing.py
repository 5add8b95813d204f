"""Streamed bodies cut into frames: tables first, then every split of them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.errors import DecodeError
from dragoman.http import Frame, Framing
from dragoman.transport import framing
from dragoman.transport.framing import encode_ndjson, encode_sse, frame_decoder

steady = settings(deadline=None)  # the machine may have other things to do

BOM = b"\xef\xbb\xbf"

# name, body, frames
SSE: list[tuple[str, bytes, list[Frame]]] = [
    ("nothing", b"", []),
    ("one event", b"data: a\n\n", [("", b"a")]),
    ("two events", b"data: a\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
    ("named events", b"event: x\ndata: a\n\nevent: y\ndata: b\n\n", [("x", b"a"), ("y", b"b")]),
    ("name after data", b"data: a\nevent: x\n\n", [("x", b"a")]),
    ("the last name counts", b"event: x\nevent: y\ndata: a\n\n", [("y", b"a")]),
    ("a name does not outlive its event", b"event: x\ndata: a\n\ndata: b\n\n", [("x", b"a"), ("", b"b")]),
    ("an empty name", b"event: \ndata: a\n\n", [("", b"a")]),
    ("a name without data is no event", b"event: x\n\ndata: b\n\n", [("", b"b")]),
    ("CRLF", b"data: a\r\n\r\ndata: b\r\n\r\n", [("", b"a"), ("", b"b")]),
    ("CR", b"data: a\r\rdata: b\r\r", [("", b"a"), ("", b"b")]),
    ("mixed line ends", b"data: a\r\n\ndata: b\n\rdata: c\r\r\n", [("", b"a"), ("", b"b"), ("", b"c")]),
    ("byte order mark", BOM + b"data: a\n\n", [("", b"a")]),
    ("a second mark is no mark", BOM + BOM + b"data: a\n\ndata: b\n\n", [("", b"b")]),
    ("a mark in the data stays", b"data: " + BOM + b"\n\n", [("", BOM)]),
    ("several data lines", b"data: a\ndata: b\ndata:\ndata: c\n\n", [("", b"a\nb\n\nc")]),
    ("several data lines with a name", b"event: x\ndata: a\ndata: b\n\n", [("x", b"a\nb")]),
    ("no space after the colon", b"data:a\n\nevent:x\ndata:b\n\n", [("", b"a"), ("x", b"b")]),
    ("only one space is taken", b"data:  a \n\n", [("", b" a ")]),
    ("no colon", b"data\n\n", [("", b"")]),
    ("empty data", b"data:\n\ndata: \n\n", [("", b""), ("", b"")]),
    ("colons in the data", b"data: a: b:c\n\n", [("", b"a: b:c")]),
    ("comments", b": ping\n\n:\n\ndata: a\n: note\ndata: b\n\n", [("", b"a\nb")]),
    (
        "a comment between named events",
        b"event: x\ndata: a\n\n: hi\n\nevent: y\ndata: b\n\n",
        [("x", b"a"), ("y", b"b")],
    ),
    ("ids and retry times", b"id: 7\nretry: 10\ndata: a\n\n", [("", b"a")]),
    ("unknown fields", b"Data: a\ndatax: b\n data: c\ndata: d\n\n", [("", b"d")]),
    ("more blank lines", b"\n\n\ndata: a\n\n\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
    ("named, then plain", b"event: x\ndata: a\n\ndata: b\n\n", [("x", b"a"), ("", b"b")]),
    ("plain, then named", b"data: a\n\nevent: x\ndata: b\n\n", [("", b"a"), ("x", b"b")]),
    ("a name that looks like data", b"event: data: x\ndata: a\n\n", [("data: x", b"a")]),
    ("named shape, wrong fields", b"event: x\nevent: y\n\ndata: a\ndata: b\n\n", [("", b"a\nb")]),
    (
        "Unicode line separators are data",
        "data: a\u2028b\u2029c\x85d\n\n".encode(),
        [("", "a\u2028b\u2029c\x85d".encode())],
    ),
    ("form feed and NUL are data", b"data: a\x0bb\x0cc\x00d\n\n", [("", b"a\x0bb\x0cc\x00d")]),
    ("a name that is not UTF-8", b"event: \xff\ndata: a\n\n", [("\ufffd", b"a")]),
    ("the end mark", b'data: {"a":1}\n\ndata: [DONE]\n\n', [("", b'{"a":1}'), ("", b"[DONE]")]),
    ("no blank line at the end", b'data: {"a":1}\n', [("", b'{"a":1}')]),
    ("no line end at the end", b'data: {"a":1}\n\ndata: [DONE]', [("", b'{"a":1}'), ("", b"[DONE]")]),
    ("one CR at the end", b'data: {"a":1}\r', [("", b'{"a":1}')]),
    ("a torn event at the end is none", b'data: {"a":1}\n\ndata: {"a', [("", b'{"a":1}')]),
    ("a torn name at the end is none", b'data: {"a":1}\n\neven', [("", b'{"a":1}')]),
]

NDJSON: list[tuple[str, bytes, list[Frame]]] = [
    ("nothing", b"", []),
    ("two values", b'{"a":1}\n{"a":2}\n', [("", b'{"a":1}'), ("", b'{"a":2}')]),
    ("CRLF", b'{"a":1}\r\n{"a":2}\r\n', [("", b'{"a":1}'), ("", b'{"a":2}')]),
    ("blank lines", b'\n{"a":1}\n\n  \n{"a":2}\n', [("", b'{"a":1}'), ("", b'{"a":2}')]),
    ("no line end at the end", b'{"a":1}\n{"a":2}', [("", b'{"a":1}'), ("", b'{"a":2}')]),
    ("a torn value at the end is none", b'{"a":1}\n{"a', [("", b'{"a":1}')]),
    ("Unicode line separators are data", '{"a":"\u2028"}\n'.encode(), [("", '{"a":"\u2028"}'.encode())]),
]

ALL: list[tuple[Framing, str, bytes, list[Frame]]] = [
    *(("sse", *row) for row in SSE),
    *(("ndjson", *row) for row in NDJSON),
]
rows = pytest.mark.parametrize(
    ("kind", "body", "frames"),
    [(kind, body, frames) for kind, _, body, frames in ALL],
    ids=[f"{kind}: {name}" for kind, name, _, _ in ALL],
)


def decode(kind: Framing, *pieces: bytes) -> list[Frame]:
    decoder = frame_decoder(kind)
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    return frames + decoder.finish()


@rows
def test_whole(kind: Framing, body: bytes, frames: list[Frame]) -> None:
    assert decode(kind, body) == frames


@rows
def test_every_split_in_two(kind: Framing, body: bytes, frames: list[Frame]) -> None:
    for place in range(len(body) + 1):
        assert decode(kind, body[:place], body[place:]) == frames, place


@rows
def test_byte_by_byte_with_nothing_in_between(kind: Framing, body: bytes, frames: list[Frame]) -> None:
    pieces = [piece for byte in body for piece in (bytes([byte]), b"")]
    assert decode(kind, *pieces) == frames


def test_every_split_in_three() -> None:
    body = BOM + b"event: x\r\ndata: a\r\n\r\n: c\ndata: b\n\n"
    for first in range(len(body)):
        for second in range(first, len(body)):
            assert decode("sse", body[:first], body[first:second], body[second:]) == [("x", b"a"), ("", b"b")]


def test_a_frame_is_given_as_soon_as_it_is_whole() -> None:
    decoder = frame_decoder("sse")
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\ndata: b") == [("", b"a")]
    assert decoder.feed(b"\n\n") == [("", b"b")]


line = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=12)
event = st.tuples(line.map(str.strip), st.lists(line, min_size=1, max_size=3))


@given(st.lists(event, max_size=6), st.data())
@steady
def test_whatever_is_encoded_is_decoded_from_any_pieces(
    events: list[tuple[str, list[str]]], data: st.DataObject
) -> None:
    frames = [(name, "\n".join(lines).encode()) for name, lines in events]
    body = b"".join(map(encode_sse, frames))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:end] for start, end in pairwise([0, *cuts, len(body)])]
    assert decode("sse", *pieces) == frames


@given(st.lists(st.binary(max_size=40), max_size=10), st.sampled_from(["sse", "ndjson"]))
@steady
def test_any_bytes_in_any_pieces_give_the_same(pieces: list[bytes], kind: Framing) -> None:
    assert decode(kind, *pieces) == decode(kind, b"".join(pieces))


@given(st.lists(st.sampled_from([b"\r", b"\n", b"data", b"event", b":", b" ", b"x", BOM, b"\xef"]), max_size=24))
@steady
def test_any_tokens_in_any_pieces_give_the_same(tokens: list[bytes]) -> None:
    assert decode("sse", *tokens) == decode("sse", b"".join(tokens))


@pytest.mark.parametrize("kind", ["sse", "ndjson"])
@pytest.mark.parametrize("size", [1, 64, 4000], ids=lambda size: f"pieces of {size}")
def test_a_frame_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, kind: Framing, size: int) -> None:
    monkeypatch.setattr(framing, "MAX_FRAME_BYTES", 1000)
    decoder = frame_decoder(kind)
    assert len(decoder.feed(encode_ndjson(("", b"x" * 900)) + b"\n")) == (kind == "ndjson")
    with pytest.raises(DecodeError, match="longer than 1000 bytes"):
        list(map(decoder.feed, [b"x" * size] * 4000))


def test_names_that_a_peer_makes_up_do_not_fill_the_memory() -> None:
    for number in range(1000):
        assert decode("sse", b"event: %d\ndata: a\n\n" % number) == [(str(number), b"a")]
    assert len(framing._named) <= framing._MAX_NAMED
