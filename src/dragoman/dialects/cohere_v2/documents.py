"""Documents, both ways: those of a request, which the model may cite, and those in a tool's result.

A document here is any object. The usual fields are the record's; of any other object the record holds the JSON text,
and goes back to this dialect as it came.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire, merge_extra
from dragoman.dialects.checks import required, wanted
from dragoman.dialects.cohere_v2.wire import NAME
from dragoman.dialects.documents import document_text
from dragoman.dialects.losses import lose_cache
from dragoman.messages import Document, Extra, JsonObject, Loss, encode_json

_FIELDS: Final = ("title", "text", "context")
_PLAIN: Final = "plain"


def encode_document(part: Document, where: str, losses: list[Loss]) -> Wire | str | None:
    """A document with `data`, or `None` when it is none of text."""
    text = document_text(part)
    if text is None:
        losses.append(Loss(effect="dropped", where=where, why="only text documents can be sent: give the text"))
        return None
    lose_cache(part.cache, where, losses)
    if part.citations is not None:
        why = "the model cites whatever documents it is given"
        losses.append(Loss(effect="changed", where=f"{where}.citations", why=why))
    spelling: JsonObject = part.extra.spelling if part.extra is not None and part.extra.dialect == NAME else {}
    if _PLAIN in spelling:
        return text
    named = (("title", part.title), ("text", text), ("context", part.context))
    data = {} if "data" in spelling else {name: value for name, value in named if value is not None}
    wire: Wire = {"data": data}
    merge_extra(wire, part.extra, NAME, where, losses)
    return wire


def decode_document(value: Any, where: str) -> Document:
    """Raises `Rejected`."""
    if isinstance(value, str):
        return Document(text=value, extra=Extra(dialect=NAME, spelling={_PLAIN: True}))
    wire: Wire = wanted(value, dict, where)
    data: Wire = required(wire, "data", dict, f"{where}.")
    rest = {name: field for name, field in wire.items() if name != "data"}
    known = {name: data[name] for name in _FIELDS if isinstance(data.get(name), str)}
    if known != data or "text" not in known:
        known = {"text": encode_json(data).decode()}
        rest["data"] = data
    extra = Extra(dialect=NAME, spelling=rest) if rest else None
    return Document(extra=extra, **cast("dict[str, Any]", known))
