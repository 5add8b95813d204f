"""The conversation of a request, both ways: messages on our side, a list of items on the wire.

An assistant's turn is a run of items, a result an item of its own: a turn that holds several becomes several messages.
A result may hold pictures and files. A failed one (`is_error`) has no field: its text is sent, the mark is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.checks import object_of, text_in
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_chat.turns import Turns
from dragoman.dialects.openai_responses.assistant import Turn, decode_item, decode_message
from dragoman.dialects.openai_responses.calls import CUSTOM_CALL, FUNCTION_CALL
from dragoman.dialects.openai_responses.extras import (
    extra_of,
    lose_mark,
    mark_message,
    restore,
    spelling_of,
    unknown,
)
from dragoman.dialects.openai_responses.parts import decode_parts, encode_part
from dragoman.dialects.openai_responses.wire import NAME, MessageItem, ResultItem, fields_of
from dragoman.messages import Extra, Message, Opaque, Part, Role, Text, ToolResult

INSTRUCTIONS: Final = "instructions"
"""The spelling of a system message that stood beside the input. It holds one string, and is not remembered."""

_OUTPUT: Final = "_output"
_RESULTS: Final = {f"{kind}{_OUTPUT}": kind for kind in (FUNCTION_CALL, CUSTOM_CALL)}

# ---------------------------------------------------------------------- encode


def encode_conversation(messages: Iterable[Message], losses: Losses) -> Wire:
    """`input`, and `instructions` where there are any."""
    conversation = _Conversation(losses)
    conversation.write(messages)
    return {**conversation.instructions, "input": conversation.wires}


class _Conversation(Turns):
    """Items as they are written."""

    TEXT: ClassVar[str] = "input_text"
    __slots__ = ("_custom", "_role", "instructions")

    def __init__(self, losses: Losses) -> None:
        super().__init__(losses)
        self.instructions: Wire = {}
        self._role: Role | None = None  # of the turn before
        self._custom: set[str] = set()  # ids of calls of free-form tools

    def _add(self, message: Message) -> None:
        role = message.role
        if self._is_instructions(message):
            self.instructions[INSTRUCTIONS] = message.content
            return
        start = len(self.wires)
        self._add_parts(message)
        self._check_boundary(role, start)
        if message.extra is not None or message.cache is not None:
            self._complete(message, self.wires[start:])
        elif len(self.wires) == start and (role is Role.ASSISTANT or not message.parts):
            self._losses.dropped("", "nothing of this turn could be said")

    def _check_boundary(self, role: Role, start: int) -> None:
        """Two turns of the assistant that touch are one run of items, but for two messages."""
        neighbours = self.wires[max(start - 1, 0) : start + 1]
        if role is self._role is Role.ASSISTANT and not all("role" in item for item in neighbours):
            self._losses.changed("", "the Responses API does not tell this turn from the one before")
        if len(self.wires) > start:
            self._role = role

    def _is_instructions(self, message: Message) -> bool:
        spelled = INSTRUCTIONS in spelling_of(message.extra)
        return spelled and isinstance(message.content, str) and not self.instructions and message.cache is None

    def _complete(self, message: Message, items: list[Wire]) -> None:
        """Write the message's own extras. They need an item to stand in."""
        if not items:
            self._losses.dropped("", "nothing of this turn could be said")
            return
        for item in items[:1]:
            restore(item, message.extra, self._losses, but=INSTRUCTIONS)
        if "content" in items[-1] and message.role is not Role.ASSISTANT:
            mark_message(items[-1], message.cache, message.extra, self._losses)
        else:
            lose_mark(message.cache, message.extra, self._losses)

    def _encode_part(self, part: Part) -> Wire | None:
        return encode_part(part, self._losses)

    def _move(self, part: Part, why: str) -> None:
        """OpenAI's own results are items."""
        if isinstance(part, Opaque) and part.dialect == NAME:
            self.wires.append(dict(part.payload))
        else:
            super()._move(part, why)

    def _add_result(self, result: ToolResult) -> None:
        kind = (CUSTOM_CALL if result.id in self._custom else FUNCTION_CALL) + _OUTPUT
        output = result.content if isinstance(result.content, str) else self._output(result)
        item: Wire = {"type": kind, "call_id": result.id, "output": output}
        if result.is_error:
            self._losses.dropped("is_error", "this dialect does not mark failed results: only their text is sent")
        lose_mark(result.cache, result.extra, self._losses)
        restore(item, result.extra, self._losses)
        self.wires.append(item)

    def _output(self, result: ToolResult) -> str | list[Wire]:
        return self._encode_parts(enumerate(cast("tuple[Part, ...]", result.content)))

    def _add_assistant(self, message: Message) -> None:
        if isinstance(message.content, str) or not message.content:
            self.wires.append({"role": "assistant", "content": message.text})
            return
        turn, here = Turn(self._losses), self._losses.at
        for number, part in enumerate(message.parts):
            self._losses.at = (*here, "content", number)
            turn.add(part)
        turn.flush()
        self._losses.at = here
        self._custom.update(call.id for call in message.tool_calls if call.text is not None)
        self.wires += turn.items


