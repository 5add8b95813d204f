"""What a request asks for, as far as rules can see it."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any, Final, cast

from dragoman.messages import Message, Request, Role, Text, ToolResult
from dragoman.testing.json_schema import Facts

_SCHEMA_WORDS: Final = ("$defs", "$ref", "anyOf", "items", "enum", "additionalProperties")
_SCHEMA_SIGNS: Final = tuple(f'"{word}"' for word in ("properties", *_SCHEMA_WORDS))
_MOST_OBJECTS: Final = 50
_FENCE: Final = re.compile(r"```json|code ?block", re.IGNORECASE)


class Prompt:
    """Reads a request; each question is worked out when it is first asked."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @cached_property
    def results(self) -> tuple[ToolResult, ...]:
        """The tool results that the model has not answered yet."""
        found: list[ToolResult] = []
        for message in reversed(self.request.messages):
            if message.role is Role.ASSISTANT or not message.tool_results:
                break
            found[:0] = message.tool_results
        return tuple(found)

    @cached_property
    def text(self) -> str:
        """What the user said last, an embedded schema left out."""
        said = self._said()
        return said[0] if said else ""

    @cached_property
    def instructions(self) -> str:
        """What the system messages say."""
        return "\n".join(_joined(message) for message in self.request.messages if message.role is Role.SYSTEM)

    @cached_property
    def facts(self) -> Facts:
        """What an answer can be filled with: from what the user said, the last first, then from new results."""
        return Facts([*self._said(), *(result.text for result in self.results)])

    @cached_property
    def said_facts(self) -> Facts:
        """What a call can be filled with: only what the user said. A result may be about how wrong the last one was."""
        return Facts(self._said())

    def _said(self) -> list[str]:
        users = [message for message in self.request.messages if message.role is Role.USER]
        texts = [without_schema(_joined(message)) for message in reversed(users)]
        return [text for text in texts if text.strip()]

    @cached_property
    def embedded_schema(self) -> dict[str, Any] | None:
        """A JSON Schema that stands in the instructions, the last one when there are several."""
        for message in reversed(self.request.messages):
            if message.role in (Role.USER, Role.SYSTEM):
                found = _find_schema(_joined(message))
                if found is not None:
                    return found[0]
        return None

    @property
    def wants_fence(self) -> bool:
        """Whether the instructions speak of a code block."""
        return any(_FENCE.search(message.text) for message in self.request.messages)


def _joined(message: Message) -> str:
    """The text of a message, its parts on lines of their own."""
    if isinstance(message.content, str):
        return message.content
    return "\n".join(part.text for part in message.content if isinstance(part, Text))


def without_schema(text: str) -> str:
    """`text` without the JSON Schema in it."""
    found = _find_schema(text)
    return text if found is None else text[: found[1]] + text[found[2] :]


def _find_schema(text: str) -> tuple[dict[str, Any], int, int] | None:
    """The first JSON Schema in `text`, and where it begins and ends."""
    if not any(sign in text for sign in _SCHEMA_SIGNS):
        return None
    read, start = json.JSONDecoder().raw_decode, text.find("{")
    for _ in range(_MOST_OBJECTS):
        if start < 0:
            break
        try:
            value, end = read(text, start)
        except ValueError:
            start = text.find("{", start + 1)
            continue
        if _is_schema(value):
            return cast("dict[str, Any]", value), start, end
        start = text.find("{", end)
    return None


def _is_schema(value: dict[str, Any]) -> bool:
    return isinstance(value.get("properties"), dict) or any(word in value for word in _SCHEMA_WORDS)
