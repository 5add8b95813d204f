"""A whole block in the pieces in which a stream sends it: a start, and the deltas that clients build it from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.blocks import Pieces
from dragoman.messages import encode_json


def _text_pieces(block: Wire) -> Pieces:
    citations = [{"type": "citations_delta", "citation": citation} for citation in block.get("citations", ())]
    text = [{"type": "text_delta", "text": block["text"]}] if block["text"] else []
    start = {name: value for name, value in block.items() if name != "citations"}
    return {**start, "text": ""}, [*text, *citations]


def _thinking_pieces(block: Wire) -> Pieces:
    deltas = (
        {"type": "thinking_delta", "thinking": block["thinking"]},
        {"type": "signature_delta", "signature": block.get("signature")},
    )
    return {**block, "thinking": "", "signature": ""}, [d for d in deltas if d.get("thinking") or d.get("signature")]


def _call_pieces(block: Wire) -> Pieces:
    given = block.get("input")
    if not isinstance(given, dict) or not given:
        return block, ()
    delta = {"type": "input_json_delta", "partial_json": encode_json(given).decode()}
    return {**block, "input": {}}, [delta]


def _compaction_pieces(block: Wire) -> Pieces:
    if block.get("content") is None:
        return block, ()
    return {**block, "content": None}, [{"type": "compaction_delta", "content": block["content"]}]


_PIECES: Final[dict[str, Callable[[Wire], Pieces]]] = {
    "text": _text_pieces,
    "thinking": _thinking_pieces,
    "tool_use": _call_pieces,
    "server_tool_use": _call_pieces,
    "mcp_tool_use": _call_pieces,
    "compaction": _compaction_pieces,
}
"""Blocks that clients build from deltas: the AI SDK and the official one do not look for these fields in the start.
Every other block comes whole in its start."""


def taken_apart(block: Wire) -> Pieces:
    """The start of a block, and the deltas that complete it."""
    pieces = _PIECES.get(block["type"])
    return (block, ()) if pieces is None else pieces(block)
