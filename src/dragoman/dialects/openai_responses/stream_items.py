"""The items of a stream as they arrive. Each opens with what `output_item.added` tells of it, grows, and closes.

Servers leave out much: deltas, ends, whole items. What a closing item has and no delta has said is said then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeAlias, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_responses.annotations import decode_annotation, decode_annotations
from dragoman.dialects.openai_responses.calls import CALLS, CUSTOM_CALL, call_extra, call_id, decode_call
from dragoman.dialects.openai_responses.extras import extra_of
from dragoman.dialects.openai_responses.reasoning import reasoning_payload, reasoning_text
from dragoman.dialects.openai_responses.response import (
    content_text,
    decode_content,
    decode_item,
    item_header,
    message_extra,
)
from dragoman.dialects.openai_responses.server_items import provider_call, runs_at_provider
from dragoman.dialects.openai_responses.wire import NAME
from dragoman.messages import (
    CitationDelta,
    Event,
    Opaque,
    Part,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    RefusalDelta,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)

Allot: TypeAlias = Callable[[type[Part]], int]
"""Gives the next place in the message to a part of that type."""


class Allotted:
    """The places in a message that have been given to parts, and what these are."""

    __slots__ = ("_count", "kinds")

    def __init__(self) -> None:
        self._count = 0
        self.kinds: set[type[Part]] = set()

    def allot(self, kind: type[Part]) -> int:
        self.kinds.add(kind)
        self._count += 1
        return self._count - 1


def opened(wire: Wire) -> Wire:
    """An item as it will be when it closes well: its content is yet to come."""
    done: Wire = {name: value for name, value in wire.items() if name != "content"}
    return {**done, "status": "completed"} if wire.get("status") == "in_progress" else done


class _Content:
    """A text or refusal of a message. `said` is whether any of it was, `cited` how many sources were told."""

    __slots__ = ("cited", "event", "index", "said")

    def __init__(self, index: int, event: type[TextDelta | RefusalDelta]) -> None:
        self.index = index
        self.event = event
        self.said = False
        self.cited = 0


class StreamedMessage:
    """A message of the model."""

    __slots__ = ("_allot", "_contents", "_extra", "closed")

    def __init__(self, wire: Wire, allot: Allot) -> None:
        self._allot = allot
        self._contents: dict[Any, _Content] = {}
        self._extra = message_extra(opened(wire))
        self.closed = False

    def start(self, events: list[Event]) -> None:
        """Nothing: a message begins with its content."""

    def content(self, number: Any, kind: type[Text | Refusal]) -> _Content:
        content = self._contents.get(number)
        if content is None:
            event = TextDelta if kind is Text else RefusalDelta
            content = self._contents[number] = _Content(self._allot(kind), event)
        return content

    def say(self, content: _Content, text: str, events: list[Event]) -> None:
        extra = None if content.said else self._extra
        content.said = True
        events.append(content.event(text, content.index, 0, extra))

    def fill(self, number: Any, wire: Wire, events: list[Event]) -> None:
        """The whole text of a part, which is told now when no delta has."""
        text = content_text(wire)
        content = self.content(number, Refusal if wire.get("type") == "refusal" else Text)
        if text is not None and not content.said:
            self.say(content, text, events)

    def cite(self, number: Any, annotation: Wire, events: list[Event]) -> None:
        content = self.content(number, Text)
        content.cited += 1
        events.append(CitationDelta(citation=decode_annotation(annotation), index=content.index))

    def close(self, wire: Wire, events: list[Event]) -> None:
        self.closed = True
        content: Any = wire.get("content")
        wires: list[Any] = [{"type": "output_text", "text": content}] if isinstance(content, str) else content or []
        final = message_extra(wire)
        if not self._contents:
            self._extra = final
        for number, each in enumerate(wires):
            if isinstance(each, dict):
                self._close_content(number, cast("Wire", each), events)
        if not self._contents and not wires:
            self.say(self.content(0, Text), "", events)
        if final != self._extra:
            events += [each.event("", each.index, 0, final) for each in self._contents.values()]

    def _close_content(self, number: int, wire: Wire, events: list[Event]) -> None:
        part = decode_content(wire, self._extra)
        if isinstance(part, Opaque):
            events.append(PartAdded(part=part, index=self._allot(Opaque)))
            return
        self.fill(number, wire, events)
        content = self._contents[number]
        rest = decode_annotations(wire.get("annotations"))[content.cited :]
        events += [CitationDelta(citation=citation, index=content.index) for citation in rest]

    def abandon(self, events: list[Event]) -> None:
        """There is nothing to end."""


class StreamedReasoning:
    """The model's thinking: summary and content alike."""

    __slots__ = ("_extra", "_index", "_said", "closed")

    def __init__(self, wire: Wire, allot: Allot) -> None:
        self._index = allot(Reasoning)
        self._extra = extra_of({}, item_header(opened(wire)))
        self._said = False
        self.closed = False

    def start(self, events: list[Event]) -> None:
        """Nothing: it may turn out to be encrypted."""

    def say(self, text: str, events: list[Event]) -> None:
        extra = None if self._said else self._extra
        self._said = True
        events.append(ReasoningDelta(text, self._index, 0, extra))

    def close(self, wire: Wire, events: list[Event]) -> None:
        self.closed = True
        text = reasoning_text(wire)
        if text and not self._said:
            self.say(text, events)
        final = extra_of({}, item_header(wire))
        changed = final if final != self._extra or not self._said else None
        payload = reasoning_payload(wire, text)
        events.append(ReasoningEnd(index=self._index, payload=payload, dialect=NAME, extra=changed))

    def abandon(self, events: list[Event]) -> None:
        events.append(ReasoningEnd(index=self._index))


