"""Tools and how the model chooses among them.

A function of the caller is a `Tool`. What runs at Amazon (`systemTool`) is a `ServerTool` when other providers have its
like, else it is kept whole as an `Opaque`. Two rules of the API are met here
(docs.aws.amazon.com/bedrock/latest/userguide/tool-use.html, read 2026-11-21): there is no way to forbid calls but to
offer no tools, and a history with calls needs a `toolConfig`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from msgspec.structs import replace

from dragoman.dialects.base import Wire, encode_opaque, unknown_fields, write_extra
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.parts import decode_cache_mark, encode_cache_mark
from dragoman.dialects.bedrock_converse.reading import (
    field,
    maybe,
    objects,
    optional,
    rejected,
    text,
    why_broken,
)
from dragoman.dialects.broken import BROKEN
from dragoman.dialects.server_tools import Forms, decode_server_tool, encode_server_tool
from dragoman.messages import (
    AnyTool,
    Loss,
    Message,
    Opaque,
    Request,
    ServerTool,
    ServerToolName,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

PLACEHOLDER: Final = "It was used earlier in this conversation. It cannot be called any more."
"""The description of a tool that stands in `toolConfig` only because history has calls; requests are read without."""

SERVER_TOOLS: Final[Forms] = {
    "web_search": {"name": "nova_grounding"},
    "code_execution": {"name": "nova_code_interpreter"},
}
"""The `systemTool`s of Nova (recorded with `amazon.nova-2-lite`; 2026-11-21)."""

# ---------------------------------------------------------------------- canonical to wire


def encode_tools(request: Request, wire: Wire, losses: list[Loss]) -> None:
    """Write `toolConfig`."""
    tools = _offered(request, losses)
    if request.parallel_tool_calls is not None:
        why = "this dialect cannot say how many calls there may be at once"
        losses.append(Loss(effect="dropped", where="parallel_tool_calls", why=why))
    config: Wire = {}
    if tools:
        config["tools"] = tools
        if request.tool_choice is not None and request.tool_choice.mode != "none":
            _encode_choice(request.tool_choice, config, losses)
    elif request.tool_choice is not None and request.tool_choice.mode != "none":
        losses.append(Loss(effect="dropped", where="tool_choice", why="there are no tools to choose among"))
    if not tools:
        config = _placeholders(request.messages, losses)
    if config:
        wire["toolConfig"] = config


def _offered(request: Request, losses: list[Loss]) -> list[Wire]:
    """The tools, but for a request that forbids calls: then none, where history allows."""
    choice = request.tool_choice
    if choice is None or choice.mode != "none":
        return _encode_each(request.tools, losses)
    if choice.names:
        losses.append(Loss(effect="dropped", where="tool_choice.names", why="no tool may be called at all"))
    if _names_in(request.messages) and request.tools:
        why = "calls cannot be forbidden when the conversation has some already: the model may call"
        losses.append(Loss(effect="dropped", where="tool_choice", why=why))
        return _encode_each(request.tools, losses)
    why = "calls are forbidden by offering no tools"
    losses.append(Loss(effect="changed", where="tool_choice", why=why))
    if request.tools:
        losses.append(Loss(effect="changed", where="tools", why=why))
    return []


def _encode_each(tools: Sequence[AnyTool], losses: list[Loss]) -> list[Wire]:
    wires: list[Wire] = []
    for number, tool in enumerate(tools):
        where = f"tools[{number}]"
        block = _encode_tool(tool, where, losses)
        if block is None:
            continue
        wires.append(block)
        if tool.cache is not None:
            wires.append(encode_cache_mark(tool.cache))
    return wires


def _encode_tool(tool: AnyTool, where: str, losses: list[Loss]) -> Wire | None:
    if isinstance(tool, Opaque):
        return encode_opaque(tool, NAME, where, losses)
    if isinstance(tool, ServerTool):
        system = encode_server_tool(tool, SERVER_TOOLS, NAME, where, losses)
        return None if system is None else {"systemTool": system}
    if tool.text_format is not None:
        losses.append(Loss(effect="dropped", where=where, why="every tool takes a JSON object here, none free text"))
        return None
    spec: Wire = {"name": tool.name}
    if tool.description:  # an empty one is refused
        spec["description"] = tool.description
    spec["inputSchema"] = {"json": dict(tool.parameters)}
    if tool.strict is not None:
        spec["strict"] = tool.strict
    write_extra(spec, tool.extra, NAME, where, losses)
    return {"toolSpec": spec}


def _encode_choice(choice: ToolChoice, config: Wire, losses: list[Loss]) -> None:
    """Write `toolChoice`."""
    if choice.mode == "required" and len(choice.names) == 1:
        config["toolChoice"] = {"tool": {"name": choice.names[0]}}
    elif not choice.names or _keep_named(choice.names, config, losses):
        config["toolChoice"] = {"any": {}} if choice.mode == "required" else {"auto": {}}


def _keep_named(names: Sequence[str], config: Wire, losses: list[Loss]) -> bool:
    """Offer only the tools the model may choose among: this dialect cannot say it in any other way.

    Gives whether there are any of them.
    """
    named = [tool for tool in config["tools"] if tool.get("toolSpec", {}).get("name") in names]
    if not named:
        why = f"none of the tools is called {' or '.join(names)}"
        losses.append(Loss(effect="dropped", where="tool_choice", why=why))
        return False
    why = "the choice cannot be limited to some tools: the others are not offered (which voids a cached prefix)"
    losses.append(Loss(effect="changed", where="tool_choice.names", why=why))
    if len(named) < len(config["tools"]):
        config["tools"] = named
        losses.append(Loss(effect="changed", where="tools", why=f"only those are offered: {', '.join(names)}"))
    return True


def _placeholders(messages: Iterable[Message], losses: list[Loss]) -> Wire:
    """The tools that history speaks of, when the caller offers none: the API refuses such a request without them."""
    names = _names_in(messages)
    if not names:
        return {}
    why = f"the API demands tools when the conversation has calls: {', '.join(names)} named, as no longer to be called"
    losses.append(Loss(effect="changed", where="tools", why=why))
    schema: Wire = {"json": {"type": "object", "properties": {}}}
    return {"tools": [{"toolSpec": {"name": n, "description": PLACEHOLDER, "inputSchema": schema}} for n in names]}


_NAMELESS: Final = "earlier_tool"
"""For a result without a call: nobody knows of which tool."""


def _names_in(messages: Iterable[Message]) -> list[str]:
    names: dict[str, None] = {}
    for message in messages:
        if isinstance(message.content, str):
            continue
        for part in message.content:
            if isinstance(part, ToolCall):
                names[part.name] = None
            elif isinstance(part, ToolResult) and not names:
                names[part.name or _NAMELESS] = None
    return list(names)


# ---------------------------------------------------------------------- wire to canonical

_SPEC: Final = frozenset({"name", "description", "inputSchema", "strict"})
_CONFIG: Final = frozenset({"tools", "toolChoice"})
_MODES: Final[dict[str, Literal["auto", "required"]]] = {"auto": "auto", "any": "required", "tool": "required"}


def decode_tools(config: Wire) -> tuple[AnyTool, ...]:
    """The tools. Raises `Rejected`."""
    tools: list[AnyTool] = []
    for number, block in enumerate(objects(config.get("tools") or [], "toolConfig/tools")):
        mark = decode_cache_mark(block)
        if mark is not None and tools and tools[-1].cache is None:
            tools[-1] = replace(tools[-1], cache=mark)
            continue
        try:
            tool = _decode_tool(block)
        except BROKEN as error:
            raise rejected(f"toolConfig/tools/{number}", why_broken(error)) from error
        if tool is not None:
            tools.append(tool)
    return tuple(tools)


def _decode_tool(block: Wire) -> AnyTool | None:
    """The tool; `None` for one that is there for the sake of history only."""
    if "toolSpec" not in block:
        return _decode_system_tool(block) or Opaque(NAME, block)
    spec = field(block, "toolSpec", dict)
    if spec.get("description") == PLACEHOLDER:
        return None
    schema: Wire = field(spec, "inputSchema", dict)
    known = _SPEC if schema.keys() == {"json"} else _SPEC - {"inputSchema"}
    return Tool(
        name=text(spec, "name"),
        description=maybe(spec, "description", str),
        parameters=maybe(schema, "json", dict) or {},
        strict=maybe(spec, "strict", bool),
        extra=unknown_fields(spec, known, NAME),
    )


_NAMES: Final[dict[str, ServerToolName]] = {form["name"]: name for name, form in SERVER_TOOLS.items()}


def _decode_system_tool(block: Wire) -> ServerTool | None:
    if block.keys() != {"systemTool"}:
        return None
    system: Wire = field(block, "systemTool", dict)
    name = _NAMES.get(str(system.get("name")))
    return name and decode_server_tool(name, system, SERVER_TOOLS[name], NAME)


def decode_choice(config: Wire) -> ToolChoice | None:
    """The choice; `None` for none and for one of an unknown kind. Raises `Rejected`."""
    choice: Wire = optional(config, "toolChoice", dict, "toolConfig") or {}
    kind = next((name for name in _MODES if choice.get(name) is not None), None)
    if kind is None:
        return None
    if kind != "tool":
        return ToolChoice(mode=_MODES[kind])
    try:
        return ToolChoice(mode="required", names=(text(field(choice, "tool", dict), "name"),))
    except BROKEN as error:
        raise rejected("toolConfig/toolChoice/tool", why_broken(error)) from error


def unknown_config(config: Wire, choice: ToolChoice | None) -> dict[str, Any]:
    """What `decode_tools` and `decode_choice` left of `toolConfig`."""
    known = _CONFIG if choice is not None else _CONFIG - {"toolChoice"}
    return {name: value for name, value in config.items() if name not in known}
