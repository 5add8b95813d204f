"""Writing a streamed answer: events in, frames out; the order of blocks is decided in `dialects/blocks.py`.

- Thinking goes out at once when the answer is read from this dialect (`ResponseStart.dialect`). Otherwise it waits for
  its end, which shows whose it is: what another model thought has no signature, cannot come back, and is left out.
- A refusal goes into `message_delta`.
"""

from __future__ import annotations

from typing import ClassVar, Final

from dragoman.dialects.anthropic_messages.block_pieces import taken_apart
from dragoman.dialects.anthropic_messages.citations import encode_citation
from dragoman.dialects.anthropic_messages.errors import encode_error
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.parts import encode_part
from dragoman.dialects.anthropic_messages.response import (
    encode_answer_part,
    own_fields,
    report_ending,
    report_refusal,
    stop_details,
    stop_reason,
)
from dragoman.dialects.anthropic_messages.usage import encode_usage, report_usage
from dragoman.dialects.base import MoreText, Wire, Writers, more_text, write_extra
from dragoman.dialects.blocks import Blocks, BlockStreamEncoder, Pieces, place_of
from dragoman.dialects.service_tiers import ANTHROPIC_TOLD
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
    UsageUpdate,
    encode_json,
)


class _Blocks(Blocks):
    __slots__ = ()

    def _start(self, start: Wire) -> Frame:
        return _frame({"type": "content_block_start", "index": self.count, "content_block": start})

    def delta(self, delta: Wire) -> Frame:
        return _frame({"type": "content_block_delta", "index": self.count - 1, "delta": delta})

    def _stop(self) -> Frame:
        return _frame({"type": "content_block_stop", "index": self.count - 1})

    def _pieces(self, block: Wire) -> Pieces:
        return taken_apart(block)


class StreamEncoder(BlockStreamEncoder):
    """Writes one stream."""

    __slots__ = ("_live", "_refusal", "_start", "_thoughts")

    def __init__(self, request: Request) -> None:
        super().__init__(request, _Blocks())
        self._start: ResponseStart | None = None
        self._live = False
        self._thoughts: dict[int, list[str]] = {}
        self._refusal: list[str] = []

    def more_text(self, event: TextDelta) -> MoreText | None:
        if self._ended or event.choice or self._call is not None or self._blocks.part != event.index:
            return None
        return more_text(self._blocks.delta({"type": "text_delta", "text": ""}), b'"text":""')

    def _error(self, error: Error) -> Frame:
        return _frame(encode_error(error)[1])

    # ------------------------------------------------------------------ the message

    def _response_start(self, event: ResponseStart) -> list[Frame]:
        """Nothing yet: the usage of the input, which belongs into `message_start`, follows where it is known."""
        self._start = event
        self._live = event.dialect == NAME
        return []

    def _usage_update(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return [] if self._start is None else self._begin()

    def _message_start(self) -> Frame:
        start = self._start or ResponseStart()
        message: Wire = {
            "id": start.id,
            "type": "message",
            "role": "assistant",
            "model": start.model or self._request.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": encode_usage(self._usage),
        }
        return _frame({"type": "message_start", "message": message})

    def _forget(self) -> None:
        super()._forget()
        self._thoughts, self._refusal = {}, []

    def _message_end(self, event: Finish) -> list[Frame]:
        refusal = "".join(self._refusal) if self._refusal else None
        reason = stop_reason(
            event.finish_reason,
            event.raw_finish_reason,
            event.stop_sequence,
            called=self._called,
            refused=refusal is not None,
        )
        report_ending(event.finish_reason, event.raw_finish_reason, reason, self._losses)
        report_refusal(refusal, reason, self._losses)
        report_usage(self._usage, self._losses)
        delta = self._message_delta(event, reason, stop_details(refusal, reason))
        return [_frame(delta), _frame({"type": "message_stop"})]

    def _message_delta(self, event: Finish, reason: str, details: Wire | None) -> Wire:
        """The end of the message; of what only this dialect knows, `context_management` and its like stand outside."""
        delta: Wire = {"stop_reason": reason, "stop_sequence": event.stop_sequence}
        if details is not None:
            delta["stop_details"] = details
        fields = own_fields(event.extra, details, self._losses)
        delta.update({name: fields.pop(name) for name in _IN_THE_DELTA if name in fields})
        usage = encode_usage(self._usage, ANTHROPIC_TOLD.word_for(event.service_tier, self._losses))
        return {"type": "message_delta", "delta": delta, "usage": usage, **fields}

    # ------------------------------------------------------------------ its parts

    def _text(self, event: TextDelta) -> list[Frame]:
        if event.extra is not None:
            write_extra({}, event.extra, NAME, place_of(event.index), self._losses)
        frames = self._open(event.index, {"type": "text", "text": ""})
        if event.text:
            frames.append(self._blocks.delta({"type": "text_delta", "text": event.text}))
        return frames

    def _citation(self, event: CitationDelta) -> list[Frame]:
        citation = encode_citation(event.citation, self._place_of_citation(event.index), self._losses)
        if citation is None:
            return []
        frames = self._open(event.index, {"type": "text", "text": ""})
        frames.append(self._blocks.delta({"type": "citations_delta", "citation": citation}))
        return frames

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        if not self._live:
            self._thoughts.setdefault(event.index, []).append(event.text)
            return []
        if not event.text:
            return []
        frames = self._open(event.index, {"type": "thinking", "thinking": "", "signature": ""})
        frames.append(self._blocks.delta({"type": "thinking_delta", "thinking": event.text}))
        return frames

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        text = "".join(self._thoughts.pop(event.index, ()))
        if self._blocks.part == event.index:
            signature = (event.payload or {}).get("signature")
            signed = [self._blocks.delta({"type": "signature_delta", "signature": signature})] if signature else []
            return [*signed, *self._blocks.close()]
        part = Reasoning(text, payload=event.payload, dialect=event.dialect)
        return self._whole(event.index, encode_part(part, place_of(event.index), self._losses))

    def _refuse(self, event: RefusalDelta) -> list[Frame]:
        self._refusal.append(event.text)
        return []

    def _call_block(self, event: ToolCallStart) -> Wire:
        block: Wire = {"type": "tool_use", "id": event.id, "name": event.name, "input": {}}
        write_extra(block, event.extra, NAME, place_of(event.index), self._losses)
        return block

    def _arguments(self, text: str) -> Wire:
        return {"type": "input_json_delta", "partial_json": text}

    def _is_call(self, block: Wire) -> bool:
        return block["type"] == "tool_use"

    def _block_of(self, part: Part, where: str) -> Wire | None:
        return encode_answer_part(part, where, self._losses)

    def _part(self, event: PartAdded) -> list[Frame]:
        if isinstance(event.part, Refusal):
            self._refusal.append(event.part.text)
            return []
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
    OTHER_EVENTS: ClassVar[Writers] = {
        **BlockStreamEncoder.OTHER_EVENTS,
        ResponseStart: _response_start,
        UsageUpdate: _usage_update,
    }


_IN_THE_DELTA: Final = ("stop_details", "container")
"""Fields that stand in the `delta` of `message_delta`, in a recorded stream as in the reference."""


def _frame(wire: Wire) -> Frame:
    return wire["type"], encode_json(wire)
