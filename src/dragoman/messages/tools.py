"""Tools: what the model may ask the caller to run, and how it must choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, cast

from msgspec import Struct, field

from dragoman.messages.part_base import CacheMark, Extra, JsonObject
from dragoman.messages.parts import Opaque


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
        """The name and those of its arguments; a schema that came from outside may hold anything."""
        properties = self.parameters.get("properties")
        names = cast("JsonObject", properties) if isinstance(properties, dict) else ()
        return f"Tool({self.name}({', '.join(names)}))"


ServerToolName: TypeAlias = Literal["web_search", "code_execution", "url_context", "file_search"]
"""What at least two dialects have: search the web, run code, read the pages a prompt names, search uploaded files."""


class ServerTool(Struct, frozen=True, repr_omit_defaults=True):
    """A tool that the provider runs itself. Each dialect has its own word for it, and some have none.

    `options` is what only a provider knows (`{"max_uses": 3}`), laid over how the dialect writes the tool: a version
    is chosen by its `type`. `dialect` is whose options they are: another reports them as lost. With `None` they are
    written whatever the dialect: the caller vouches for them.
    """

    name: ServerToolName
    options: JsonObject = field(default_factory=dict[str, Any])
    dialect: str | None = None
    cache: CacheMark | None = None


AnyTool: TypeAlias = Tool | ServerTool | Opaque
"""What a request may offer: functions, tools of the provider, and tools that only one dialect knows."""


class ToolChoice(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """How the model chooses among the tools.

    `mode`: `"auto"` (it may call), `"required"` (it must call) or `"none"` (it must not).
    `names` limits the choice to those tools; one name with `"required"` forces that tool.
    """

    mode: Literal["auto", "required", "none"] = "auto"
    names: tuple[str, ...] = ()
