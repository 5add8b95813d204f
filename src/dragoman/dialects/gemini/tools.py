"""Tools and how the model chooses among them.

Functions of the caller are `Tool`s; they are declared together. Tools that run at Google are `ServerTool`s when other
providers have their like, else (`googleMaps`, `computerUse` …) they are kept whole as `Opaque`s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.checks import objects, optional, required, wanted
from dragoman.dialects.gemini.extras import extra_of, own, restore
from dragoman.dialects.gemini.name import NAME
from dragoman.dialects.gemini.schemas import json_schema_of
from dragoman.dialects.server_tools import Forms, decode_server_tool, encode_server_tool
from dragoman.messages import AnyTool, JsonObject, Loss, Opaque, Request, ServerTool, ServerToolName, Tool, ToolChoice

_FUNCTIONS: Final = "functionDeclarations"
_NO_PARAMETERS: Final = Tool(name="").parameters

_WORDS: Final[dict[ServerToolName, str]] = {
    "web_search": "googleSearch",
    "code_execution": "codeExecution",
    "url_context": "urlContext",
    "file_search": "fileSearch",
}
"""Source: recorded requests (`codeExecution` beside functions); 2026-11-21. A `fileSearch` needs its stores as well."""

_EMPTY: Final[JsonObject] = {}
_FORMS: Final[Forms] = dict.fromkeys(_WORDS, _EMPTY)

# ---------------------------------------------------------------------- canonical to wire


def encode_tools(request: Request, wire: Wire, losses: list[Loss]) -> None:
    """Write `tools` and `toolConfig`."""
    declared: list[Wire] = []
    tools: list[Wire] = []
    for number, tool in enumerate(request.tools):
        where = f"tools[{number}]"
        if not isinstance(tool, Tool):
            tools += _encode_other(tool, where, losses)
        elif (declaration := _encode_tool(tool, where, losses)) is not None:
            if not declared:
                tools.append({_FUNCTIONS: declared})
            declared.append(declaration)
    if tools:
        wire["tools"] = tools
    if request.tool_choice is not None:
        wire["toolConfig"] = {"functionCallingConfig": _encode_choice(request.tool_choice, losses)}
    if request.parallel_tool_calls is not None:
        why = "the model decides how many tools it calls at once"
        losses.append(Loss(effect="dropped", where="parallel_tool_calls", why=why))


def _encode_other(tool: ServerTool | Opaque, where: str, losses: list[Loss]) -> list[Wire]:
    if isinstance(tool, ServerTool):
        _report_mark(tool, where, losses)
        options = encode_server_tool(tool, _FORMS, NAME, where, losses)
        return [] if options is None else [{_WORDS[tool.name]: options}]
    if tool.dialect == NAME:
        return [dict(tool.payload)]
    losses.append(Loss(effect="dropped", where=where, why=f"only `{tool.dialect}` knows it"))
    return []


def _encode_tool(tool: Tool, where: str, losses: list[Loss]) -> Wire | None:
    if tool.text_format is not None:
        losses.append(Loss(effect="dropped", where=where, why="every tool takes a JSON object here, none free text"))
        return None
    declaration: Wire = {"name": tool.name}
    if tool.description is not None:
        declaration["description"] = tool.description
    if tool.parameters != _NO_PARAMETERS and not _is_spelled(tool):
        declaration["parametersJsonSchema"] = dict(tool.parameters)
    if tool.strict is not None:
        why = "there is no such switch on one tool"
        losses.append(Loss(effect="dropped", where=f"{where}.strict", why=why))
    _report_mark(tool, where, losses)
    restore(declaration, tool.extra, where, losses)
    return declaration


def _report_mark(tool: Tool | ServerTool, where: str, losses: list[Loss]) -> None:
    if tool.cache is not None:
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why="this dialect marks nothing"))


def _is_spelled(tool: Tool) -> bool:
    """Whether the parameters go back just as they came."""
    extra = own(tool.extra)
    return extra is not None and not extra.spelling.keys().isdisjoint(_PARAMETERS)


def _encode_choice(choice: ToolChoice, losses: list[Loss]) -> Wire:
    if choice.mode == "none":
        if choice.names:
            losses.append(Loss(effect="dropped", where="tool_choice.names", why="no tool may be called at all"))
        return {"mode": "NONE"}
    if not choice.names:
        return {"mode": "ANY" if choice.mode == "required" else "AUTO"}
    # names are taken with ANY and VALIDATED only; the latter is AUTO with arguments that fit their schema
    mode = "ANY" if choice.mode == "required" else "VALIDATED"
    return {"mode": mode, "allowedFunctionNames": list(choice.names)}


# ---------------------------------------------------------------------- wire to canonical

_PARAMETERS: Final = ("parametersJsonSchema", "parameters")
_DECLARATION: Final = frozenset({"name", "description", *_PARAMETERS})


def decode_tools(wire: Wire) -> tuple[AnyTool, ...]:
    """The tools. Raises `Rejected`."""
    value = wire.get("tools")
    return () if value is None else tuple(_decode_all(objects(value, "tools")))


def _decode_all(tools: list[Wire]) -> Iterator[AnyTool]:
    for number, tool in enumerate(tools):
        where = f"tools[{number}].{_FUNCTIONS}"
        for place, declaration in enumerate(objects(tool.get(_FUNCTIONS) or [], where)):
            yield _decode_tool(declaration, f"{where}[{place}].")
        for name, value in tool.items():
            if name != _FUNCTIONS:
                yield _decode_other(name, value)


_NAMES: Final[dict[str, ServerToolName]] = {word: name for name, word in _WORDS.items()}


def _decode_other(word: str, value: Any) -> ServerTool | Opaque:
    name = _NAMES.get(word)
    known = name and isinstance(value, dict) and decode_server_tool(name, cast("Wire", value), _EMPTY, NAME)
    return known or Opaque(NAME, {word: value})


def _decode_tool(declaration: Wire, where: str) -> Tool:
    form = next((name for name in _PARAMETERS if declaration.get(name) is not None), None)
    schema: Wire = dict(_NO_PARAMETERS) if form is None else wanted(declaration[form], dict, f"{where}{form}")
    parameters = json_schema_of(schema) if form == "parameters" else schema
    spelled = form == "parameters" or (form is not None and parameters == _NO_PARAMETERS)
    rest = {name: value for name, value in declaration.items() if name not in _DECLARATION}
    return Tool(
        name=required(declaration, "name", str, where),
        description=optional(declaration, "description", str, where),
        parameters=parameters,
        extra=extra_of(rest, {form: schema} if spelled and form else None),
    )


_MODES: Final[dict[str, Literal["auto", "required", "none"]]] = {
    "AUTO": "auto",
    "ANY": "required",
    "NONE": "none",
    "VALIDATED": "auto",
}


def decode_choice(wire: Wire) -> ToolChoice | None:
    """How the model chooses; `None` when it is not said, or in a mode that is not known. Raises `Rejected`."""
    config = _choosing(wire)
    mode = _MODES.get(str(config.get("mode")))
    if mode is None:
        return None
    names: list[Any] = optional(config, "allowedFunctionNames", list, "toolConfig.functionCallingConfig.") or []
    return ToolChoice(mode=mode, names=tuple(str(name) for name in names))


def _choosing(wire: Wire) -> Wire:
    config: Wire = optional(wire, "toolConfig", dict) or {}
    return optional(config, "functionCallingConfig", dict, "toolConfig.") or {}


def unknown_choice(wire: Wire) -> Wire:
    """What `decode_choice` left of `toolConfig`: the rest, and what would be said otherwise."""
    config = cast("Wire", wire.get("toolConfig") or {})
    rest = {name: value for name, value in config.items() if name != "functionCallingConfig"}
    choosing, choice = _choosing(wire), decode_choice(wire)
    said = {} if choice is None else _encode_choice(choice, [])
    otherwise = {name: value for name, value in choosing.items() if said.get(name) != value}
    return {**rest, "functionCallingConfig": otherwise} if otherwise else rest
