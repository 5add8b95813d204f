"""Contents and the system instruction.

Canonical system messages stand where the caller put them; here they are hoisted to `systemInstruction`. Results of
tools are a user's turn, all of one answer in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.call_ids import CallIds, call_names
from dragoman.dialects.gemini.checks import check_part, objects, optional, rejected
from dragoman.dialects.gemini.extras import extra_of, restore
from dragoman.dialects.gemini.models import signs_calls
from dragoman.dialects.gemini.parts import Names, decode_parts, encode_parts
from dragoman.messages import Content, Loss, Message, Part, Role, Text, ToolResult

_ROLES: Final = {Role.USER: "user", Role.TOOL: "user", Role.ASSISTANT: "model", Role.SYSTEM: "user"}
_CONTENT: Final = frozenset({"role", "parts"})

UNSIGNED: Final = "skip_thought_signature_validator"
"""What stands in for the signature of a call that another model made, or whose signature is lost: models since
Gemini 3 refuse a turn whose first call has none (ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11-21)."""

# ---------------------------------------------------------------------- canonical to wire


def encode_conversation(messages: Sequence[Message], model: str, wire: Wire, losses: list[Loss]) -> None:
    """Write `systemInstruction` and `contents`."""
    system: Wire | None = None
    contents: list[Wire] = []
    results: Wire | None = None  # the content that further results of tools join
    names, signs = call_names(messages), signs_calls(model)
    for index, message in enumerate(messages):
        if message.role is Role.SYSTEM:
            system = _hoisted(system, message, index, losses, late=bool(contents))
            continue
        content = _encode_content(message, index, losses, names)
        if content is None:
            continue
        if results is not None and message.role is Role.TOOL and content.keys() == _CONTENT:
            results["parts"] += content["parts"]
            continue
        if signs and message.role is Role.ASSISTANT:
            _stand_in_for_signature(content["parts"])
        contents.append(content)
        results = content if message.role is Role.TOOL else None
    if system is not None:
        wire["systemInstruction"] = system
    wire["contents"] = contents


def _encode_content(message: Message, index: int, losses: list[Loss], names: Names) -> Wire | None:
    """The turn on the wire, or `None` when nothing of it can be said."""
    where = f"messages[{index}]"
    content: Wire = {"role": _ROLES[message.role]}
    if isinstance(message.content, str):
        content["parts"] = [{"text": message.content}]
        if message.role is Role.TOOL:
            why = "a tool's turn without the id of the call is sent as a user's text"
            losses.append(Loss(effect="changed", where=f"{where}.role", why=why))
    else:
        content["parts"] = encode_parts(message.content, f"{where}.content", losses, names)
        if not content["parts"] and (message.content or message.role is Role.TOOL):
            losses.append(Loss(effect="dropped", where=where, why="nothing of it can be said in this dialect"))
            return None
    _encode_marks(message, content, where, losses)
    return content


def _encode_marks(message: Message, content: Wire, where: str, losses: list[Loss]) -> None:
    if message.cache is not None:
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why="this dialect marks nothing"))
    if message.extra is not None:
        restore(content, message.extra, where, losses)


def _hoisted(system: Wire | None, message: Message, index: int, losses: list[Loss], *, late: bool) -> Wire:
    """The system instruction with `message` put after what there is."""
    if late:
        why = "system messages are hoisted to the top, before the conversation"
        losses.append(Loss(effect="changed", where=f"messages[{index}]", why=why))
    content = (Text(message.content),) if isinstance(message.content, str) else message.content
    parts = encode_parts(content, f"messages[{index}].content", losses, {})
    hoisted: Wire = {"parts": [*(system or {}).get("parts", ()), *parts]}
    _encode_marks(message, hoisted, f"messages[{index}]", losses)
    return {**(system or {}), **hoisted}


def _stand_in_for_signature(parts: list[Wire]) -> None:
    for part in parts:
        if "functionCall" in part:
            part.setdefault("thoughtSignature", UNSIGNED)
            return


# ---------------------------------------------------------------------- wire to canonical


def decode_conversation(wire: Wire, model: str) -> tuple[Message, ...]:
    """The messages, the system instruction first. Raises `Rejected`."""
    value = wire.get("contents")
    contents = objects([] if value is None else value, "contents")
    if not contents:
        raise rejected("contents", "it is not specified")
    ids, signs = CallIds(), signs_calls(model)
    turns = [_decode_content(content, index, ids, signs=signs) for index, content in enumerate(contents)]
    return (*_decode_system(wire.get("systemInstruction")), *turns)


def _decode_system(system: Any) -> tuple[Message, ...]:
    if system is None:
        return ()
    if isinstance(system, str):
        return (Message(Role.SYSTEM, system),)
    contents = objects(system, "systemInstruction")
    if not contents:
        raise rejected("systemInstruction", "it is empty")
    content: Wire = contents[0]
    parts = _parts_in(content, "systemInstruction")
    rest = {name: value for name, value in content.items() if name not in _CONTENT}
    spelling = {"role": content["role"]} if content.get("role") is not None else None
    return (Message(Role.SYSTEM, _text_or(decode_parts(parts, CallIds())), extra=extra_of(rest, spelling)),)


_SPEAKERS: Final = {
    "user": Role.USER,
    "model": Role.ASSISTANT,
    "assistant": Role.ASSISTANT,
    "function": Role.TOOL,
    "tool": Role.TOOL,
    "": Role.USER,
}


def _decode_content(content: Wire, index: int, ids: CallIds, *, signs: bool) -> Message:
    where = f"contents[{index}]"
    name: str = optional(content, "role", str, f"{where}.") or ""
    role = _SPEAKERS.get(name)
    if role is None:
        raise rejected(f"{where}.role", "Please use a valid role: user, model.")
    wires = _parts_in(content, where)
    if signs and role is Role.ASSISTANT:
        wires = [_without_stand_in(wire) for wire in wires]
    parts = decode_parts(wires, ids)
    if role is Role.USER and parts and all(isinstance(part, ToolResult) for part in parts):
        role = Role.TOOL
    rest = {field: value for field, value in content.items() if field not in _CONTENT}
    spelling = {"role": name} if name and name != _ROLES[role] else None
    return Message(role, _text_or(parts), extra=extra_of(rest, spelling) if rest or spelling else None)


def _parts_in(content: Wire, where: str) -> list[Wire]:
    parts = objects(content.get("parts") or [], f"{where}.parts")
    for number, part in enumerate(parts):
        if len(part) != 1 or type(part.get("text")) is not str:
            check_part(part, f"{where}.parts[{number}].")
    return parts


def _without_stand_in(wire: Wire) -> Wire:
    if wire.get("thoughtSignature") != UNSIGNED:
        return wire
    return {name: value for name, value in wire.items() if name != "thoughtSignature"}


def _text_or(parts: tuple[Part, ...]) -> Content:
    """One plain text as text; anything else as parts."""
    if len(parts) == 1:
        part = parts[0]
        if type(part) is Text and part.extra is None:
            return part.text
    return parts
