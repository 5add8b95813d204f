"""Citations, both ways.

One here may have several sources. The record holds what the first says of itself; all of them are kept beside it.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire, merge_extra
from dragoman.dialects.cohere_v2.wire import NAME
from dragoman.messages import Citation, Extra, Loss

_FIELDS: Final = {"url": "url", "title": "title", "text": "cited_text"}
"""Fields of a document by which many call what the record has too."""

_OF_THE_TEXT: Final = ("text", "type", "content_index")
"""Fields that only repeat where in the answer the passage is."""

_KNOWN: Final = frozenset({"start", "end", "sources", *_OF_THE_TEXT})


def is_of_text(wire: Wire) -> bool:
    """Whether the passage stands in the text, and not in the thinking or the plan."""
    return wire.get("type") in (None, "TEXT_CONTENT")


def is_ours(citation: Citation) -> bool:
    """Whether it came from this dialect, and says itself which text it is of."""
    return citation.extra is not None and citation.extra.dialect == NAME


def decode_citation(wire: Wire) -> Citation:
    sources: Any = wire.get("sources") or ()
    said = _said_by(sources[0]) if sources else {}
    start, end = wire.get("start"), wire.get("end")
    fields = {name: value for name, value in wire.items() if name not in _KNOWN}
    if sources and sources != _sources(said):
        fields["sources"] = sources
    spelling = {name: wire[name] for name in _OF_THE_TEXT if wire.get(name) is not None}
    extra = Extra(fields=fields, dialect=NAME, spelling=spelling) if fields or spelling else None
    return Citation(start=_number(start), end=_number(end), extra=extra, **said)


def _said_by(source: Wire) -> Wire:
    document: Any = source.get("document")
    if not isinstance(document, dict):
        return {}
    wire = cast("Wire", document)
    return {field: wire[name] for name, field in _FIELDS.items() if isinstance(wire.get(name), str)}


def _sources(said: Wire) -> list[Wire]:
    """The sources of a citation that came from elsewhere: one, with what the record holds."""
    document = {name: said[field] for name, field in _FIELDS.items() if said.get(field) is not None}
    return [{"type": "document", "document": document}] if document else []


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


def encode_citation(citation: Citation, where: str, losses: list[Loss]) -> Wire:
    wire: Wire = {}
    for name in ("start", "end"):
        value = getattr(citation, name)
        if value is not None and citation.unit == "answer":
            wire[name] = value
    if citation.unit != "answer":
        why = "where in a source a passage stands is not said here"
        losses.extend(Loss(effect="dropped", where=f"{where}.{name}", why=why) for name in ("unit", "start", "end"))
    if citation.document_index is not None:
        why = "sources are named by an id, not by a number"
        losses.append(Loss(effect="dropped", where=f"{where}.document_index", why=why))
    wire["sources"] = _sources({field: getattr(citation, field) for field in _FIELDS.values()})
    merge_extra(wire, citation.extra, NAME, where, losses)
    return wire
