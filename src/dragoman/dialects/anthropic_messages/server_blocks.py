"""Blocks of tools that run at Anthropic, or at an MCP server that it calls: kept whole, and told what they are."""

from __future__ import annotations

from typing import Final

from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.base import Wire
from dragoman.messages import Opaque

_CALLS: Final = frozenset({"server_tool_use", "mcp_tool_use"})
_RESULT: Final = "_tool_result"
"""How the types of results end: there is one for each tool."""


def opaque_block(block: Wire) -> Opaque:
    kind: str = block["type"]
    if kind in _CALLS:
        called = {field: block.get(field) for field in ("name", "id", "input")}
        return Opaque(NAME, block, "server_tool_call", **called)
    if kind.endswith(_RESULT):
        name, id_ = kind.removesuffix(_RESULT), block.get("tool_use_id")
        return Opaque(NAME, block, "server_tool_result", name, id_, output=block.get("content"))
    return Opaque(NAME, block)
