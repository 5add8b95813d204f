"""Writing a streamed answer: events in, frames out.

The wire has one block open at a time, with indices 0, 1, 2 …; canonical parts may interleave. So:

- Text goes out at once. When another part comes between, its block is closed, and later text of it opens a new one.
- A tool call keeps its block until its end; what belongs to other parts waits for that.
- Thinking goes out at once when the answer is read from this dialect (`ResponseStart.dialect`). Otherwise it waits for
  its end, which shows whose it is: what another model thought has no signature, cannot come back, and is left out.
- The input of a free-form tool waits for its end too: here every input is the JSON of an object.
- A refusal goes into `message_delta`. Alternatives, log probabilities, media and what only other dialects know have no
  place in this stream, nor has it a place to say so: they are left out, and are in `losses`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

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
    report_usage,
    stop_details,
    stop_reason,
)
from dragoman.dialects.anthropic_messages.usage import encode_usage
from dragoman.dialects.base import Wire, write_extra
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

    def open(self, part: int, content: Wire) -> list[Frame]:
        """Open a block for `part`, closing the one before it."""
        frames = self.close()
        frames.append(_frame({"type": "content_block_start", "index": self.count, "content_block": content}))
        self.part = part
        self.count += 1
        return frames

    def delta(self, delta: Wire) -> Frame:
        return _frame({"type": "content_block_delta", "index": self.count - 1, "delta": delta})

    def close(self) -> list[Frame]:
        if self.part is None:
            return []
        self.part = None
        return [_frame({"type": "content_block_stop", "index": self.count - 1})]

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
        "_live",
        "_losses",
        "_refusal",
        "_request",
        "_start",
        "_started",
        "_thoughts",
        "_usage",
    )

    def __init__(self, request: Request) -> None:
        self._request = request
        self._start: ResponseStart | None = None
        self._started = False  # whether `message_start` is out
        self._ended = False
        self._live = False
        self._usage = Usage()
        self._blocks = _Blocks()
        self._call: int | None = None  # the part whose tool call is open,
        self._call_began = False  # and whether any of its arguments is out
        self._called = False
        self._held: dict[int, list[Event]] = {}
        self._thoughts: dict[int, list[str]] = {}
        self._refusal: list[str] = []
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
        return [_frame(encode_error(error)[1])]

    # ------------------------------------------------------------------ the message

    def _response_start(self, event: ResponseStart) -> list[Frame]:
        """Nothing yet: the usage of the input, which belongs into `message_start`, follows where it is known."""
        self._start = event
        self._live = event.dialect == NAME
        return []

    def _usage_update(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return [] if self._start is None else self._begin()

    def _begin(self) -> list[Frame]:
        if self._started:
            return []
        self._started = True
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
        return [_frame({"type": "message_start", "message": message})]

    def _restarted(self, event: Restarted) -> list[Frame]:
        """Before the first block nothing is void; after it nothing can be taken back."""
        if self._blocks.count:
            return self.fail(StreamInterrupted(f"the answer began anew at {event.target}: {event.reason}"))
        self._usage = Usage()
        self._thoughts, self._refusal, self._losses, self._cited = {}, [], [], {}
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
        frames.append(_frame(self._message_delta(event, reason, stop_details(refusal, reason))))
        frames.append(_frame({"type": "message_stop"}))
        self._ended = True
        return frames

    def _message_delta(self, event: Finish, reason: str, details: Wire | None) -> Wire:
        """The end of the message; of what only this dialect knows, `context_management` and its like stand outside."""
        delta: Wire = {"stop_reason": reason, "stop_sequence": event.stop_sequence}
        if details is not None:
            delta["stop_details"] = details
        fields = own_fields(event.extra, details, self._losses)
        delta.update({name: fields.pop(name) for name in _IN_THE_DELTA if name in fields})
        usage = encode_usage(self._usage, event.service_tier)
        return {"type": "message_delta", "delta": delta, "usage": usage, **fields}

    # ------------------------------------------------------------------ its parts

    def _feed_part(self, event: Any, write: Callable[[StreamEncoder, Any], list[Frame]]) -> list[Frame]:
        if event.choice:
            self._lose_once(NO_ALTERNATIVES)
            return []
        if self._call is not None and event.index != self._call:
            self._held.setdefault(event.index, []).append(event)
            return []
        return write(self, event)

    def _open(self, part: int, content: Wire) -> list[Frame]:
        """Nothing when the block of `part` is the open one."""
        return [] if self._blocks.part == part else [*self._begin(), *self._blocks.open(part, content)]

    def _whole(self, part: int, block: Wire | None) -> list[Frame]:
        if block is None:
            return []
        self._called = self._called or block["type"] == "tool_use"
        return [*self._begin(), *self._blocks.whole(part, block)]

    def _text(self, event: TextDelta) -> list[Frame]:
        if event.extra is not None:
            write_extra({}, event.extra, NAME, _place(event.index), self._losses)
        frames = self._open(event.index, {"type": "text", "text": ""})
        if event.text:
            frames.append(self._blocks.delta({"type": "text_delta", "text": event.text}))
        return frames

    def _citation(self, event: CitationDelta) -> list[Frame]:
        number = self._cited.get(event.index, 0)
        self._cited[event.index] = number + 1
        citation = encode_citation(event.citation, f"{_place(event.index)}.citations[{number}]", self._losses)
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
        return self._whole(event.index, encode_part(part, _place(event.index), self._losses))

    def _refuse(self, event: RefusalDelta) -> list[Frame]:
        self._refusal.append(event.text)
        return []

    def _call_start(self, event: ToolCallStart) -> list[Frame]:
        if event.free_form:  # it comes whole, at its end
            return []
        content: Wire = {"type": "tool_use", "id": event.id, "name": event.name, "input": {}}
        write_extra(content, event.extra, NAME, _place(event.index), self._losses)
        self._call, self._call_began, self._called = event.index, False, True
        return self._open(event.index, content)

    def _call_delta(self, event: ToolCallDelta) -> list[Frame]:
        if self._call is None or not event.arguments:  # without a start it comes whole, at its end
            return []
        self._call_began = True
        return [self._blocks.delta({"type": "input_json_delta", "partial_json": event.arguments})]

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
        if isinstance(event.part, Refusal):
            self._refusal.append(event.part.text)
            return []
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


_IN_THE_DELTA: Final = ("stop_details", "container")
"""Fields that stand in the `delta` of `message_delta`, in a recorded stream as in the reference."""


def _place(index: int) -> str:
    return f"parts[{index}]"


def _frame(wire: Wire) -> Frame:
    return wire["type"], encode_json(wire)
