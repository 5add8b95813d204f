"""Ids of tool calls in history, where other providers made them.

Anthropic refuses ids that do not match `^[a-zA-Z0-9_-]+$`, so a call that another provider answered (Moonshot's is
`functions.add:0`) would be refused after a fallback. Such an id is spelled anew, the same way for the call and its
result and in every request, so that a cached prefix stays one. Nothing is lost: an id only joins the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import count
from typing import Final

from msgspec.structs import replace

from dragoman.messages import Message, Part, ToolCall, ToolResult

_VALID: Final = re.compile(r"[a-zA-Z0-9_-]+")
_REFUSED: Final = re.compile(r"[^a-zA-Z0-9_-]")


def with_valid_ids(messages: Sequence[Message]) -> Iterable[Message]:
    """The messages, ids that would be refused spelled anew; calls and results without an id pair off in order."""
    if not _has_refused_id(messages):
        return messages
    nameless = {ToolCall: count(), ToolResult: count()}

    def valid(part: Part) -> Part:
        if not isinstance(part, ToolCall | ToolResult) or _VALID.fullmatch(part.id):
            return part
        id_ = part.id or f"call {next(nameless[type(part)])}"
        digest = blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return replace(part, id=f"{_REFUSED.sub('_', id_)}_{digest}")

    return [_with_parts(message, tuple(map(valid, message.parts))) for message in messages]


def _has_refused_id(messages: Sequence[Message]) -> bool:
    for message in messages:
        if isinstance(message.content, str):
            continue
        for part in message.content:
            if isinstance(part, ToolCall | ToolResult) and not _VALID.fullmatch(part.id):
                return True
    return False


def _with_parts(message: Message, parts: tuple[Part, ...]) -> Message:
    return message if isinstance(message.content, str) else replace(message, content=parts)