class StreamedCall:
    """A call of a function, or of a tool that takes free text."""

    __slots__ = ("_index", "_pieces", "_seed", "_started", "_wire", "closed")
    part: ClassVar[type[Part]] = ToolCall

    def __init__(self, wire: Wire, allot: Allot, seed: tuple[Any, ...]) -> None:
        self._index = allot(self.part)
        self._wire = opened(wire)
        self._seed = seed
        self._pieces: list[str] = []
        self._started = False
        self.closed = False

    def start(self, events: list[Event]) -> None:
        """As soon as the name is known."""
        name = self._wire.get("name")
        if self._started or not isinstance(name, str) or not name:
            return
        self._started = True
        extra = call_extra(self._wire, item_header(self._wire))
        id_, free_form = call_id(self._wire, *self._seed), self._wire.get("type") == CUSTOM_CALL
        events.append(ToolCallStart(id=id_, name=name, index=self._index, extra=extra, free_form=free_form))
        events += [ToolCallDelta(arguments=piece, index=self._index) for piece in self._pieces]

    def say(self, text: str, events: list[Event]) -> None:
        self._pieces.append(text)
        if self._started:
            events.append(ToolCallDelta(arguments=text, index=self._index))

    def fill(self, wire: Wire) -> None:
        """The whole arguments, for when the item never closes."""
        self._wire |= {name: value for name, value in wire.items() if name in _GIVEN and value}

    def close(self, wire: Wire, events: list[Event]) -> None:
        self.closed = True
        self._wire |= {name: value for name, value in wire.items() if value or not self._wire.get(name)}
        self.start(events)
        self._end(wire, events)

    def _end(self, wire: Wire, events: list[Event]) -> None:
        given = "input" if self._wire.get("type") == CUSTOM_CALL else "arguments"
        if not self._wire.get(given):
            self._wire[given] = "".join(self._pieces)
        call = decode_call(self._wire, item_header(self._wire), *self._seed)
        if call is None:
            events.append(PartAdded(part=Opaque(dialect=NAME, payload=wire), index=self._index))
        else:
            events.append(ToolCallEnd(call=call, index=self._index))

    def abandon(self, events: list[Event]) -> None:
        self.close({}, events)


class StreamedProviderCall(StreamedCall):
    """A call that the provider runs itself: it comes whole, and nobody is asked to run it."""

    __slots__ = ()
    part = Opaque

    def start(self, events: list[Event]) -> None:
        """Nothing, as for all that comes whole."""

    def _end(self, wire: Wire, events: list[Event]) -> None:  # noqa: ARG002  # what it says has joined the rest
        item = {"input": "".join(self._pieces), **self._wire}
        events.append(PartAdded(part=provider_call(item), index=self._index))


_GIVEN: Final = frozenset({"name", "arguments", "input"})


class StreamedOther:
    """What comes whole, such as the work of OpenAI's own tools. Its progress says nothing of the answer.

    Its place is kept from the first: what runs side by side is told late, some of it only by the last event.
    """

    __slots__ = ("_index", "closed")

    def __init__(self, allot: Allot) -> None:
        self._index = allot(Opaque)
        self.closed = False

    def start(self, events: list[Event]) -> None:
        """Nothing: it comes whole."""

    def close(self, wire: Wire, events: list[Event]) -> None:
        self.closed = True
        events += [PartAdded(part=part, index=self._index) for part in decode_item(wire)]

    def abandon(self, events: list[Event]) -> None:
        """What never came is not there."""


StreamedItem: TypeAlias = StreamedMessage | StreamedReasoning | StreamedCall | StreamedOther


def open_item(wire: Wire, allot: Allot, seed: tuple[Any, ...], tools: Any = None) -> StreamedItem:
    """`tools` are those that the response repeats."""
    kind = wire.get("type")
    if runs_at_provider(wire, tools):
        return StreamedProviderCall(wire, allot, seed)
    if kind == "message":
        return StreamedMessage(wire, allot)
    if kind == "reasoning":
        return StreamedReasoning(wire, allot)
    return StreamedCall(wire, allot, seed) if kind in CALLS else StreamedOther(allot)
