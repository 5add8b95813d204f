"""Reading a streamed answer: frames in, events out.

A frame is read by the `type` in its data. Content and calls are numbered apart; `message-end` has why it ended and the
counts. What follows it (`[DONE]`) says nothing. The plan comes in pieces, and is one part when it is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.broken import BROKEN, broken_event, events_without_json
from dragoman.dialects.cohere_v2.assistant import beside
from dragoman.dialects.cohere_v2.citations import decode_citation, is_of_text
from dragoman.dialects.cohere_v2.errors import error_in_answer, message_of
from dragoman.dialects.cohere_v2.response import answer_extra, checked_text, decode_logprobs, finish_reason
from dragoman.dialects.cohere_v2.usage import decode_usage
from dragoman.dialects.cohere_v2.wire import NAME
from dragoman.errors import ProviderError, StreamInterrupted
from dragoman.messages import (
    ChoiceFinish,
    CitationDelta,
    Event,
    Finish,
    LogprobsDelta,
    Opaque,
    PartAdded,
    ReasoningDelta,
    ReasoningEnd,
    ResponseStart,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    decode_json,
)


class StreamDecoder:
    """Reads one stream."""

    __slots__ = (
        "_calls", "_ended", "_failure", "_next", "_others", "_plan", "_started", "_texts", "_thoughts", "_unknown",
    )  # fmt: skip

    def __init__(self) -> None:
        self._next = 0
        self._texts: dict[int, int] = {}  # places of the parts, by the number of the content
        self._thoughts: dict[int, int] = {}
        self._unknown: dict[int, Wire] = {}
        self._calls: dict[int, _Call] = {}
        self._plan: list[str] = []
        self._others: list[Wire] = []  # citations of what is no text
        self._started = self._ended = False
        self._failure: ProviderError | None = None

    def feed(self, name: str, data: bytes) -> list[Event]:  # noqa: ARG002  # the data names itself
        if self._failure is not None:
            raise self._failure
        if self._ended:
            return []
        try:
            event = decode_json(data)
        except ValueError as error:
            return events_without_json(data, error)
        try:
            read = self._READ.get(event.get("type"))
            return self._read_nameless(event) if read is None else read(self, event)
        except BROKEN as error:
            raise broken_event(data, error) from error

    def finish(self) -> list[Event]:
        if self._failure is not None:
            raise self._failure
        if not self._ended:
            raise StreamInterrupted("the stream ended before `message-end`")
        return []

    def _read_nameless(self, event: Wire) -> list[Event]:
        """A type that we do not know says nothing to us; a body without one is an error."""
        if event.get("type") is None or event["type"] == "error":
            self._ended = True
            raise error_in_answer(message_of(event), event, event.get("error_type"))
        return []

    def _place(self) -> int:
        place = self._next
        self._next += 1
        return place

    # ------------------------------------------------------------------ content

    def _message_start(self, event: Wire) -> list[Event]:
        if self._started:
            return []
        self._started = True
        return [ResponseStart(id=event.get("id"), dialect=NAME)]

    def _content_start(self, event: Wire) -> list[Event]:
        content: Wire = _message(event).get("content") or {}
        kind = content.get("type")
        if kind not in ("text", "thinking", None):
            self._unknown[_number(event)] = dict(content)
            return []
        places = self._thoughts if kind == "thinking" else self._texts
        if kind is not None:
            places.setdefault(_number(event), self._place())
        return self._content_delta(event)

    def _content_delta(self, event: Wire) -> list[Event]:
        content: Wire = event["delta"]["message"]["content"]
        text = content.get("text")
        events: list[Event] = []
        if text:
            events.append(TextDelta(checked_text(text), self._place_of(self._texts, event)))
        thinking = content.get("thinking")
        if thinking:
            events.append(ReasoningDelta(checked_text(thinking), self._place_of(self._thoughts, event)))
        if "logprobs" in event:
            tokens = decode_logprobs(event["logprobs"])
            events += [LogprobsDelta(tokens=tokens)] if tokens else []
        return events

    def _place_of(self, places: dict[int, int], event: Wire) -> int:
        number = event.get("index") or 0
        place = places.get(number)
        if place is None:  # its start was left out
            place = places[number] = self._place()
        return place

    def _content_end(self, event: Wire) -> list[Event]:
        number = _number(event)
        if number in self._unknown:
            return [PartAdded(part=Opaque(NAME, self._unknown.pop(number)), index=self._place())]
        if number in self._thoughts:
            return [ReasoningEnd(index=self._thoughts[number], dialect=NAME)]
        return [TextDelta("", self._texts[number])] if number in self._texts else []

    def _citation(self, event: Wire) -> list[Event]:
        found: Any = _message(event).get("citations") or ()
        citations: list[Wire] = [found] if isinstance(found, dict) else list(found)
        places = [self._text_place(citation) if is_of_text(citation) else None for citation in citations]
        pairs = list(zip(citations, places, strict=True))
        self._others += [citation for citation, place in pairs if place is None]
        return [
            CitationDelta(citation=decode_citation(citation), index=place)
            for citation, place in pairs
            if place is not None
        ]

    def _text_place(self, citation: Wire) -> int | None:
        """The text that a citation is of: the one it names, else the last."""
        place = self._texts.get(citation.get("content_index", -1))
        return next(reversed(self._texts.values()), None) if place is None else place

    # ------------------------------------------------------------------ plan and calls

    def _plan_delta(self, event: Wire) -> list[Event]:
        self._plan.append(checked_text(_message(event).get("tool_plan") or ""))
        return []

    def _end_plan(self) -> list[Event]:
        parts = beside("".join(self._plan), (), self._others)
        self._plan, self._others = [], []
        return [PartAdded(part=part, index=self._place()) for part in parts]

    def _call_start(self, event: Wire) -> list[Event]:
        events, entry = self._end_plan(), _entry(event)
        call = self._calls[_number(event)] = _Call(entry, self._place())
        events.append(ToolCallStart(id=call.id, name=call.name, index=call.place))
        return [*events, *call.add(entry)]

    def _call_delta(self, event: Wire) -> list[Event]:
        call = self._calls.get(_number(event))
        return [] if call is None else call.add(_entry(event))

    def _call_end(self, event: Wire) -> list[Event]:
        call = self._calls.pop(_number(event), None)
        return [] if call is None else [call.end()]

    # ------------------------------------------------------------------ the end

    def _message_end(self, event: Wire) -> list[Event]:
        events = self._end_plan()
        events += [call.end() for call in self._calls.values()]
        delta: Wire = event.get("delta") or {}
        usage = decode_usage(delta.get("usage"))
        if usage != Usage():
            events.append(UsageUpdate(usage=usage))
        word = delta.get("finish_reason") or None
        reason = finish_reason(word)
        if delta.get("error"):
            self._failure = error_in_answer(checked_text(delta["error"]), event, delta.get("error_type"))
            return [*events, ChoiceFinish(choice=0, finish_reason=reason, raw_finish_reason=word)]
        self._ended = True
        return [*events, Finish(finish_reason=reason, raw_finish_reason=word, extra=answer_extra(delta))]

    _READ: ClassVar[dict[str | None, Callable[[StreamDecoder, Wire], list[Event]]]] = {
        "content-delta": _content_delta,
        "message-start": _message_start,
        "content-start": _content_start,
        "content-end": _content_end,
        "tool-plan-delta": _plan_delta,
        "tool-call-start": _call_start,
        "tool-call-delta": _call_delta,
        "tool-call-end": _call_end,
        "citation-start": _citation,
        "message-end": _message_end,
    }


class _Call:
    """A tool call whose arguments are still coming."""

    __slots__ = ("_pieces", "id", "name", "place")

    def __init__(self, entry: Wire, place: int) -> None:
        self.id = checked_text(entry["id"])
        self.name = checked_text(entry["function"]["name"])
        self.place = place
        self._pieces: list[str] = []

    def add(self, entry: Wire) -> list[Event]:
        function: Wire = entry.get("function") or {}
        piece = checked_text(function.get("arguments") or "")
        if not piece:
            return []
        self._pieces.append(piece)
        return [ToolCallDelta(arguments=piece, index=self.place)]

    def end(self) -> ToolCallEnd:
        call = ToolCall(id=self.id, name=self.name, arguments_json="".join(self._pieces))
        return ToolCallEnd(call=call, index=self.place)


def _message(event: Wire) -> Wire:
    delta: Wire = event.get("delta") or {}
    return delta.get("message") or {}


def _entry(event: Wire) -> Wire:
    """The call of an event: an object, where a whole answer has a list."""
    entry: Any = _message(event).get("tool_calls") or {}
    return cast("list[Wire]", entry)[0] if isinstance(entry, list) else entry


def _number(event: Wire) -> int:
    return event.get("index") or 0
