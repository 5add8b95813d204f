"""Tools, both ways, and how the model must choose among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from dragoman.dialects.base import Wire, merge_extra
from dragoman.dialects.checks import objects, optional, required
from dragoman.dialects.cohere_v2.parts import unknown
from dragoman.dialects.cohere_v2.wire import NAME, ToolFunction
from dragoman.dialects.cohere_v2.wire import Tool as WireTool
from dragoman.dialects.losses import lose_cache
from dragoman.dialects.server_tools import encode_server_tool
from dragoman.messages import AnyTool, Loss, Opaque, Request, ServerTool, Tool, ToolChoice

# ---------------------------------------------------------------------- encode

_CHOICES: Final = {"required": "REQUIRED", "none": "NONE"}
"""The words for a choice; none is that of the model."""


def encode_tools(request: Request, wire: Wire, losses: list[Loss]) -> None:
    """Write `tools`, `strict_tools` and `tool_choice`."""
    encoded = [_encode_tool(tool, f"tools[{n}]", losses) for n, tool in enumerate(request.tools)]
    tools = [tool for tool in encoded if tool is not None]
    choice = request.tool_choice
    if choice is not None and choice.names:
        tools = _named(tools, choice, losses)
    if tools:
        wire["tools"] = tools
    _encode_strict(request.tools, wire, losses)
    if choice is not None and choice.mode in _CHOICES:
        wire["tool_choice"] = _CHOICES[choice.mode]
    if request.parallel_tool_calls is not None:
        why = "the model decides how many tools it calls"
        losses.append(Loss(effect="dropped", where="parallel_tool_calls", why=why))


def _encode_tool(tool: AnyTool, where: str, losses: list[Loss]) -> Wire | None:
    if isinstance(tool, Opaque):
        if tool.dialect == NAME:
            return dict(tool.payload)
        losses.append(Loss(effect="dropped", where=where, why=f"only `{tool.dialect}` knows it"))
        return None
    if isinstance(tool, ServerTool):
        return encode_server_tool(tool, {}, NAME, where, losses)
    if tool.text_format is not None:
        losses.append(Loss(effect="dropped", where=where, why="every tool takes a JSON object here, none free text"))
        return None
    function: Wire = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = dict(tool.parameters)
    lose_cache(tool.cache, where, losses)
    entry: Wire = {"type": "function", "function": function}
    merge_extra(entry, tool.extra, NAME, where, losses)
    return entry


def _encode_strict(tools: Sequence[AnyTool], wire: Wire, losses: list[Loss]) -> None:
    """All tools are held to their schemas or none is."""
    strict = [isinstance(tool, Tool) and bool(tool.strict) for tool in tools]
    if strict and all(strict):
        wire["strict_tools"] = True
        return
    why = "all tools are held to their schemas or none is"
    losses.extend(Loss(effect="dropped", where=f"tools[{n}].strict", why=why) for n, each in enumerate(strict) if each)


def _named(tools: list[Wire], choice: ToolChoice, losses: list[Loss]) -> list[Wire]:
    why = "the choice cannot be limited to some tools: the others are not offered"
    losses.append(Loss(effect="changed", where="tool_choice.names", why=why))
    named = [tool for tool in tools if tool.get("function", {}).get("name") in choice.names]
    if len(named) < len(tools):
        losses.append(Loss(effect="changed", where="tools", why=f"only those are offered: {', '.join(choice.names)}"))
    return named


# ---------------------------------------------------------------------- decode

_ENTRY: Final = frozenset(WireTool.__annotations__)
_FUNCTION: Final = frozenset(ToolFunction.__annotations__)


def decode_tools(wire: Wire) -> tuple[AnyTool, ...]:
    """Raises `Rejected`."""
    strict = True if optional(wire, "strict_tools", bool) else None
    entries = objects(wire, "tools")
    return tuple(_decode_tool(entry, f"tools[{number}].", strict) for number, entry in enumerate(entries))


def _decode_tool(entry: Wire, where: str, strict: bool | None) -> AnyTool:
    if entry.get("type", "function") != "function":
        return Opaque(NAME, entry)
    function: Wire = required(entry, "function", dict, where)
    where = f"{where}function."
    described: dict[str, Any] = {"name": required(function, "name", str, where), "strict": strict}
    for name, kind in (("description", str), ("parameters", dict)):
        value = optional(function, name, kind, where)
        if value is not None:
            described[name] = value
    return Tool(**described, extra=unknown(entry, _ENTRY, "function", _FUNCTION))


_MODES: Final[dict[str, Literal["required", "none"]]] = {"REQUIRED": "required", "NONE": "none"}


def decode_choice(wire: Wire) -> ToolChoice | None:
    """`None` for a word that we do not know: it goes back as it is. Raises `Rejected`."""
    mode = _MODES.get(optional(wire, "tool_choice", str) or "")
    return None if mode is None else ToolChoice(mode=mode)
