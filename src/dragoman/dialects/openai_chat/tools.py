"""Tools and how the model must choose among them, both ways.

Until 2023 there were `functions` instead. They are read as tools, each spelled with `type` null, so that they go back
in the old form.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.checks import checked, object_of, text_in
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import Losses, decode_mark, extra_of, lose_mark, restore, unknown
from dragoman.dialects.openai_chat.tool_choices import MODES, Modes, tool_choice_in
from dragoman.dialects.openai_chat.variant import OPENAI, WEB_SEARCH, Variant
from dragoman.dialects.openai_chat.wire import NAME, CustomTool, FunctionTool, ToolEntry, fields_of
from dragoman.dialects.server_tools import Forms, encode_server_tool
from dragoman.messages import AnyTool, JsonObject, Opaque, Request, ServerTool, Tool, ToolChoice

_ENTRY: Final = fields_of(ToolEntry)
_FUNCTION: Final = fields_of(FunctionTool)
_CUSTOM: Final = fields_of(CustomTool)

# ---------------------------------------------------------------------- encode


def encode_tools(request: Request, wire: Wire, losses: Losses) -> None:
    """Write `tools` and `tool_choice`, or `functions` and `function_call` for what came in the old form."""
    tools: list[Wire] = []
    functions: list[Wire] = []
    search: Wire = {}
    for number, tool in enumerate(request.tools):
        losses.at = ("tools", number)
        if isinstance(tool, Opaque):
            tools += _encode_opaque(tool, losses)
        elif isinstance(tool, ServerTool):
            search |= _encode_server_tool(tool, losses)
        elif is_legacy(tool, losses.variant):
            functions.append(_encode_legacy(tool))
        elif tool.text_format is not None and not losses.variant.free_form_tools:
            losses.dropped("", "this dialect's tools take arguments, not text")
        else:
            tools.append(_encode_tool(tool, losses))
    losses.at = ()
    wire |= {name: entries for name, entries in (("tools", tools), ("functions", functions)) if entries}
    wire |= search
    if request.tool_choice is not None:
        _encode_choice(request, request.tool_choice, wire, losses)


def is_legacy(tool: AnyTool, variant: Variant = OPENAI) -> bool:
    """Whether the tool came among `functions`."""
    if not isinstance(tool, Tool):
        return False
    return tool.extra is not None and tool.extra.dialect == variant.name and tool.extra.spelling.get("type", "") is None


def _encode_opaque(tool: Opaque, losses: Losses) -> list[Wire]:
    if tool.dialect == losses.variant.name:
        return [dict(tool.payload)]
    losses.dropped("", f"only `{tool.dialect}` knows this tool")
    return []


SERVER_TOOLS: Final[Forms] = {"web_search": {}}
"""It is a field of the body, for models that search (recorded: `gpt-4o-search-preview`)."""


def _encode_server_tool(tool: ServerTool, losses: Losses) -> Wire:
    why_not = losses.variant.no_search
    if tool.name in SERVER_TOOLS and why_not is not None:
        losses.dropped("", why_not)
        return {}
    options = encode_server_tool(tool, SERVER_TOOLS, losses.variant.name, losses.path(""), losses.found)
    if options is None:
        return {}
    lose_mark(tool.cache, None, losses)
    return {WEB_SEARCH: options}


def _encode_tool(tool: Tool, losses: Losses) -> Wire:
    if tool.text_format is None:
        entry: Wire = {"type": "function", "function": _encode_function(tool)}
    else:
        entry = {"type": "custom", "custom": _encode_custom(tool, tool.text_format, losses)}
    lose_mark(tool.cache, tool.extra, losses)
    restore(entry, tool.extra, losses)
    return entry


def _encode_function(tool: Tool) -> Wire:
    function: Wire = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters
    if tool.strict is not None:
        function["strict"] = tool.strict
    return function


def _encode_legacy(tool: Tool) -> Wire:
    return {**_encode_function(tool), **(tool.extra.fields if tool.extra else {})}


def _encode_custom(tool: Tool, text_format: JsonObject, losses: Losses) -> Wire:
    custom: Wire = {"name": tool.name}
    if tool.description is not None:
        custom["description"] = tool.description
    if text_format:
        custom["format"] = _nested(text_format)
    if tool.strict is not None:
        losses.dropped("strict", "a free-form tool has no schema")
    return custom


def _nested(text_format: JsonObject) -> Wire:
    """A grammar as this dialect wants it; our own form, like the Responses API, has its fields at the top."""
    if text_format.get("type") != "grammar" or "grammar" in text_format:
        return dict(text_format)
    grammar = {name: value for name, value in text_format.items() if name != "type"}
    return {"type": "grammar", "grammar": grammar}


def _encode_choice(request: Request, choice: ToolChoice, wire: Wire, losses: Losses) -> None:
    if "functions" in wire and "tools" not in wire:
        _encode_legacy_choice(choice, wire, losses)
    elif not choice.names:
        wire["tool_choice"] = choice.mode
    elif choice.mode == "none":
        wire["tool_choice"] = "none"
        losses.dropped("tool_choice.names", "no tool may be called, whatever its name")
    else:
        wire["tool_choice"] = _named_choice(choice, _custom_names(request))


def _custom_names(request: Request) -> set[str]:
    return {tool.name for tool in request.tools if isinstance(tool, Tool) and tool.text_format is not None}


def _named_choice(choice: ToolChoice, custom: set[str]) -> Wire:
    kinds = ["custom" if name in custom else "function" for name in choice.names]
    tools: list[Wire] = [{"type": kind, kind: {"name": name}} for kind, name in zip(kinds, choice.names, strict=True)]
    if choice.mode == "required" and len(tools) == 1:
        return tools[0]
    return {"type": "allowed_tools", "allowed_tools": {"mode": choice.mode, "tools": tools}}


def _encode_legacy_choice(choice: ToolChoice, wire: Wire, losses: Losses) -> None:
    if choice.mode == "required" and len(choice.names) == 1:
        wire["function_call"] = {"name": choice.names[0]}
    elif choice.mode == "required" or choice.names:
        losses.dropped("tool_choice", "`function_call` knows `auto`, `none` and one name only")
    else:
        wire["function_call"] = choice.mode


# ---------------------------------------------------------------------- decode


def decode_tools(value: Any, where: str) -> tuple[AnyTool, ...]:
    """Raises `Rejected` for what is no list of tools."""
    if not isinstance(value, list):
        raise rejected(where, "a list of tools is needed here")
    entries = cast("list[Any]", value)
    decode = _decode_legacy if where == "functions" else _decode_tool
    return tuple([decode(entry, f"{where}[{number}]") for number, entry in enumerate(entries)])


def _decode_tool(value: Any, where: str) -> Tool | Opaque:
    entry = object_of(value, where)
    kind = entry.get("type", "function")
    if kind == "function":
        return _decode_function(entry, where)
    if kind == "custom":
        return _decode_custom(entry, where)
    return Opaque(dialect=NAME, payload=entry)


def decode_web_search(options: Wire) -> ServerTool:
    return ServerTool("web_search", options, NAME if options else None)


def _decode_function(entry: Wire, where: str) -> Tool:
    where = f"{where}.function"
    function = object_of(entry.get("function"), where)
    cache, spelling = decode_mark(entry)
    extra = extra_of(unknown(entry, _ENTRY, inside="function", known_inside=_FUNCTION), spelling)
    return Tool(cache=cache, extra=extra, **_described(function, where))


def _decode_legacy(value: Any, where: str) -> Tool:
    function = object_of(value, where)
    return Tool(extra=extra_of(unknown(function, _FUNCTION), {"type": None}), **_described(function, where))


def _described(function: Wire, where: str) -> Wire:
    """Name, description, parameters and strictness. Absent parameters are none: the record's own default."""
    described: Wire = {"name": text_in(function, "name", where)}
    for name, kind in (("description", str), ("parameters", dict), ("strict", bool)):
        value = function.get(name)
        if value is not None:
            described[name] = checked(value, (kind,), f"{where}.{name}")
    return described


