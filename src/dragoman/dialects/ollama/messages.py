"""The conversation, both ways.

A turn here is a string with pictures, thinking and calls beside it. A tool's result is a turn of its own, which names
the tool; new servers also read which call it answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dragoman.dialects.base import Wire, merge_extra, unknown_fields
from dragoman.dialects.checks import objects, optional, rejected, required, wanted
from dragoman.dialects.losses import lose_cache
from dragoman.dialects.ollama.parts import Turn, decode_image
from dragoman.dialects.ollama.tool_calls import decode_calls, is_made_up, made_up_id
from dragoman.dialects.ollama.wire import NAME
from dragoman.dialects.ollama.wire import Message as WireMessage
from dragoman.messages import Content, Image, Loss, Message, Part, Reasoning, Role, Text, ToolCall, ToolResult

# ---------------------------------------------------------------------- encode


def encode_messages(messages: Sequence[Message], losses: list[Loss]) -> list[Wire]:
    names: dict[str, str] = {}  # of the tools, by the ids of the calls so far
    wires: list[Wire] = []
    for number, message in enumerate(messages):
        if message.role is Role.ASSISTANT:
            names.update((call.id, call.name) for call in message.tool_calls)
        wires += _encode_message(message, f"messages[{number}]", names, losses)
    return wires


def _encode_message(message: Message, where: str, names: dict[str, str], losses: list[Loss]) -> list[Wire]:
    """The turns of one message: its results, each by itself, then what else it says."""
    if type(message.content) is str and message.role is not Role.TOOL:
        turns: list[Wire] = [{"role": message.role.value, "content": message.content}]
    else:
        turns = _encode_turns(message, where, names, losses)
    if not turns:
        losses.append(Loss(effect="dropped", where=where, why="a tool's turn without a result says nothing"))
        return turns
    lose_cache(message.cache, where, losses)
    for turn in turns:
        merge_extra(turn, message.extra, NAME, where, losses)
    return turns


def _encode_turns(message: Message, where: str, names: dict[str, str], losses: list[Loss]) -> list[Wire]:
    numbered = list(enumerate(message.parts))
    results = [(number, part) for number, part in numbered if isinstance(part, ToolResult)]
    turns = [_encode_result(part, f"{where}.content[{n}]", names, losses) for n, part in results]
    rest = [(number, part) for number, part in numbered if not isinstance(part, ToolResult)]
    if rest or (not results and message.role is not Role.TOOL):
        role = message.role
        if role is Role.TOOL:
            role, why = Role.USER, "what is no result is sent as the user's"
            losses.append(Loss(effect="changed", where=f"{where}.role", why=why))
        turn = Turn(losses, pictures_first=role is not Role.ASSISTANT)
        turn.add_all(rest, where)
        turns.append(turn.wire(role.value))
    return turns


def _encode_result(part: ToolResult, where: str, names: dict[str, str], losses: list[Loss]) -> Wire:
    turn = Turn(losses, pictures_first=True)
    content = (Text(part.content),) if isinstance(part.content, str) else part.content
    turn.add_all(_given_by_a_tool(content, where, losses), where)
    wire = turn.wire("tool")
    name = part.name or names.get(part.id)
    if name is not None:
        wire["tool_name"] = name
    if not is_made_up(part.id):
        wire["tool_call_id"] = part.id
    if part.is_error:
        why = "failed results are not marked: only their text is sent"
        losses.append(Loss(effect="dropped", where=f"{where}.is_error", why=why))
    lose_cache(part.cache, where, losses)
    merge_extra(wire, part.extra, NAME, where, losses)
    return wire


def _given_by_a_tool(content: tuple[Part, ...], where: str, losses: list[Loss]) -> Iterator[tuple[int, Part]]:
    """Without what only a model gives: nobody looks for it in a turn of a tool."""
    for number, part in enumerate(content):
        if isinstance(part, Reasoning | ToolCall):
            why = "a tool neither thinks nor calls"
            losses.append(Loss(effect="dropped", where=f"{where}.content[{number}]", why=why))
        else:
            yield number, part


# ---------------------------------------------------------------------- decode

_MESSAGE: Final = frozenset(WireMessage.__annotations__)


def decode_messages(wire: Wire) -> tuple[Message, ...]:
    """Raises `Rejected`."""
    waiting: list[ToolCall] = []  # calls that no result has answered yet
    messages: list[Message] = []
    for number, turn in enumerate(objects(wire, "messages")):
        message = _decode_message(turn, number, waiting)
        messages.append(message)
        if message.role is Role.ASSISTANT:
            waiting += message.tool_calls
    return tuple(messages)


def _decode_message(turn: Wire, number: int, waiting: list[ToolCall]) -> Message:
    where = f"messages[{number}]."
    role = required(turn, "role", str, where)
    if role not in _ROLES:
        raise rejected(f"{where}role", f"one of {', '.join(_ROLES)} is needed here")
    text: str = optional(turn, "content", str, where) or ""
    if len(turn) == 2 and "content" in turn and role != "tool":
        return Message(role, text)
    images = _decode_images(turn, where)
    extra = unknown_fields(turn, _MESSAGE, NAME)
    if role == "tool":
        content = (*images, *([Text(text)] if text else [])) if images else text
        return Message(Role.TOOL, (_decode_result(turn, where, content, waiting, number),), extra=extra)
    thinking = optional(turn, "thinking", str, where)
    parts: list[Part] = [Reasoning(thinking, dialect=NAME)] if thinking else []
    parts += [*images, *([Text(text)] if text else []), *decode_calls(turn, where, (number,))]
    plain = parts == [Text(text)] or not parts
    return Message(role, text if plain else tuple(parts), extra=extra)


_ROLES: Final = tuple(role.value for role in Role)


def _decode_images(turn: Wire, where: str) -> list[Image]:
    entries: list[Any] = optional(turn, "images", list, where) or []
    return [decode_image(wanted(entry, str, f"{where}images[{number}]")) for number, entry in enumerate(entries)]


def _decode_result(turn: Wire, where: str, content: Content, waiting: list[ToolCall], number: int) -> ToolResult:
    """The result, for the call it names by id, or for the first unanswered one of its tool."""
    name = optional(turn, "tool_name", str, where)
    id_ = optional(turn, "tool_call_id", str, where)
    call = next((call for call in waiting if call.id == id_ or (not id_ and name in (None, call.name))), None)
    if call is not None:
        waiting.remove(call)
    return ToolResult(id=id_ or (call.id if call else made_up_id(number)), content=content, name=name)
