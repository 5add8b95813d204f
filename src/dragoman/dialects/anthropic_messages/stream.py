"""Reading a streamed answer: frames in, events out.

A stream is `message_start`, blocks one after the other (start, deltas, stop), `message_delta` with the stop reason and
the final usage, `message_stop`; a `ping` may stand anywhere. What is not known is skipped, and a block that is not
known is put together and kept as an `Opaque`. A frame is read by the `type` in its data, its name is not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, Protocol

from dragoman.dialects.anthropic_messages.citations import decode_citation
from dragoman.dialects.anthropic_messages.errors import error_in_answer
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.parts import decode_part, thinking_payload
from dragoman.dialects.anthropic_messages.response import answer_extra, finish_reason, refusal_parts, service_tier
from dragoman.dialects.anthropic_messages.usage import decode_usage
from dragoman.dialects.base import Wire
from dragoman.dialects.broken import BROKEN, broken_event, events_without_json
from dragoman.errors import StreamInterrupted
from dragoman.messages import (
    CitationDelta,
    Event,
    Finish,
    PartAdded,
    ReasoningDelta,
    ReasoningEnd,
    RefusalDelta,
    ResponseStart,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
    decode_json,
    parse_arguments,
)

_OF_THE_EVENT: Final = frozenset({"type", "delta", "usage"})
"""Fields of `message_delta` that say nothing of the message by themselves; `context_management` stands beside them."""


class StreamDecoder:
    """Reads one stream. `strict_end=False` takes the end of the body for the end, once a stop reason has come."""

    __slots__ = ("_blocks", "_ended", "_message", "_next", "_stop", "_strict_end", "_usage")

    def __init__(self, *, strict_end: bool = True) -> None:
        self._strict_end = strict_end
        self._blocks: dict[int, _Block] = {}
        self._next = 0
        self._usage: Wire = {}
        self._message: Wire = {}  # what the events say of the message as a whole
        self._stop: Wire = {}
        self._ended = False

    def feed(self, name: str, data: bytes) -> list[Event]:  # noqa: ARG002  # the data names itself
        if self._ended:  # what follows `message_stop` is a proxy's: OpenRouter sends `[DONE]`
            return []
        try:
            event = decode_json(data)
        except ValueError as error:
            return events_without_json(data, error)
        try:
            kind = event.get("type") or ("error" if "error" in event else "")
            if kind == "content_block_delta":
                index, delta = event["index"], event["delta"]
                return (self._blocks.get(index) or self._startless(index, delta)).feed(delta)
            read = self._READ.get(kind)
            return [] if read is None else read(self, event)
        except BROKEN as error:
            raise broken_event(data, error) from error

    def finish(self) -> list[Event]:
        if self._ended:
            return []
        if self._strict_end or self._stop.get("stop_reason") is None:
            raise StreamInterrupted("the stream ended before `message_stop`")
        return self._message_stop({})

    def _startless(self, index: int, delta: Wire) -> _Block:
        """A block for a delta that came without its start, as some imitations of the API send it."""
        return self._open(index, _STARTLESS[delta["type"]])

    def _open(self, index: int, content: Wire) -> _Block:
        if type(index) is not int:
            raise TypeError(f"the index of a block is {index!r:.40}")
        self._next = max(self._next, index + 1)
        block = self._blocks[index] = _BLOCKS.get(content["type"], _OpaqueBlock)(index, content)
        return block

    def _message_start(self, event: Wire) -> list[Event]:
        message: Wire = event["message"]
        self._usage = dict(message.get("usage") or {})
        self._message.update(message)
        events: list[Event] = [ResponseStart(id=message.get("id"), model=message.get("model"), dialect=NAME)]
        if self._usage:
            events.append(UsageUpdate(usage=decode_usage(self._usage)))
        for index, content in enumerate(message.get("content") or ()):  # a call that code made comes whole in here
            events += self._open(index, content).begin()
            events += self._blocks.pop(index).end()
        return events

    def _block_start(self, event: Wire) -> list[Event]:
        return self._open(event["index"], event["content_block"]).begin()

    def _block_stop(self, event: Wire) -> list[Event]:
        block = self._blocks.pop(event["index"], None)
        return [] if block is None else block.end()

    def _message_delta(self, event: Wire) -> list[Event]:
        delta: Wire = event.get("delta") or {}
        self._stop.update({name: value for name, value in delta.items() if value is not None})
        self._message.update({name: value for name, value in event.items() if name not in _OF_THE_EVENT})
        usage: Wire = event.get("usage") or {}
        if not usage:
            return []
        self._usage.update({name: count for name, count in usage.items() if count is not None})
        return [UsageUpdate(usage=decode_usage(self._usage))]

    def _message_stop(self, _: Wire) -> list[Event]:
        events = [event for block in self._blocks.values() for event in block.end()]
        events += [RefusalDelta(part.text, index=self._next) for part in refusal_parts(self._stop)]
        reason = self._stop.get("stop_reason")
        sequence = self._stop.get("stop_sequence")
        events.append(
            Finish(
                finish_reason=finish_reason(reason),
                raw_finish_reason=reason,
                stop_sequence=sequence,
                service_tier=service_tier(self._usage),
                extra=answer_extra({**self._message, **self._stop}),
            )
        )
        self._ended = True
        return events

    def _error(self, event: Wire) -> list[Event]:
        self._ended = True
        raise error_in_answer(event)

    _READ: ClassVar[dict[str, Callable[[StreamDecoder, Wire], list[Event]]]] = {
        "message_start": _message_start,
        "content_block_start": _block_start,
        "content_block_stop": _block_stop,
        "message_delta": _message_delta,
        "message_stop": _message_stop,
        "error": _error,
    }


# ---------------------------------------------------------------------- blocks


class _Block(Protocol):
    """A block under construction. It is made of its start; a delta it does not know changes nothing."""

    def __init__(self, index: int, content: Wire) -> None: ...

    def begin(self) -> list[Event]: ...

    def feed(self, delta: Wire) -> list[Event]: ...

    def end(self) -> list[Event]: ...


class _TextBlock:
    __slots__ = ("_content", "_empty", "_index")

    def __init__(self, index: int, content: Wire) -> None:
        self._index = index
        self._content = content
        self._empty = True

    def begin(self) -> list[Event]:
        events = self.feed({"type": "text_delta", "text": self._content.get("text")})
        for citation in self._content.get("citations") or ():
            events += self.feed({"type": "citations_delta", "citation": citation})
        return events

    def feed(self, delta: Wire) -> list[Event]:
        if delta["type"] == "text_delta":
            text = delta["text"]
            if not text:
                return []
            self._empty = False
            return [TextDelta(_text(text), index=self._index)]
        if delta["type"] == "citations_delta":
            return [CitationDelta(citation=decode_citation(delta["citation"]), index=self._index)]
        return []

    def end(self) -> list[Event]:
        return [TextDelta("", index=self._index)] if self._empty else []


class _ThinkingBlock:
    __slots__ = ("_index", "_payload", "_text")

    def __init__(self, index: int, content: Wire) -> None:
        self._index = index
        self._text = content.get("thinking")
        self._payload = thinking_payload(content)

    def begin(self) -> list[Event]:
        return self.feed({"type": "thinking_delta", "thinking": self._text})

    def feed(self, delta: Wire) -> list[Event]:
        if delta["type"] == "thinking_delta":
            text = delta["thinking"]
            return [ReasoningDelta(_text(text), index=self._index)] if text else []
        if delta["type"] == "signature_delta":
            self._payload["signature"] = delta["signature"]
        return []

    def end(self) -> list[Event]:
        return [ReasoningEnd(index=self._index, payload=self._payload, dialect=NAME)]


class _ToolUseBlock:
    __slots__ = ("_call", "_index", "_pieces")

    def __init__(self, index: int, content: Wire) -> None:
        self._index = index
        self._call = decode_part({"input": None, **content})
        self._pieces: list[str] = []

    def begin(self) -> list[Event]:
        call = self._call
        assert isinstance(call, ToolCall)
        return [ToolCallStart(id=call.id, name=call.name, index=self._index, extra=call.extra)]

    def feed(self, delta: Wire) -> list[Event]:
        if delta["type"] != "input_json_delta":
            return []
        piece = _text(delta["partial_json"])
        self._pieces.append(piece)
        return [ToolCallDelta(arguments=piece, index=self._index)] if piece else []

    def end(self) -> list[Event]:
        call = self._call
        assert isinstance(call, ToolCall)
        text = "".join(self._pieces)
        if text:
            call = ToolCall(id=call.id, name=call.name, arguments_json=text, cache=call.cache, extra=call.extra)
        elif call.arguments:  # they came whole with the start
            delta = ToolCallDelta(arguments=call.arguments_json, index=self._index)
            return [delta, ToolCallEnd(call=call, index=self._index)]
        return [ToolCallEnd(call=call, index=self._index)]


class _OpaqueBlock:
    """Any other block. The deltas known today build it; of another the fields join those of the block."""

    __slots__ = ("_index", "_payload", "_pieces")

    def __init__(self, index: int, content: Wire) -> None:
        self._index = index
        self._payload = dict(content)
        self._pieces: list[str] = []

    def begin(self) -> list[Event]:
        return []

    def feed(self, delta: Wire) -> list[Event]:
        if delta["type"] == "input_json_delta":
            self._pieces.append(_text(delta["partial_json"]))
        elif delta["type"] == "citations_delta":
            self._payload["citations"] = [*(self._payload.get("citations") or ()), delta["citation"]]
        else:
            self._payload.update({name: self._joined(name, value) for name, value in delta.items() if name != "type"})
        return []

    def _joined(self, name: str, value: Any) -> Any:
        there = self._payload.get(name)
        return there + value if isinstance(there, str) and isinstance(value, str) else value

    def end(self) -> list[Event]:
        text = "".join(self._pieces)
        if text:
            arguments, whole = parse_arguments(text)
            self._payload["input"] = arguments if whole else text
        return [PartAdded(part=decode_part(self._payload), index=self._index)]


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"text is {value!r:.40}")
    return value


_BLOCKS: Final[dict[str, type[_Block]]] = {
    "text": _TextBlock,
    "thinking": _ThinkingBlock,
    "tool_use": _ToolUseBlock,
}
"""How each kind of block is read; every other is an `_OpaqueBlock`, also `redacted_thinking`, which comes whole."""

_STARTLESS: Final[dict[str, Wire]] = {
    "text_delta": {"type": "text"},
    "citations_delta": {"type": "text"},
    "thinking_delta": {"type": "thinking"},
}
"""The block a delta must belong to when its start was left out."""