def _decode_custom(entry: Wire, where: str) -> Tool:
    where = f"{where}.custom"
    custom = object_of(entry.get("custom"), where)
    cache, spelling = decode_mark(entry)
    description = custom.get("description")
    return Tool(
        name=text_in(custom, "name", where),
        description=None if description is None else checked(description, (str,), f"{where}.description"),
        text_format=_flat(object_of(custom.get("format") or {}, f"{where}.format")),
        cache=cache,
        extra=extra_of(unknown(entry, _ENTRY, inside="custom", known_inside=_CUSTOM), spelling),
    )


def _flat(text_format: Wire) -> Wire:
    grammar = text_format.get("grammar")
    if text_format.get("type") != "grammar" or len(text_format) != 2 or not isinstance(grammar, dict):
        return text_format
    return {"type": "grammar", **cast("Wire", grammar)}


_MODES: Final[Modes] = {**MODES, "any": "required"}  # Fireworks, Mistral


def decode_choice(value: Any) -> ToolChoice | None:
    """The choice in `tool_choice` or `function_call`, or `None` when it is one that only the provider knows."""
    outermost = _outermost(cast("Wire", value)) if isinstance(value, dict) else value
    return tool_choice_in(outermost, _MODES, _name_in)


def _outermost(choice: Wire) -> Wire:
    """`choice` with the tools allowed at its top, as the Responses API has them; here they are one level down."""
    allowed = choice.get("allowed_tools")
    if choice.get("type") != "allowed_tools" or not isinstance(allowed, dict):
        return choice
    return {**cast("Wire", allowed), "type": "allowed_tools"}


def _name_in(choice: Any) -> str | None:
    """The name in `{"type": "function", "function": {"name": …}}`, its custom form, or the old `{"name": …}`."""
    if not isinstance(choice, dict):
        return None
    entry = cast("Wire", choice)
    kind = entry.get("type")
    named = entry.get(kind) if kind in ("function", "custom") else None if kind else entry
    name = cast("Wire", named).get("name") if isinstance(named, dict) else None
    return name if isinstance(name, str) and name else None
