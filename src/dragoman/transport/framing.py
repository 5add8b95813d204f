"""Framing: a streamed body cut into frames, whatever pieces it arrives in.

SSE follows the WHATWG rules (html.spec.whatwg.org, "Interpreting an event stream", read 2026-11-20): LF, CRLF and CR
end lines, a byte order mark may come first, comments are skipped, `data` lines join with LF. Two deviations, both met
in the wild: an event without its final blank line still counts at a clean end if its data is whole, and ids and retry
times are not kept. AWS's binary frames have a module of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from dragoman.errors import DecodeError
from dragoman.http import Frame, Framing
from dragoman.transport.event_stream import EventStreamDecoder, encode_event_stream

MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""The largest frame read: a peer that never ends a line must not fill the memory."""

_BOM: Final = b"\xef\xbb\xbf"


class FrameDecoder(Protocol):
    """Bytes in, frames out. One decoder reads one body."""

    def feed(self, chunk: bytes) -> list[Frame]: ...

    def finish(self) -> list[Frame]:
        """The body has ended well: what was left without its end mark."""
        ...


class SseDecoder:
    """Server-sent events."""

    __slots__ = ("_after_cr", "_buffer", "_start")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._start = True
        self._after_cr = False

    @property
    def between_frames(self) -> bool:
        """Whether what comes next begins a frame."""
        return not (self._buffer or self._start or self._after_cr)

    def feed(self, chunk: bytes) -> list[Frame]:
        if self._start or self._after_cr or b"\r" in chunk:
            chunk = self._normalise(chunk)
        buffer = self._buffer
        if buffer:
            return self._feed_buffer(chunk)
        if chunk.startswith(b"data: ") and chunk.endswith(b"\n\n") and chunk.find(b"\n") == len(chunk) - 2:
            return [("", chunk[6:-2])]  # one plain event, as they come nearly always
        end = chunk.rfind(b"\n\n")
        if end < 0:
            buffer += chunk
            _check_size(len(chunk))
            return []
        if end + 2 < len(chunk):
            buffer += chunk[end + 2 :]
        return _frames_of(chunk[:end])

    def _feed_buffer(self, chunk: bytes) -> list[Frame]:
        """`feed`, when a part of an event is waiting for the rest."""
        buffer = self._buffer
        searched = max(len(buffer) - 1, 0)
        buffer += chunk
        end = buffer.rfind(b"\n\n", searched)
        if end < 0:
            _check_size(len(buffer))
            return []
        whole = bytes(memoryview(buffer)[:end])
        del buffer[: end + 2]
        return _frames_of(whole)

    def finish(self) -> list[Frame]:
        frames = _frames_of(bytes(self._buffer))
        self._buffer.clear()
        return [frame for frame in frames if _is_whole(frame[1])]

    def _normalise(self, chunk: bytes) -> bytes:
        """`chunk` with LF alone ending lines, and without a byte order mark."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk.startswith(b"\n"):  # the second half of a CRLF that was split
                chunk = chunk[1:]
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._start:
            chunk = self._without_bom(chunk)
        return chunk

    def _without_bom(self, chunk: bytes) -> bytes:
        head = bytes(self._buffer) + chunk
        if len(head) < len(_BOM) and _BOM.startswith(head):
            return chunk  # not yet known
        self._start = False
        if head.startswith(_BOM):
            self._buffer.clear()
            return head[len(_BOM) :]
        return chunk


_named: dict[bytes, str] = {}
"""Lines that name an event, and the name: dialects have a few."""
_MAX_NAMED: Final = 256


def _frames_of(events: bytes) -> list[Frame]:
    """The frames of whole events, without the last one's blank line. Nearly all come in one of two plain shapes."""
    if events.startswith(b"data: "):
        data = events[6:].split(b"\n\ndata: ")
        if events.count(b"\n") == 2 * len(data) - 2:
            return [("", item) for item in data]
    elif events.startswith(b"event: "):
        lines = events.split(b"\n")
        if len(lines) % 3 == 2 and not any(lines[2::3]):
            frames = [
                (name, line[6:])
                for named, line in zip(lines[::3], lines[1::3], strict=True)
                if (name := _named.get(named) or _learn(named)) and line.startswith(b"data: ")
            ]
            if len(frames) == len(lines[::3]):
                return frames
    return [frame for event in events.split(b"\n\n") if (frame := _frame_of(event)) is not None]


def _learn(line: bytes) -> str:
    """The event's name on a line `event: name`, `""` on any other."""
    if not line.startswith(b"event: "):
        return ""
    name = line[7:].decode("utf-8", "replace")
    if len(_named) < _MAX_NAMED:  # a peer could make names up without end
        _named[line] = name
    return name


def _frame_of(event: bytes) -> Frame | None:
    name, data = "", None
    for line in event.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"data":
            value = value.removeprefix(b" ")
            data = value if data is None else b"%b\n%b" % (data, value)
        elif field == b"event":
            name = value.removeprefix(b" ").decode("utf-8", "replace")
    return None if data is None else (name, data)


class NdjsonDecoder:
    """One JSON value a line."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[Frame]:
        buffer = self._buffer
        if b"\n" not in chunk:
            buffer += chunk
            _check_size(len(buffer))
            return []
        if buffer:
            chunk = bytes(buffer) + chunk
            buffer.clear()
        *lines, rest = chunk.split(b"\n")
        buffer += rest
        return [("", line) for raw in lines if (line := raw.strip())]

    def finish(self) -> list[Frame]:
        rest = bytes(self._buffer).strip()
        self._buffer.clear()
        return [("", rest)] if rest and _is_whole(rest) else []


def _is_whole(data: bytes) -> bool:
    """Whether data without its end mark is complete: a JSON value, or an end marker such as `[DONE]`."""
    if data.startswith(b"[DONE]"):
        return True
    from dragoman.messages import decode_json

    try:
        decode_json(data)
    except ValueError:
        return False
    return True


def _check_size(size: int) -> None:
    if size > MAX_FRAME_BYTES:
        raise DecodeError(f"a frame of the stream is longer than {MAX_FRAME_BYTES} bytes")


def frame_decoder(framing: Framing) -> FrameDecoder:
    """A new decoder for a body."""
    return _DECODERS[framing]()


_DECODERS: Final[dict[Framing, type[FrameDecoder]]] = {
    "sse": SseDecoder,
    "ndjson": NdjsonDecoder,
    "aws_event_stream": EventStreamDecoder,
}


def encode_sse(frame: Frame) -> bytes:
    """A frame as server-sent event."""
    name, data = frame
    if b"\n" in data:
        data = data.replace(b"\n", b"\ndata: ")
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data) if name else b"data: %b\n\n" % data


def encode_ndjson(frame: Frame) -> bytes:
    """A frame as a line."""
    return frame[1] + b"\n"


FRAME_ENCODERS: Final[dict[Framing, Callable[[Frame], bytes]]] = {
    "sse": encode_sse,
    "ndjson": encode_ndjson,
    "aws_event_stream": encode_event_stream,
}
"""How a frame is written in each framing."""
