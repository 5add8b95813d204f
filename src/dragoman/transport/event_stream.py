"""AWS event streams: binary frames, each with its own lengths, headers and checksums.

A frame is a prelude (its length, the length of its headers, a CRC-32 of those two), headers, payload, and a CRC-32 of
all before it (docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html and
smithy.io/2.0/aws/amazon-eventstream.html, read 2026-11-21). Numbers are big-endian. What does not add up is a
`DecodeError`, and nothing after it is read: the place of the next frame is not known any more. A body that ends inside
a frame has only not said its end, which is for the dialect to notice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from typing import Final, TypeAlias
from zlib import crc32

from dragoman.errors import DecodeError
from dragoman.http import Frame
from dragoman.messages import encode_json

HeaderValue: TypeAlias = bool | int | bytes | str
"""A timestamp is an integer (milliseconds since 1970), a UUID 16 bytes."""

MAX_HEADERS_BYTES: Final = 128 * 1024
MAX_PAYLOAD_BYTES: Final = 24 * 1024 * 1024
"""The largest frame read, as in botocore 1.44.5: a peer must not fill the memory."""

_PRELUDE: Final = Struct(">III")
_CHECKED: Final = 8
"""The part of the prelude that its checksum is of."""
_CRC: Final = Struct(">I")
_AROUND: Final = _PRELUDE.size + _CRC.size
"""What a frame has beside headers and payload."""


class EventStreamDecoder:
    """Bytes in, frames out. Frames before damage are given first; the next call raises."""

    __slots__ = ("_buffer", "_damage")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._damage: DecodeError | None = None

    def feed(self, chunk: bytes) -> list[Frame]:
        self._check()
        self._buffer += chunk
        frames: list[Frame] = []
        try:
            self._read(frames)
        except DecodeError as error:
            self._damage = error
            if not frames:
                raise
        return frames

    def finish(self) -> list[Frame]:
        """Nothing: what is left is a torn frame."""
        self._check()
        return []

    def _check(self) -> None:
        if self._damage is not None:
            raise self._damage

    def _read(self, frames: list[Frame]) -> None:
        """Move the whole frames of the buffer to `frames`."""
        buffer, place = self._buffer, 0
        try:
            while len(buffer) - place >= _PRELUDE.size:
                length, headers_length = _lengths(buffer, place)
                if len(buffer) - place < length:
                    break
                frames.append(_frame_of(bytes(memoryview(buffer)[place : place + length]), headers_length))
                place += length
        finally:
            del buffer[:place]


def _lengths(buffer: bytearray, place: int) -> tuple[int, int]:
    """The length of the frame at `place` and of its headers, once they are known to be what was sent."""
    length, headers_length, checksum = _PRELUDE.unpack_from(buffer, place)
    prelude = bytes(memoryview(buffer)[place : place + _CHECKED])
    if crc32(prelude) != checksum:
        raise DecodeError("an event-stream frame is damaged: the checksum of its lengths is wrong", data=prelude)
    if headers_length > MAX_HEADERS_BYTES or length - headers_length - _AROUND > MAX_PAYLOAD_BYTES:
        raise DecodeError(f"an event-stream frame is too long: {length} bytes, {headers_length} of them headers")
    if length < headers_length + _AROUND:
        raise DecodeError(f"an event-stream frame of {length} bytes cannot hold {headers_length} bytes of headers")
    return length, headers_length


_named: dict[bytes, str] = {}
"""Headers met before, and the frame's name in them: a stream has a few kinds of frame."""
_MAX_NAMED: Final = 256


def _frame_of(whole: bytes, headers_length: int) -> Frame:
    if crc32(memoryview(whole)[: -_CRC.size]) != _CRC.unpack_from(whole, len(whole) - _CRC.size)[0]:
        raise DecodeError("an event-stream frame is damaged: its checksum is wrong", data=whole)
    start = _PRELUDE.size + headers_length
    headers, payload = whole[_PRELUDE.size : start], whole[start : -_CRC.size]
    name = _named.get(headers)
    return (name, payload) if name is not None else _named_frame(headers, payload)


