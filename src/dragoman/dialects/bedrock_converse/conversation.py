"""Messages and the system prompt.

Turns alternate strictly here: those of one speaker in a row are one. Tool results are a user's turn, first in it.
Canonical system messages stand where the caller put them; here they are hoisted to `system`, but for those that a
request had inside `messages`, which stay there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dragoman.dialects.base import Wire, unknown_fields, write_extra
from dragoman.dialects.bedrock_converse.call_ids import with_valid_ids
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.parts import decode_parts, encode_cache_mark, encode_parts
from dragoman.dialects.bedrock_converse.reading import objects, optional, rejected, why_broken
from dragoman.dialects.broken import BROKEN
from dragoman.messages import Content, Extra, Loss, Message, Reasoning, Role, Text, ToolResult

_ROLES: Final = {Role.USER: "user", Role.TOOL: "user", Role.ASSISTANT: "assistant", Role.SYSTEM: "system"}

_IN_PLACE: Final = Extra(dialect=NAME, spelling={"role": "system"})
"""On a system message: it stood inside `messages`."""

_MESSAGE: Final = frozenset({"role", "content"})


# ---------------------------------------------------------------------- canonical to wire


def encode_conversation(messages: Sequence[Message], wire: Wire, losses: list[Loss]) -> None:
    """Write `system` and `messages`."""
    hoisted: list[Wire] = []
    turns = _Turns(losses)
    for index, message in enumerate(with_valid_ids(messages)):
        if message.role is Role.SYSTEM and not _in_place(message):
            hoisted += _encode_system(message, index, turns.wires, losses)
        else:
            turns.add(message, index)
    if hoisted:
        wire["system"] = hoisted
    wire["messages"] = turns.wires


def _in_place(message: Message) -> bool:
    return message.extra is not None and message.extra.dialect == NAME


def _encode_system(message: Message, index: int, turns: list[Wire], losses: list[Loss]) -> list[Wire]:
    where = f"messages[{index}]"
    if turns:
        why = "system messages are hoisted to the top, before the conversation"
        losses.append(Loss(effect="changed", where=where, why=why))
    if message.extra is not None:
        why = "`system` has no place for fields of a message"
        losses.extend(Loss(effect="dropped", where=f"{where}.{name}", why=why) for name in message.extra.fields)
    return _encode_blocks(message, where, losses)


class _Turns:
    """The turns as they are written."""

    __slots__ = ("_losses", "_spoken", "wires")

    def __init__(self, losses: list[Loss]) -> None:
        self.wires: list[Wire] = []
        self._losses = losses
        self._spoken = False  # whether the last turn has more in it than results

    def add(self, message: Message, index: int) -> None:
        where, losses = f"messages[{index}]", self._losses
        blocks = _encode_blocks(message, where, losses)
        if not blocks:
            losses.append(Loss(effect="dropped", where=where, why="there is nothing in it that this dialect can say"))
            return
        turn: Wire = {"role": _ROLES[message.role], "content": blocks}
        if message.extra is not None:
            write_extra(turn, message.extra, NAME, where, losses)
        if self.wires and self.wires[-1]["role"] == turn["role"]:
            self._join(turn, message, where)
        else:
            self.wires.append(turn)
            self._spoken = False
        self._spoken = self._spoken or message.role is not Role.TOOL

    def _join(self, turn: Wire, message: Message, where: str) -> None:
        """Join `turn` to the one before. Where a turn ends is lost; results have no such place."""
        if message.role is not Role.TOOL and self._spoken:
            why = "turns must alternate: those of one speaker in a row are one"
            lost = where if message.role is Role.ASSISTANT else f"{where}.role"  # what was said after which calls
            self._losses.append(Loss(effect="changed", where=lost, why=why))
        before = self.wires[-1]
        joined = _results_first([*before["content"], *turn["content"]], where, self._losses)
        self.wires[-1] = {**before, **turn, "content": joined}


def _encode_blocks(message: Message, where: str, losses: list[Loss]) -> list[Wire]:
    if message.role is Role.TOOL and isinstance(message.content, str):
        why = "a tool's turn without the id of the call is sent as a user's text"
        losses.append(Loss(effect="changed", where=f"{where}.role", why=why))
    blocks = encode_parts(message.parts, f"{where}.content", losses)
    if message.role in (Role.USER, Role.TOOL):
        blocks = _results_first(blocks, where, losses)
    if message.cache is not None:
        _mark_last(blocks, message, where, losses)
    return blocks


def _mark_last(blocks: list[Wire], message: Message, where: str, losses: list[Loss]) -> None:
    """A mark on a message is one after its last block."""
    assert message.cache is not None  # which is why we are here
    mark = encode_cache_mark(message.cache)
    if not blocks or isinstance(message.parts[-1], Reasoning):
        why = "there is nothing to mark" if not blocks else "thinking cannot be marked for the cache"
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why=why))
    elif "cachePoint" not in blocks[-1]:
        blocks.append(mark)
    elif blocks[-1] != mark:
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why="its last part has a mark of its own"))


def _results_first(blocks: list[Wire], where: str, losses: list[Loss]) -> list[Wire]:
    """The blocks with tool results, and the marks after them, at the front: they must follow the calls at once."""
    groups = _with_marks(blocks)
    results = [group for group in groups if "toolResult" in group[0]]
    if not results or groups[: len(results)] == results:
        return blocks
    losses.append(Loss(effect="changed", where=where, why="tool results come first in a turn"))
    return [block for group in [*results, *(g for g in groups if "toolResult" not in g[0])] for block in group]


def _with_marks(blocks: list[Wire]) -> list[list[Wire]]:
    """Each block with the cache marks that follow it."""
    groups: list[list[Wire]] = []
    for block in blocks:
        if "cachePoint" in block and groups:
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


# ---------------------------------------------------------------------- wire to canonical


def decode_conversation(wire: Wire) -> tuple[Message, ...]:
    """The messages, those of `system` first. Raises `Rejected`."""
    turns = objects(wire.get("messages"), "messages")
    if not turns:
        raise rejected("messages", "expected minimum item count: 1, found: 0")
    return (*_decode_system(wire.get("system")), *map(_decode_turn, turns, range(len(turns))))


def _decode_system(system: Any) -> tuple[Message, ...]:
    if not system:
        return ()
    return (Message(Role.SYSTEM, _decode_content(objects(system, "system"), "system")),)


def _decode_turn(turn: Wire, index: int) -> Message:
    where = f"messages/{index}"
    role = optional(turn, "role", str, where)
    if role not in ("user", "assistant", "system"):
        raise rejected(f"{where}/role", f"{role} is not a valid enum value")
    content = _decode_content(objects(turn.get("content"), f"{where}/content"), f"{where}/content")
    extra = None if len(turn) == 2 else unknown_fields(turn, _MESSAGE, NAME)
    if role == "system":
        return Message(Role.SYSTEM, content, extra=extra or _IN_PLACE)
    if role == "user" and _only_results(content):
        return Message(Role.TOOL, content, extra=extra)
    return Message(Role(role), content, extra=extra)


def _decode_content(blocks: list[Wire], where: str) -> Content:
    """The parts, or their text when it is all there is."""
    try:
        parts = decode_parts(blocks)
    except BROKEN as error:
        raise rejected(where, why_broken(error)) from error
    only = parts[0] if len(parts) == 1 else None
    return only.text if isinstance(only, Text) and only.text and only == Text(only.text) else parts


def _only_results(content: Content) -> bool:
    return bool(content) and not isinstance(content, str) and all(isinstance(part, ToolResult) for part in content)
