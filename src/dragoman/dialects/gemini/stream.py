"""Reading a streamed answer: frames in, events out.

Every frame is an answer of its own, with a piece of the content: text to be put after the text before, a part that
comes whole, or a piece of a call. There is no end mark: the model has finished when a finish reason came, and the end
of the body is the end. Text with a `thoughtSignature` is a part of its own, for a signature must go back on just what
it signs.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.broken import BROKEN, broken_event, events_without_json
from dragoman.dialects.gemini.call_ids import CallIds
from dragoman.dialects.gemini.call_pieces import CallPieces, is_piece
from dragoman.dialects.gemini.citations import decode_citations, decode_logprobs
from dragoman.dialects.gemini.errors import error_in_answer
from dragoman.dialects.gemini.finish import decode_finish
from dragoman.dialects.gemini.name import NAME
from dragoman.dialects.gemini.parts import decode_part, text_extra, thought_payload
from dragoman.dialects.gemini.response import (
    ANSWER,
    answer_extra,
    blocked,
    created_at,
    rest_of_candidate,
    service_tier,
)
from dragoman.dialects.gemini.usage import decode_usage
from dragoman.errors import StreamInterrupted
from dragoman.messages import (
    ChoiceFinish,
    CitationDelta,
    Event,
    Finish,
    FinishReason,
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


class StreamDecoder:
    """Reads one stream."""

    __slots__ = ("_answer", "_candidates", "_ended", "_first", "_usage")

    def __init__(self) -> None:
        self._answer: Wire | None = None  # what the frames say of the answer as a whole
        self._usage: Any = None
        self._first = _Candidate(0, CallIds())
        self._candidates = {0: self._first}
        self._ended = False

    def feed(self, name: str, data: bytes) -> list[Event]:  # noqa: ARG002  # frames have no names here
        try:
            wire = decode_json(data)
        except ValueError as error:
            return events_without_json(data, error)
        try:
            return self._read(wire)
        except BROKEN as error:
            raise broken_event(data, error, "a frame") from error

    def finish(self) -> list[Event]:
        """The body is over, and with it the stream, if the model had finished."""
        if self._ended:
            return []
        unfinished = self._first.word is None or any(each.word is None for each in self._candidates.values())
        refused = None if self._answer is None else blocked(self._answer)
        if unfinished and refused is None:
            raise StreamInterrupted("the stream ended before a finish reason")
        self._ended = True
        return self._end(refused)

    def _read(self, wire: Any) -> list[Event]:
        if type(wire) is list:  # an error comes in a list at times
            wire = cast("list[Any]", wire)[0]
        if "error" in wire and "candidates" not in wire:
            self._ended = True
            raise error_in_answer(wire)
        events = self._begin(wire) if self._answer is None else self._go_on(wire, self._answer)
        for candidate in wire.get("candidates") or ():
            number = candidate.get("index") or 0
            events += (self._candidates.get(number) or self._candidate(number)).feed(candidate)
        usage = wire.get("usageMetadata")
        if usage is not None and usage != self._usage:
            self._usage = usage
            events.append(UsageUpdate(usage=decode_usage(usage)))
        return events

    def _begin(self, wire: Wire) -> list[Event]:
        if wire.keys().isdisjoint(ANSWER):
            raise KeyError("candidates")
        self._answer = dict(wire)
        self._first = self._candidates[0] = _Candidate(0, CallIds((wire.get("responseId"), 0)))
        return [
            ResponseStart(
                id=wire.get("responseId") or None,
                model=wire.get("modelVersion") or None,
                created_at=created_at(wire),
                dialect=NAME,
            )
        ]

    def _go_on(self, wire: Wire, answer: Wire) -> list[Event]:
        for name in wire:
            if name not in _REPEATED:
                answer[name] = wire[name]
        return []

    def _candidate(self, number: int) -> _Candidate:
        if type(number) is not int:
            raise TypeError(f"the index of a candidate is {number!r:.40}")
        seed = (self._answer or {}).get("responseId")
        candidate = self._candidates[number] = _Candidate(number, CallIds((seed, number)))
        return candidate

    def _end(self, refused: FinishReason | None) -> list[Event]:
        others = [each for number, each in sorted(self._candidates.items()) if number]
        events = [event for each in (self._first, *others) for event in each.end()]
        events += [
            ChoiceFinish(choice=each.number, finish_reason=each.reason, raw_finish_reason=each.word) for each in others
        ]
        answer = self._answer or {}
        events.append(
            Finish(
                finish_reason=self._first.reason or refused,
                raw_finish_reason=self._first.word,
                service_tier=service_tier(self._usage),
                extra=answer_extra(answer, [each.rest for each in (self._first, *others)]),
            )
        )
        return events


_REPEATED: Final = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId"})
"""Fields that every frame has, and that the first or the last has said."""

_PLAIN: Final = frozenset({"content", "index"})
"""Fields of a candidate that has nothing to say beside its content."""


class _Candidate:
    """One answer as it is read: the part that is open, and what is left for the end."""

    __slots__ = ("_call", "_called", "_ids", "_index", "_open", "_payload", "_texts", "number", "rest", "word")

    def __init__(self, number: int, ids: CallIds) -> None:
        self.number = number
        self.word: str | None = None
        self.rest: Wire = {}
        self._ids = ids
        self._index = -1  # of the part that came last
        self._open: type[Event] | None = None  # of what its pieces are, while more may come
        self._payload: Wire | None = None
        self._call: CallPieces | None = None
        self._texts: list[tuple[int, str]] = []
        self._called = False

    @property
    def reason(self) -> FinishReason | None:
        return decode_finish(self.word, called=self._called)

    def feed(self, candidate: Wire) -> list[Event]:
        content: Wire = candidate.get("content") or {}
        events: list[Event] = []
        for part in content.get("parts") or ():
            if "text" in part:
                events += self._thought(part) if part.get("thought") else self._text(part)
            else:
                events += self._piece(part) if is_piece(part) else self._whole(part)
        if not candidate.keys() <= _PLAIN:
            events += self._beside(candidate)
        return events

    def end(self) -> list[Event]:
        """The citations come with the last frames, and speak of the whole answer."""
        events = self._close()
        events += [
            CitationDelta(citation=citation, index=index, choice=self.number)
            for index, citation in decode_citations(self.rest, self._texts)
        ]
        return events

    def _text(self, part: Wire) -> list[Event]:
        text = part["text"]
        if type(text) is not str:
            raise TypeError(f"text is {text!r:.40}")
        extra = None if len(part) == 1 else text_extra(part)
        if extra is None:
            if not text:  # the last frame often has such a part
                return []
            if self._open is TextDelta:
                self._texts.append((self._index, text))
                return [TextDelta(text, self._index, self.number)]
        events = self._next()
        self._texts.append((self._index, text))
        events.append(TextDelta(text, self._index, self.number, extra))
        self._open = TextDelta if extra is None else None
        return events

    def _thought(self, part: Wire) -> list[Event]:
        events = [] if self._open is ReasoningDelta else self._next()
        self._open = ReasoningDelta
        text, payload = part["text"], thought_payload(part)
        if text:
            events.append(ReasoningDelta(text, self._index, self.number))
        if payload is not None:
            self._payload = payload
            events += self._close()
        return events

    def _whole(self, wire: Wire) -> list[Event]:
        events, index, choice = self._next(), self._index, self.number
        part = decode_part(wire, self._ids)
        if not isinstance(part, ToolCall):
            return [*events, PartAdded(part=part, index=index, choice=choice)]
        self._called = True
        start = ToolCallStart(id=part.id, name=part.name, index=index, choice=choice, extra=part.extra)
        return [*events, start, *self._end_of(part)]

    def _piece(self, wire: Wire) -> list[Event]:
        """A piece of a call: its arguments are told when all have come, for they come by place and not as text."""
        events: list[Event] = []
        if "name" in wire["functionCall"]:
            events = self._next()
            self._open, self._called = ToolCallDelta, True
            self._call = CallPieces(wire, self._ids)
            start = ToolCallStart(id=self._call.id, name=self._call.name, index=self._index, choice=self.number)
            events.append(start)
        elif self._call is not None:
            self._call.add(wire)
        elif wire["functionCall"]:
            raise KeyError("name")
        return events + self._close() if self._call is not None and self._call.whole else events

    def _end_of(self, call: ToolCall) -> list[Event]:
        return [
            ToolCallDelta(arguments=call.arguments_json, index=self._index, choice=self.number),
            ToolCallEnd(call=call, index=self._index, choice=self.number),
        ]

    def _next(self) -> list[Event]:
        """Close the open part and begin another."""
        events = self._close()
        self._index += 1
        return events

    def _close(self) -> list[Event]:
        was, self._open = self._open, None
        if self._call is not None:
            call, self._call = self._call.call(), None
            return self._end_of(call)
        if was is not ReasoningDelta:
            return []
        payload, self._payload = self._payload, None
        return [ReasoningEnd(index=self._index, choice=self.number, payload=payload, dialect=NAME)]

    def _beside(self, candidate: Wire) -> list[Event]:
        self.word = candidate.get("finishReason") or self.word
        for name, value in rest_of_candidate(candidate).items():
            there = self.rest.get(name)
            self.rest[name] = {**there, **value} if isinstance(there, dict) and isinstance(value, dict) else value
        tokens = decode_logprobs(candidate)
        return [LogprobsDelta(tokens=tokens, choice=self.number)] if tokens else []
