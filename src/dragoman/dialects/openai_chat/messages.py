"""Messages of a request, both ways.

Tool results stand in messages of their own here: a turn that holds several becomes several messages. Pictures, sounds
and files in a result go into a user's turn after it, because OpenAI takes only text there; those that came to us in a
result go back into it, because hosts that send them take them. A failed result (`is_error`) has no field: its text is
sent, the mark is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final, cast

from msgspec.structs import replace

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.assistant import Turn, decode_assistant
from dragoman.dialects.openai_chat.checks import text_in
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import (
    Losses,
    decode_mark,
    extra_of,
    is_ours,
    mark_message,
    restore,
    unknown,
)
from dragoman.dialects.openai_chat.parts import decode_parts, encode_part
from dragoman.dialects.openai_chat.tool_calls import is_legacy_id, legacy_id
from dragoman.dialects.openai_chat.turns import NumberedParts, Turns
from dragoman.dialects.openai_chat.wire import NAME, PlainMessage, ToolMessage, fields_of
from dragoman.messages import Audio, Document, Extra, Image, Message, Part, Role, ToolResult, Video

_MEDIA: Final = (Image, Audio, Video, Document)


# ---------------------------------------------------------------------- encode


def encode_messages(messages: Iterable[Message], losses: Losses) -> list[Wire]:
    conversation = _Conversation(losses)
    conversation.write(messages)
    return conversation.wires


class _Conversation(Turns):
    """Messages as they are written."""

    TEXT: ClassVar[str] = "text"
    __slots__ = ("_legacy_names",)

    def __init__(self, losses: Losses) -> None:
        super().__init__(losses)
        self._legacy_names: dict[str, str] = {}

    def _add(self, message: Message) -> None:
        role, content = message.role, message.content
        start = len(self.wires)
        if type(content) is str and role is not Role.TOOL:
            self._append(role.value, content)
        else:
            self._add_parts(message)
        if message.extra is not None or message.cache is not None:
            self._complete(message, self.wires[start:])
        elif len(self.wires) == start and not message.parts:
            self._losses.dropped("", "a tool's turn without a result says nothing")

    def _complete(self, message: Message, wires: list[Wire]) -> None:
        """Write the message's own extras. They need a message to stand in."""
        if not wires:
            self._losses.dropped("", "nothing of this turn could be said")
        for wire in wires:
            restore(wire, message.extra, self._losses)
        if wires:
            mark_message(wires[-1], message.cache, message.extra, self._losses)

    def _encode_part(self, part: Part) -> Wire | None:
        return encode_part(part, self._losses)

    def _add_result(self, result: ToolResult) -> None:
        name = result.name or self._legacy_names.get(result.id)
        id_ = self._losses.variant.call_id(result.id)
        legacy = is_legacy_id(id_) and name is not None
        wire: Wire = {"role": "function"} if legacy else {"role": "tool", "tool_call_id": id_}
        if name is not None:
            wire["name"] = name
        wire["content"] = result.content if isinstance(result.content, str) else self._result_content(result.content)
        if result.is_error:
            self._losses.dropped("is_error", "this dialect does not mark failed results: only their text is sent")
        mark_message(wire, result.cache, result.extra, self._losses)
        restore(wire, result.extra, self._losses)
        self.wires.append(wire)

    def _result_content(self, parts: tuple[Part, ...]) -> str | list[Wire]:
        here, staying = self._losses.at, NumberedParts()
        for number, part in enumerate(parts):
            if not isinstance(part, _MEDIA) or is_ours(part.extra, self._losses):
                staying.append((number, part))
                continue
            self._losses.at = (*here, "content", number)
            self._move(part, "a tool result holds text only: sent in a user's turn after it")
        self._losses.at = here
        return self._encode_parts(staying)

    def _add_assistant(self, message: Message) -> None:
        turn = Turn(self._losses)
        here = self._losses.at
        for number, part in enumerate(message.parts):
            self._losses.at = (*here, "content", number)
            turn.add(part)
        self._losses.at = here
        self._legacy_names |= turn.legacy_names()
        self.wires.append(turn.wire())


# ---------------------------------------------------------------------- decode


def decode_messages(value: Any) -> tuple[Message, ...]:
    """Raises `Rejected` for what is no list of messages."""
    if not isinstance(value, list):
        raise rejected("messages", "a list of messages is needed here")
    legacy_ids: dict[str, str] = {}
    messages: list[Message] = []
    for number, item in enumerate(cast("list[Wire]", value)):
        if type(item) is dict and len(item) == 2:  # as most are: who says it, and what
            role, content = item.get("role"), item.get("content")
            if type(role) is str and type(content) is str and role in _SAYING:
                messages.append(Message(_SAYING[role], content))
                continue
        messages.append(_decode_message(item, number, legacy_ids))
    return tuple(messages)


def _decode_message(value: Any, number: int, legacy_ids: dict[str, str]) -> Message:
    where = f"messages[{number}]"
    if not isinstance(value, dict):
        raise rejected(where, "a message is an object with `role` and `content`")
    wire = cast("Wire", value)
    role = wire.get("role")
    if role == "assistant":
        return decode_assistant(wire, where, number, legacy_ids)
    if role == "tool":
        return _decode_result(wire, where, text_in(wire, "tool_call_id", where))
    if role == "function":
        name = text_in(wire, "name", where)
        return _decode_result(wire, where, legacy_ids.get(name) or legacy_id(name))
    canonical = _PLAIN_ROLES.get(role) if isinstance(role, str) else None
    if canonical is None:
        raise rejected(f"{where}.role", f"{role!r} is none of {', '.join(_ROLES)}")
    return _decode_plain(canonical, wire, where)


_SAYING: Final = {"user": Role.USER, "system": Role.SYSTEM, "assistant": Role.ASSISTANT}
"""Those whose text needs nothing beside."""
_PLAIN_ROLES: Final = {"user": Role.USER, "system": Role.SYSTEM, "developer": Role.SYSTEM}
_ROLES: Final = (*_PLAIN_ROLES, "assistant", "tool", "function")
_PLAIN: Final = fields_of(PlainMessage)
_RESULT: Final = fields_of(ToolMessage)


def _decode_plain(role: Role, wire: Wire, where: str) -> Message:
    if wire.get("content") is None:
        raise rejected(f"{where}.content", "text or a list of parts is needed here")
    content = decode_parts(wire.get("content"), where)
    if len(wire) == 2 and "content" in wire and wire["role"] != "developer":
        return Message(role, content)
    cache, spelling = decode_mark(wire)
    if wire["role"] == "developer":
        spelling["role"] = "developer"
    return Message(role, content, cache=cache, extra=extra_of(unknown(wire, _PLAIN), spelling))


def _decode_result(wire: Wire, where: str, id_: str) -> Message:
    content = decode_parts(wire.get("content"), where)
    if not isinstance(content, str):
        content = tuple([_stay(part) for part in content])
    cache, spelling = decode_mark(wire)
    name = None if wire.get("name") is None else text_in(wire, "name", where)
    extra = extra_of(unknown(wire, _RESULT), spelling)
    return Message(Role.TOOL, (ToolResult(id=id_, content=content, name=name, cache=cache, extra=extra),))


def _stay(part: Part) -> Part:
    """The part of a result, marked to go back into it."""
    return replace(part, extra=Extra(dialect=NAME)) if isinstance(part, _MEDIA) and part.extra is None else part
