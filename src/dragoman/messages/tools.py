"""Tools: what the model may ask the caller to run, and how it must choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct, field

from dragoman.messages.parts import CacheMark, Extra, JsonObject


class Tool(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """A function the model may call.

    `parameters` is the JSON Schema of its arguments, an object. `strict=True` asks the provider to enforce it;
    `None` leaves the provider's default. `function` is what runs here when the caller wants that; it is never
    sent. `text_format` marks a free-form tool (OpenAI's custom tools): its input is text in that format, and
    `parameters` is not used.
    """

    name: str
    description: str | None = None
    parameters: JsonObject = field(default_factory=lambda: {"type": "object", "properties": {}})
    strict: bool | None = None
    text_format: JsonObject | None = None
    function: Callable[..., Any] | None = None
    cache: CacheMark | None = None
    extra: Extra | None = None

    def __repr__(self) -> str:
        return f"Tool({self.name}({', '.join(self.parameters.get('properties') or {})}))"


class ToolChoice(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """How the model chooses among the tools.

    `mode`: `"auto"` (it may call), `"required"` (it must call) or `"none"` (it must not).
    `names` limits the choice to those tools; one name with `"required"` forces that tool.
    """

    mode: Literal["auto", "required", "none"] = "auto"
    names: tuple[str, ...] = ()
