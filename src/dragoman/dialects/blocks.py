"""Writing a streamed answer on a wire that has one block open at a time, with indices 0, 1, 2 … (Anthropic, Bedrock).

Canonical parts may interleave. So:

- Text goes out at once. When another part comes between, its block is closed, and later text of it opens a new one.
- A tool call keeps its block until its end; what belongs to other parts waits for that. The input of a free-form tool
  waits for its end too: here every input is the JSON of an object.
- What has no place in such a stream has none to say so either: it is left out, and is in `losses`.

How frames and blocks look is each dialect's own, in `<name>/stream_encoder.py`: it has its `Blocks`, and adds what it
does with text, thinking, sources and refusals to the tables of `BlockStreamEncoder`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

from dragoman.dialects.base import Wire, Writers
from dragoman.dialects.losses import NO_ALTERNATIVES, NO_LOGPROBS
from dragoman.errors import Error, StreamInterrupted
from dragoman.http import Frame
from dragoman.messages import (
    ChoiceFinish,
    Event,
    Finish,
    LogprobsDelta,
    Loss,
    Part,
    Request,
    Restarted,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
)

Pieces: TypeAlias = tuple[Wire | None, Sequence[Wire]]
"""A whole block as a stream sends it: its start, where it has one, and the deltas that clients build it from."""


def place_of(index: int) -> str:
    """Where a part is, for the paths of losses."""
    return f"parts[{index}]"


class Blocks(ABC):
    """The blocks of the message, of which one at most is open: the one of the canonical part `part`."""

    __slots__ = ("count", "part")

    def __init__(self) -> None:
        self.count = 0
        self.part: int | None = None

    @abstractmethod
    def _start(self, start: Wire) -> Frame:
        """The frame that opens the next block, number `count`."""

    @abstractmethod
    def delta(self, delta: Wire) -> Frame:
        """A frame of the last block, number `count - 1`."""

    @abstractmethod
    def _stop(self) -> Frame:
        """The frame that closes the last block."""

    @abstractmethod
    def _pieces(self, block: Wire) -> Pieces: ...

    def open(self, part: int, start: Wire | None) -> list[Frame]:
        """Open a block for `part`, closing the one before it; not every block has a start."""
        frames = self.close()
        if start is not None:
            frames.append(self._start(start))
        self.part = part
        self.count += 1
        return frames

    def close(self) -> list[Frame]:
        if self.part is None:
            return []
        self.part = None
        return [self._stop()]

    def whole(self, part: int, block: Wire) -> list[Frame]:
        """A block that is complete, in the pieces in which clients expect it."""
        start, deltas = self._pieces(block)
        return [*self.open(part, start), *map(self.delta, deltas), *self.close()]


class BlockStreamEncoder(ABC):
    """Writes one stream: the order of blocks, tool calls, and what cannot be said."""

    __slots__ = (
        "_blocks", "_call", "_call_began", "_called", "_cited", "_ended", "_held", "_losses", "_request", "_started",
        "_usage",
    )  # fmt: skip

    def __init__(self, request: Request, blocks: Blocks) -> None:
        self._request = request
        self._started = False  # whether the frame that opens the message is out
        self._ended = False
        self._usage = Usage()
        self._blocks = blocks
        self._call: int | None = None  # the part whose tool call is open,
        self._call_began = False  # and whether any of its arguments is out
        self._called = False
        self._held: dict[int, list[Event]] = {}
        self._losses: list[Loss] = []
        self._cited: dict[int, int] = {}  # how many citations each part has had

    # ------------------------------------------------------------------ the dialect's own words

    @abstractmethod
    def _message_start(self) -> Frame: ...

    @abstractmethod
    def _message_end(self, event: Finish) -> list[Frame]: ...

    @abstractmethod
    def _error(self, error: Error) -> Frame: ...

    @abstractmethod
    def _call_block(self, event: ToolCallStart) -> Wire:
        """The start of a call's block."""

    @abstractmethod
    def _arguments(self, text: str) -> Wire:
        """The delta of a piece of a call's input."""

    @abstractmethod
    def _is_call(self, block: Wire) -> bool: ...

    @abstractmethod
    def _block_of(self, part: Part, where: str) -> Wire | None:
        """The block of a part, or `None` when it has no place (then the loss is reported)."""

    # ------------------------------------------------------------------ the protocol

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._losses)

    def feed(self, event: Event) -> list[Frame]:
        if self._ended:
            return []
        kind = type(event)
        write = self.PART_EVENTS.get(kind)
        if write is None:
            other = self.OTHER_EVENTS.get(kind)
            return [] if other is None else other(self, event)
        return self._feed_part(event, write)

    def finish(self) -> list[Frame]:
        """Nothing after a `Finish`; without one the stream has failed."""
        return self.fail(StreamInterrupted("the answer broke off before its end"))

    def fail(self, error: Error) -> list[Frame]:
        if self._ended:
            return []
        self._ended = True
        return [self._error(error)]

    # ------------------------------------------------------------------ the message

    def _begin(self) -> list[Frame]:
        if self._started:
            return []
        self._started = True
        return [self._message_start()]

    def _usage_update(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return []

    def _restarted(self, event: Restarted) -> list[Frame]:
        """Before the first block nothing is void; after it nothing can be taken back."""
        if self._blocks.count:
            return self.fail(StreamInterrupted(f"the answer began anew at {event.target}: {event.reason}"))
        self._forget()
        return []

    def _forget(self) -> None:
        """What was noted of an answer that has begun anew."""
        self._usage, self._losses, self._cited = Usage(), [], {}

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
        frames += self._message_end(event)
        self._ended = True
        return frames

    # ------------------------------------------------------------------ its parts

    def _feed_part(self, event: Any, write: Callable[[Any, Any], list[Frame]]) -> list[Frame]:
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
        self._called = self._called or self._is_call(block)
        return [*self._begin(), *self._blocks.whole(part, block)]

    def _place_of_citation(self, index: int) -> str:
        """Where the next citation of a part is."""
        number = self._cited.get(index, 0)
        self._cited[index] = number + 1
        return f"{place_of(index)}.citations[{number}]"

    def _call_start(self, event: ToolCallStart) -> list[Frame]:
        if event.free_form:  # it comes whole, at its end
            return []
        block = self._call_block(event)
        self._call, self._call_began, self._called = event.index, False, True
        return self._open(event.index, block)

    def _call_delta(self, event: ToolCallDelta) -> list[Frame]:
        if self._call is None or not event.arguments:  # without a start it comes whole, at its end
            return []
        self._call_began = True
        return [self._blocks.delta(self._arguments(event.arguments))]

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        if self._call is None:
            return self._whole(event.index, self._block_of(event.call, place_of(event.index)))
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

    PART_EVENTS: ClassVar[Writers] = {
        ToolCallStart: _call_start,
        ToolCallDelta: _call_delta,
        ToolCallEnd: _call_end,
    }
    """Events of a part, which wait while the block of a call is open."""

    OTHER_EVENTS: ClassVar[Writers] = {
        UsageUpdate: _usage_update,
        LogprobsDelta: _logprobs,
        ChoiceFinish: _alternative,
        Restarted: _restarted,
        Finish: _finish,
    }
