"""Tools, both ways, and how the model must choose among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from dragoman.dialects.base import Wire
from dragoman.dialects.checks import objects, optional
from dragoman.dialects.cohere_v2.wire import NAME
from dragoman.dialects.function_tools import decode_tool, encode_tool, lose_parallel, only_named
from dragoman.messages import AnyTool, Loss, Request, Tool, ToolChoice

# ---------------------------------------------------------------------- encode

_CHOICES: Final = {"required": "REQUIRED", "none": "NONE"}
"""The words for a choice; none is that of the model."""


def encode_tools(request: Request, wire: Wire, losses: list[Loss]) -> None:
    """Write `tools`, `strict_tools` and `tool_choice`."""
    encoded = [encode_tool(tool, NAME, f"tools[{n}]", losses) for n, tool in enumerate(request.tools)]
    tools = [tool for tool in encoded if tool is not None]
    choice = request.tool_choice
    if choice is not None and choice.names:
        tools = only_named(tools, choice.names, losses)
    if tools:
        wire["tools"] = tools
    _encode_strict(request.tools, wire, losses)
    if choice is not None and choice.mode in _CHOICES:
        wire["tool_choice"] = _CHOICES[choice.mode]
    lose_parallel(request, losses)


def _encode_strict(tools: Sequence[AnyTool], wire: Wire, losses: list[Loss]) -> None:
    """All tools are held to their schemas or none is."""
    strict = [isinstance(tool, Tool) and bool(tool.strict) for tool in tools]
    if strict and all(strict):
        wire["strict_tools"] = True
        return
    why = "all tools are held to their schemas or none is"
    losses.extend(Loss(effect="dropped", where=f"tools[{n}].strict", why=why) for n, each in enumerate(strict) if each)


# ---------------------------------------------------------------------- decode


def decode_tools(wire: Wire) -> tuple[AnyTool, ...]:
    """Raises `Rejected`."""
    strict = True if optional(wire, "strict_tools", bool) else None
    entries = objects(wire, "tools")
    return tuple(decode_tool(entry, NAME, f"tools[{number}].", strict=strict) for number, entry in enumerate(entries))


_MODES: Final[dict[str, Literal["required", "none"]]] = {"REQUIRED": "required", "NONE": "none"}


def decode_choice(wire: Wire) -> ToolChoice | None:
    """`None` for a word that we do not know: it goes back as it is. Raises `Rejected`."""
    mode = _MODES.get(optional(wire, "tool_choice", str) or "")
    return None if mode is None else ToolChoice(mode=mode)