# ---------------------------------------------------------------------- decode


def decode_input(value: Any) -> tuple[Message, ...]:
    """The messages in `input`. Raises `Rejected` for what is neither text nor items."""
    if isinstance(value, str):
        return (Message(Role.USER, value),)
    if not isinstance(value, list):
        raise rejected("input", "text or a list of items is needed here")
    items = _Items()
    for number, item in enumerate(cast("list[Any]", value)):
        where = f"input[{number}]"
        items.add(object_of(item, where), where)
    items.flush()
    return tuple(items.messages)


def decode_instructions(text: str) -> Message:
    return Message(Role.SYSTEM, text, extra=Extra(dialect=NAME, spelling={INSTRUCTIONS: True}))


class _Items:
    """Messages as they are read. A run of the assistant's items is one turn, which ends where it speaks again."""

    __slots__ = ("_spoke", "_turn", "messages")

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._turn: list[Part] = []
        self._spoke = False  # the last item of the turn is a message

    def add(self, item: Wire, where: str) -> None:
        kind = item.get("type", "message" if "role" in item else None)
        if kind == "message":
            self._add_message(item, where)
        elif not isinstance(kind, str):
            raise rejected(f"{where}.type", "the type of the item is needed here")
        elif kind in _RESULTS:
            self._add_apart(Message(Role.TOOL, (_decode_result(item, kind, where),)))
        elif kind.endswith(_OUTPUT):
            self._add_apart(Message(Role.TOOL, (Opaque(dialect=NAME, payload=item),)))
        else:
            self._turn.append(decode_item(item, where))
            self._spoke = False

    def _add_message(self, item: Wire, where: str) -> None:
        if item.get("role") != "assistant":
            self._add_apart(_decode_plain(item, where))
            return
        if self._spoke:
            self.flush()
        self._turn += decode_message(item, where)
        self._spoke = True

    def _add_apart(self, message: Message) -> None:
        self.flush()
        self.messages.append(message)

    def flush(self) -> None:
        if self._turn:
            self.messages.append(Message(Role.ASSISTANT, _plain(self._turn)))
            self._turn, self._spoke = [], False


def _plain(parts: list[Part]) -> str | tuple[Part, ...]:
    """One plain text as a string."""
    first = parts[0]
    return first.text if len(parts) == 1 and isinstance(first, Text) and first == Text(first.text) else tuple(parts)


_ROLES: Final = {"user": Role.USER, "system": Role.SYSTEM, "developer": Role.SYSTEM}
_PLAIN: Final = fields_of(MessageItem)
_RESULT: Final = fields_of(ResultItem)
_SPELLED: Final = ("type", "id", "status", "phase")


def _decode_plain(item: Wire, where: str) -> Message:
    """A message of the user or the system."""
    word = item.get("role")
    role = _ROLES.get(word) if isinstance(word, str) else None
    if role is None:
        raise rejected(f"{where}.role", f"{word!r} is none of {', '.join((*_ROLES, 'assistant'))}")
    content = decode_parts(item.get("content"), f"{where}.content")
    if len(item) == 2 and word != "developer":
        return Message(role, content)
    spelling = {name: item[name] for name in _SPELLED if name in item}
    if word == "developer":
        spelling["role"] = word
    return Message(role, content, extra=extra_of(unknown(item, _PLAIN), spelling))


def _decode_result(item: Wire, kind: str, where: str) -> ToolResult:
    spelling = {name: item[name] for name in ("id", "status") if name in item}
    if _RESULTS[kind] == CUSTOM_CALL:
        spelling["type"] = kind
    return ToolResult(
        id=text_in(item, "call_id", where),
        content=decode_parts(item.get("output"), f"{where}.output"),
        extra=extra_of(unknown(item, _RESULT), spelling),
    )
