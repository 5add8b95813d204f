"""A streamed answer, read: events of the wire in, ours out.

Three events can end a stream, and each holds the whole answer again: what did not come before is taken from there.
Events that are not named here say how OpenAI's own tools get on, or will be invented tomorrow: they are passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.annotations import decode_logprobs
from dragoman.dialects.openai_chat.response import response_id, service_tier
from dragoman.dialects.openai_responses.calls import CUSTOM_CALL, FUNCTION_CALL
from dragoman.dialects.openai_responses.errors import error_in_stream, failed, failure
from dragoman.dialects.openai_responses.finish import finish_reason, raw_reason
from dragoman.dialects.openai_responses.response import created_at, logprobs_in, output_items
from dragoman.dialects.openai_responses.stream_items import (
    Allotted,
    StreamedCall,
    StreamedItem,
    StreamedMessage,
    StreamedReasoning,
    open_item,
)
from dragoman.dialects.openai_responses.usage import decode_usage
from dragoman.dialects.openai_responses.wire import NAME
from dragoman.errors import DecodeError, ProviderError, StreamInterrupted
from dragoman.messages import (
    Event,
    Finish,
    LogprobsDelta,
    Part,
    Refusal,
    ResponseStart,
    Text,
    UsageUpdate,
    decode_json,
)

_DONE: Final = b"[DONE]"
Item = TypeVar("Item", StreamedMessage, StreamedReasoning, StreamedCall)


class ResponsesStreamDecoder:
    """Reads one stream. Frames after its end are ignored."""

    __slots__ = (
        "_ended",
        "_failure",
        "_id",
        "_items",
        "_last",
        "_parts",
        "_places",
        "_started",
        "_tokens",
        "_tools",
    )

    def __init__(self) -> None:
        self._items: dict[int, StreamedItem] = {}  # by the place in the output
        self._places: dict[str, int] = {}  # of an item, by its id
        self._last = 0  # the place of the newest item
        self._parts = Allotted()
        self._tokens = 0  # how many log probabilities were told
        self._id: str | None = None
        self._tools: Any = None  # as the response repeats them
        self._started = False
        self._ended = False
        self._failure: ProviderError | None = None

    def feed(self, name: str, data: bytes) -> list[Event]:
        if self._failure is not None:
            raise self._failure
        events: list[Event] = []
        if self._ended or data.startswith(_DONE):  # some send it after the last event, though none is asked for
            return events
        wire = _decode_event(data)
        read = self._READ.get(wire.get("type") or name)
        if read is not None:
            read(self, wire, events)
        elif wire.get("error"):
            self._fail(error_in_stream(wire), events)
        return events

    def finish(self) -> list[Event]:
        if self._failure is not None:
            raise self._failure
        if not self._ended:
            raise StreamInterrupted("the stream ended before `response.completed`")
        return []

    # ------------------------------------------------------------------ the response

    def _begin(self, event: Wire, events: list[Event]) -> None:
        response = event.get("response")
        if not self._started and isinstance(response, dict):
            self._start(cast("Wire", response), events)

    def _start(self, response: Wire, events: list[Event]) -> None:
        self._started = True
        self._tools = response.get("tools")
        self._id, model = response_id(response), response.get("model")
        model = model if isinstance(model, str) and model else None
        events.append(ResponseStart(id=self._id, model=model, created_at=created_at(response), dialect=NAME))

    def _end(self, event: Wire, events: list[Event]) -> None:
        response = event.get("response")
        body = cast("Wire", response) if isinstance(response, dict) else event
        if not self._started:
            self._start(body, events)
        self._take_the_rest(output_items(body), events)
        usage = decode_usage(body)
        if usage is not None:
            events.append(UsageUpdate(usage=usage))
        if failed(body) or event.get("type") == _FAILED:
            self._fail(failure(body), events)
        else:
            self._finish({"status": _STATUSES.get(event.get("type", "")), **body}, events)

    def _take_the_rest(self, items: list[Wire], events: list[Event]) -> None:
        """What the last event has and no event before: all items, the end of one, log probabilities."""
        if not self._items:
            for place, item in enumerate(items):
                self._open(place, item).close(item, events)
        for place, streamed in self._items.items():
            if not streamed.closed:
                final = items[place] if place < len(items) else None
                if final is None or type(open_item(final, _no_place, (), self._tools)) is not type(streamed):
                    streamed.abandon(events)
                else:
                    streamed.close(final, events)
        tokens = logprobs_in(items)[self._tokens :]
        if tokens:
            events.append(LogprobsDelta(tokens=tokens))

    def _finish(self, body: Wire, events: list[Event]) -> None:
        self._ended = True
        reason = finish_reason(body, self._parts.kinds)
        events.append(Finish(finish_reason=reason, raw_finish_reason=raw_reason(body), service_tier=service_tier(body)))

    def _error(self, event: Wire, events: list[Event]) -> None:
        self._fail(error_in_stream(event), events)

    def _fail(self, error: ProviderError, events: list[Event]) -> None:
        """Raise the error; when the frame told something too, with the next frame or the end."""
        self._failure = error
        if not events:
            raise error

    # ------------------------------------------------------------------ items

    def _open(self, place: int, wire: Wire) -> StreamedItem:
        item = self._items[place] = open_item(wire, self._parts.allot, (self._id, place), self._tools)
        self._last = place
        id_ = wire.get("id")
        if isinstance(id_, str):
            self._places[id_] = place
        return item

    def _place(self, event: Wire, item_id: Any) -> int:
        """Where an item stands; the first versions of llama.cpp number nothing."""
        place = event.get("output_index")
        return place if type(place) is int else self._places.get(item_id, self._last)

    def _added(self, event: Wire, events: list[Event]) -> None:
        wire = _object(event, "item")
        place = event.get("output_index")
        self._open(place if type(place) is int else len(self._items), wire).start(events)

    def _done(self, event: Wire, events: list[Event]) -> None:
        wire = _object(event, "item")
        place = self._place(event, wire.get("id"))
        item = self._items.get(place)
        if item is None:
            item = self._open(place, wire)
        if not item.closed:
            item.close(wire, events)

    def _item(self, event: Wire, kind: type[Item], word: str) -> Item:
        """The item that an event adds to; one that was never announced is opened now."""
        place = self._place(event, event.get("item_id"))
        item = self._items.get(place)
        if isinstance(item, kind):
            return item
        return cast("Item", self._open(place, {"type": word, "id": event.get("item_id")}))

    # ------------------------------------------------------------------ content

    def _text(self, event: Wire, events: list[Event]) -> None:
        message = self._item(event, StreamedMessage, "message")
        message.say(message.content(event.get("content_index", 0), Text), _delta(event), events)
        logprobs = event.get("logprobs")
        if logprobs:
            tokens = decode_logprobs({"content": logprobs})
            self._tokens += len(tokens)
            events.append(LogprobsDelta(tokens=tokens))

    def _refusal(self, event: Wire, events: list[Event]) -> None:
        message = self._item(event, StreamedMessage, "message")
        message.say(message.content(event.get("content_index", 0), Refusal), _delta(event), events)

    def _text_done(self, event: Wire, events: list[Event]) -> None:
        message = self._item(event, StreamedMessage, "message")
        message.fill(event.get("content_index", 0), {**event, "type": "output_text"}, events)

    def _refusal_done(self, event: Wire, events: list[Event]) -> None:
        message = self._item(event, StreamedMessage, "message")
        message.fill(event.get("content_index", 0), {**event, "type": "refusal"}, events)

    def _annotation(self, event: Wire, events: list[Event]) -> None:
        message = self._item(event, StreamedMessage, "message")
        message.cite(event.get("content_index", 0), _object(event, "annotation"), events)

    def _reasoning(self, event: Wire, events: list[Event]) -> None:
        self._item(event, StreamedReasoning, "reasoning").say(_delta(event), events)

    def _arguments(self, event: Wire, events: list[Event]) -> None:
        self._item(event, StreamedCall, FUNCTION_CALL).say(_delta(event), events)

    def _input(self, event: Wire, events: list[Event]) -> None:
        self._item(event, StreamedCall, CUSTOM_CALL).say(_delta(event), events)

    def _arguments_done(self, event: Wire, _: list[Event]) -> None:
        self._item(event, StreamedCall, FUNCTION_CALL).fill(event)

    def _input_done(self, event: Wire, _: list[Event]) -> None:
        self._item(event, StreamedCall, CUSTOM_CALL).fill(event)

    _READ: ClassVar[dict[str, Callable[[ResponsesStreamDecoder, Wire, list[Event]], None]]] = {
        "response.output_text.delta": _text,
        "response.output_text.done": _text_done,
        "response.output_text.annotation.added": _annotation,
        "response.refusal.delta": _refusal,
        "response.refusal.done": _refusal_done,
        "response.reasoning_summary_text.delta": _reasoning,
        "response.reasoning_text.delta": _reasoning,
        "response.function_call_arguments.delta": _arguments,
        "response.function_call_arguments.done": _arguments_done,
        "response.custom_tool_call_input.delta": _input,
        "response.custom_tool_call_input.done": _input_done,
        "response.output_item.added": _added,
        "response.output_item.done": _done,
        "response.created": _begin,
        "response.queued": _begin,
        "response.in_progress": _begin,
        "response.completed": _end,
        "response.incomplete": _end,
        "response.cancelled": _end,
        "response.failed": _end,
        "error": _error,
    }


_FAILED: Final = "response.failed"
_STATUSES: Final = {f"response.{status}": status for status in ("completed", "incomplete", "cancelled", "failed")}


def _no_place(_: type[Part]) -> int:
    """For an item of which only the kind is wanted."""
    return 0


def _decode_event(data: bytes) -> Wire:
    try:
        event = decode_json(data)
    except ValueError as error:
        raise DecodeError(f"an event of the stream is not JSON: {error}", data=data) from None
    if not isinstance(event, dict):
        raise DecodeError("an event of the stream is no object", data=data)
    return cast("Wire", event)


def _object(event: Wire, name: str) -> Wire:
    value = event.get(name)
    if not isinstance(value, dict):
        raise DecodeError(f"`{event.get('type')}` lacks `{name}`")
    return cast("Wire", value)


def _delta(event: Wire) -> str:
    delta = event.get("delta")
    return delta if isinstance(delta, str) else ""
