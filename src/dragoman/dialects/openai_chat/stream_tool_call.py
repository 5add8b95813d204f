"""The tool calls of a streamed answer.

Their pieces are joined by `index`; where hosts send none, by id; a piece with neither goes on with the last call,
unless it names a tool: then it is a whole call of its own (Google, Ollama).
"""

from __future__ import annotations

from typing import Any, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import extra_of
from dragoman.dialects.openai_chat.tool_calls import arguments_text, legacy_id, made_up_id, unknown_in
from dragoman.errors import DecodeError
from dragoman.messages import Event, ToolCall, ToolCallDelta, ToolCallEnd, ToolCallStart, encode_json


class _Call:
    """A call under way. It starts for the reader when its name is known."""

    __slots__ = ("extra", "id", "is_custom", "is_open", "name", "pieces", "place", "sent")

    def __init__(self, id_: str, place: int) -> None:
        self.id = id_
        self.place = place
        self.name = ""
        self.pieces: list[str] = []
        self.sent = 0
        self.is_custom = False
        self.is_open = True
        self.extra: Wire = {}

    def whole(self) -> ToolCall:
        text = "".join(self.pieces)
        extra = extra_of(self.extra)
        if self.is_custom:
            return ToolCall(id=self.id, name=self.name, text=text, extra=extra)
        return ToolCall(id=self.id, name=self.name, arguments_json=arguments_text(text), extra=extra)


class Places:
    """The places of a choice's parts, given out in order."""

    __slots__ = ("taken",)

    def __init__(self) -> None:
        self.taken = 0

    def take(self) -> int:
        place = self.taken
        self.taken += 1
        return place


class StreamedCalls:
    """The calls of one choice, which take their `places` among its parts."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_choice", "_places", "_seed")

    def __init__(self, choice: int, seed: tuple[Any, ...], places: Places) -> None:
        self._choice = choice
        self._seed = seed
        self._places = places
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}

    def any(self) -> bool:
        return bool(self._calls)

    def read(self, value: Any, events: list[Event]) -> None:
        """Read `tool_calls` of a delta."""
        for entry in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if not isinstance(entry, dict):
                raise DecodeError("a tool call in the stream is no object", data=encode_json(value))
            self._read_entry(cast("Wire", entry), events)

    def read_legacy(self, value: Any, events: list[Event]) -> None:
        """Read `function_call` of a delta: there is only one, without id or index."""
        if not isinstance(value, dict):
            return
        function = cast("Wire", value)
        name = _name(function)
        call = self._calls[0] if self._calls else None
        if call is None:
            if not name:  # Snowflake's empty one
                return
            call = self._add(legacy_id(*self._seed, name))
        self._grow(call, name, function.get("arguments"), events)

    def close(self, events: list[Event]) -> None:
        """End the calls that are still open."""
        for call in self._calls:
            if call.is_open:
                call.is_open = False
                if not call.name:
                    self._start(call, events)
                events.append(ToolCallEnd(call=call.whole(), index=call.place, choice=self._choice))

    def _read_entry(self, entry: Wire, events: list[Event]) -> None:
        body = entry.get("function")
        is_custom = body is None and "custom" in entry
        if is_custom:
            body = entry["custom"]
        function = cast("Wire", body) if isinstance(body, dict) else {}
        name = _name(function)
        call = self._find(entry, name) or self._add_entry(entry)
        call.is_custom = call.is_custom or is_custom
        if function is body and len(entry) > 2:
            call.extra |= unknown_in(entry)
        self._grow(call, name, function.get("input" if is_custom else "arguments"), events)

    def _find(self, entry: Wire, name: str) -> _Call | None:
        """The call that `entry` goes on with, or `None` for a new one."""
        index, id_ = entry.get("index"), str(entry.get("id") or "")
        if isinstance(index, int):
            call = self._by_index.get(index)
            is_other = call is not None and id_ and name and call.id in self._by_id and id_ != call.id
            return None if is_other else call  # some number every call 0
        if id_:
            return self._by_id.get(id_)
        return None if name or not self._calls else self._calls[-1]

    def _add_entry(self, entry: Wire) -> _Call:
        index, id_ = entry.get("index"), str(entry.get("id") or "")
        call = self._add(id_ or made_up_id(*self._seed, len(self._calls)))
        if id_:
            self._by_id[call.id] = call
        if isinstance(index, int):
            self._by_index[index] = call
        return call

    def _add(self, id_: str) -> _Call:
        call = _Call(id_, self._places.take())
        self._calls.append(call)
        return call

    def _grow(self, call: _Call, name: str, arguments: Any, events: list[Event]) -> None:
        if arguments:
            call.pieces.append(arguments if isinstance(arguments, str) else arguments_text(arguments))
            call.is_open = True
        if name and not call.name:
            call.name = name
            self._start(call, events)
        if call.name and call.sent < len(call.pieces):
            text = "".join(call.pieces[call.sent :])
            call.sent = len(call.pieces)
            events.append(ToolCallDelta(arguments=text, index=call.place, choice=self._choice))

    def _start(self, call: _Call, events: list[Event]) -> None:
        extra = extra_of(call.extra)
        events.append(
            ToolCallStart(
                id=call.id,
                name=call.name,
                index=call.place,
                choice=self._choice,
                extra=extra,
                free_form=call.is_custom,
            )
        )


def _name(function: Wire) -> str:
    name = function.get("name")
    return name if isinstance(name, str) else ""
