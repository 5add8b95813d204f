"""Items of tools that run at OpenAI, or at an MCP server that it calls: kept whole, and told what they are.

One item is the call and its result. What the caller has to run (`computer_call`, `local_shell_call`) is none of these.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_responses.wire import NAME
from dragoman.messages import Opaque, parse_arguments

_CALLS: Final[dict[str, tuple[str, str | None]]] = {
    "web_search_call": ("action", "results"),
    "file_search_call": ("queries", "results"),
    "code_interpreter_call": ("code", "outputs"),
    "mcp_call": ("arguments", "output"),
    "tool_search_call": ("arguments", None),  # an item of its own
}
"""Where each kind of item has what the tool was asked, and what it gave."""

_SEARCHED_TOOLS: Final = "tool_search_output"
_AT_THE_CALLER: Final = "client"


_CUSTOM_CALL: Final = "custom_tool_call"
_MAY_BE_CALLED: Final = frozenset({"custom", "namespace", "tool_search"})
"""Tools of the caller that take free text, and what brings such tools."""


def runs_at_provider(item: Wire, tools: Any) -> bool:
    """Whether an item that looks like a call to the caller's tool is of none: `tools` are those the response repeats.

    xAI tells so what its `x_search` does: `custom_tool_call` of `x_keyword_search` (recorded 2026-01-30).
    """
    if item.get("type") != _CUSTOM_CALL or not isinstance(tools, list):
        return False
    kinds = {cast("Wire", tool).get("type") for tool in cast("list[Any]", tools) if isinstance(tool, dict)}
    return bool(kinds) and kinds.isdisjoint(_MAY_BE_CALLED)


def provider_call(item: Wire) -> Opaque:
    """An item that `runs_at_provider`."""
    return Opaque(NAME, item, "server_tool_call", item.get("name"), item.get("id"), _parsed(item.get("input")))


def opaque_item(item: Wire) -> Opaque:
    kind: str = item.get("type", "")
    if item.get("execution") == _AT_THE_CALLER:
        return Opaque(NAME, item)
    if kind == _SEARCHED_TOOLS:
        return Opaque(NAME, item, "server_tool_result", "tool_search", output=item.get("tools"))
    if kind not in _CALLS:
        return Opaque(NAME, item)
    asked, given = _CALLS[kind]
    name = item.get("name") or kind.removesuffix("_call")
    output = None if given is None else item.get(given)
    return Opaque(NAME, item, "server_tool_call", name, item.get("id"), _asked(item, asked), output)


def _asked(item: Wire, field: str) -> Any:
    """Arguments may come as their JSON text."""
    asked = item.get(field)
    return _parsed(asked) if field == "arguments" else asked


def _parsed(asked: Any) -> Any:
    if not isinstance(asked, str):
        return asked
    arguments, whole = parse_arguments(asked)
    return arguments if whole else asked
