"""Messages and the system prompt.

Canonical system messages stand where the caller put them; here they are hoisted to `system`, but for those that a
request had inside `messages`, which stay there. Tool results are a user's turn here, all of one answer in one turn and
first in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dragoman.dialects.anthropic_messages.call_ids import with_valid_ids
from dragoman.dialects.anthropic_messages.checks import check_blocks, check_content, objects, rejected, required
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.parts import decode_parts, encode_cache_mark, encode_parts, mark_block
from dragoman.dialects.base import Wire, unknown_fields, write_extra
from dragoman.messages import CacheMark, Content, Extra, Loss, Message, Role, ToolResult

_ROLES: Final = {Role.USER: "user", Role.TOOL: "user", Role.ASSISTANT: "assistant", Role.SYSTEM: "system"}

_SAID: Final = {Role.USER: "user", Role.ASSISTANT: "assistant"}

_IN_PLACE: Final = Extra(dialect=NAME, spelling={"role": "system"})
"""On a system message: it stood inside `messages`."""

_MESSAGE: Final = frozenset({"role", "content"})


# ---------------------------------------------------------------------- canonical to wire


def encode_conversation(messages: Sequence[Message], wire: Wire, losses: list[Loss]) -> None:
    """Write `system` and `messages`."""
    hoisted: list[tuple[int, Message]] = []
    turns: list[Wire] = []
    results: Wire | None = None  # the turn that further tool results join
    for index, message in enumerate(with_valid_ids(messages)):
        role, content = message.role, message.content
        if type(content) is str and message.cache is None and message.extra is None and role in _SAID:  # as most are
            turns.append({"role": _SAID[role], "content": content})
            results = None
            continue
        if role is Role.SYSTEM and (message.extra is None or message.extra.dialect != NAME):
            hoisted.append((index, message))
            if turns:
                why = "system messages are hoisted to the top, before the conversation"
                losses.append(Loss(effect="changed", where=f"messages[{index}]", why=why))
            continue
        turn = _encode_turn(message, index, losses)
        if turn is None:
            continue
        if results is not None and message.role is Role.TOOL and turn.keys() == _MESSAGE:
            joined = [*results["content"], *turn["content"]]
            results["content"] = _results_first(joined, f"messages[{index}]", losses)
            continue
        turns.append(turn)
        results = turn if message.role is Role.TOOL else None
    if hoisted:
        wire["system"] = _encode_system(hoisted, losses)
    wire["messages"] = turns


def _encode_turn(message: Message, index: int, losses: list[Loss]) -> Wire | None:
    """The turn on the wire, or `None` when nothing of it can be said in this dialect."""
    role, where = _ROLES[message.role], f"messages[{index}]"
    if isinstance(message.content, str) and message.cache is None and message.role is not Role.TOOL:
        turn: Wire = {"role": role, "content": message.content}
    else:
        blocks = _encode_blocks(message, where, losses)
        if not blocks and (message.parts or message.role is Role.TOOL):
            losses.append(Loss(effect="dropped", where=where, why="nothing of it can be said in this dialect"))
            return None
        turn = {"role": role, "content": blocks}
    if message.extra is not None:
        write_extra(turn, message.extra, NAME, where, losses)
    return turn


def _encode_blocks(message: Message, where: str, losses: list[Loss]) -> list[Wire]:
    if message.role is Role.TOOL and isinstance(message.content, str):
        why = "a tool's turn without the id of the call is sent as a user's text"
        losses.append(Loss(effect="changed", where=f"{where}.role", why=why))
    blocks = encode_parts(message.parts, f"{where}.content", losses)
    if message.role is Role.ASSISTANT and len(blocks) > 1:
        blocks = [block for block in blocks if block != _NOTHING] or blocks
    elif message.role in (Role.USER, Role.TOOL):
        blocks = _results_first(blocks, where, losses)
    if message.cache is not None:
        _mark_last(blocks, message.cache, where, losses)
    return blocks


_NOTHING: Final = {"type": "text", "text": ""}
"""Empty text: the model may answer with it beside a tool call, and the API refuses to read it
("text content blocks must be non-empty")."""


def _mark_last(blocks: list[Wire], mark: CacheMark, where: str, losses: list[Loss]) -> None:
    """A mark on a message is one on its last block."""
    if not blocks:
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why="the message is empty"))
    elif blocks[-1].get("cache_control", encode_cache_mark(mark)) != encode_cache_mark(mark):
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why="its last part has a mark of its own"))
    else:
        mark_block(blocks[-1], mark, where, losses)


def _results_first(blocks: list[Wire], where: str, losses: list[Loss]) -> list[Wire]:
    results = [block for block in blocks if block.get("type") == "tool_result"]
    if not results or all(block is result for block, result in zip(blocks, results, strict=False)):
        return blocks
    why = "tool results come first in a turn"
    losses.append(Loss(effect="changed", where=f"{where}.content", why=why))
    return results + [block for block in blocks if block.get("type") != "tool_result"]


def _encode_system(hoisted: list[tuple[int, Message]], losses: list[Loss]) -> str | list[Wire]:
    """`system` as text when it is one plain text, else as blocks."""
    if len(hoisted) == 1:
        message = hoisted[0][1]
        if isinstance(message.content, str) and message.cache is None and message.extra is None:
            return message.content
    blocks: list[Wire] = []
    for index, message in hoisted:
        where = f"messages[{index}]"
        blocks += _encode_blocks(message, where, losses)
        if message.extra is not None:
            why = "`system` has no place for fields of a message"
            losses.extend(Loss(effect="dropped", where=f"{where}.{name}", why=why) for name in message.extra.fields)
    return blocks


# ---------------------------------------------------------------------- wire to canonical


def decode_conversation(wire: Wire) -> tuple[Message, ...]:
    """The messages, those of `system` first. Raises `Rejected`."""
    turns = objects(required(wire, "messages", list), "messages")
    if not turns:
        raise rejected("messages", "at least one message is required")
    messages = [] if wire.get("system") is None else [_decode_system(wire["system"])]
    for number, turn in enumerate(turns):
        role, content = turn.get("role"), turn.get("content")
        if len(turn) == 2 and type(content) is str and type(role) is str and role in _SAYING:  # as most are
            messages.append(Message(_SAYING[role], content))
        else:
            messages.append(_decode_turn(turn, number))
    return tuple(messages)


_SAYING: Final = {"user": Role.USER, "assistant": Role.ASSISTANT}
"""Those whose text needs nothing beside."""


def _decode_system(system: Any) -> Message:
    content = system if isinstance(system, str) else decode_parts(check_blocks(system, "system"))
    return Message(Role.SYSTEM, content)


def _decode_turn(turn: Wire, index: int) -> Message:
    where = f"messages.{index}."
    role: str = required(turn, "role", str, where)
    if role not in ("user", "assistant", "system"):
        raise rejected(f"{where}role", "Input should be 'user', 'assistant' or 'system'")
    content = _decode_content(turn.get("content"), f"{where}content")
    extra = None if len(turn) == 2 else unknown_fields(turn, _MESSAGE, NAME)
    if role == "system":
        return Message(Role.SYSTEM, content, extra=extra or _IN_PLACE)
    if role == "user" and _only_results(content):
        return Message(Role.TOOL, content, extra=extra)
    return Message(Role(role), content, extra=extra)


def _decode_content(value: Any, where: str) -> Content:
    content = check_content(value, where)
    return content if isinstance(content, str) else decode_parts(content)


def _only_results(content: Content) -> bool:
    return bool(content) and not isinstance(content, str) and all(isinstance(part, ToolResult) for part in content)
