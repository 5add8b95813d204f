"""Where an answer comes from, and how likely its tokens were.

Gemini names its sources once for the answer (`groundingChunks`) and says apart from them which passage each supports
(`groundingSupports`, counted in bytes of UTF-8); what it recites stands in `citationMetadata`. Canonical citations are
made of both; the originals stay in `extra` and go back as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

from msgspec.structs import replace

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.extras import objects_in, own, restore
from dragoman.dialects.gemini.name import NAME
from dragoman.messages import Citation, Extra, Loss, Text, TokenLogprob

Texts = Sequence[tuple[int, str]]
"""The visible texts of an answer, each with the index of its part."""

SOURCES: Final = ("groundingMetadata", "citationMetadata")
"""Fields of a candidate from which citations are made."""

OURS: Final = Extra(dialect=NAME)
"""On a citation that was made of Gemini's own words: it stood beside the content, and has no place in a history."""

# ---------------------------------------------------------------------- wire to canonical


def decode_citations(candidate: Wire, texts: Texts) -> list[tuple[int, Citation]]:
    """The citations of an answer, each with the index of the text part that it belongs to."""
    if not texts or candidate.keys().isdisjoint(SOURCES):
        return []
    found = [*_grounded(candidate.get("groundingMetadata"), texts), *_recited(candidate.get("citationMetadata"), texts)]
    return [(_part_at(texts, citation.start), citation) for citation in found]


def with_citations(candidate: Wire, parts: Sequence[Any]) -> tuple[Any, ...]:
    """The parts of a whole answer, its texts with their citations."""
    texts = [(number, part.text) for number, part in enumerate(parts) if type(part) is Text]
    cited: dict[int, list[Citation]] = {}
    for index, citation in decode_citations(candidate, texts):
        cited.setdefault(index, []).append(citation)
    if not cited:
        return tuple(parts)
    return tuple(
        Text(part.text, tuple(cited[number]), extra=part.extra) if number in cited else part
        for number, part in enumerate(parts)
    )


def _grounded(metadata: Any, texts: Texts) -> Iterator[Citation]:
    wire = cast("Wire", metadata) if isinstance(metadata, dict) else {}
    sources = [_source(chunk) for chunk in objects_in(wire.get("groundingChunks"))]
    unused = set(range(len(sources)))
    encoded = "".join(text for _, text in texts).encode("utf-8", "surrogatepass")
    for support in objects_in(wire.get("groundingSupports")):
        start, end = _passage(support.get("segment"), encoded)
        for number in support.get("groundingChunkIndices") or ():
            if type(number) is int and 0 <= number < len(sources):
                unused.discard(number)
                yield replace(sources[number], start=start, end=end)
    for number in sorted(unused):
        yield sources[number]


def _source(chunk: Wire) -> Citation:
    """`web`, `retrievedContext`, `maps` …: each has some of the same fields."""
    inside = next((cast("Wire", value) for value in chunk.values() if isinstance(value, dict)), dict[str, Any]())
    url, title, text = (_words(inside.get(name)) for name in ("uri", "title", "text"))
    return Citation(url=url, title=title, cited_text=text, extra=OURS)


