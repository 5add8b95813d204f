"""Tools, both ways. There is no way to say how the model must choose: fewer tools are offered instead."""

from __future__ import annotations

from dragoman.dialects.base import Wire
from dragoman.dialects.checks import objects
from dragoman.dialects.function_tools import decode_tool, encode_tool, lose_parallel, only_named
from dragoman.dialects.ollama.wire import NAME
from dragoman.messages import AnyTool, Loss, Request, Tool, ToolChoice

# ---------------------------------------------------------------------- encode


def encode_tools(request: Request, wire: Wire, losses: list[Loss]) -> None:
    """Write `tools`."""
    encoded = [_encode_tool(tool, f"tools[{n}]", losses) for n, tool in enumerate(request.tools)]
    tools = [tool for tool in encoded if tool is not None]
    if request.tool_choice is not None:
        tools = _offered(tools, request.tool_choice, losses)
    if tools:
        wire["tools"] = tools
    lose_parallel(request, losses)


def _encode_tool(tool: AnyTool, where: str, losses: list[Loss]) -> Wire | None:
    if isinstance(tool, Tool) and tool.strict and tool.text_format is None:
        losses.append(Loss(effect="dropped", where=f"{where}.strict", why="arguments are not held to the schema"))
    return encode_tool(tool, NAME, where, losses)


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
    return only_named(tools, choice.names, losses) if choice.names else tools


# ---------------------------------------------------------------------- decode


def decode_tools(wire: Wire) -> tuple[AnyTool, ...]:
    """Raises `Rejected`."""
    return tuple(decode_tool(entry, NAME, f"tools[{number}].") for number, entry in enumerate(objects(wire, "tools")))
