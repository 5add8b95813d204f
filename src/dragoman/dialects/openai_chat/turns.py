"""Writing a conversation turn by turn, as far as OpenAI's two APIs do it alike.

A system's turn holds text, a tool's turn results, and results come before whatever else a user's turn says. What cannot
stay where it is waits for the user's turn that follows, or makes one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.messages import Message, Opaque, Part, Role, Text, ToolResult

NumberedParts = list[tuple[int, Part]]
"""Parts with their places in the message, for the paths of losses."""


_MAY_FOLLOW_RESULTS: Final = (Role.TOOL, Role.USER)
"""Turns before which nothing that waits need go: one has results too, the other takes it."""


class Turns(ABC):
    """A conversation as it is written: `wires` are what is sent, `_moved` the parts that wait for a user's turn."""

    TEXT: ClassVar[str]
    """The type of a content part that is text."""

    __slots__ = ("_losses", "_moved", "wires")

    def __init__(self, losses: Losses) -> None:
        self.wires: list[Wire] = []
        self._losses = losses
        self._moved: list[Wire] = []

    def write(self, messages: Iterable[Message]) -> None:
        losses = self._losses
        for number, message in enumerate(messages):
            losses.at = ("messages", number)
            if self._moved and message.role not in _MAY_FOLLOW_RESULTS:
                self._flush()
            self._add(message)
        self._flush()
        losses.at = ()

    @abstractmethod
    def _add(self, message: Message) -> None: ...

    @abstractmethod
    def _add_assistant(self, message: Message) -> None: ...

    @abstractmethod
    def _add_result(self, result: ToolResult) -> None: ...

    @abstractmethod
    def _encode_part(self, part: Part) -> Wire | None:
        """`part` as a content part, or `None` when it cannot be one (then the loss is reported)."""

    def _add_parts(self, message: Message) -> None:
        add = self._ADD.get(message.role)
        if add is None:
            self._add_assistant(message)
        else:
            add(self, message)

    def _flush(self) -> None:
        if self._moved:
            self._append("user", "")

    def _append(self, role: str, content: str | list[Wire]) -> None:
        if self._moved and role == "user":
            own: list[Wire] = [{"type": self.TEXT, "text": content}] if isinstance(content, str) else content
            content, self._moved = [*self._moved, *(own if content else ())], []
        self.wires.append({"role": role, "content": content})

    def _add_system(self, message: Message) -> None:
        here, texts = self._losses.at, NumberedParts()
        for number, part in enumerate(message.parts):
            if isinstance(part, Text | Opaque):
                texts.append((number, part))
            else:
                self._losses.at = (*here, "content", number)
                self._losses.dropped("", "a system message holds text only")
        self._losses.at = here
        self._append("system", self._encode_parts(texts))

    def _add_user(self, message: Message) -> None:
        """The results first: they must follow the calls they answer."""
        rest = self._add_results(message.parts)
        if rest or not message.parts:
            self._append("user", self._encode_parts(rest))

    def _add_tool(self, message: Message) -> None:
        """What is no result cannot stand beside one."""
        here = self._losses.at
        for number, part in self._add_results(message.parts):
            self._losses.at = (*here, "content", number)
            self._move(part, "a tool's turn holds results only: sent in a user's turn after it")
        self._losses.at = here

    def _add_results(self, parts: tuple[Part, ...]) -> NumberedParts:
        """Write each result; gives back the other parts."""
        here, rest = self._losses.at, NumberedParts()
        for number, part in enumerate(parts):
            if isinstance(part, ToolResult):
                self._losses.at = (*here, "content", number)
                self._add_result(part)
            else:
                rest.append((number, part))
        self._losses.at = here
        return rest

    def _move(self, part: Part, why: str) -> None:
        wire = self._encode_part(part)
        if wire is not None:
            self._moved.append(wire)
            self._losses.changed("", why)

    def _encode_parts(self, parts: Iterable[tuple[int, Part]]) -> str | list[Wire]:
        """What goes into `content`: one plain text as a string, which every host takes, and anything else as parts."""
        here, wires = self._losses.at, list[Wire]()
        for number, part in parts:
            self._losses.at = (*here, "content", number)
            wire = self._encode_part(part)
            if wire is not None:
                wires.append(wire)
        self._losses.at = here
        return wires[0]["text"] if len(wires) == 1 and is_plain(wires[0], self.TEXT) else wires or ""

    _ADD: ClassVar[dict[Role, Callable[[Turns, Message], None]]] = {
        Role.SYSTEM: _add_system,
        Role.USER: _add_user,
        Role.TOOL: _add_tool,
    }
    """An assistant's turn is each API's own."""


def is_plain(part: Wire, text_type: str) -> bool:
    """Whether a content part is text and nothing else."""
    return part.get("type") == text_type and len(part) == 2
