"""Writing a streamed answer: events in, frames out.

The wire has one block open at a time, with indices 0, 1, 2 …; canonical parts may interleave. So:

- Text and thinking go out at once. When another part comes between, their block is closed, and later text of them opens
  a new one. Of thinking from another dialect only the text can be said: what that dialect wants back is left out.
- A tool call keeps its block until its end; what belongs to other parts waits for that. The input of a free-form tool
  waits for its end too: here every input is the JSON of an object.
- Usage comes last, after the reason.

What has no place in this stream has none to say so either: it is left out, and is in `losses`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from dragoman.dialects.base import Wire, write_extra
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
from dragoman.dialects.losses import NO_ALTERNATIVES, NO_LOGPROBS
from dragoman.errors import Error, StreamInterrupted
from dragoman.http import Frame
from dragoman.messages import (
    ChoiceFinish,
    CitationDelta,
    Event,
    Finish,
    LogprobsDelta,
    Loss,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    RefusalDelta,
    Request,
    ResponseStart,
    Restarted,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    encode_json,
)


class _Blocks:
    """The blocks of the message, of which one at most is open: the one of the canonical part `part`."""

    __slots__ = ("count", "part")

    def __init__(self) -> None:
        self.count = 0
        self.part: int | None = None

    def open(self, part: int, start: Wire | None) -> list[Frame]:
        """Open a block for `part`, closing the one before it; most blocks have no start."""
        frames = self.close()
        self.part = part
        if start is not None:
            frames.append(_frame("contentBlockStart", {"start": start, "contentBlockIndex": self.count}))
        self.count += 1
        return frames

    def delta(self, delta: Wire) -> Frame:
        return _frame("contentBlockDelta", {"delta": delta, "contentBlockIndex": self.count - 1})

    def close(self) -> list[Frame]:
        if self.part is None:
            return []
        self.part = None
        return [_frame("contentBlockStop", {"contentBlockIndex": self.count - 1})]

    def whole(self, part: int, block: Wire) -> list[Frame]:
        """A block that is complete, in the pieces in which clients expect it."""
        start, deltas = taken_apart(block)
        return [*self.open(part, start), *map(self.delta, deltas), *self.close()]


class StreamEncoder:
    """Writes one stream."""

    __slots__ = (
        "_blocks",
        "_call",
        "_call_began",
        "_called",
        "_cited",
        "_ended",
        "_held",
        "_losses",
        "_refused",
        "_request",
        "_started",
        "_thought",
        "_usage",
    )

    def __init__(self, request: Request) -> None:
        self._request = request
        self._started = False  # whether `messageStart` is out
        self._ended = False
        self._usage = Usage()
        self._blocks = _Blocks()
        self._call: int | None = None  # the part whose tool call is open,
        self._call_began = False  # and whether any of its arguments is out
        self._called = False
        self._refused = False
        self._held: dict[int, list[Event]] = {}
        self._thought: set[int] = set()  # the parts of which thinking is out
        self._losses: list[Loss] = []
        self._cited: dict[int, int] = {}  # how many citations each part has had

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._losses)

    def feed(self, event: Event) -> list[Frame]:
        if self._ended:
            return []
        kind = type(event)
        write = self._PART_EVENTS.get(kind)
        if write is None:
            other = self._OTHER_EVENTS.get(kind)
            return [] if other is None else other(self, event)
        return self._feed_part(event, write)

    def finish(self) -> list[Frame]:
        """Nothing after a `Finish`; without one the stream has failed."""
        return self.fail(StreamInterrupted("the answer broke off before its end"))

    def fail(self, error: Error) -> list[Frame]:
        if self._ended:
            return []
        self._ended = True
        return [error_frame(error)]

    # ------------------------------------------------------------------ the message

    def _response_start(self, event: ResponseStart) -> list[Frame]:
        for loss in unnamed(event.id, event.model, self._request):
            self._lose_once(loss)
        return self._begin()

    def _begin(self) -> list[Frame]:
        if self._started:
            return []
        self._started = True
        return [_frame("messageStart", {"role": "assistant"})]

    def _usage_update(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return []

    def _restarted(self, event: Restarted) -> list[Frame]:
        """Before the first block nothing is void; after it nothing can be taken back."""
        if self._blocks.count:
            return self.fail(StreamInterrupted(f"the answer began anew at {event.target}: {event.reason}"))
        self._usage, self._losses, self._cited = Usage(), [], {}
        return []

    def _logprobs(self, event: LogprobsDelta) -> list[Frame]:
        self._lose_once(NO_ALTERNATIVES if event.choice else NO_LOGPROBS)
        return []

    def _alternative(self, _: ChoiceFinish) -> list[Frame]:
        self._lose_once(NO_ALTERNATIVES)
        return []

    def _lose_once(self, loss: Loss) -> None:
        if loss not in self._losses:
            self._losses.append(loss)

    def _finish(self, event: Finish) -> list[Frame]:
        frames = self._begin()
        while self._call is not None:
            frames += self._close_call()
        frames += self._blocks.close()
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
        metadata = {"usage": encode_usage(self._usage), "metrics": _UNMEASURED, **encode_tier(event.service_tier)}
        frames.append(_frame("messageStop", {"stopReason": reason, **stop}))
        frames.append(_frame("metadata", {**metadata, **fields}))
        self._ended = True
        return frames

    # ------------------------------------------------------------------ its parts

    def _feed_part(self, event: Any, write: Callable[[StreamEncoder, Any], list[Frame]]) -> list[Frame]:
        if event.choice:
            self._lose_once(NO_ALTERNATIVES)
            return []
        if self._call is not None and event.index != self._call:
            self._held.setdefault(event.index, []).append(event)
            return []
        return write(self, event)

    def _open(self, part: int, start: Wire | None = None) -> list[Frame]:
        """Nothing when the block of `part` is the open one."""
        return [] if self._blocks.part == part else [*self._begin(), *self._blocks.open(part, start)]

    def _whole(self, part: int, block: Wire | None) -> list[Frame]:
        if block is None:
            return []
        self._called = self._called or "toolUse" in block
        return [*self._begin(), *self._blocks.whole(part, block)]

    def _text(self, event: TextDelta) -> list[Frame]:
        """Empty text is a delta when it is all there is of a part: without one there would be no block."""
        self._report_extra(event, _place(event.index))
        fresh = self._blocks.part != event.index
        frames = self._open(event.index)
        if event.text or fresh:
            frames.append(self._blocks.delta({"text": event.text}))
        return frames

    def _citation(self, event: CitationDelta) -> list[Frame]:
        number = self._cited.get(event.index, 0)
        self._cited[event.index] = number + 1
        citation = encode_citation(event.citation, f"{_place(event.index)}.citations[{number}]", self._losses)
        return [*self._open(event.index), self._blocks.delta({"citation": citation})]

    def _report_extra(self, event: TextDelta | ReasoningDelta | ReasoningEnd | RefusalDelta, where: str) -> None:
        """What another dialect knows of a part has no place in its deltas."""
        if event.extra is None:
            return
        write_extra({}, event.extra, NAME, where, told := [])
        for loss in told:
            self._lose_once(loss)

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        self._report_extra(event, _place(event.index))
        if not event.text:
            return []
        self._thought.add(event.index)
        return [*self._open(event.index), self._blocks.delta({"reasoningContent": {"text": event.text}})]

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        """The rest of a thought that is out; one without text is a block of its own, where it is this dialect's."""
        self._report_extra(event, _place(event.index))
        part = Reasoning(payload=event.payload, dialect=event.dialect)
        if event.index not in self._thought:
            return self._whole(event.index, encode_answer_part(part, _place(event.index), self._losses))
        if event.dialect != NAME:
            report_payload(part, _place(event.index), self._losses)
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

    def _call_start(self, event: ToolCallStart) -> list[Frame]:
        if event.free_form:  # it comes whole, at its end
            return []
        start: Wire = {"toolUseId": event.id, "name": event.name}
        write_extra(start, event.extra, NAME, _place(event.index), self._losses)
        self._call, self._call_began, self._called = event.index, False, True
        return self._open(event.index, {"toolUse": start})

    def _call_delta(self, event: ToolCallDelta) -> list[Frame]:
        if self._call is None or not event.arguments:  # without a start it comes whole, at its end
            return []
        self._call_began = True
        return [self._blocks.delta({"toolUse": {"input": event.arguments}})]

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        if self._call is None:
            return self._whole(event.index, encode_part(event.call, _place(event.index), self._losses))
        rest = "" if self._call_began or not event.call.arguments else event.call.arguments_json
        delta = self._call_delta(ToolCallDelta(arguments=rest, index=event.index))
        return [*delta, *self._close_call()]

    def _close_call(self) -> list[Frame]:
        """Close the block of the open call, and write what has waited for that."""
        self._call = None
        frames = self._blocks.close()
        held, self._held = self._held, {}
        for events in held.values():
            for event in events:
                frames += self.feed(event)
        return frames

    def _part(self, event: PartAdded) -> list[Frame]:
        self._refused = self._refused or isinstance(event.part, Refusal)
        return self._whole(event.index, encode_answer_part(event.part, _place(event.index), self._losses))

    _PART_EVENTS: ClassVar[dict[type, Callable[[StreamEncoder, Any], list[Frame]]]] = {
        TextDelta: _text,
        CitationDelta: _citation,
        ReasoningDelta: _reasoning,
        ReasoningEnd: _reasoning_end,
        RefusalDelta: _refuse,
        ToolCallStart: _call_start,
        ToolCallDelta: _call_delta,
        ToolCallEnd: _call_end,
        PartAdded: _part,
    }
    _OTHER_EVENTS: ClassVar[dict[type, Callable[[StreamEncoder, Any], list[Frame]]]] = {
        ResponseStart: _response_start,
        UsageUpdate: _usage_update,
        LogprobsDelta: _logprobs,
        ChoiceFinish: _alternative,
        Restarted: _restarted,
        Finish: _finish,
    }


_WITH_THE_REASON: Final = ("additionalModelResponseFields",)
"""Fields that stand in `messageStop`; the rest come after it."""

_UNMEASURED: Final = {"latencyMs": 0}
"""Clients demand a number, and a codec has no clock."""


def _place(index: int) -> str:
    return f"parts[{index}]"


def _frame(name: str, wire: Wire) -> Frame:
    return name, encode_json(wire)
