"""Citations: where a passage of an answer comes from.

A citation that came from this dialect keeps its original in `extra` and goes back as it was.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from dragoman.dialects.base import Wire, write_extra
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.messages import Citation, Extra, Loss

Unit: TypeAlias = Literal["answer", "char", "page", "block", "search"]

_UNITS: Final[dict[str, Unit]] = {
    "documentChar": "char",
    "documentPage": "page",
    "documentChunk": "block",
    "searchResultLocation": "search",
}
_LOCATIONS: Final = {unit: name for name, unit in _UNITS.items()}
_INDEX: Final = {"searchResultLocation": "searchResultIndex"}
"""What a location calls the number of the source, where it is not `documentIndex`."""
_KNOWN: Final = frozenset({"title", "source", "sourceContent", "location"})


# ---------------------------------------------------------------------- wire to canonical


def decode_citation(wire: Wire) -> Citation:
    """The citation, its original beside it. A location of an unknown kind counts in nothing."""
    location: Wire = wire.get("location") or {}
    kind = next((name for name in _UNITS if location.get(name) is not None), "")
    place: Wire = location.get(kind) or {}
    web: Wire = location.get("web") or {}
    return Citation(
        unit=_UNITS.get(kind, "answer"),
        url=web.get("url") or wire.get("source"),
        title=wire.get("title"),
        cited_text=_cited_text(wire),
        document_index=place.get(_INDEX.get(kind, "documentIndex")),
        start=place.get("start"),
        end=place.get("end"),
        extra=Extra(
            fields={name: value for name, value in wire.items() if name not in _KNOWN},
            dialect=NAME,
            spelling={name: wire[name] for name in wire if name in _KNOWN},
        ),
    )


def _cited_text(wire: Wire) -> str | None:
    content: list[Wire] | None = wire.get("sourceContent")
    return None if not content else "".join(item.get("text") or "" for item in content)


# ---------------------------------------------------------------------- canonical to wire


def encode_citation(citation: Citation, where: str, losses: list[Loss]) -> Wire:
    """The citation as it came, or built from its fields."""
    if citation.extra is not None and citation.extra.dialect == NAME:
        return {**citation.extra.spelling, **citation.extra.fields}
    wire: Wire = {}
    if citation.title is not None:
        wire["title"] = citation.title
    if citation.cited_text is not None:
        wire["sourceContent"] = [{"text": citation.cited_text}]
    location = _encode_location(citation, where, losses)
    if location:
        wire["location"] = location
    if citation.url is not None and "web" not in location:
        wire["source"] = citation.url
    write_extra(wire, citation.extra, NAME, where, losses)
    return wire


def _encode_location(citation: Citation, where: str, losses: list[Loss]) -> Wire:
    numbers = {"start": citation.start, "end": citation.end}
    if citation.unit == "answer":
        why = "a citation stands beside the text it supports: places in the answer are not said"
        named = {"document_index": citation.document_index, **numbers}
        lost = [name for name, value in named.items() if value is not None]
        losses.extend(Loss(effect="dropped", where=f"{where}.{name}", why=why) for name in lost)
        return {} if citation.url is None else {"web": {"url": citation.url}}
    kind = _LOCATIONS[citation.unit]
    named = {_INDEX.get(kind, "documentIndex"): citation.document_index, **numbers}
    return {kind: {name: value for name, value in named.items() if value is not None}}
