"""A message: one turn of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import force_setattr

from dragoman.messages.part_base import CacheMark, Extra, PartBase
from dragoman.messages.parts import Part, Reasoning, Refusal, Text, ToolCall, ToolResult, joined_text


class Role(StrEnum):
    """Who speaks, a `str`: `Role.USER == "user"`. `SYSTEM` instructs the model, `TOOL` answers its tool calls."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


_ROLES: dict[str, Role] = {role.value: role for role in Role}

Content: TypeAlias = str | tuple[Part, ...]
"""What a message says: plain text, or parts in order."""


class MessageBase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, repr_omit_defaults=True):
    """The keyword-only fields of a message."""

    cache: CacheMark | None = None
    extra: Extra | None = None


class Message(MessageBase, frozen=True, kw_only=False):
    """One turn: `Message("user", "Hello")`, or with parts `Message("user", [Text("What is this?"), image])`.

    `role` may be given as text (`ValueError` when it is no `Role`), `content` as a list (`TypeError` when it holds
    what is no part). An assistant turn
    holds `Text`, `Reasoning`, `ToolCall` and `Refusal` parts in the order they came; `ToolResult` parts stand
    in a turn of role `tool` (or `user`).
    """

    role: Role
    content: Content

    if TYPE_CHECKING:  # what may be given is wider than what is kept

        def __init__(
            self,
            role: Role | str,
            content: str | Sequence[Part],
            *,
            cache: CacheMark | None = None,
            extra: Extra | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        if type(self.role) is not Role:
            force_setattr(self, "role", _ROLES.get(self.role) or Role(self.role))
        if not isinstance(self.content, str):
            force_setattr(self, "content", _checked(self.content))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The content as parts: text alone is one `Text`, empty text is none."""
        if isinstance(self.content, str):
            return (Text(self.content),) if self.content else ()
        return self.content

    @property
    def text(self) -> str:
        """The visible text, without the other parts."""
        return self.content if isinstance(self.content, str) else joined_text(self.content)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """What the model asks the caller to run in this turn, in its order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """What the caller answers to tool calls in this turn."""
        return tuple(part for part in self.parts if isinstance(part, ToolResult))

    @property
    def reasoning(self) -> str | None:
        """The thinking in this turn, or `None` when there is none."""
        texts = [part.text for part in self.parts if isinstance(part, Reasoning)]
        return "".join(texts) if texts else None

    @property
    def refusal(self) -> str | None:
        """The model's words of refusal in this turn, or `None` when there are none."""
        texts = [part.text for part in self.parts if isinstance(part, Refusal)]
        return "".join(texts) if texts else None


def _checked(content: object) -> tuple[Part, ...]:
    """Parts given in a list or a tuple. Raises `TypeError` for what no codec could encode."""
    parts = tuple(cast("Sequence[Part]", content)) if isinstance(content, list | tuple) else (cast("Part", content),)
    for part in parts:
        if not isinstance(part, PartBase):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
            raise TypeError(
                f"a message's content is text or parts such as Text and Image, not {type(part).__name__}; "
                "whole messages, also as dicts, go into messages=[...]"
            )
    return parts
