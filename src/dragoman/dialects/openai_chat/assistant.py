"""The assistant's turns of a conversation, both ways."""

from __future__ import annotations

from typing import Any, Final, cast

from msgspec.structs import replace

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.checks import object_of, text_in
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import (
    Losses,
    decode_mark,
    extra_of,
    is_ours,
    join,
    lose_mark,
    restore,
    unknown,
)
from dragoman.dialects.openai_chat.parts import decode_part, decode_parts, encode_part
from dragoman.dialects.openai_chat.reasoning import TEXT_FIELDS, decode_reasoning, encode_reasoning
from dragoman.dialects.openai_chat.tool_calls import (
    decode_call,
    decode_legacy_call,
    encode_call,
    encode_function_call,
    is_legacy_id,
)
from dragoman.dialects.openai_chat.turns import is_plain
from dragoman.dialects.openai_chat.wire import NAME, AssistantMessage, fields_of
from dragoman.messages import (
    Audio,
    CacheMark,
    Extra,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
)

# ---------------------------------------------------------------------- encode


class Turn:
    """An assistant's message as it is written."""

    __slots__ = ("_calls", "_content", "_entries", "_losses", "_wire")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._wire: Wire = {"role": "assistant", "content": None}
        self._content: list[Wire] = []
        self._calls: list[ToolCall] = []
        self._entries: list[Wire] = []

    def add(self, part: Part) -> None:
        variant = self._losses.variant
        if type(part) in variant.parts:
            self._add_part(part)
            return
        match part:
            case Text() | Refusal(extra=Extra()) | Refusal(cache=CacheMark()):
                self._add_part(part)
            case ToolCall():
                self._calls.append(part)
                self._entries.append(encode_call(part, self._losses))
            case Reasoning():
                self._add_reasoning(part)
            case Refusal():
                join(self._wire, "refusal", part.text)
            case Audio():
                self._add_audio(part)
            case Image() if is_ours(part.extra, self._losses):
                join(self._wire, "images", [encode_part(part, self._losses)])
            case Opaque(payload=payload) if part.dialect == variant.name and "type" not in payload:
                self._add_fields(part)
            case Opaque():
                self._add_part(part)
            case _:
                self._losses.dropped("", f"an assistant's turn has no place for a {type(part).__name__}")

    def _add_part(self, part: Part) -> None:
        wire = encode_part(part, self._losses)
        if wire is not None:
            self._content.append(wire)

    def _add_reasoning(self, part: Reasoning) -> None:
        if encode_reasoning(part, self._wire, self._losses):
            lose_mark(part.cache, part.extra, self._losses)
            restore(self._wire, part.extra, self._losses)

    def _add_fields(self, part: Opaque) -> None:
        for name, value in part.payload.items():
            join(self._wire, name, value)
        lose_mark(part.cache, part.extra, self._losses)
        restore(self._wire, part.extra, self._losses)

    def _add_audio(self, part: Audio) -> None:
        """OpenAI remembers what it has said, by id."""
        if "audio" in self._wire:
            self._losses.dropped("", "a turn holds one sound")
        elif part.id is not None:
            said: Wire = {"id": part.id}
            lose_mark(part.cache, part.extra, self._losses)
            restore(said, part.extra and replace(part.extra, spelling={}), self._losses)
            self._wire["audio"] = said
        elif part.transcript is not None:
            self._content.append({"type": "text", "text": part.transcript})
            self._losses.changed("", "a sound without an id is sent as its transcript")
        else:
            self._losses.dropped("", "an assistant's turn takes sounds by id only")

    def legacy_names(self) -> dict[str, str]:
        return {call.id: call.name for call in self._calls if self._is_legacy(call)}

    def _is_legacy(self, call: ToolCall) -> bool:
        variant = self._losses.variant
        return variant.legacy_calls and is_legacy_id(variant.call_id(call.id))

    def wire(self) -> Wire:
        wire, calls = self._wire, self._calls
        if len(calls) == 1 and self._is_legacy(calls[0]):
            wire["function_call"] = encode_function_call(calls[0])
        elif calls:
            wire["tool_calls"] = self._entries
        if self._content:
            plain = all(is_plain(part, "text") for part in self._content)
            wire["content"] = "".join([part["text"] for part in self._content]) if plain else self._content
        elif wire.keys().isdisjoint(_INSTEAD_OF_CONTENT):
            wire["content"] = ""
        return wire


_INSTEAD_OF_CONTENT: Final = frozenset({"tool_calls", "function_call", "refusal", "audio"})
"""With one of these the content may be null."""


# ---------------------------------------------------------------------- decode

_ASSISTANT: Final = fields_of(AssistantMessage)


def decode_assistant(wire: Wire, where: str, number: int, legacy_ids: dict[str, str]) -> Message:
    content = decode_parts(wire.get("content"), where)
    if len(wire) == 2 and "content" in wire:
        return Message(Role.ASSISTANT, content)
    _check_texts(wire, where)
    parts = [*_decode_beside(wire, where), *_decode_calls(wire, where, number, legacy_ids)]
    reasoning = decode_reasoning(wire, keep_empty=True)
    if reasoning is not None:
        parts.insert(0, reasoning)
    cache, spelling = decode_mark(wire)
    extra = extra_of(unknown(wire, _ASSISTANT), spelling)
    return Message(Role.ASSISTANT, _around(content, parts) if parts else content, cache=cache, extra=extra)


def _around(content: str | tuple[Part, ...], parts: list[Part]) -> tuple[Part, ...]:
    """The content among the other parts: after the reasoning, before the rest."""
    own: tuple[Part, ...] = ((Text(content),) if content else ()) if isinstance(content, str) else content
    first = 1 if isinstance(parts[0], Reasoning) else 0
    return (*parts[:first], *own, *parts[first:])


def _check_texts(wire: Wire, where: str) -> None:
    for name in (*TEXT_FIELDS, "refusal"):
        if wire.get(name) is not None:
            text_in(wire, name, where)


def _decode_beside(wire: Wire, where: str) -> list[Part]:
    """Refusal, pictures and sound, which stand beside the content."""
    parts: list[Part] = [Refusal(wire["refusal"])] if wire.get("refusal") else []
    for place, entry in enumerate(_entries(wire, "images", where)):
        part = decode_part(entry, f"{where}.images[{place}]")
        parts.append(replace(part, extra=part.extra or Extra(dialect=NAME)))
    audio = wire.get("audio")
    if audio is not None:
        parts.append(Audio(id=text_in(object_of(audio, f"{where}.audio"), "id", f"{where}.audio")))
    return parts


def _entries(wire: Wire, name: str, where: str) -> list[Any]:
    entries = wire.get(name)
    if entries is not None and not isinstance(entries, list):
        raise rejected(f"{where}.{name}", "a list is needed here")
    return cast("list[Any]", entries or [])


def _decode_calls(wire: Wire, where: str, number: int, legacy_ids: dict[str, str]) -> list[Part]:
    parts: list[Part] = []
    for place, entry in enumerate(_entries(wire, "tool_calls", where)):
        call = decode_call(entry, where, place, keep_index=True)
        if call is None:
            raise rejected(f"{where}.tool_calls[{place}]", "a tool call has `id` and `function` with `name`")
        parts.append(call)
    function = wire.get("function_call")
    legacy = None if function is None else decode_legacy_call(object_of(function, f"{where}.function_call"), number)
    if legacy is not None:
        legacy_ids[legacy.name] = legacy.id
        parts.append(legacy)
    return parts
