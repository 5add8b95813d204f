"""Tools and how the model chooses among them.

A function of the caller is a `Tool`. What has a dated type (`web_search_20250305`) runs at Anthropic or is known to the
model by that type: it is a `ServerTool` when other providers have its like, else it is kept whole as an `Opaque`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from msgspec.structs import replace

from dragoman.dialects.anthropic_messages.checks import objects, optional, required
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.parts import (
    decode_cache_mark,
    decode_marks,
    encode_cache_mark,
    encode_part,
    plain_cache_mark,
)
from dragoman.dialects.base import Wire, write_extra
from dragoman.dialects.server_tools import Forms, decode_server_tool, encode_server_tool
from dragoman.messages import AnyTool, Loss, Opaque, Request, ServerTool, ServerToolName, Tool, ToolChoice

SERVER_TOOLS: Final[Forms] = {
    "web_search": {"type": "web_search_20250305", "name": "web_search"},
    "code_execution": {"type": "code_execution_20250825", "name": "code_execution"},
    "url_context": {"type": "web_fetch_20250910", "name": "web_fetch"},
}
"""A newer version is asked for by its `type`.

Source: `ToolUnionParam` of Anthropic's own client, 0.125, whose `messages.create` sends no beta header; 2026-11-21.
"""

# ---------------------------------------------------------------------- canonical to wire


def encode_tools(request: Request, wire: Wire, losses: list[Loss]) -> None:
    """Write `tools` and `tool_choice`."""
    if request.tools:
        encoded = [_encode_tool(tool, f"tools[{n}]", losses) for n, tool in enumerate(request.tools)]
        wire["tools"] = [tool for tool in encoded if tool is not None]
    choice = request.tool_choice
    if choice is not None:
        wire["tool_choice"] = _encode_choice(choice, wire, losses)
    if request.parallel_tool_calls is not None:
        _encode_parallel(request, wire, losses)


def _encode_tool(tool: AnyTool, where: str, losses: list[Loss]) -> Wire | None:
    if isinstance(tool, Opaque):
        return encode_part(tool, where, losses)
    if isinstance(tool, ServerTool):
        return _encode_server_tool(tool, where, losses)
    if tool.text_format is not None:
        losses.append(Loss(effect="dropped", where=where, why="every tool takes a JSON object here, none free text"))
        return None
    block: Wire = {"name": tool.name}
    if tool.description is not None:
        block["description"] = tool.description
    block["input_schema"] = dict(tool.parameters)
    if tool.strict is not None:
        block["strict"] = tool.strict
    if tool.cache is not None:
        block["cache_control"] = encode_cache_mark(tool.cache)
    write_extra(block, tool.extra, NAME, where, losses)
    return block


def _encode_server_tool(tool: ServerTool, where: str, losses: list[Loss]) -> Wire | None:
    block = encode_server_tool(tool, SERVER_TOOLS, NAME, where, losses)
    if block is not None and tool.cache is not None:
        block["cache_control"] = encode_cache_mark(tool.cache)
    return block


def _encode_choice(choice: ToolChoice, wire: Wire, losses: list[Loss]) -> Wire:
    if choice.mode == "none":
        if choice.names:
            losses.append(Loss(effect="dropped", where="tool_choice.names", why="no tool may be called at all"))
        return {"type": "none"}
    if choice.mode == "required" and len(choice.names) == 1:
        return {"type": "tool", "name": choice.names[0]}
    if choice.names:
        _keep_named(choice.names, wire, losses)
    return {"type": "any" if choice.mode == "required" else "auto"}


def _keep_named(names: Sequence[str], wire: Wire, losses: list[Loss]) -> None:
    """Offer only the tools the model may choose among: this dialect cannot say it in any other way."""
    why = "the choice cannot be limited to some tools: the others are not offered (which voids a cached prefix)"
    losses.append(Loss(effect="changed", where="tool_choice.names", why=why))
    named = [tool for tool in wire.get("tools", ()) if tool.get("name") in names]
    if len(named) < len(wire.get("tools", ())):
        wire["tools"] = named
        losses.append(Loss(effect="changed", where="tools", why=f"only those are offered: {', '.join(names)}"))


def _encode_parallel(request: Request, wire: Wire, losses: list[Loss]) -> None:
    where = "parallel_tool_calls"
    choice = wire.get("tool_choice") or ({"type": "auto"} if wire.get("tools") else None)
    if choice is None:
        losses.append(Loss(effect="dropped", where=where, why="there are no tools to call"))
    elif choice["type"] == "none":
        losses.append(Loss(effect="dropped", where=where, why="no tool may be called at all"))
    else:
        wire["tool_choice"] = {**choice, "disable_parallel_tool_use": not request.parallel_tool_calls}


# ---------------------------------------------------------------------- wire to canonical

_TOOL: Final = frozenset({"type", "name", "description", "input_schema", "strict", "cache_control"})
_MODES: Final[dict[str, Literal["auto", "required", "none"]]] = {
    "auto": "auto",
    "any": "required",
    "tool": "required",
    "none": "none",
}
_CHOICE: Final = frozenset({"type", "name", "disable_parallel_tool_use"})


def decode_tools(wire: Wire) -> tuple[AnyTool, ...]:
    """The tools. Raises `Rejected`."""
    value = wire.get("tools")
    if value is None:
        return ()
    return tuple(_decode_tool(tool, f"tools.{n}.") for n, tool in enumerate(objects(value, "tools")))


def _decode_tool(tool: Wire, where: str) -> AnyTool:
    kind = optional(tool, "type", str, where)
    if kind not in (None, "custom"):
        return _decode_server_tool(tool, kind) or Opaque(NAME, tool)
    return Tool(
        name=required(tool, "name", str, where),
        description=optional(tool, "description", str, where),
        parameters=required(tool, "input_schema", dict, f"{where}custom."),
        strict=optional(tool, "strict", bool, where),
        **decode_marks(tool, _TOOL),
    )


_UNDATED: Final[dict[str, ServerToolName]] = {
    form["type"].rpartition("_")[0]: name for name, form in SERVER_TOOLS.items()
}


def _decode_server_tool(tool: Wire, kind: str) -> ServerTool | None:
    name = _UNDATED.get(kind.rpartition("_")[0])
    if name is None:
        return None
    mark = tool.get("cache_control")
    if not plain_cache_mark(mark):
        return decode_server_tool(name, tool, SERVER_TOOLS[name], NAME)
    rest = {field: value for field, value in tool.items() if field != "cache_control"}
    decoded = decode_server_tool(name, rest, SERVER_TOOLS[name], NAME)
    return decoded and replace(decoded, cache=decode_cache_mark(mark))


def decode_choice(wire: Wire) -> dict[str, Any]:
    """The fields `tool_choice` and `parallel_tool_calls`; none for a choice of an unknown type."""
    choice = optional(wire, "tool_choice", dict)
    if choice is None:
        return {}
    kind: str = required(choice, "type", str, "tool_choice.")
    mode = _MODES.get(kind)
    if mode is None:
        return {}
    names = (required(choice, "name", str, "tool_choice."),) if kind == "tool" else ()
    disable = optional(choice, "disable_parallel_tool_use", bool, "tool_choice.")
    return {
        "tool_choice": ToolChoice(mode=mode, names=names),
        "parallel_tool_calls": None if disable is None else not disable,
    }


def unknown_choice(wire: Wire) -> Wire:
    """What `decode_choice` left of `tool_choice`."""
    choice = wire.get("tool_choice")
    if not choice or choice["type"] not in _MODES:
        return choice or {}
    return {name: value for name, value in choice.items() if name not in _CHOICE}
