"""One answer of a stream, as its deltas arrive.

Parts get their places in the order in which they first appear; there is one text, one reasoning and one refusal in an
answer, however they are interleaved. `ToolCallEnd` and `ReasoningEnd` come when the choice has its finish reason,
because hosts interleave calls and send signatures last; what grows after that ends again at the end of the stream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.annotations import decode_annotations, decode_logprobs
from dragoman.dialects.openai_chat.content import content_parts, images_in
from dragoman.dialects.openai_chat.finish import details_reason, finish_reason, raw_reason
from dragoman.dialects.openai_chat.reasoning import DETAILS, RETURNED, TEXT_FIELDS, Details, details_text
from dragoman.dialects.openai_chat.stream_audio import StreamedAudio
from dragoman.dialects.openai_chat.stream_tool_call import Places, StreamedCalls
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.errors import DecodeError
from dragoman.messages import (
    ChoiceFinish,
    Citation,
    CitationDelta,
    Event,
    FinishReason,
    LogprobsDelta,
    Part,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    RefusalDelta,
    Text,
    TextDelta,
)

ABSENT: Final = -1
"""The place of a part that has not appeared."""


class StreamedChoice:
    """`raw` is the finish reason in the provider's word, once it has come."""

    __slots__ = (
        "_audio", "_audio_place", "_calls", "_details", "_fields", "_hint", "_places", "_reasoning", "_refusal",
        "_returned", "_text", "_thinking", "citations", "number", "raw", "stop_sequence",
    )  # fmt: skip

    def __init__(self, number: int, seed: tuple[Any, ...]) -> None:
        self.number = number
        self.raw: str | None = None
        self.stop_sequence: str | None = None
        self.citations: list[Citation] = []
        self._hint: str | None = None
        self._places = Places()
        self._text = self._reasoning = self._refusal = self._audio_place = ABSENT
        self._thinking = False
        self._fields: dict[str, None] = {}
        self._details = Details()
        self._returned: Wire = {}
        self._audio: StreamedAudio | None = None
        self._calls = StreamedCalls(number, (*seed, number), self._places)

    def read(self, wire: Wire, events: list[Event]) -> None:
        """Read one choice of a chunk."""
        delta = wire.get("delta")
        if delta is None and not self._places.taken:
            delta = wire.get("message")  # a whole answer in one chunk
        if delta:
            self._read_delta(delta, events)
        if wire.get("logprobs"):
            self._read_logprobs(wire["logprobs"], events)
        if wire.get("finish_reason") or "finish_details" in wire:
            self._read_finish(wire, events)

    def _read_delta(self, delta: Any, events: list[Event]) -> None:
        if not isinstance(delta, dict):
            raise DecodeError("a delta in the stream is no object")
        fields = cast("Wire", delta)
        for name, value in fields.items():
            if value:
                read = self._READ.get(name)
                if read is not None:
                    read(self, value, fields, events)

    @property
    def reason(self) -> FinishReason | None:
        return finish_reason(self.raw or self._hint, has_calls=self._calls.any(), has_refusal=self._refusal != ABSENT)

    def text_place(self) -> int:
        if self._text == ABSENT:
            self._text = self._places.take()
        return self._text

    def close(self, events: list[Event]) -> None:
        """End the parts that are still open."""
        self._close_reasoning(events)
        audio = None if self._audio is None else self._audio.take()
        if audio is not None:
            events.append(PartAdded(part=audio, index=self._audio_place, choice=self.number))
        self._calls.close(events)

    def _close_reasoning(self, events: list[Event]) -> None:
        if self._thinking:
            self._thinking = False
            payload = self._payload()
            events.append(
                ReasoningEnd(
                    index=self._reasoning, choice=self.number, payload=payload, dialect=NAME if payload else None
                )
            )

    def end(self) -> ChoiceFinish:
        return ChoiceFinish(choice=self.number, finish_reason=self.reason, raw_finish_reason=self.raw)

    def _payload(self) -> Wire | None:
        payload: Wire = {**self._fields}
        details = self._details.whole()
        if details:
            payload[DETAILS] = details
        if self._returned:
            payload[RETURNED] = self._returned
        return payload or None

    # ------------------------------------------------------------------ readers of a delta's fields

    def _read_content(self, value: Any, _: Wire, events: list[Event]) -> None:
        if type(value) is str:
            if self._text == ABSENT:
                self._text = self._places.take()
            events.append(TextDelta(value, self._text, self.number))
            return
        for part in content_parts(value):
            match part:
                case Text():
                    events.append(TextDelta(part.text, self.text_place(), self.number))
                case Reasoning():
                    self._read_thinking(part, events)
                case Refusal():
                    self._refuse(part.text, events)
                case _:
                    self._read_part(part, events)

    def _read_thinking(self, part: Reasoning, events: list[Event]) -> None:
        """Thinking that stands in the content."""
        if part.text:
            self._think(part.text, events)

    def _read_part(self, part: Part, events: list[Event]) -> None:
        events.append(PartAdded(part=part, index=self._places.take(), choice=self.number))

    def _read_reasoning_content(self, value: Any, _: Wire, events: list[Event]) -> None:
        if type(value) is str:
            self._fields["reasoning_content"] = None
            self._think(value, events)

    def _read_reasoning(self, value: Any, delta: Wire, events: list[Event]) -> None:
        if type(value) is str:
            self._fields["reasoning"] = None
            if not delta.get("reasoning_content"):  # some send both
                self._think(value, events)

    def _read_details(self, value: Any, delta: Wire, events: list[Event]) -> None:
        """Details repeat the reasoning; their text counts only where it stands alone."""
        if not isinstance(value, list):
            return
        self._open_reasoning()
        self._details.add(cast("list[Any]", value))
        if not self._fields and not any(delta.get(name) for name in TEXT_FIELDS):
            text = details_text(value)
            if text:
                self._think(text, events)

    def _read_returned(self, value: Any, _: Wire, __: list[Event]) -> None:
        if isinstance(value, dict):
            self._open_reasoning()
            self._returned |= cast("Wire", value)

    def _open_reasoning(self) -> None:
        self._thinking = True
        if self._reasoning == ABSENT:
            self._reasoning = self._places.take()

    def _think(self, text: str, events: list[Event]) -> None:
        if not self._thinking:
            self._open_reasoning()
        events.append(ReasoningDelta(text, self._reasoning, self.number))

    def _read_refusal(self, value: Any, _: Wire, events: list[Event]) -> None:
        if type(value) is str:
            self._refuse(value, events)

    def _refuse(self, text: str, events: list[Event]) -> None:
        if self._refusal == ABSENT:
            self._refusal = self._places.take()
        events.append(RefusalDelta(text, self._refusal, self.number))

    def _read_calls(self, value: Any, _: Wire, events: list[Event]) -> None:
        self._calls.read(value, events)

    def _read_legacy_call(self, value: Any, _: Wire, events: list[Event]) -> None:
        self._calls.read_legacy(value, events)

    def _read_annotations(self, value: Any, _: Wire, events: list[Event]) -> None:
        citations, others = decode_annotations(value)
        self.citations += citations
        events += [CitationDelta(citation=one, index=self.text_place(), choice=self.number) for one in citations]
        events += [PartAdded(part=part, index=self._places.take(), choice=self.number) for part in others]

    def _read_images(self, _: Any, delta: Wire, events: list[Event]) -> None:
        images = images_in(delta)
        events += [PartAdded(part=image, index=self._places.take(), choice=self.number) for image in images]

    def _read_audio(self, value: Any, _: Wire, __: list[Event]) -> None:
        if isinstance(value, dict):
            if self._audio is None:
                self._audio, self._audio_place = StreamedAudio(), self._places.take()
            self._audio.add(cast("Wire", value))

    def _read_logprobs(self, value: Any, events: list[Event]) -> None:
        tokens = decode_logprobs(value)
        if tokens:
            events.append(LogprobsDelta(tokens=tokens, choice=self.number))

    def _read_finish(self, wire: Wire, events: list[Event]) -> None:
        self.raw = raw_reason(wire) or self.raw
        self._hint = details_reason(wire) or self._hint
        stop = wire.get("stop_reason")
        if isinstance(stop, str) and stop:
            self.stop_sequence = stop
        self.close(events)

    _READ: ClassVar[dict[str, Callable[[Any, Any, Wire, list[Event]], None]]] = {
        "content": _read_content,
        "reasoning_content": _read_reasoning_content,
        "reasoning": _read_reasoning,
        "reasoning_details": _read_details,
        "extra_content": _read_returned,
        "refusal": _read_refusal,
        "tool_calls": _read_calls,
        "function_call": _read_legacy_call,
        "annotations": _read_annotations,
        "images": _read_images,
        "audio": _read_audio,
    }
