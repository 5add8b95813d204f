"""Reading a streamed answer: frames in, events out.

A stream is `messageStart`, blocks one after the other (start, deltas, stop), `messageStop` with the reason, and last
`metadata` with the usage. Only calls, results and pictures have a start; the first delta opens every other block. The
name of a frame is not in its data. What is not known is skipped.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, ClassVar, Final, Protocol

from dragoman.dialects.base import Wire
from dragoman.dialects.bedrock_converse.citations import decode_citation
from dragoman.dialects.bedrock_converse.errors import error_in_stream
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.parts import decode_part
from dragoman.dialects.bedrock_converse.response import answer_extra, finish_reason, service_tier, stop_sequence
from dragoman.dialects.bedrock_converse.usage import decode_usage
from dragoman.dialects.broken import BROKEN, broken_event
from dragoman.errors import StreamInterrupted
from dragoman.messages import (
    CitationDelta,
    Event,
    Finish,
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
    parse_arguments,
)

_FAILURES: Final = ("exception:", "error:")
"""How the names of frames begin that are no events (`http.Frame`)."""


class StreamDecoder:
    """Reads one stream. `strict_end=False` takes the end of the body for the end, once a stop reason has come."""

    __slots__ = ("_blocks", "_count", "_ended", "_metadata", "_stop", "_strict_end")

    def __init__(self, *, strict_end: bool = True) -> None:
        self._strict_end = strict_end
        self._blocks: dict[int, _Block] = {}
        self._count = 0
        self._stop: Wire | None = None
        self._metadata: Wire | None = None
        self._ended = False

    def feed(self, name: str, data: bytes) -> list[Event]:
        if self._ended:
            return []
        read = self._READ.get(name)
        if read is None:
            return self._fail(name, data)
        try:
            return read(self, decode_json(data))
        except BROKEN as error:
            raise broken_event(data, error) from error

    def _fail(self, name: str, data: bytes) -> list[Event]:
        """Raise the error that a frame is; an event of an unknown name says nothing."""
        if name.startswith(_FAILURES):
            self._ended = True
            raise error_in_stream(name, data)
        return []

    def finish(self) -> list[Event]:
        if self._ended:
            return []
        if self._stop is None or self._strict_end:
            missing = "`messageStop`" if self._stop is None else "`metadata`"
            raise StreamInterrupted(f"the stream ended before {missing}")
        return self._finish({})

    def _message_start(self, _: Wire) -> list[Event]:
        return [ResponseStart(dialect=NAME)]

    def _block_start(self, event: Wire) -> list[Event]:
        start: Wire = event["start"]
        index = event["contentBlockIndex"]
        kind = next((kind for kind in _STARTED if start.get(kind) is not None), None)
        ended = self._close(index)
        if kind is None:
            return ended
        block = self._open(index, _STARTED[kind](start[kind]))
        return [*ended, *block.begin(kind, start[kind])]

    def _block_delta(self, event: Wire) -> list[Event]:
        index, delta = event["contentBlockIndex"], event["delta"]
        kind = next(iter(delta)) if len(delta) == 1 else _kind_of(delta)
        block = self._blocks.get(index)
        if block is not None and kind in block.kinds:
            return block.feed(kind, delta[kind])
        if kind not in _STARTLESS:
            return []
        ended = self._close(index)
        return [*ended, *self._open(index, _STARTLESS[kind]).feed(kind, delta[kind])]

    def _open(self, index: int, kind: type[_Block]) -> _Block:
        block = self._blocks[index] = kind(self._count)
        self._count += 1
        return block

    def _close(self, index: int) -> list[Event]:
        block = self._blocks.pop(index, None)
        return [] if block is None else block.end()

    def _block_stop(self, event: Wire) -> list[Event]:
        return self._close(event["contentBlockIndex"])

    def _message_stop(self, event: Wire) -> list[Event]:
        self._stop = event
        return [] if self._metadata is None else self._finish(self._metadata)

    def _read_metadata(self, event: Wire) -> list[Event]:
        self._metadata = event
        usage: Wire | None = event.get("usage")
        updates: list[Event] = [UsageUpdate(usage=decode_usage(usage))] if usage else []
        return updates if self._stop is None else [*updates, *self._finish(event)]

    def _finish(self, metadata: Wire) -> list[Event]:
        assert self._stop is not None  # which is why this is the end
        events = [event for block in self._blocks.values() for event in block.end()]
        stop, self._ended = self._stop, True
        reason = stop.get("stopReason")
        return [
            *events,
            Finish(
                finish_reason=finish_reason(reason),
                raw_finish_reason=reason,
                stop_sequence=stop_sequence(stop.get("additionalModelResponseFields")),
                service_tier=service_tier(metadata),
                extra=answer_extra({**stop, **metadata}),
            ),
        ]

    _READ: ClassVar[dict[str, Callable[[StreamDecoder, Wire], list[Event]]]] = {
        "messageStart": _message_start,
        "contentBlockStart": _block_start,
        "contentBlockDelta": _block_delta,
        "contentBlockStop": _block_stop,
        "messageStop": _message_stop,
        "metadata": _read_metadata,
    }


# ---------------------------------------------------------------------- blocks


class _Block(Protocol):
    """A block under construction, the part at `index` of the answer. `kinds` are the deltas it takes."""

    kinds: ClassVar[tuple[str, ...]]

    def __init__(self, index: int) -> None: ...

    def begin(self, kind: str, start: Wire) -> list[Event]: ...

    def feed(self, kind: str, delta: Any) -> list[Event]: ...

    def end(self) -> list[Event]: ...


class _TextBlock:
    __slots__ = ("_empty", "_index")
    kinds: ClassVar[tuple[str, ...]] = ("text", "citation")

    def __init__(self, index: int) -> None:
        self._index = index
        self._empty = True

    def begin(self, kind: str, start: Wire) -> list[Event]:  # noqa: ARG002  # text has no start
        return []

    def feed(self, kind: str, delta: Any) -> list[Event]:
        if kind == "text":
            if not delta:
                return []
            self._empty = False
            return [TextDelta(_text(delta), index=self._index)]
        self._empty = False
        return [CitationDelta(citation=decode_citation(delta), index=self._index)]

    def end(self) -> list[Event]:
        return [TextDelta("", index=self._index)] if self._empty else []


class _ReasoningBlock:
    __slots__ = ("_index", "_redacted", "_signature")
    kinds: ClassVar[tuple[str, ...]] = ("reasoningContent",)

    def __init__(self, index: int) -> None:
        self._index = index
        self._signature = ""
        self._redacted: list[str] = []

    def begin(self, kind: str, start: Wire) -> list[Event]:  # noqa: ARG002  # thinking has no start
        return []

    def feed(self, kind: str, delta: Any) -> list[Event]:  # noqa: ARG002  # there is one kind
        thought = delta.get("text")
        if delta.get("signature"):
            self._signature += _text(delta["signature"])
        if delta.get("redactedContent"):
            self._redacted.append(_text(delta["redactedContent"]))
        return [ReasoningDelta(_text(thought), index=self._index)] if thought else []

    def end(self) -> list[Event]:
        payload: Wire = {"redactedContent": _joined(self._redacted)} if self._redacted else {}
        if self._signature:
            payload["signature"] = self._signature
        return [ReasoningEnd(index=self._index, payload=payload, dialect=NAME)]


def _joined(pieces: list[str]) -> str:
    """Base64 of the bytes in several base64 texts."""
    return pieces[0] if len(pieces) == 1 else b64encode(b"".join(map(b64decode, pieces))).decode()


class _ToolUseBlock:
    __slots__ = ("_call", "_index", "_pieces")
    kinds: ClassVar[tuple[str, ...]] = ("toolUse",)

    def __init__(self, index: int) -> None:
        self._index = index
        self._pieces: list[str] = []
        self._call = ToolCall(id="", name="")

    def begin(self, kind: str, start: Wire) -> list[Event]:
        call = decode_part({kind: start})
        assert isinstance(call, ToolCall)  # a server's is an `_OpaqueBlock`
        self._call = call
        return [ToolCallStart(id=call.id, name=call.name, index=self._index, extra=call.extra)]

    def feed(self, kind: str, delta: Any) -> list[Event]:  # noqa: ARG002  # there is one kind
        piece = _text(delta["input"])
        self._pieces.append(piece)
        return [ToolCallDelta(arguments=piece, index=self._index)] if piece else []

    def end(self) -> list[Event]:
        call, text = self._call, "".join(self._pieces)
        if text:
            call = ToolCall(id=call.id, name=call.name, arguments_json=text, extra=call.extra)
        return [ToolCallEnd(call=call, index=self._index)]


class _OpaqueBlock:
    """A call of a server's tool, its result, a picture: whole at its end."""

    __slots__ = ("_content", "_index", "_kind", "_pieces")
    kinds: ClassVar[tuple[str, ...]] = ("toolUse", "toolResult", "image")

    def __init__(self, index: int) -> None:
        self._index = index
        self._kind = ""
        self._content: Wire = {}
        self._pieces: list[str] = []

    def begin(self, kind: str, start: Wire) -> list[Event]:
        self._kind, self._content = kind, dict(start)
        return []

    def feed(self, kind: str, delta: Any) -> list[Event]:
        if kind == "toolUse":
            self._pieces.append(_text(delta["input"]))
        elif kind == "toolResult":
            self._content["content"] = [*self._content.get("content", ()), *delta]
        else:
            self._content.update(delta)
        return []

    def end(self) -> list[Event]:
        if self._kind == "toolUse":
            text = "".join(self._pieces)
            arguments, whole = parse_arguments(text)
            self._content["input"] = arguments if whole else text
        return [PartAdded(part=decode_part({self._kind: self._content}), index=self._index)]


def _kind_of(delta: Wire) -> str:
    """The member of a delta that says something, when others stand beside it."""
    return next((kind for kind in _DELTAS if delta.get(kind) is not None), "")


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"text is {value!r:.40}")
    return value


def _block_of_call(start: Wire) -> type[_Block]:
    return _OpaqueBlock if start.get("type") == "server_tool_use" else _ToolUseBlock


_STARTED: Final[dict[str, Callable[[Wire], type[_Block]]]] = {
    "toolUse": _block_of_call,
    "toolResult": lambda _: _OpaqueBlock,
    "image": lambda _: _OpaqueBlock,
}
"""How the blocks are read that have a start."""

_DELTAS: Final = ("text", "reasoningContent", "toolUse", "citation", "toolResult", "image")

_STARTLESS: Final[dict[str, type[_Block]]] = {
    "text": _TextBlock,
    "citation": _TextBlock,
    "reasoningContent": _ReasoningBlock,
}
"""The block that a delta opens by itself."""
