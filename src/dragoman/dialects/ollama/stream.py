"""Reading a streamed answer: lines in, events out.

A line holds what is new of the message; calls come whole. The last line has `done: true`, why it ended and the counts.
There is one text and one thinking in an answer, however they are interleaved.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.broken import BROKEN, broken_event
from dragoman.dialects.ollama.errors import error_in_answer
from dragoman.dialects.ollama.logprobs import decode_logprobs
from dragoman.dialects.ollama.parts import decode_image
from dragoman.dialects.ollama.response import (
    answer_extra,
    call_seed,
    created_at,
    decode_usage,
    finish_reason,
    raw_reason,
    text_in,
    unknown_parts,
)
from dragoman.dialects.ollama.tool_calls import answered_calls
from dragoman.dialects.ollama.wire import NAME
from dragoman.errors import DecodeError, StreamInterrupted
from dragoman.messages import (
    Event,
    Finish,
    LogprobsDelta,
    PartAdded,
    ReasoningDelta,
    ReasoningEnd,
    ResponseStart,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
    decode_json,
)

_ABSENT: Final = -1
"""The place of a part that has not appeared."""

_PLAIN: Final = frozenset({"role", "content"})
"""The fields of nearly every message of a line."""


class StreamDecoder:
    """Reads one stream. Lines after the last one are ignored."""

    __slots__ = ("_calls", "_ended", "_next", "_seed", "_started", "_text", "_thinking", "_thinks")

    def __init__(self) -> None:
        self._started = self._ended = self._thinks = False
        self._next = self._calls = 0
        self._text = self._thinking = _ABSENT
        self._seed: tuple[object, ...] = ()

    def feed(self, name: str, data: bytes) -> list[Event]:  # noqa: ARG002  # lines have no names
        if self._ended or not data.strip():
            return []
        try:
            line = decode_json(data)
        except ValueError as error:
            raise DecodeError("a line of the stream is not JSON", data=data) from error
        try:
            return self._read(line)
        except BROKEN as error:
            raise broken_event(data, error, "a line") from error

    def finish(self) -> list[Event]:
        if not self._ended:
            raise StreamInterrupted("the stream ended before its last line")
        return []

    def _read(self, line: Wire) -> list[Event]:
        if "error" in line:
            self._ended = True
            raise error_in_answer(line)
        events: list[Event] = []
        if not self._started:
            self._start(line, events)
        message: Wire | None = line.get("message")
        if message:
            if not message.keys() <= _PLAIN:
                self._read_rest(message, events)
            text = message.get("content")
            if text:
                self._read_text(text, events)
        if "logprobs" in line:
            tokens = decode_logprobs(line["logprobs"])
            events += [LogprobsDelta(tokens=tokens)] if tokens else []
        if line.get("done"):
            self._end(line, events)
        return events

    def _start(self, line: Wire, events: list[Event]) -> None:
        self._started = True
        self._seed = call_seed(line)
        model = text_in(line, "model") or None
        events.append(ResponseStart(model=model, created_at=created_at(line), dialect=NAME))

    def _read_text(self, text: Any, events: list[Event]) -> None:
        if type(text) is not str:
            raise TypeError(f"text is {text!r:.40}")
        if self._text == _ABSENT:
            self._end_thinking(events)
            self._text = self._place()
        events.append(TextDelta(text, self._text))

    def _read_rest(self, message: Wire, events: list[Event]) -> None:
        thinking = text_in(message, "thinking")
        if thinking:
            self._think(thinking, events)
        images = cast("list[str]", message.get("images") or ())
        events += [PartAdded(part=decode_image(data), index=self._place()) for data in images]
        for call in answered_calls(message, self._seed, self._calls):
            self._call(call, events)
        events += [PartAdded(part=part, index=self._place()) for part in unknown_parts(message)]

    def _think(self, text: str, events: list[Event]) -> None:
        self._thinks = True
        if self._thinking == _ABSENT:
            self._thinking = self._place()
        events.append(ReasoningDelta(text, self._thinking))

    def _end_thinking(self, events: list[Event]) -> None:
        if self._thinks:
            self._thinks = False
            events.append(ReasoningEnd(index=self._thinking, dialect=NAME))

    def _call(self, call: ToolCall, events: list[Event]) -> None:
        self._end_thinking(events)
        self._calls += 1
        place = self._place()
        events += (
            ToolCallStart(id=call.id, name=call.name, index=place),
            ToolCallDelta(arguments=call.arguments_json, index=place),
            ToolCallEnd(call=call, index=place),
        )

    def _end(self, line: Wire, events: list[Event]) -> None:
        self._ended = True
        self._end_thinking(events)
        usage = decode_usage(line)
        if usage:
            events.append(UsageUpdate(usage=usage))
        raw = raw_reason(line)
        reason = finish_reason(raw, has_calls=self._calls > 0)
        events.append(Finish(finish_reason=reason, raw_finish_reason=raw, extra=answer_extra(line)))

    def _place(self) -> int:
        place = self._next
        self._next += 1
        return place
