"""Ids for calls that have none.

Models before Gemini 3 call tools without an id, and match results by name and order. Canonical calls are joined with
their results by id, so one is made: always the same for the same answer or history, in letters that every dialect
takes, and recognised on the way back, so that it is never sent as if Google had given it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.messages import Message, ToolCall

_MADE: Final = re.compile(r"gcall_[0-9a-f]{16}")


def wire_id(id_: str) -> str | None:
    """The id as it is sent: none when it was made here."""
    return None if not id_ or _MADE.fullmatch(id_) else id_


class CallIds:
    """Gives ids to the calls of one answer or one history, in order. `seed` tells answers apart."""

    __slots__ = ("_count", "_seed", "_waiting")

    def __init__(self, seed: Any = None) -> None:
        self._seed = seed
        self._count = 0
        self._waiting: list[tuple[str, str]] = []  # calls without a result yet: name and id

    def of_call(self, call: Wire) -> str:
        name = call["name"]
        id_ = call.get("id") or self._made(name)
        self._waiting.append((name, id_))
        return id_

    def of_result(self, result: Wire) -> str:
        """The id of the call that `result` answers: the one it names, else the first of its name without a result."""
        name, id_ = result["name"], result.get("id")
        for pair in self._waiting:
            if pair[1] == id_ or (not id_ and pair[0] == name):
                self._waiting.remove(pair)
                return pair[1]
        return id_ or self._made(name)

    def _made(self, name: str) -> str:
        self._count += 1
        digest = blake2b(f"{self._seed} {self._count} {name}".encode("utf-8", "surrogatepass"), digest_size=8)
        return f"gcall_{digest.hexdigest()}"


def call_names(messages: Iterable[Message]) -> dict[str, str]:
    """The name of each call in a history, by its id: a result is sent under the name of its call."""
    return {
        part.id: part.name
        for message in messages
        if not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, ToolCall)
    }
