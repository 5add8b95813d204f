"""The items of a stream as they are written: each gives the events that open it, grow it and close it.

The item itself is what the last event of the stream holds; it is completed in place.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_responses.calls import CUSTOM_CALL, call_item, call_words
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.reasoning import encode_answer_reasoning
from dragoman.messages import Extra, JsonObject, Reasoning, ToolCall

Events: TypeAlias = list[tuple[str, Wire]]

_IN_PROGRESS: Final = "in_progress"


def added(item: Wire, place: int) -> tuple[str, Wire]:
    return "response.output_item.added", {"output_index": place, "item": item}


def done(item: Wire, place: int) -> tuple[str, Wire]:
    return "response.output_item.done", {"output_index": place, "item": item}


class MessageHead:
    """What a message says of itself. `fields` are those that its texts spell of it."""

    __slots__ = ("fields", "item")

    def __init__(self, item: Wire, fields: JsonObject) -> None:
        self.item = item
        self.fields = fields

    def correct(self, fields: JsonObject | None) -> None:
        """What the end tells of the message, when the beginning did not know it."""
        if fields is not None:
            self.fields = fields
            self.item |= {name: value for name, value in fields.items() if name != "content"}


class Content:
    """A part of a message: a text, a refusal, or what came whole."""

    __slots__ = ("_pieces", "_place", "_said", "head", "is_open", "kind", "wire")

    def __init__(self, head: MessageHead, wire: Wire, at: Wire) -> None:
        self.head = head
        self.wire = wire
        self.kind: str = wire["type"]
        self.is_open = True
        self._said = "refusal" if self.kind == "refusal" else "text"
        self._pieces: list[str] = []
        self._place = at

    def open(self) -> Events:
        return [("response.content_part.added", {**self._place, "part": dict(self.wire)})]

    def say(self, text: str) -> tuple[str, Wire]:
        self._pieces.append(text)
        return self.delta(text)

    def more(self, texts: list[str]) -> None:
        """They have been said."""
        self._pieces += texts

    def delta(self, text: str) -> tuple[str, Wire]:
        if self.kind == "refusal":
            return "response.refusal.delta", {**self._place, "delta": text}
        return "response.output_text.delta", {**self._place, "delta": text, "logprobs": []}

    def weigh(self, logprobs: list[Wire]) -> tuple[str, Wire]:
        """Log probabilities of what was said before."""
        self.wire["logprobs"] = [*self.wire.get("logprobs", ()), *logprobs]
        return "response.output_text.delta", {**self._place, "delta": "", "logprobs": logprobs}

    def cite(self, annotation: Wire) -> tuple[str, Wire]:
        annotations = self.wire["annotations"]
        annotations.append(annotation)
        fields: Wire = {"annotation_index": len(annotations) - 1, "annotation": annotation}
        return "response.output_text.annotation.added", {**self._place, **fields}

    def close(self) -> Events:
        self.is_open = False
        part_done = ("response.content_part.done", {**self._place, "part": self.wire})
        if self._said not in self.wire or self.kind not in _TOLD:
            return [part_done]
        text = self.wire[self._said] = "".join(self._pieces)
        fields: Wire = {**self._place, self._said: text}
        if self.kind == "output_text":
            fields["logprobs"] = self.wire.get("logprobs", [])
        return [(_TOLD[self.kind], fields), part_done]


_TOLD: Final = {"output_text": "response.output_text.done", "refusal": "response.refusal.done"}


class WrittenMessage:
    """A message of the model."""

    __slots__ = ("_at", "_item", "_place", "content", "head")

    def __init__(self, item: Wire, place: int, header: JsonObject) -> None:
        self._item = item
        self._place = place
        self.head = MessageHead(item, header)
        self._at: Wire = {"item_id": item["id"], "output_index": place}
        self.content: Content | None = None  # the open one

    def open(self) -> Events:
        return [added({**self._item, "status": _IN_PROGRESS, "content": []}, self._place)]

    def add(self, wire: Wire) -> tuple[Content, Events]:
        """A message that came without content stays so."""
        closing = self.content.close() if self.content is not None else []
        content = self.content = Content(self.head, wire, {**self._at, "content_index": len(self._item["content"])})
        if "content" in self.head.fields:
            return content, closing
        self._item["content"].append(wire)
        return content, [*closing, *content.open()]

    def close(self) -> Events:
        content, self.content = self.content, None
        closing = content.close() if content is not None else []
        return [*(closing if self._item["content"] else ()), done(self._item, self._place)]


class WrittenReasoning:
    """Thinking, shown as a summary while it comes; how it ends says what it really was."""

    __slots__ = ("_at", "_pieces", "_place", "closed", "extra", "item")

    def __init__(self, id_: str, place: int, extra: Extra | None) -> None:
        self.item: Wire = {"type": "reasoning", "id": id_, "summary": []}
        self.extra = extra
        self.closed = False
        self._place = place
        self._at: Wire = {"item_id": id_, "output_index": place, "summary_index": 0}
        self._pieces: list[str] = []

    def open(self) -> Events:
        return [added(dict(self.item), self._place)]

    def say(self, text: str) -> Events:
        begin: Events = []
        if not self._pieces:
            begin = [("response.reasoning_summary_part.added", {**self._at, "part": _summary("")})]
        self._pieces.append(text)
        return [*begin, ("response.reasoning_summary_text.delta", {**self._at, "delta": text})]

    def close(self, payload: JsonObject | None, dialect: str | None, losses: Losses) -> Events:
        self.closed = True
        text = "".join(self._pieces)
        part = Reasoning(text, payload=payload, dialect=dialect, extra=self.extra)
        self.item |= encode_answer_reasoning(part, {"id": self.item["id"]}, losses)
        events: Events = []
        if self._pieces:
            events = [
                ("response.reasoning_summary_text.done", {**self._at, "text": text}),
                ("response.reasoning_summary_part.done", {**self._at, "part": _summary(text)}),
            ]
        return [*events, done(self.item, self._place)]


def _summary(text: str) -> Wire:
    return {"type": "summary_text", "text": text}


class WrittenCall:
    """A call: of a function, or of a tool that takes free text."""

    __slots__ = ("_at", "_call", "_header", "_place", "_said", "closed", "item")

    def __init__(self, call: ToolCall, place: int, output: Output) -> None:
        kind = call_words(call)[0]
        self._call = call
        self._place = place
        self._header = output.header(kind, call.extra)
        self._at: Wire = {"item_id": self._header["id"], "output_index": place}
        self._said: list[str] = []
        self.closed = False
        self.item: Wire = {"type": kind, **self._header, "call_id": call.id, "name": call.name}

    def open(self) -> Events:
        _, given, _ = call_words(self._call)
        return [added({**self.item, "status": _IN_PROGRESS, given: ""}, self._place)]

    def say(self, text: str) -> tuple[str, Wire]:
        self._said.append(text)
        free_form = self.item["type"] == CUSTOM_CALL
        kind = "response.custom_tool_call_input" if free_form else "response.function_call_arguments"
        return f"{kind}.delta", {**self._at, "delta": text}

    def close(self, call: ToolCall, losses: Losses) -> Events:
        """What no delta has said is said now."""
        self.closed = True
        kind, given, text = call_words(call)
        rest = [] if self._said or not text else [self.say(text)]
        self.item |= call_item(call, self._header, losses)
        word = "response.custom_tool_call_input" if kind == CUSTOM_CALL else "response.function_call_arguments"
        fields = {**self._at, given: text, "name": call.name}
        return [*rest, (f"{word}.done", fields), done(self.item, self._place)]

    def so_far(self) -> ToolCall:
        """The call when its end never came."""
        text, call = "".join(self._said), self._call
        if call.text is not None:
            return ToolCall(id=call.id, name=call.name, text=text, complete=False, extra=call.extra)
        return ToolCall(id=call.id, name=call.name, arguments_json=text, complete=False, extra=call.extra)
