"""A streamed answer, read: OpenAI's chunks, thinking among the content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from dragoman.dialects.base import Wire
from dragoman.dialects.mistral.adopt import adopt
from dragoman.dialects.openai_chat.stream import ChatStreamDecoder
from dragoman.dialects.openai_chat.stream_choice import ABSENT, StreamedChoice
from dragoman.messages import (
    Event,
    LogprobsDelta,
    Part,
    Reasoning,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageUpdate,
)

_PLAIN: Final = frozenset({TextDelta, ReasoningDelta, ToolCallDelta, UsageUpdate, LogprobsDelta})
"""Events in which nothing is a dialect's own: nearly all of a stream."""


class MistralChoice(StreamedChoice):
    """One answer of a stream. Chunks of the content follow each other: what differs in kind begins a new part."""

    __slots__ = ()

    def _read_content(self, value: Any, _: Wire, events: list[Event]) -> None:
        if type(value) is str and self._thinking:
            self._end_thinking(events)
        super()._read_content(value, _, events)

    def _read_thinking(self, part: Reasoning, events: list[Event]) -> None:
        """Thinking is signed in its last chunk."""
        self._text = ABSENT
        super()._read_thinking(part, events)
        if part.payload:
            self._read_returned(part.payload, {}, events)
            if any(part.payload.values()):
                self._end_thinking(events)

    def _read_part(self, part: Part, events: list[Event]) -> None:
        self._end_thinking(events)
        self._text = ABSENT
        super()._read_part(part, events)

    def _end_thinking(self, events: list[Event]) -> None:
        self._close_reasoning(events)
        self._reasoning, self._returned = ABSENT, {}

    def _payload(self) -> Wire | None:
        return self._returned or None

    _READ: ClassVar[dict[str, Callable[[Any, Any, Wire, list[Event]], None]]] = {
        **StreamedChoice._READ,  # noqa: SLF001  # the table of what is not read otherwise here
        "content": _read_content,
    }


class MistralStreamDecoder(ChatStreamDecoder):
    """Reads one stream."""

    CHOICE: ClassVar[type[StreamedChoice]] = MistralChoice
    __slots__ = ()

    def feed(self, name: str, data: bytes) -> list[Event]:
        return [event if type(event) in _PLAIN else adopt(event) for event in super().feed(name, data)]

    def finish(self) -> list[Event]:
        return [adopt(event) for event in super().finish()]
