"""AWS event streams: tables of frames and of damage, every split, and any bytes at all."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.errors import DecodeError
from dragoman.http import Frame
from dragoman.transport import event_stream
from dragoman.transport.event_stream import (
    EventStreamDecoder,
    decode_headers,
    encode_event_stream,
)

steady = settings(deadline=None)  # the machine may have other things to do


def message(headers: bytes, payload: bytes, **wrong: Any) -> bytes:
    """A frame of encoded headers, written by hand; `wrong` replaces a length or a checksum."""
    total = wrong.get("length", 16 + len(headers) + len(payload))
    lengths = struct.pack(">II", total, wrong.get("headers_length", len(headers)))
    checked = lengths + struct.pack(">I", wrong.get("prelude_crc", crc32(lengths))) + headers + payload
    return checked + struct.pack(">I", wrong.get("message_crc", crc32(checked)))


def header(name: str, kind: int, value: bytes) -> bytes:
    return bytes([len(name)]) + name.encode() + bytes([kind]) + value


def text(name: str, value: str) -> bytes:
    return header(name, 7, struct.pack(">H", len(value.encode())) + value.encode())


def decode(*pieces: bytes) -> list[Frame]:
    decoder = EventStreamDecoder()
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    return frames + decoder.finish()


EVENT = text(":event-type", "metadata") + text(":message-type", "event")

# name, bytes, frame
FRAMES: list[tuple[str, bytes, Frame]] = [
    ("an event", message(EVENT, b'{"a":1}'), ("metadata", b'{"a":1}')),
    ("no payload", message(EVENT, b""), ("metadata", b"")),
    ("no headers", message(b"", b"x"), ("", b"x")),
    ("an event that does not say it is one", message(text(":event-type", "x"), b"{}"), ("x", b"{}")),
    (
        "an exception",
        message(
            text(":message-type", "exception") + text(":exception-type", "throttlingException"), b'{"message":"m"}'
        ),
        ("exception:throttlingException", b'{"message":"m"}'),
    ),
    (
        "an error",
        message(text(":message-type", "error") + text(":error-code", "E1") + text(":error-message", "so"), b""),
        ("error:E1", b'{"message":"so"}'),
    ),
    (
        "an error with a payload",
        message(text(":message-type", "error") + text(":error-code", "E1"), b"{}"),
        ("error:E1", b"{}"),
    ),
    ("an unnamed exception", message(text(":message-type", "exception"), b"{}"), ("exception:", b"{}")),
    (
        "headers of every type before the name",
        message(
            header("t", 0, b"")
            + header("f", 1, b"")
            + header("byte", 2, b"\xff")
            + header("short", 3, b"\x80\x00")
            + header("int", 4, b"\x00\x00\x00\x07")
            + header("long", 5, b"\x00" * 7 + b"\x08")
            + header("bytes", 6, b"\x00\x02ab")
            + header("time", 8, b"\x00" * 6 + b"\x03\xe8")
            + header("uuid", 9, bytes(range(16)))
            + text(":event-type", "ünï"),
            b"p",
        ),
        ("ünï", b"p"),
    ),
]
BODY = b"".join(encoded for _, encoded, _ in FRAMES)
WHOLE = [frame for _, _, frame in FRAMES]


@pytest.mark.parametrize(("encoded", "frame"), [row[1:] for row in FRAMES], ids=[row[0] for row in FRAMES])
def test_a_frame(encoded: bytes, frame: Frame) -> None:
    assert decode(encoded) == [frame]


def test_every_split_in_two() -> None:
    for place in range(len(BODY) + 1):
        assert decode(BODY[:place], BODY[place:]) == WHOLE, place


def test_byte_by_byte_with_nothing_in_between() -> None:
    assert decode(*[piece for byte in BODY for piece in (bytes([byte]), b"")]) == WHOLE


def test_a_frame_is_given_as_soon_as_it_is_whole() -> None:
    decoder = EventStreamDecoder()
    first, second = FRAMES[0][1], FRAMES[1][1]
    assert decoder.feed(first[:-1]) == []
    assert decoder.feed(first[-1:] + second[:20]) == [FRAMES[0][2]]
    assert decoder.feed(second[20:]) == [FRAMES[1][2]]


@pytest.mark.parametrize("cut", range(1, len(FRAMES[0][1])))
def test_a_torn_frame_at_the_end_is_none(cut: int) -> None:
    assert decode(FRAMES[1][1] + FRAMES[0][1][:cut]) == [FRAMES[1][2]]


def test_headers_of_every_type() -> None:
    encoded = FRAMES[-1][1]
    length = struct.unpack_from(">I", encoded, 4)[0]
    assert decode_headers(encoded[12 : 12 + length]) == {
        "t": True,
        "f": False,
        "byte": -1,
        "short": -32768,
        "int": 7,
        "long": 8,
        "bytes": b"ab",
        "time": 1000,
        "uuid": UUID(bytes=bytes(range(16))).bytes,
        ":event-type": "ünï",
    }


# ---------------------------------------------------------------------- damage

MANY = event_stream.MAX_HEADERS_BYTES + 1
DAMAGED: dict[str, tuple[bytes, str]] = {
    "lengths that are not what was sent": (message(EVENT, b"{}", prelude_crc=1), "checksum of its lengths is wrong"),
    "content that is not what was sent": (message(EVENT, b"{}", message_crc=1), "its checksum is wrong"),
    "text in place of frames": (b"HTTP/1.1 500 Oops, an error page", "checksum of its lengths is wrong"),
    "a length less than a frame has": (message(b"", b"", length=15), "15 bytes cannot hold 0 bytes"),
    "headers longer than the frame": (message(EVENT, b"", headers_length=len(EVENT) + 1), "cannot hold"),
    "headers without end": (message(b"", b"", headers_length=MANY, length=MANY + 16), "too long"),
    "a payload without end": (message(b"", b"", length=event_stream.MAX_PAYLOAD_BYTES + 17), "too long"),
    "an unknown kind of frame": (message(text(":message-type", "rumour"), b""), "unknown kind 'rumour'"),
    "a kind that is no text": (message(header(":message-type", 0, b""), b""), "unknown kind True"),
    "two headers of one name": (message(text("a", "b") * 2, b""), "two headers `a`"),
    "an unknown type of header": (message(header("a", 10, b""), b""), "malformed"),
    "a header without a type": (message(b"\x01a", b""), "malformed"),
    "a name longer than the headers": (message(b"\x09a", b""), "malformed"),
    "a value longer than the headers": (message(header("a", 7, b"\x00\x09b"), b""), "malformed"),
    "a number cut short": (message(header("a", 4, b"\x00"), b""), "malformed"),
    "a UUID cut short": (message(header("a", 9, b"\x00"), b""), "malformed"),
    "text that is not UTF-8": (message(header("a", 7, b"\x00\x01\xff"), b""), "malformed"),
    "a name that is not UTF-8": (message(b"\x01\xff\x00", b""), "malformed"),
}
each_damage = pytest.mark.parametrize(("encoded", "why"), DAMAGED.values(), ids=DAMAGED)


@each_damage
def test_damage_is_told(encoded: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        decode(encoded)


@each_damage
def test_what_came_before_the_damage_is_given_first(encoded: bytes, why: str) -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(FRAMES[0][1] + encoded) == [FRAMES[0][2]]
    for call in (lambda: decoder.feed(FRAMES[0][1]), decoder.finish):
        with pytest.raises(DecodeError, match=why):
            call()


@pytest.mark.parametrize("bit", range(8))
def test_no_flipped_bit_goes_unseen(bit: int) -> None:
    """But for the lengths nothing past the damage is read; a longer length waits for what never comes."""
    whole = FRAMES[0][1]
    for place in range(len(whole)):
        flipped = whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
        with pytest.raises(DecodeError):
            decode(flipped)


def outcome(pieces: list[bytes]) -> tuple[list[Frame], str | None]:
    """All frames, and what then went wrong."""
    decoder, frames = EventStreamDecoder(), list[Frame]()
    try:
        for piece in pieces:
            frames += decoder.feed(piece)
        decoder.finish()
    except DecodeError as error:
        return frames, error.message
    return frames, None


tokens = st.sampled_from([encoded for _, encoded, _ in FRAMES] + [encoded for encoded, _ in DAMAGED.values()])


@given(st.lists(tokens | st.binary(max_size=24), max_size=6), st.data())
@steady
def test_any_bytes_in_any_pieces_give_the_same(parts: list[bytes], data: st.DataObject) -> None:
    body = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    assert outcome([body[start:end] for start, end in pairwise([0, *cuts, len(body)])]) == outcome([body])


# ---------------------------------------------------------------------- the way back

names = st.text(max_size=20).filter(lambda name: ":" not in name) | st.sampled_from(
    ["exception:throttling", "error:E", "exception", "of:tomorrow"]
)
frames = st.lists(st.tuples(names, st.binary(min_size=1, max_size=60)), max_size=6)


@given(frames, st.data())
@steady
def test_whatever_is_encoded_is_decoded_from_any_pieces(written: list[Frame], data: st.DataObject) -> None:
    body = b"".join(map(encode_event_stream, written))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    assert decode(*[body[start:end] for start, end in pairwise([0, *cuts, len(body)])]) == written


def test_what_is_written_is_what_amazon_writes() -> None:
    """The first frame of a stream recorded at Bedrock, byte for byte."""
    recorded = bytes.fromhex(
        "00000082000000522b610c430b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e74656e742d74797065"
        "0700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b2270223a226162636465222c"
        "22726f6c65223a22617373697374616e74227d2a2e7318"
    )
    assert encode_event_stream(("messageStart", b'{"p":"abcde","role":"assistant"}')) == recorded


def test_names_that_a_peer_makes_up_do_not_fill_the_memory() -> None:
    for number in range(1000):
        assert decode(encode_event_stream((str(number), b"{}"))) == [(str(number), b"{}")]
    assert len(event_stream._named) <= event_stream._MAX_NAMED


# ---------------------------------------------------------------------- beside the official reader


@pytest.mark.clients
@given(frames)
@steady
def test_botocore_reads_what_is_written(written: list[Frame]) -> None:
    from botocore.eventstream import EventStreamBuffer

    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(map(encode_event_stream, written)))
    kinds = {"event": ":event-type", "exception": ":exception-type", "error": ":error-code"}
    read = [
        (kind, event.headers[kinds[kind]], event.payload)
        for event in buffer
        for kind in [event.headers[":message-type"]]
    ]
    assert read == [(*_kind_and_name(name), payload) for name, payload in written]


def _kind_and_name(name: str) -> tuple[str, str]:
    kind, colon, rest = name.partition(":")
    return (kind, rest) if colon and kind in ("exception", "error") else ("event", name)


@pytest.mark.clients
@pytest.mark.parametrize("name", [name for name, _, _ in FRAMES])
def test_botocore_agrees_on_headers(name: str) -> None:
    from botocore.eventstream import EventStreamBuffer

    encoded = next(encoded for each, encoded, _ in FRAMES if each == name)
    buffer = EventStreamBuffer()
    buffer.add_data(encoded)
    length = struct.unpack_from(">I", encoded, 4)[0]
    assert decode_headers(encoded[12 : 12 + length]) == next(iter(buffer)).headers
