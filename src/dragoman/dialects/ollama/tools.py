"""Tools, both ways. There is no way to say how the model must choose: fewer tools are offered instead."""

from __future__ import annotations

from typing import Final

from dragoman.dialects.base import Wire, merge_extra
from dragoman.dialects.checks import objects, optional, required
from dragoman.dialects.losses import lose_cache
from dragoman.dialects.ollama.wire import NAME, ToolFunction
from dragoman.dialects.ollama.wire import Tool as WireTool
from dragoman.dialects.server_tools import encode_server_tool
from dragoman.messages import AnyTool, Extra, Loss, Opaque, Request, ServerTool, Tool, ToolChoice

# ---------------------------------------------------------------------- encode


def encode_tools(request: Request, wire: Wire, losses: list[Loss]) -> None:
    """Write `tools`."""
    encoded = [_encode_tool(tool, f"tools[{n}]", losses) for n, tool in enumerate(request.tools)]
    tools = [tool for tool in encoded if tool is not None]
    if request.tool_choice is not None:
        tools = _offered(tools, request.tool_choice, losses)
    if tools:
        wire["tools"] = tools
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
    if tool.strict:
        losses.append(Loss(effect="dropped", where=f"{where}.strict", why="arguments are not held to the schema"))
    lose_cache(tool.cache, where, losses)
    entry: Wire = {"type": "function", "function": function}
    merge_extra(entry, tool.extra, NAME, where, losses)
    return entry


def _offered(tools: list[Wire], choice: ToolChoice, losses: list[Loss]) -> list[Wire]:
    """The tools that the model may choose among."""
    if choice.mode == "none":
        losses.append(Loss(effect="changed", where="tool_choice", why="no tools are offered instead"))
        if tools:
            losses.append(Loss(effect="dropped", where="tools", why="none may be called"))
        return []
    if choice.mode == "required":
        why = "the model cannot be made to call a tool"
        losses.append(Loss(effect="dropped", where="tool_choice.mode", why=why))
    if not choice.names:
        return tools
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
    return tuple(_decode_tool(entry, f"tools[{number}].") for number, entry in enumerate(objects(wire, "tools")))


def _decode_tool(entry: Wire, where: str) -> AnyTool:
    if entry.get("type", "function") != "function":
        return Opaque(NAME, entry)
    function = required(entry, "function", dict, where)
    where = f"{where}function."
    described: Wire = {"name": required(function, "name", str, where)}
    for name, kind in (("description", str), ("parameters", dict)):
        value = optional(function, name, kind, where)
        if value is not None:
            described[name] = value
    return Tool(**described, extra=_unknown(entry, function))


def _unknown(entry: Wire, function: Wire) -> Extra | None:
    rest = {name: value for name, value in entry.items() if name not in _ENTRY}
    deeper = {name: value for name, value in function.items() if name not in _FUNCTION}
    if deeper:
        rest["function"] = deeper
    return Extra(fields=rest, dialect=NAME) if rest else None
