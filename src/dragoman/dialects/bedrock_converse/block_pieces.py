"""A whole block in the pieces in which a stream sends it: a start, where it has one, and the deltas that follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.blocks import Pieces
from dragoman.messages import encode_json


def _text(block: Wire) -> Pieces:
    return None, [{"text": block["text"]}]


def _cited(block: Wire) -> Pieces:
    wire: Wire = block["citationsContent"]
    text = [{"text": item["text"]} for item in wire.get("content") or ()]
    return None, [*text, *({"citation": citation} for citation in wire.get("citations") or ())]


def _reasoning(block: Wire) -> Pieces:
    wire: Wire = block["reasoningContent"]
    said = [{name: value} for name, value in (wire.get("reasoningText") or wire).items() if value]
    return None, [{"reasoningContent": piece} for piece in said or [{"text": ""}]]


def _call(block: Wire) -> Pieces:
    wire: Wire = block["toolUse"]
    start = {name: value for name, value in wire.items() if name != "input"}
    given = wire.get("input")
    text = given if isinstance(given, str) else encode_json(given).decode()
    return {"toolUse": start}, [{"toolUse": {"input": text}}] if given else []


def _result(block: Wire) -> Pieces:
    wire: Wire = block["toolResult"]
    start = {name: value for name, value in wire.items() if name != "content"}
    return {"toolResult": start}, [{"toolResult": wire["content"]}] if wire.get("content") else []


def _image(block: Wire) -> Pieces:
    wire: Wire = block["image"]
    return {"image": {"format": wire["format"]}}, [{"image": {n: v}} for n, v in wire.items() if n != "format"]


_PIECES: Final[dict[str, Callable[[Wire], Pieces]]] = {
    "text": _text,
    "citationsContent": _cited,
    "reasoningContent": _reasoning,
    "toolUse": _call,
    "toolResult": _result,
    "image": _image,
}


def taken_apart(block: Wire) -> Pieces:
    """The start of a block and its deltas. One of an unknown kind is its own start."""
    pieces = next((_PIECES[name] for name in block if name in _PIECES), None)
    return (block, ()) if pieces is None else pieces(block)
