"""Ids of tool calls in history, where other providers made them.

Bedrock refuses ids that are not 1 to 64 of `[a-zA-Z0-9_.:-]`. Such an id is spelled anew, the same way for the call and
its result and in every request, so that a cached prefix stays one. Nothing is lost: an id only joins the two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from itertools import count
from typing import Final

from msgspec.structs import replace

from dragoman.messages import Message, Part, ToolCall, ToolResult

_VALID: Final = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_REFUSED: Final = re.compile(r"[^a-zA-Z0-9_.:-]")
_KEPT: Final = 40
"""How much of a refused id stays readable."""


def with_valid_ids(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages, refused ids spelled anew; calls and results without an id pair off in order."""
    if all(map(_is_valid, messages)):
        return messages
    nameless = {ToolCall: count(), ToolResult: count()}

    def spelled(part: Part) -> Part:
        if not isinstance(part, ToolCall | ToolResult):
            return part
        return replace(part, id=_valid_id(part.id or f"call {next(nameless[type(part)])}"))

    return [
        message if _is_valid(message) else replace(message, content=tuple(map(spelled, message.parts)))
        for message in messages
    ]


def _is_valid(message: Message) -> bool:
    return isinstance(message.content, str) or all(
        _VALID.fullmatch(part.id) for part in message.content if isinstance(part, ToolCall | ToolResult)
    )


def _valid_id(id_: str) -> str:
    if _VALID.fullmatch(id_):
        return id_
    digest = blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{_REFUSED.sub('_', id_[:_KEPT])}_{digest}"
