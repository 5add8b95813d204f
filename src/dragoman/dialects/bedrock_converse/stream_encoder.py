"""Writing a streamed answer: events in, frames out; the order of blocks is decided in `dialects/blocks.py`.

- Thinking goes out at once, as text does. Of thinking from another dialect only the text can be said: what that dialect
  wants back is left out.
- Usage comes last, after the reason.
"""

from __future__ import annotations

from typing import ClassVar, Final

from dragoman.dialects.base import Wire, Writers, write_extra
from dragoman.dialects.bedrock_converse.block_pieces import taken_apart
from dragoman.dialects.bedrock_converse.citations import encode_citation
from dragoman.dialects.bedrock_converse.errors import error_frame
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.parts import encode_part
from dragoman.dialects.bedrock_converse.response import (
    encode_answer_part,
    encode_tier,
    own_fields,
    report_ending,
    report_payload,
    stop_reason,
    unnamed,
)
from dragoman.dialects.bedrock_converse.usage import encode_usage, report_usage
from dragoman.dialects.blocks import Blocks, BlockStreamEncoder, Pieces, place_of
from dragoman.errors import Error
from dragoman.http import Frame
from dragoman.messages import (
    CitationDelta,
    Finish,
    Part,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    RefusalDelta,
    Request,
    ResponseStart,
    TextDelta,
    ToolCallStart,
    encode_json,
)


class _Blocks(Blocks):
    __slots__ = ()

    def _start(self, start: Wire) -> Frame:
        return _frame("contentBlockStart", {"start": start, "contentBlockIndex": self.count})

    def delta(self, delta: Wire) -> Frame:
        return _frame("contentBlockDelta", {"delta": delta, "contentBlockIndex": self.count - 1})

    def _stop(self) -> Frame:
        return _frame("contentBlockStop", {"contentBlockIndex": self.count - 1})

    def _pieces(self, block: Wire) -> Pieces:
        return taken_apart(block)


class StreamEncoder(BlockStreamEncoder):
    """Writes one stream."""

    __slots__ = ("_refused", "_thought")

    def __init__(self, request: Request) -> None:
        super().__init__(request, _Blocks())
        self._refused = False
        self._thought: set[int] = set()  # the parts of which thinking is out

    def _error(self, error: Error) -> Frame:
        return error_frame(error)

    # ------------------------------------------------------------------ the message

    def _response_start(self, event: ResponseStart) -> list[Frame]:
        for loss in unnamed(event.id, event.model, self._request):
            self._lose_once(loss)
        return self._begin()

    def _message_start(self) -> Frame:
        return _frame("messageStart", {"role": "assistant"})

    def _message_end(self, event: Finish) -> list[Frame]:
        reason = stop_reason(
            event.finish_reason,
            event.raw_finish_reason,
            event.stop_sequence,
            called=self._called,
            refused=self._refused,
        )
        report_ending(event.finish_reason, event.raw_finish_reason, reason, self._losses, refused=self._refused)
        report_usage(self._usage, self._losses)
        fields = own_fields(event.extra, event.stop_sequence, self._losses)
        stop = {name: fields.pop(name) for name in _WITH_THE_REASON if name in fields}
        metadata = {
            "usage": encode_usage(self._usage),
            "metrics": _UNMEASURED,
            **encode_tier(event.service_tier, self._losses),
        }
        return [
            _frame("messageStop", {"stopReason": reason, **stop}),
            _frame("metadata", {**metadata, **fields}),
        ]

    # ------------------------------------------------------------------ its parts

    def _text(self, event: TextDelta) -> list[Frame]:
        """Empty text is a delta when it is all there is of a part: without one there would be no block."""
        self._report_extra(event, place_of(event.index))
        fresh = self._blocks.part != event.index
        frames = self._open(event.index)
        if event.text or fresh:
            frames.append(self._blocks.delta({"text": event.text}))
        return frames

    def _citation(self, event: CitationDelta) -> list[Frame]:
        citation = encode_citation(event.citation, self._place_of_citation(event.index), self._losses)
        return [*self._open(event.index), self._blocks.delta({"citation": citation})]

    def _report_extra(self, event: TextDelta | ReasoningDelta | ReasoningEnd | RefusalDelta, where: str) -> None:
        """What another dialect knows of a part has no place in its deltas."""
        if event.extra is None:
            return
        write_extra({}, event.extra, NAME, where, told := [])
        for loss in told:
            self._lose_once(loss)

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        self._report_extra(event, place_of(event.index))
        if not event.text:
            return []
        self._thought.add(event.index)
        return [*self._open(event.index), self._blocks.delta({"reasoningContent": {"text": event.text}})]

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        """The rest of a thought that is out; one without text is a block of its own, where it is this dialect's."""
        self._report_extra(event, place_of(event.index))
        part = Reasoning(payload=event.payload, dialect=event.dialect)
        if event.index not in self._thought:
            return self._whole(event.index, self._block_of(part, place_of(event.index)))
        if event.dialect != NAME:
            report_payload(part, place_of(event.index), self._losses)
            return self._blocks.close() if self._blocks.part == event.index else []
        rest = [self._blocks.delta({"reasoningContent": {n: v}}) for n, v in (event.payload or {}).items()]
        return [*(self._open(event.index) if rest else ()), *rest, *self._blocks.close()]

    def _refuse(self, event: RefusalDelta) -> list[Frame]:
        self._refused = True
        self._report_extra(event, "refusal")
        encode_part(Refusal(event.text), "refusal", told := [])
        for loss in told:
            self._lose_once(loss)
        return self._text(TextDelta(event.text, index=event.index)) if event.text else []

    def _call_block(self, event: ToolCallStart) -> Wire:
        start: Wire = {"toolUseId": event.id, "name": event.name}
        write_extra(start, event.extra, NAME, place_of(event.index), self._losses)
        return {"toolUse": start}

    def _arguments(self, text: str) -> Wire:
        return {"toolUse": {"input": text}}

    def _is_call(self, block: Wire) -> bool:
        return "toolUse" in block

    def _block_of(self, part: Part, where: str) -> Wire | None:
        return encode_answer_part(part, where, self._losses)

    def _part(self, event: PartAdded) -> list[Frame]:
        self._refused = self._refused or isinstance(event.part, Refusal)
        return self._whole(event.index, self._block_of(event.part, place_of(event.index)))

    PART_EVENTS: ClassVar[Writers] = {
        **BlockStreamEncoder.PART_EVENTS,
        TextDelta: _text,
        CitationDelta: _citation,
        ReasoningDelta: _reasoning,
        ReasoningEnd: _reasoning_end,
        RefusalDelta: _refuse,
        PartAdded: _part,
    }
    OTHER_EVENTS: ClassVar[Writers] = {**BlockStreamEncoder.OTHER_EVENTS, ResponseStart: _response_start}


_WITH_THE_REASON: Final = ("additionalModelResponseFields",)
"""Fields that stand in `messageStop`; the rest come after it."""

_UNMEASURED: Final = {"latencyMs": 0}
"""Clients demand a number, and a codec has no clock."""


def _frame(name: str, wire: Wire) -> Frame:
    return name, encode_json(wire)