def _named_frame(encoded: bytes, payload: bytes) -> Frame:
    """The frame that headers not met before stand on."""
    headers = decode_headers(encoded)
    kind = headers.get(":message-type", "event")
    header = _NAMING.get(kind) if isinstance(kind, str) else None
    if header is None:
        raise DecodeError(f"an event-stream frame is of the unknown kind {kind!r:.40}", data=encoded)
    name = _PREFIXES[header] + str(headers.get(header, ""))
    if header == ":error-code":  # its words are in a header, too, and differ each time
        return name, payload or encode_json({"message": headers.get(":error-message", "")})
    if len(_named) < _MAX_NAMED:  # a peer could make names up without end
        _named[encoded] = name
    return name, payload


_NAMING: Final = {"event": ":event-type", "exception": ":exception-type", "error": ":error-code"}
"""The header that names a frame of each kind."""
_PREFIXES: Final = {":event-type": "", ":exception-type": "exception:", ":error-code": "error:"}
"""How the name of a frame says that it is no event (see `http.Frame`)."""


# ---------------------------------------------------------------------- headers


def decode_headers(encoded: bytes) -> dict[str, HeaderValue]:
    """Every header of a frame. Raises `DecodeError`."""
    headers: dict[str, HeaderValue] = {}
    place = 0
    try:
        while place < len(encoded):
            start = place + 1
            place = _within(encoded, start + encoded[place])
            name = encoded[start:place].decode()
            if name in headers:
                raise DecodeError(f"an event-stream frame has two headers `{name:.40}`", data=encoded)
            headers[name], place = _VALUES[encoded[place]](encoded, place + 1)
    except (IndexError, KeyError, ValueError) as error:  # UnicodeDecodeError is a ValueError
        raise DecodeError("the headers of an event-stream frame are malformed", data=encoded) from error
    return headers


def _within(encoded: bytes, end: int) -> int:
    if end > len(encoded):
        raise IndexError(end)
    return end


_Value: TypeAlias = tuple[HeaderValue, int]
"""A value, and where the next header begins."""


def _constant(value: bool) -> Callable[[bytes, int], _Value]:  # the value itself
    return lambda _, place: (value, place)


def _integer(size: int) -> Callable[[bytes, int], _Value]:
    def read(encoded: bytes, place: int) -> _Value:
        end = _within(encoded, place + size)
        return int.from_bytes(encoded[place:end], "big", signed=True), end

    return read


def _sized(encoded: bytes, place: int) -> tuple[bytes, int]:
    start = _within(encoded, place + 2)
    end = _within(encoded, start + int.from_bytes(encoded[place:start], "big"))
    return encoded[start:end], end


def _text(encoded: bytes, place: int) -> _Value:
    content, end = _sized(encoded, place)
    return content.decode(), end


def _uuid(encoded: bytes, place: int) -> _Value:
    end = _within(encoded, place + 16)
    return encoded[place:end], end


_VALUES: Final[Mapping[int, Callable[[bytes, int], _Value]]] = {
    0: _constant(True),
    1: _constant(False),
    2: _integer(1),
    3: _integer(2),
    4: _integer(4),
    5: _integer(8),
    6: _sized,
    7: _text,
    8: _integer(8),
    9: _uuid,
}
"""How a value of each type is read."""

_TEXT_TYPE: Final = b"\x07"


# ---------------------------------------------------------------------- the way back


def encode_event_stream(frame: Frame) -> bytes:
    """A frame as bytes, its kind as its name says."""
    name, payload = frame
    prefix, colon, rest = name.partition(":")
    kind = prefix if colon and prefix in ("exception", "error") else "event"
    headers = {_NAMING[kind]: rest if kind != "event" else name, ":content-type": "application/json"}
    return encode_message({**headers, ":message-type": kind}, payload)


def encode_message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """A frame with headers of text."""
    encoded = b"".join(_encode_header(name.encode(), value.encode()) for name, value in headers.items())
    lengths = _PRELUDE.pack(len(encoded) + len(payload) + _AROUND, len(encoded), 0)[:_CHECKED]
    checked = b"".join((lengths, _CRC.pack(crc32(lengths)), encoded, payload))
    return checked + _CRC.pack(crc32(checked))


def _encode_header(name: bytes, value: bytes) -> bytes:
    return b"".join((bytes((len(name),)), name, _TEXT_TYPE, len(value).to_bytes(2, "big"), value))
