"""Sources and token probabilities of an answer, both ways.

OpenAI and OpenRouter annotate passages; Perplexity and xAI list their sources for the whole answer, at the top of the
body. What has no passage is written as such a list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses, restore
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.messages import Citation, Opaque, TokenLogprob

# ---------------------------------------------------------------------- citations


def decode_annotations(value: Any) -> tuple[list[Citation], list[Opaque]]:
    """The citations among `annotations`, and the rest, which its host wants back (OpenRouter's parsed files)."""
    citations: list[Citation] = []
    others: list[Any] = []
    for item in _objects(value):
        citation = _citation(item)
        if citation is None:
            others.append({name: value for name, value in item.items() if name != "index"})  # numbers deltas only
        else:
            citations.append(citation)
    return citations, [Opaque(dialect=NAME, payload={"annotations": others})] if others else []


def _citation(annotation: Wire) -> Citation | None:
    source = annotation.get("url_citation")
    if not isinstance(source, dict):
        return None
    wire = cast("Wire", source)
    return Citation(
        url=_text(wire.get("url")),
        title=_text(wire.get("title")),
        cited_text=_text(wire.get("content")),
        start=_number(wire.get("start_index")),
        end=_number(wire.get("end_index")),
    )


def decode_sources(body: Wire, cited: Iterable[Citation] = ()) -> list[Citation]:
    """The sources of the whole answer, without those that were `cited` for a passage."""
    results: dict[str, list[Wire]] = {}  # one source may be named for several passages
    for result in _objects(body.get("search_results")):
        if _text(result.get("url")):
            results.setdefault(result["url"], []).append(result)
    listed = body.get("citations")
    urls = [url for url in cast("list[Any]", listed) if isinstance(url, str)] if isinstance(listed, list) else []
    known = {citation.url for citation in cited}
    every = urls or [url for url, found in results.items() for _ in found]
    return [_source(url, results[url].pop(0) if results.get(url) else {}) for url in every if url not in known]


def _source(url: Any, result: Wire) -> Citation:
    return Citation(url=url, title=_text(result.get("title")), cited_text=_text(result.get("snippet")))


def encode_annotations(citations: Iterable[Citation], losses: Losses) -> tuple[list[Wire], list[Wire]]:
    """Annotations of passages, and sources of the whole answer."""
    annotations: list[Wire] = []
    sources: list[Wire] = []
    for citation in citations:
        if citation.url is None:
            losses.dropped("citations", "this dialect cites by URL only")
            continue
        restore({}, citation.extra, losses, "citations")
        if _has_passage(citation):
            annotations.append(_encode_annotation(citation, citation.url))
        else:
            sources.append(_encode_source(citation, citation.url, losses))
    return annotations, sources


def _has_passage(citation: Citation) -> bool:
    inside = citation.unit == "answer" and citation.document_index is None
    return inside and citation.start is not None and citation.end is not None


def _encode_annotation(citation: Citation, url: str) -> Wire:
    source: Wire = {"url": url, "title": citation.title or "", "start_index": citation.start, "end_index": citation.end}
    if citation.cited_text is not None:
        source["content"] = citation.cited_text
    return {"type": "url_citation", "url_citation": source}


def _encode_source(citation: Citation, url: str, losses: Losses) -> Wire:
    place = (citation.document_index, citation.start, citation.end)
    if citation.unit != "answer" or any(number is not None for number in place):
        losses.changed("citations", "this dialect does not say where in a source a passage stands")
    fields = (("title", citation.title), ("snippet", citation.cited_text))
    return {"url": url, **{name: text for name, text in fields if text is not None}}


def sources_fields(sources: list[Wire]) -> Wire:
    """The fields of the body for sources of the whole answer."""
    return {"citations": [source["url"] for source in sources], "search_results": sources} if sources else {}


# ---------------------------------------------------------------------- logprobs


def decode_logprobs(value: Any) -> tuple[TokenLogprob, ...]:
    """Of the text, or of the refusal where there is no text."""
    if not isinstance(value, dict):
        return ()
    wire = cast("Wire", value)
    tokens = wire.get("content") or wire.get("refusal")
    return tuple([_decode_token(token) for token in _objects(tokens)])


def _decode_token(token: Wire) -> TokenLogprob:
    octets = token.get("bytes")
    logprob = token.get("logprob")
    return TokenLogprob(
        token=_text(token.get("token")) or "",
        logprob=logprob if isinstance(logprob, int | float) else _UNKNOWN,
        bytes=tuple(cast("list[int]", octets)) if isinstance(octets, list) else None,
        top=tuple([_decode_token(other) for other in _objects(token.get("top_logprobs"))]),
    )


_UNKNOWN: Final = float("-inf")
"""JSON has no infinity: hosts send null for a token that could not have come."""


def encode_logprobs(tokens: Iterable[TokenLogprob]) -> Wire:
    return {"content": [_encode_token(token) for token in tokens], "refusal": None}


def _encode_token(token: TokenLogprob) -> Wire:
    wire = _encode_top(token)
    return {**wire, "top_logprobs": [_encode_top(other) for other in token.top]}


def _encode_top(token: TokenLogprob) -> Wire:
    octets = None if token.bytes is None else list(token.bytes)
    logprob = max(token.logprob, _LEAST)
    return {"token": token.token, "logprob": logprob, "bytes": octets}


_LEAST: Final = -9999.0
"""OpenAI's own number for a token that could not have come."""


# ---------------------------------------------------------------------- reading


def _objects(value: Any) -> list[Wire]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Wire", item) for item in items if isinstance(item, dict)]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