def _words(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _passage(segment: Any, encoded: bytes) -> tuple[int | None, int | None]:
    """Where a passage stands, in characters of the answer.

    Its own words are believed before its numbers, which count within one part of the answer.
    """
    wire = cast("Wire", segment) if isinstance(segment, dict) else {}
    start, end, words = wire.get("startIndex") or 0, wire.get("endIndex"), wire.get("text")
    if type(start) is not int or type(end) is not int:
        return None, None
    if isinstance(words, str) and words:
        passage = words.encode("utf-8", "surrogatepass")
        if encoded[start:end] != passage:
            start = encoded.find(passage)
            end = start + len(passage)
    if not 0 <= start <= end <= len(encoded):
        return None, None
    return _characters(encoded, start), _characters(encoded, end)


def _characters(encoded: bytes, count: int) -> int:
    return len(encoded[:count].decode("utf-8", "ignore"))


def _recited(metadata: Any, texts: Texts) -> Iterator[Citation]:
    """What the model quotes; the Gemini API and Vertex AI call the list differently."""
    wire = cast("Wire", metadata) if isinstance(metadata, dict) else {}
    encoded = "".join(text for _, text in texts).encode("utf-8", "surrogatepass")
    for name in ("citationSources", "citations"):
        for source in objects_in(wire.get(name)):
            start, end = _passage(source, encoded)
            yield Citation(
                url=_words(source.get("uri")), title=_words(source.get("title")), start=start, end=end, extra=OURS
            )


def _part_at(texts: Texts, start: int | None) -> int:
    """The part in which the passage begins; without a place, the last text."""
    before = 0
    for index, text in texts:
        before += len(text)
        if start is not None and start < before:
            return index
    return texts[-1][0]


_METADATA: Final = frozenset({"groundingChunks", "groundingSupports"})
_SUPPORT: Final = frozenset({"segment", "groundingChunkIndices"})
_SEGMENT: Final = frozenset({"startIndex", "endIndex", "text", "partIndex"})
_SOURCE: Final = frozenset({"uri", "title", "text"})


def is_all_told(metadata: Any) -> bool:
    """Whether the canonical citations say all of a `groundingMetadata`, so that elsewhere nothing is lost with it."""
    wire = cast("Wire", metadata) if isinstance(metadata, dict) else {}
    supports = objects_in(wire.get("groundingSupports"))
    segments = [support["segment"] for support in supports if isinstance(support.get("segment"), dict)]
    sources = [inside for chunk in objects_in(wire.get("groundingChunks")) for inside in chunk.values()]
    inner = (*((each, _SUPPORT) for each in supports), *((each, _SEGMENT) for each in segments))
    inner += tuple((each, _SOURCE) for each in sources)
    return wire.keys() <= _METADATA and all(each.keys() <= known for each, known in inner)


# ---------------------------------------------------------------------- canonical to wire


def report_in_history(citations: Sequence[Citation], where: str, losses: list[Loss]) -> None:
    """Citations in a turn that goes back: those of other dialects are lost, ours never were part of it."""
    why = "a turn of this dialect has no sources: they stand beside an answer"
    lost = [number for number, citation in enumerate(citations) if own(citation.extra) is None]
    losses.extend(Loss(effect="dropped", where=f"{where}.citations[{number}]", why=why) for number in lost)


def encode_citations(citations: Iterable[tuple[str, Citation]], text: str, losses: list[Loss]) -> Wire:
    """`groundingMetadata` for citations of other dialects, each with its place for the path of a loss."""
    chunks: list[Wire] = []
    supports: list[Wire] = []
    for where, citation in citations:
        if citation.url is None and citation.cited_text is None:
            losses.append(Loss(effect="dropped", where=where, why="a source has a URL or a text here"))
            continue
        restore({}, citation.extra, where, losses)
        chunk = _chunk(citation)
        segment = _segment(citation, text, where, losses)
        if segment is None or chunk not in chunks:
            chunks.append(chunk)
        if segment is not None:
            supports.append({"segment": segment, "groundingChunkIndices": [chunks.index(chunk)]})
    wire = {"groundingChunks": chunks, "groundingSupports": supports}
    return {name: items for name, items in wire.items() if items}


def _chunk(citation: Citation) -> Wire:
    fields = (("uri", citation.url), ("title", citation.title), ("text", citation.cited_text))
    said = {name: value for name, value in fields if value is not None}
    return {"web" if citation.cited_text is None else "retrievedContext": said}


def _segment(citation: Citation, text: str, where: str, losses: list[Loss]) -> Wire | None:
    """The passage that the citation supports, where it says one."""
    start, end = citation.start, citation.end
    if citation.unit != "answer" or citation.document_index is not None or (start is None) != (end is None):
        why = "this dialect says where in the answer a source is used, not where in the source"
        losses.append(Loss(effect="changed", where=where, why=why))
        return None
    if start is None or end is None:
        return None
    if not 0 <= start <= end <= len(text):
        losses.append(Loss(effect="changed", where=where, why="the passage is not in the answer"))
        return None
    places = [len(text[:place].encode("utf-8", "surrogatepass")) for place in (start, end)]
    return {"startIndex": places[0], "endIndex": places[1], "text": text[start:end]}


# ---------------------------------------------------------------------- log probabilities


def decode_logprobs(candidate: Wire) -> tuple[TokenLogprob, ...]:
    result: Any = candidate.get("logprobsResult")
    if not isinstance(result, dict):
        return ()
    wire = cast("Wire", result)
    tops = [objects_in(place.get("candidates")) for place in objects_in(wire.get("topCandidates"))]
    chosen = objects_in(wire.get("chosenCandidates"))
    return tuple([_token(token, tops[n] if n < len(tops) else []) for n, token in enumerate(chosen)])


def _token(token: Wire, top: Sequence[Wire]) -> TokenLogprob:
    return TokenLogprob(
        token=token.get("token") or "",
        logprob=token.get("logProbability") or 0.0,
        top=tuple([_token(other, ()) for other in top]),
    )


def encode_logprobs(tokens: Sequence[TokenLogprob], where: str, losses: list[Loss]) -> Wire:
    loss = Loss(effect="changed", where=f"{where}logprobs", why="this dialect says a token as text, not as bytes")
    if loss not in losses and any(each.bytes is not None for token in tokens for each in (token, *token.top)):
        losses.append(loss)
    wire: Wire = {"chosenCandidates": [_likely(token) for token in tokens]}
    if any(token.top for token in tokens):
        wire["topCandidates"] = [{"candidates": [_likely(other) for other in token.top]} for token in tokens]
    return wire


def _likely(token: TokenLogprob) -> Wire:
    return {"token": token.token, "logProbability": max(token.logprob, _LEAST)}


_LEAST: Final = -9999.0
"""JSON has no infinity, which other hosts have for a token that could not have come."""
