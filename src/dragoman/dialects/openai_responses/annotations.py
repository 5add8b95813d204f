"""Sources of an answer, both ways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_responses.extras import extra_of, restore, spelling_of, unknown
from dragoman.messages import Citation

_URL: Final = "url_citation"
_URL_FIELDS: Final = frozenset({"type", "url", "title", "start_index", "end_index"})
_OTHER_FIELDS: Final = frozenset({"type", "filename"})


def decode_annotations(value: Any) -> list[Citation]:
    """Files are named by their title; what else is known of them goes back to this dialect only."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [decode_annotation(cast("Wire", item)) for item in items if isinstance(item, dict)]


def decode_annotation(wire: Wire) -> Citation:
    if wire.get("type", _URL) != _URL:
        extra = extra_of(unknown(wire, _OTHER_FIELDS), {"type": wire["type"]})
        return Citation(title=_text(wire.get("filename")), extra=extra)
    return Citation(
        url=_text(wire.get("url")),
        title=_text(wire.get("title")),
        start=_number(wire.get("start_index")),
        end=_number(wire.get("end_index")),
        extra=extra_of(unknown(wire, _URL_FIELDS)),
    )


def encode_annotations(citations: Iterable[Citation], losses: Losses) -> list[Wire]:
    encoded = [encode_annotation(citation, losses) for citation in citations]
    return [annotation for annotation in encoded if annotation is not None]


def encode_annotation(citation: Citation, losses: Losses) -> Wire | None:
    kind = spelling_of(citation.extra).get("type", _URL)
    if kind == _URL and citation.url is None:
        losses.dropped("citations", "this dialect cites by URL only")
        return None
    wire = _url_citation(citation, losses) if kind == _URL else _other(citation)
    restore(wire, citation.extra, losses, "citations")
    return wire


def _url_citation(citation: Citation, losses: Losses) -> Wire:
    """OpenAI's clients want all of these: an unknown title is empty, and without a passage start and end are 0."""
    here = citation.unit == "answer" and citation.document_index is None
    start, end = (citation.start, citation.end) if here else (None, None)
    if not here:
        losses.changed("citations", "this dialect does not say where in a source a passage stands")
    if citation.cited_text is not None:
        losses.dropped("citations.cited_text", "this dialect does not quote its sources")
    title = citation.title or ""
    return {"type": _URL, "url": citation.url, "title": title, "start_index": start or 0, "end_index": end or 0}


def _other(citation: Citation) -> Wire:
    return {} if citation.title is None else {"filename": citation.title}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
