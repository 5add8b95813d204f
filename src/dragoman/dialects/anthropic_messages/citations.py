"""Citations: where a passage of an answer comes from.

A citation that came from this dialect keeps its original in `extra` and goes back as it was: parts of it
(`encrypted_index`, `file_id`) have no canonical place, and the API refuses a citation without them.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.base import Wire, write_extra
from dragoman.messages import Citation, Extra, Loss

Unit: TypeAlias = Literal["char", "page", "block", "search"]


class _Location(NamedTuple):
    """What a kind of citation calls its fields."""

    unit: Unit
    number: str
    title: str
    start: str
    end: str


LOCATIONS: Final = {
    "char_location": _Location("char", "document_index", "document_title", "start_char_index", "end_char_index"),
    "page_location": _Location("page", "document_index", "document_title", "start_page_number", "end_page_number"),
    "content_block_location": _Location(
        "block", "document_index", "document_title", "start_block_index", "end_block_index"
    ),
    "search_result_location": _Location(
        "search", "search_result_index", "title", "start_block_index", "end_block_index"
    ),
}
_KINDS: Final = {location.unit: kind for kind, location in LOCATIONS.items()}


def decode_citation(wire: Wire) -> Citation:
    """The citation, its original beside it. `web_search_result_location` and new kinds count in nothing."""
    original = Extra(fields=wire, dialect=NAME)
    location = LOCATIONS.get(wire["type"])
    if location is None:
        title, url, text = wire.get("title"), wire.get("url"), wire.get("cited_text")
        return Citation(url=url, title=title, cited_text=text, extra=original)
    return Citation(
        unit=location.unit,
        url=wire.get("source"),
        title=wire.get(location.title),
        cited_text=wire.get("cited_text"),
        document_index=wire.get(location.number),
        start=wire.get(location.start),
        end=wire.get(location.end),
        extra=original,
    )


def encode_citation(citation: Citation, where: str, losses: list[Loss]) -> Wire | None:
    """The citation as it came, or built from its fields; `None` when they do not say enough for this dialect."""
    if citation.extra is not None and citation.extra.dialect == NAME:
        return dict(citation.extra.fields)
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
