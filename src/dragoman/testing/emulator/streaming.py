"""An answer as frames: uneven pieces, in the dialect's own words, with the faults that strike inside a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from dragoman.dialects import Dialect, StreamEncoder
from dragoman.http import Frame
from dragoman.messages import (
    Event,
    Finish,
    LLMResponse,
    ReasoningDelta,
    RefusalDelta,
    Request,
    ResponseStart,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageUpdate,
    events_of,
)
from dragoman.testing.emulator.faults import Fault, position
from dragoman.transport.framing import FRAME_ENCODERS

CONTENT_TYPES: Final[Mapping[str, str]] = {
    "sse": "text/event-stream; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "aws_event_stream": "application/vnd.amazon.eventstream",
}

_GROWING: Final[Mapping[type, str]] = {
    TextDelta: "text",
    ReasoningDelta: "text",
    RefusalDelta: "text",
    ToolCallDelta: "arguments",
}
"""Events that carry text, and the field that has it."""


class Frames(NamedTuple):
    """The frames of a stream, and after how many of them it waits to be released, if it does."""

    encoded: tuple[bytes, ...]
    hold_after: int | None = None


def frames_of(
    answer: LLMResponse, request: Request, dialect: Dialect, fault: Fault, *, piece: int, chance: Random
) -> Frames:
    """`answer` as the frames of a stream, pieces of text `piece` characters long on average."""
    encode = FRAME_ENCODERS[dialect.framing]
    events = list(_events(answer, dialect, piece, chance))
    encoder = dialect.stream_encoder(request)
    frames, hold_after = _until_text(events, encoder, fault.hold_at_text)
    frames += encoder.finish()
    if fault.error_after is not None:
        frames = _failing(events, request, dialect, fault, position(fault.error_after, len(frames)))
    if fault.end_after is not None:
        frames = frames[: position(fault.end_after, len(frames))]
    encoded = [encode(frame) for frame in frames]
    if fault.repeat_frame is not None and encoded:
        at = min(position(fault.repeat_frame, len(encoded)), len(encoded) - 1)
        encoded.insert(at, encoded[at])
    if fault.frame is not None:
        encoded.insert(position(fault.frame_after, len(encoded)), fault.frame.encode("utf-8", "surrogateescape"))
    return Frames(tuple(encoded), hold_after)


def _until_text(events: list[Event], encoder: StreamEncoder, text: str | None) -> tuple[list[Frame], int | None]:
    """The frames of `events`, and how many there were when `text` had been said."""
    frames, said, hold_after = list[Frame](), "", None
    for event in events:
        frames += encoder.feed(event)
        said += getattr(event, _GROWING[type(event)]) if type(event) in _GROWING else ""
        if text is not None and hold_after is None and text in said:
            hold_after = len(frames)
    return frames, hold_after


def _failing(events: list[Event], request: Request, dialect: Dialect, fault: Fault, after: int) -> list[Frame]:
    """The frames of a stream that says after `after` of them, before its end at the latest, that it has failed."""
    encoder, frames = dialect.stream_encoder(request), list[Frame]()
    for event in events:
        if len(frames) >= after or isinstance(event, Finish):
            break
        frames += encoder.feed(event)
    return [*frames[:after], *encoder.fail(fault.error())]


def _events(answer: LLMResponse, dialect: Dialect, piece: int, chance: Random) -> Iterator[Event]:
    """The events of `answer`, the usage of the input told at once, the text cut unevenly."""
    for event in events_of(answer, piece=1 << 30):
        if isinstance(event, ResponseStart):
            yield replace(event, dialect=dialect.name)
            if answer.usage != Usage():
                yield UsageUpdate(usage=_at_the_start(answer.usage))
        elif type(event) in _GROWING:
            yield from _cut(event, _GROWING[type(event)], piece, chance)
        else:
            yield event


def _at_the_start(usage: Usage) -> Usage:
    """What is known of `usage` before the first word: the input, and that there will be output."""
    return replace(usage, output_tokens=1, total_tokens=None, reasoning_tokens=None, output_audio_tokens=None)


def _cut(event: Any, field: str, piece: int, chance: Random) -> Iterator[Event]:
    text: str = getattr(event, field)
    start = 0
    while True:
        end = start + chance.randint(1, max(2 * piece - 1, 1))
        yield replace(event, **{field: text[start:end]})
        if end >= len(text):
            return
        start = end
