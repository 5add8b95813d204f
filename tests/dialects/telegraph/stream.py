"""A streamed answer, both ways: lines in and events out, events in and lines out."""

from __future__ import annotations

from dragoman.dialects import Wire
from dragoman.errors import DecodeError, Error, StreamInterrupted
from dragoman.http import Frame
from dragoman.messages import (
    Assembler,
    Event,
    Finish,
    Loss,
    ResponseStart,
    TextDelta,
    Usage,
    UsageUpdate,
    decode_json,
    encode_json,
)

from .errors import encode_error, error_in
from .response import decode_usage, encode_end, encode_usage, finish_reason, losses_of
from .wire import NAME


class TelegraphDecoder:
    """Reads one stream. The line with `end` is its last."""

    def __init__(self) -> None:
        self._started = False
        self._ended = False

    def feed(self, name: str, data: bytes) -> list[Event]:
        try:
            line: Wire = decode_json(data)
        except ValueError:
            raise DecodeError("a line is not JSON", data=data) from None
        if "trouble" in line:
            raise error_in(200, line)
        events: list[Event] = []
        if not self._started:
            self._started = True
            events.append(ResponseStart(model=line.get("model"), dialect=NAME))
        if line.get("more"):
            events.append(TextDelta(line["more"]))
        if "end" in line:
            self._ended = True
            events.append(UsageUpdate(usage=decode_usage(line)))
            events.append(Finish(finish_reason=finish_reason(line["end"]), raw_finish_reason=line["end"]))
        return events

    def finish(self) -> list[Event]:
        if not self._ended:
            raise StreamInterrupted("the stream ended before its last line")
        return []


class TelegraphEncoder:
    """Writes one stream. Events without a place on this wire write nothing; what a whole answer loses by it, so does it."""

    def __init__(self) -> None:
        self._so_far = Assembler()
        self._usage = Usage()

    @property
    def losses(self) -> tuple[Loss, ...]:
        return losses_of(self._so_far.response())

    def feed(self, event: Event) -> list[Frame]:
        self._so_far.add(event)
        match event:
            case ResponseStart():
                return [_line({"model": event.model})]
            case TextDelta(choice=0):
                return [_line({"more": event.text})]
            case UsageUpdate():
                self._usage = event.usage
                return []
            case Finish():
                return [_line({**encode_end(event.finish_reason), **encode_usage(self._usage)})]
            case _:
                return []

    def finish(self) -> list[Frame]:
        return []

    def fail(self, error: Error) -> list[Frame]:
        return [_line(encode_error(error)[1])]


def _line(wire: Wire) -> Frame:
    return "", encode_json(wire)
