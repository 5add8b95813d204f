"""Tools where every one is an object `{"type": "function", "function": {…}}` of three fields (Cohere, Ollama).

What such a wire has beside that list, as strictness or a choice, is each dialect's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dragoman.dialects.base import Wire, encode_opaque, merge_extra, unknown_fields
from dragoman.dialects.checks import optional, required
from dragoman.dialects.losses import lose_cache
from dragoman.dialects.server_tools import encode_server_tool
from dragoman.messages import AnyTool, Loss, Opaque, Request, ServerTool, Tool

_TOOL: Final = frozenset({"type", "function"})
_FUNCTION: Final = frozenset({"name", "description", "parameters"})


def encode_tool(tool: AnyTool, dialect: str, where: str, losses: list[Loss]) -> Wire | None:
    """The entry of a tool, or `None` when there can be none (then the loss is reported)."""
    if isinstance(tool, Opaque):
        return encode_opaque(tool, dialect, where, losses)
    if isinstance(tool, ServerTool):
        return encode_server_tool(tool, {}, dialect, where, losses)
    if tool.text_format is not None:
        losses.append(Loss(effect="dropped", where=where, why="every tool takes a JSON object here, none free text"))
        return None
    function: Wire = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = dict(tool.parameters)
    lose_cache(tool.cache, where, losses)
    entry: Wire = {"type": "function", "function": function}
    merge_extra(entry, tool.extra, dialect, where, losses)
    return entry


def only_named(tools: list[Wire], names: Sequence[str], losses: list[Loss]) -> list[Wire]:
    """The entries of the tools among which the model may choose: there is no other way to say it."""
    why = "the choice cannot be limited to some tools: the others are not offered"
    losses.append(Loss(effect="changed", where="tool_choice.names", why=why))
    named = [tool for tool in tools if tool.get("function", {}).get("name") in names]
    if len(named) < len(tools):
        losses.append(Loss(effect="changed", where="tools", why=f"only those are offered: {', '.join(names)}"))
    return named


def lose_parallel(request: Request, losses: list[Loss]) -> None:
    if request.parallel_tool_calls is not None:
        why = "the model decides how many tools it calls"
        losses.append(Loss(effect="dropped", where="parallel_tool_calls", why=why))


def decode_tool(entry: Wire, dialect: str, where: str, **fields: Any) -> AnyTool:
    """The tool in an entry, with `fields` of its record that stand elsewhere. Raises `Rejected`."""
    if entry.get("type", "function") != "function":
        return Opaque(dialect, entry)
    function: Wire = required(entry, "function", dict, where)
    where = f"{where}function."
    fields["name"] = required(function, "name", str, where)
    for name, kind in (("description", str), ("parameters", dict)):
        value = optional(function, name, kind, where)
        if value is not None:
            fields[name] = value
    return Tool(**fields, extra=unknown_fields(entry, _TOOL, dialect, "function", _FUNCTION))
