"""A streamed answer, written: calls come whole, thinking among the content, usage with the last chunk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from dragoman.dialects.base import Wire
from dragoman.dialects.mistral.errors import encode_error
from dragoman.dialects.mistral.response import has_place, report_refusal
from dragoman.dialects.mistral.variant import ANSWERS, NO_SOURCES, own_payload, thinking_chunk
from dragoman.dialects.openai_chat.parts import encode_part
from dragoman.dialects.openai_chat.stream_encoder import ChatStreamEncoder, WrittenCall, place_of
from dragoman.dialects.openai_chat.tool_calls import encode_call
from dragoman.dialects.openai_chat.usage import encode_usage, report_usage
from dragoman.dialects.openai_chat.variant import Variant
from dragoman.errors import Error
from dragoman.http import Frame
from dragoman.messages import (
    ChoiceFinish,
    CitationDelta,
    Finish,
    Loss,
    Opaque,
    Part,
    PartAdded,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    RefusalDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    encode_json,
)


class MistralStreamEncoder(ChatStreamEncoder):
    """Writes one stream. What a part of it loses is reported once, however many events it comes in."""

    VARIANT: ClassVar[Variant] = ANSWERS
    __slots__ = ()

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(dict.fromkeys(self._losses.found))

    def fail(self, error: Error) -> list[Frame]:
        self._ended = True
        return [("", encode_json(encode_error(error)[1]))]

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        return self._delta(event.choice, {"content": [thinking_chunk(event.text)]})

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        self._losses.at = place_of(event)
        payload = own_payload(event, self._losses)
        return self._delta(event.choice, {"content": [thinking_chunk("", payload)]}) if payload else []

    def _refusal(self, event: RefusalDelta) -> list[Frame]:
        """As text, for there is nothing else."""
        self._losses.at = place_of(event)
        return self._whole(event.choice, Refusal(event.text))

    def _citation(self, event: CitationDelta) -> list[Frame]:
        self._losses.at = place_of(event)
        self._losses.dropped("citations", NO_SOURCES)
        return []

    def _later(self, _: ToolCallStart | ToolCallDelta) -> list[Frame]:
        """Calls are sent whole: Mistral's client refuses pieces that have no name."""
        return []

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        self._losses.at = place_of(event)
        return self._whole_call(event.choice, event.index, event.call)

    def _whole_call(self, number: int, index: int, call: ToolCall) -> list[Frame]:
        choice, frames = self._opened(number)
        written = choice.calls[index] = WrittenCall(choice.next_call, call.extra, is_custom=False)
        choice.next_call += 1
        entry: Wire = {**encode_call(call, self._losses), "index": written.number}
        return [*frames, *self._delta(number, {"tool_calls": [entry]})]

    def _part(self, event: PartAdded) -> list[Frame]:
        self._losses.at = place_of(event)
        if isinstance(event.part, ToolCall):
            return self._whole_call(event.choice, event.index, event.part)
        return self._whole(event.choice, event.part) if has_place(event.part, self._losses) else []

    def _whole(self, number: int, part: Part) -> list[Frame]:
        choice, frames = self._opened(number)
        if isinstance(part, Refusal):
            choice.has_refusal = True
        if isinstance(part, Opaque) and part.dialect == self.VARIANT.name and "type" not in part.payload:
            return [*frames, *self._delta(number, dict(part.payload))]
        wire = encode_part(part, self._losses)
        if wire is None:
            return frames
        plain = wire.keys() == {"type", "text"}
        return [*frames, *self._delta(number, {"content": wire["text"] if plain else [wire]})]

    def _close(self, number: int, event: ChoiceFinish | Finish, **fields: Any) -> list[Frame]:
        frames = super()._close(number, event, **fields)
        if self._choices[number].has_refusal:
            report_refusal(self._losses)
        return frames

    def _finish(self, event: Finish) -> list[Frame]:
        fields: Wire = {} if event.stop_sequence is None else {"stop_reason": event.stop_sequence}
        *frames, (name, data) = self._close(0, event, **fields)
        report_usage(self._usage, self._losses)
        whole = {"usage": encode_usage(self._usage) or {}, **self._of_the_whole(event)}
        return [*frames, (name, data[:-1] + b"," + encode_json(whole)[1:])]

    _WRITE: ClassVar[dict[type, Callable[[Any, Any], list[Frame]]]] = {
        **ChatStreamEncoder._WRITE,  # noqa: SLF001  # the table of what is not written otherwise here
        ReasoningDelta: _reasoning,
        ReasoningEnd: _reasoning_end,
        RefusalDelta: _refusal,
        CitationDelta: _citation,
        ToolCallStart: _later,
        ToolCallDelta: _later,
        ToolCallEnd: _call_end,
        PartAdded: _part,
        Finish: _finish,
    }
