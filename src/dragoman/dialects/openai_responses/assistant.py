"""The assistant's turns of a conversation, both ways: one turn is a run of items.

A text or refusal spells the fields of the message item it stands in (`HEADER`): neighbours with the same ones share an
item.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.checks import object_of, text_in
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_responses.annotations import decode_annotations, encode_annotations
from dragoman.dialects.openai_responses.calls import CALLS, call_item, decode_call
from dragoman.dialects.openai_responses.extras import (
    HEADER,
    extra_of,
    is_ours,
    lose_mark,
    restore,
    spelling_of,
    unknown,
)
from dragoman.dialects.openai_responses.images import IMAGE_CALL, decode_image, image_item
from dragoman.dialects.openai_responses.reasoning import decode_reasoning, encode_reasoning
from dragoman.dialects.openai_responses.server_items import opaque_item
from dragoman.dialects.openai_responses.wire import NAME, MessageItem, OutputRefusal, OutputText, fields_of
from dragoman.messages import Extra, Image, JsonObject, Opaque, Part, Reasoning, Refusal, Text, ToolCall

# ---------------------------------------------------------------------- encode


class Turn:
    """An assistant's turn as it is written."""

    __slots__ = ("_content", "_header", "_losses", "items")

    def __init__(self, losses: Losses) -> None:
        self.items: list[Wire] = []
        self._losses = losses
        self._header: JsonObject = {}
        self._content: list[Wire] = []

    def add(self, part: Part) -> None:
        header = header_of(part.extra)
        if isinstance(part, Text | Refusal) or (isinstance(part, Opaque) and header is not None):
            self._add_content(part, header or {})
            return
        item = self._item(part)
        if item is not None:
            self.flush()
            self.items.append(item)

    def _item(self, part: Part) -> Wire | None:
        match part:
            case ToolCall():
                return call_item(part, {}, self._losses)
            case Reasoning():
                return encode_reasoning(part, self._losses)
            case Image() if spelling_of(part.extra).get("type") == IMAGE_CALL:
                return image_item(part, {}, self._losses)
            case Opaque() if part.dialect == NAME:
                return dict(part.payload)
            case Opaque():
                self._losses.dropped("", f"only `{part.dialect}` knows it")
            case _:
                self._losses.dropped("", f"an assistant's turn has no place for a {type(part).__name__}")
        return None

    def _add_content(self, part: Text | Refusal | Opaque, header: JsonObject) -> None:
        if self._content and header != self._header:
            self.flush()
        self._header = header
        self._content.append(encode_content(part, self._losses))

    def flush(self) -> None:
        """Write the open message: one that has no header and nothing but text as a string."""
        if not self._content:
            return
        content: Any = self._content
        if not self._header and all(map(_is_plain_text, self._content)):
            content = "".join([part["text"] for part in self._content])
        self.items.append({**self._header, "role": "assistant", "content": self._header.get("content", content)})
        self._content = []


def header_of(extra: Extra | None) -> JsonObject | None:
    """The fields of the message item that the part stood in, or `None` when it did not come from this dialect."""
    if extra is None or not is_ours(extra):
        return None
    spelled: JsonObject | None = extra.spelling.get(HEADER)
    return spelled if spelled is None else {**spelled, **extra.fields.get(HEADER, {})}


def _is_plain_text(part: Wire) -> bool:
    return part.get("type") == "output_text" and len(part) == 3 and not part["annotations"]


def encode_content(part: Text | Refusal | Opaque, losses: Losses) -> Wire:
    match part:
        case Text():
            wire: Wire = {"type": "output_text", "text": part.text}
            wire["annotations"] = encode_annotations(part.citations, losses)
        case Refusal():
            wire = {"type": "refusal", "refusal": part.text}
        case Opaque():
            wire = dict(part.payload)
    lose_mark(part.cache, part.extra, losses)
    restore(wire, part.extra, losses, but=HEADER)
    return wire


# ---------------------------------------------------------------------- decode

_MESSAGE: Final = fields_of(MessageItem)
_TEXT: Final = fields_of(OutputText)
_REFUSAL: Final = fields_of(OutputRefusal)
_IN_HEADER: Final = ("type", "id", "status", "phase")
_SPELLED: Final = ("id", "status")


def decode_item(item: Wire, where: str) -> Part:
    """What an item that is no message says in an assistant's turn."""
    header = {name: item[name] for name in _SPELLED if name in item}
    kind = item.get("type")
    if kind == "reasoning":
        return decode_reasoning(item, header)
    if kind in CALLS:
        text_in(item, "call_id", where)
        call = decode_call(item, header)
        if call is None:
            raise rejected(f"{where}.name", "the name of a tool is needed here")
        return call
    image = decode_image(item, header) if kind == IMAGE_CALL else None
    return image or opaque_item(item)


def decode_message(item: Wire, where: str) -> list[Part]:
    """The parts of a message of the assistant."""
    header = {name: item[name] for name in _IN_HEADER if name in item}
    rest = unknown(item, _MESSAGE)
    fields: Wire = {HEADER: rest} if rest else {}
    spelling: Wire = {HEADER: header} if header or rest else {}
    content = item.get("content")
    if isinstance(content, str):
        return [Text(content, extra=extra_of(fields, spelling))]
    if not isinstance(content, list):
        raise rejected(f"{where}.content", "text or a list of parts is needed here")
    wires = cast("list[Any]", content)
    if not wires:
        spelling[HEADER] = {**header, "content": []}
        return [Text("", extra=extra_of(fields, spelling))]
    where = f"{where}.content"
    return [_decode_content(wire, f"{where}[{n}]", fields, spelling) for n, wire in enumerate(wires)]


def _decode_content(value: Any, where: str, fields: Wire, spelling: Wire) -> Part:
    wire = object_of(value, where)
    match wire.get("type"):
        case "output_text" | "input_text" | "text":
            logprobs = {"logprobs": wire["logprobs"]} if "logprobs" in wire else {}
            extra = extra_of({**unknown(wire, _TEXT), **fields}, {**spelling, **logprobs})
            text = text_in(wire, "text", where)
            return Text(text, tuple(decode_annotations(wire.get("annotations"))), extra=extra)
        case "refusal":
            extra = extra_of({**unknown(wire, _REFUSAL), **fields}, spelling)
            return Refusal(text_in(wire, "refusal", where), extra=extra)
        case _:
            return Opaque(dialect=NAME, payload=wire, extra=extra_of(fields, {HEADER: {}, **spelling}))
