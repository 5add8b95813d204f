"""Items of tools that run at OpenAI, or at an MCP server that it calls: kept whole, and told what they are.

One item is the call and its result. What the caller has to run (`computer_call`, `local_shell_call`) is none of these.
"""

from __future__ import annotations

from typing import Any, Final

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
    if field != "arguments" or not isinstance(asked, str):
        return asked
    arguments, whole = parse_arguments(asked)
    return arguments if whole else asked
