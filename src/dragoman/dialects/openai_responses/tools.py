"""Tools and how the model must choose among them, both ways.

OpenAI's own tools are `ServerTool`s when other providers have their like, else `Opaque`.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.checks import object_of, optional_text, text_in
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_chat.tool_choices import MODES, tool_choice_in
from dragoman.dialects.openai_responses.extras import extra_of, lose_mark, restore, unknown
from dragoman.dialects.openai_responses.wire import NAME, ToolEntry, fields_of
from dragoman.dialects.server_tools import Forms, decode_server_tool, encode_server_tool
from dragoman.messages import AnyTool, JsonObject, Opaque, Request, ServerTool, ServerToolName, Tool, ToolChoice

_KNOWN: Final = fields_of(ToolEntry)
_FUNCTION: Final = _KNOWN - {"format"}
_CUSTOM: Final = _KNOWN - {"parameters", "strict"}

SERVER_TOOLS: Final[Forms] = {
    "web_search": {"type": "web_search"},
    "code_execution": {"type": "code_interpreter", "container": {"type": "auto"}},
    "file_search": {"type": "file_search"},
}
"""Source: `ToolParam` of OpenAI's own client, 2.54; 2026-11-21. A `file_search` needs the ids of its stores as well."""

# ---------------------------------------------------------------------- encode


def encode_tools(request: Request, losses: Losses) -> list[Wire]:
    entries: list[Wire] = []
    for number, tool in enumerate(request.tools):
        losses.at = ("tools", number)
        entry = _encode_any(tool, losses)
        if entry is not None:
            entries.append(entry)
    losses.at = ()
    return entries


def _encode_any(tool: AnyTool, losses: Losses) -> Wire | None:
    match tool:
        case Tool():
            return _encode_tool(tool, losses)
        case ServerTool():
            lose_mark(tool.cache, None, losses)
            return encode_server_tool(tool, SERVER_TOOLS, NAME, losses.path(""), losses.found)
        case Opaque() if tool.dialect == NAME:
            return dict(tool.payload)
        case Opaque():
            losses.dropped("", f"only `{tool.dialect}` knows this tool")
            return None


def _encode_tool(tool: Tool, losses: Losses) -> Wire:
    entry: Wire = {"type": "function" if tool.text_format is None else "custom", "name": tool.name}
    if tool.description is not None:
        entry["description"] = tool.description
    if tool.text_format is None:
        entry["parameters"] = tool.parameters
        if tool.strict is not None:
            entry["strict"] = tool.strict
    else:
        if tool.text_format:
            entry["format"] = _flat(tool.text_format)
        if tool.strict is not None:
            losses.dropped("strict", "a free-form tool has no schema")
    lose_mark(tool.cache, tool.extra, losses)
    restore(entry, tool.extra, losses)
    return entry


def _flat(text_format: JsonObject) -> Wire:
    """A grammar as this dialect wants it; in the chat API its fields are one level down."""
    grammar = text_format.get("grammar")
    if text_format.get("type") != "grammar" or not isinstance(grammar, dict):
        return dict(text_format)
    return {"type": "grammar", **cast("Wire", grammar)}


def encode_choice(request: Request, choice: ToolChoice, losses: Losses) -> str | Wire:
    if not choice.names:
        return choice.mode
    if choice.mode == "none":
        losses.dropped("tool_choice.names", "no tool may be called, whatever its name")
        return "none"
    others = {tool.name: _choice_of(tool) for tool in request.tools if not isinstance(tool, Opaque)}
    tools: list[Wire] = [others.get(name) or {"type": "function", "name": name} for name in choice.names]
    if choice.mode == "required" and len(tools) == 1:
        return tools[0]
    return {"type": "allowed_tools", "mode": choice.mode, "tools": tools}


def _choice_of(tool: Tool | ServerTool) -> Wire:
    if isinstance(tool, Tool):
        return {"type": "function" if tool.text_format is None else "custom", "name": tool.name}
    return {"type": SERVER_TOOLS.get(tool.name, {}).get("type", tool.name)}


# ---------------------------------------------------------------------- decode


def decode_tools(value: Any) -> tuple[AnyTool, ...]:
    """Raises `Rejected` for what is no list of tools."""
    if not isinstance(value, list):
        raise rejected("tools", "a list of tools is needed here")
    entries = cast("list[Any]", value)
    return tuple([_decode_tool(entry, f"tools[{number}]") for number, entry in enumerate(entries)])


def _decode_tool(value: Any, where: str) -> AnyTool:
    entry = object_of(value, where)
    match entry.get("type"):
        case "function":
            return _decode_function(entry, where)
        case "custom":
            return _decode_custom(entry, where)
        case str(kind):
            name = _NAMES.get(kind)
            known = name and decode_server_tool(name, entry, SERVER_TOOLS[name], NAME)
            return known or Opaque(dialect=NAME, payload=entry)
        case _:
            raise rejected(f"{where}.type", "the type of the tool is needed here")


_NAMES: Final[dict[str, ServerToolName]] = {
    **{form["type"]: name for name, form in SERVER_TOOLS.items()},
    "web_search_preview": "web_search",  # an earlier name, still in use
}


def _decode_function(entry: Wire, where: str) -> Tool:
    """Absent parameters are none: the record's own default."""
    given: Wire = {} if entry.get("parameters") is None else {"parameters": object_of(entry["parameters"], where)}
    strict = entry.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise rejected(f"{where}.strict", "true or false is needed here")
    return Tool(
        name=text_in(entry, "name", where),
        description=optional_text(entry, "description", where),
        strict=strict,
        extra=extra_of(unknown(entry, _FUNCTION)),
        **given,
    )


def _decode_custom(entry: Wire, where: str) -> Tool:
    return Tool(
        name=text_in(entry, "name", where),
        description=optional_text(entry, "description", where),
        text_format=object_of(entry.get("format") or {}, f"{where}.format"),
        extra=extra_of(unknown(entry, _CUSTOM)),
    )


_NAMED: Final = ("function", "custom")


def decode_choice(value: Any) -> ToolChoice | None:
    """The choice in `tool_choice`, or `None` when it is one that only the provider knows."""
    return tool_choice_in(value, MODES, _name_in)


def _name_in(choice: Any) -> str | None:
    """The name in `{"type": "function", "name": …}` or its custom form."""
    entry = cast("Wire", choice) if isinstance(choice, dict) else {}
    name = entry.get("name")
    return name if entry.get("type") in _NAMED and isinstance(name, str) and name else None
