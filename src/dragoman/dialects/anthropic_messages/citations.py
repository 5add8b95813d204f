"""Citations: where a passage of an answer comes from.

A citation that came from this dialect keeps its original in `extra` and goes back as it was: parts of it
(`encrypted_index`, `file_id`) have no canonical place, and the API refuses a citation without them.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.base import Wire, write_extra
from dragoman.messages import Citation, Extra, Loss

Unit: TypeAlias = Literal["answer", "char", "page", "block", "search"]


class _Location(NamedTuple):
    """What a kind of citation calls its fields."""

    unit: Unit
    title: str
    url: str = ""
    number: str = ""
    start: str = ""
    end: str = ""


def _in_document(unit: Unit, what: str) -> _Location:
    return _Location(unit, "document_title", number="document_index", start=f"start_{what}", end=f"end_{what}")


_NOWHERE: Final = _Location("answer", "title", "url")
LOCATIONS: Final = {
    "char_location": _in_document("char", "char_index"),
    "page_location": _in_document("page", "page_number"),
    "content_block_location": _in_document("block", "block_index"),
    "search_result_location": _Location(
        "search", "title", "source", "search_result_index", "start_block_index", "end_block_index"
    ),
}
_KINDS: Final = {location.unit: kind for kind, location in LOCATIONS.items()}


def decode_citation(wire: Wire) -> Citation:
    """The citation, its original beside it. `web_search_result_location` and new kinds count in nothing."""
    location = LOCATIONS.get(wire["type"], _NOWHERE)
    return Citation(
        unit=location.unit,
        url=wire.get(location.url),
        title=wire.get(location.title),
        cited_text=wire.get("cited_text"),
        document_index=wire.get(location.number),
        start=wire.get(location.start),
        end=wire.get(location.end),
        extra=_original(wire, {"type", "cited_text", *location[1:]}),
    )


def _original(wire: Wire, known: set[str]) -> Extra:
    """All of `wire`: what the record says too as this dialect's spelling of it, the rest as what only it knows."""
    fields = {name: value for name, value in wire.items() if name not in known}
    return Extra(fields=fields, dialect=NAME, spelling={name: wire[name] for name in wire if name in known})


def encode_citation(citation: Citation, where: str, losses: list[Loss]) -> Wire | None:
    """The citation as it came, or built from its fields; `None` when they do not say enough for this dialect."""
    if citation.extra is not None and citation.extra.dialect == NAME:
        return {**citation.extra.spelling, **citation.extra.fields}
    wire = _built(citation)
    if wire is None:
        losses.append(Loss(effect="dropped", where=where, why="it does not point into a document of this request"))
        return None
    if citation.url is not None and citation.unit != "search":
        losses.append(Loss(effect="dropped", where=f"{where}.url", why="documents are cited by their index"))
    write_extra(wire, citation.extra, NAME, where, losses)
    return wire


def _built(citation: Citation) -> Wire | None:
    kind = _KINDS.get(citation.unit) if citation.unit != "answer" else None
    place = (citation.cited_text, citation.document_index, citation.start, citation.end)
    if kind is None or None in place or (citation.unit == "search" and citation.url is None):
        return None
    location = LOCATIONS[kind]
    wire: Wire = {
        "type": kind,
        "cited_text": citation.cited_text,
        location.number: citation.document_index,
        location.title: citation.title,
        location.start: citation.start,
        location.end: citation.end,
    }
    return {**wire, "source": citation.url} if citation.unit == "search" else wire
