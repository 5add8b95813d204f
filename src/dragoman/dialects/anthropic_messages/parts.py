"""Content parts and the blocks they are on the wire, side by side.

What has a canonical part is taken apart; every other block (server tools and their results, compaction, what comes
next year) is kept whole as an `Opaque`, in its place, and goes back unchanged. Encoding shares nested values with the
record it encodes: treat both as read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, assert_never, cast

from dragoman.dialects.anthropic_messages.citations import decode_citation, encode_citation
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.server_blocks import opaque_block
from dragoman.dialects.base import Wire, encode_opaque, unknown_fields, write_extra
from dragoman.dialects.documents import document_text
from dragoman.messages import (
    Audio,
    CacheMark,
    Document,
    Image,
    Loss,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Video,
    encode_json,
    joined_text,
)

# ---------------------------------------------------------------------- canonical to wire


def encode_parts(parts: Sequence[Part], where: str, losses: list[Loss]) -> list[Wire]:
    """The blocks of `parts`; a part that has none is left out and reported."""
    blocks: list[Wire] = []
    for number, part in enumerate(parts):
        if type(part) is Text and not part.citations and part.cache is None and part.extra is None:
            blocks.append({"type": "text", "text": part.text})  # nearly all of them: not worth a path for losses
            continue
        block = encode_part(part, f"{where}[{number}]", losses)
        if block is not None:
            blocks.append(block)
    return blocks


def encode_part(part: Part, where: str, losses: list[Loss]) -> Wire | None:
    """The block of `part`, or `None` when this dialect has none."""
    block = _encode_bare(part, where, losses)
    if block is None:
        return None
    if part.cache is not None:
        mark_block(block, part.cache, where, losses)
    if part.extra is not None:
        write_extra(block, part.extra, NAME, where, losses)
    return block


def _encode_bare(part: Part, where: str, losses: list[Loss]) -> Wire | None:  # noqa: C901, PLR0911  # one line a part
    match part:
        case Text():
            return _encode_text(part, where, losses)
        case ToolCall():
            return _encode_tool_call(part, where, losses)
        case ToolResult():
            return _encode_tool_result(part, where, losses)
        case Reasoning():
            return _encode_reasoning(part, where, losses)
        case Image():
            return _encode_image(part, where, losses)
        case Document():
            return _encode_document(part, where, losses)
        case Opaque():
            return encode_opaque(part, NAME, where, losses)
        case Refusal():
            losses.append(Loss(effect="changed", where=where, why="a refusal goes back as the text it was"))
            return {"type": "text", "text": part.text}
        case Audio():
            return _encode_audio(part, where, losses)
        case Video():
            losses.append(Loss(effect="dropped", where=where, why="this dialect takes no films"))
            return None
        case _:
            assert_never(part)


def _encode_text(part: Text, where: str, losses: list[Loss]) -> Wire:
    block: Wire = {"type": "text", "text": part.text}
    if part.citations:
        encoded = (encode_citation(it, f"{where}.citations[{n}]", losses) for n, it in enumerate(part.citations))
        citations = [citation for citation in encoded if citation is not None]
        if citations:
            block["citations"] = citations
    return block


def _encode_tool_call(part: ToolCall, where: str, losses: list[Loss]) -> Wire:
    arguments: Mapping[str, Any] = part.arguments
    if part.text is not None:
        arguments = {"input": part.text}
        losses.append(Loss(effect="changed", where=f"{where}.text", why="free-form input is sent as one JSON field"))
    elif not part.complete:
        losses.append(
            Loss(effect="changed", where=f"{where}.arguments_json", why="it is no whole JSON object: sent without it")
        )
    return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments}


def _encode_tool_result(part: ToolResult, where: str, losses: list[Loss]) -> Wire:
    content = part.content
    block: Wire = {
        "type": "tool_result",
        "tool_use_id": part.id,
        "content": content if isinstance(content, str) else _encode_inside(content, f"{where}.content", losses),
    }
    if part.is_error:
        block["is_error"] = True
    return block


def _encode_inside(parts: Sequence[Part], where: str, losses: list[Loss]) -> list[Wire]:
    """What a result holds: the API refuses a call, a result or thinking in there."""
    why = "it cannot stand in a tool's result"
    strangers = [n for n, part in enumerate(parts) if isinstance(part, ToolCall | ToolResult | Reasoning)]
    if not strangers:
        return encode_parts(parts, where, losses)
    losses.extend(Loss(effect="dropped", where=f"{where}[{n}]", why=why) for n in strangers)
    encoded = [encode_part(part, f"{where}[{n}]", losses) for n, part in enumerate(parts) if n not in strangers]
    return [block for block in encoded if block is not None]


def _encode_reasoning(part: Reasoning, where: str, losses: list[Loss]) -> Wire | None:
    """What came from this dialect goes back as it came, unsigned too: servers that imitate the API do not sign."""
    if part.dialect != NAME:
        losses.append(Loss(effect="dropped", where=where, why="thinking is taken back only with Anthropic's signature"))
        return None
    payload = part.payload or {}
    if payload.get("type") == "redacted_thinking":
        return dict(payload)
    return {"type": "thinking", "thinking": part.text, **payload}


def _encode_image(part: Image, where: str, losses: list[Loss]) -> Wire | None:
    source = _encode_source(part)
    if source is None:
        losses.append(Loss(effect="dropped", where=where, why=f"it has neither url, {_DATA} nor file_id"))
        return None
    if part.detail is not None:
        losses.append(Loss(effect="dropped", where=f"{where}.detail", why="pictures are shown in one resolution"))
    return {"type": "image", "source": source}


def _encode_document(part: Document, where: str, losses: list[Loss]) -> Wire | None:
    text = document_text(part)
    source = _encode_source(part) if text is None else {"type": "text", "media_type": "text/plain", "data": text}
    if source is None:
        losses.append(Loss(effect="dropped", where=where, why=f"it has neither text, url, {_DATA} nor file_id"))
        return None
    block: Wire = {"type": "document", "source": source}
    if part.title is not None:
        block["title"] = part.title
    if part.context is not None:
        block["context"] = part.context
    if part.citations is not None:
        block["citations"] = {"enabled": part.citations}
    return block


def _encode_source(part: Media) -> Wire | None:
    if part.file_id is not None:
        return {"type": "file", "file_id": part.file_id}
    if part.url is not None and part.url.startswith("data:"):
        part = Image.from_url(part.url)  # takes the URL apart
    if part.data is not None:
        kind = part.media_type or _kind_of(part.data)
        return None if kind is None else {"type": "base64", "media_type": kind, "data": part.data}
    return None if part.url is None else {"type": "url", "url": part.url}


_DATA: Final = "data of a known media type"

_FIRST_BYTES: Final = {
    "JVBER": "application/pdf",
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
}
"""How base64 of the kinds that the API takes begins; it refuses data whose kind it is not told."""


def _kind_of(data: str) -> str | None:
    return next((kind for start, kind in _FIRST_BYTES.items() if data.startswith(start)), None)


def _encode_audio(part: Audio, where: str, losses: list[Loss]) -> Wire | None:
    if part.transcript is None:
        losses.append(Loss(effect="dropped", where=where, why="this dialect takes no sound"))
        return None
    losses.append(Loss(effect="changed", where=where, why="sound is sent as its transcript"))
    return {"type": "text", "text": part.transcript}


# ---------------------------------------------------------------------- cache marks


def encode_cache_mark(mark: CacheMark) -> Wire:
    return {"type": "ephemeral"} if mark.ttl is None else {"type": "ephemeral", "ttl": mark.ttl}


def mark_block(block: Wire, mark: CacheMark, where: str, losses: list[Loss]) -> None:
    """Put `mark` on `block`. Thinking cannot bear one (docs.claude.com, "Prompt caching", read 2026-11-20)."""
    if block.get("type") in ("thinking", "redacted_thinking"):
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why="thinking cannot be marked for the cache"))
        return
    block["cache_control"] = encode_cache_mark(mark)


def decode_cache_mark(mark: Any) -> CacheMark | None:
    """The mark, when it is one; `plain_cache_mark` says whether that is all of it."""
    fields = cast("Wire", mark) if isinstance(mark, dict) else {}
    ttl = fields.get("ttl")
    return CacheMark(ttl=ttl) if fields.get("type") == "ephemeral" and isinstance(ttl, str | None) else None


def plain_cache_mark(mark: Any) -> bool:
    """Whether a `CacheMark` holds all of `mark`, so that nothing must be kept beside it."""
    return mark is None or (decode_cache_mark(mark) is not None and mark.keys() <= {"type", "ttl"})


def decode_marks(wire: Wire, known: frozenset[str]) -> dict[str, Any]:
    """What every record may have: the fields `cache` and `extra`, as far as `wire` has them."""
    mark = wire.get("cache_control")
    if not plain_cache_mark(mark):
        known -= {"cache_control"}
    return {"cache": decode_cache_mark(mark), "extra": unknown_fields(wire, known, NAME)}


# ---------------------------------------------------------------------- wire to canonical


def decode_parts(blocks: Sequence[Wire]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for block in blocks:
        if block["type"] == "text" and len(block) == 2:  # nearly all of them
            parts.append(Text(block["text"]))
        else:
            parts.append(decode_part(block))
    return tuple(parts)


def decode_part(block: Wire) -> Part:
    """The part in `block`. Raises `KeyError`, `TypeError` … when it is not what its `type` says."""
    decode = _DECODERS.get(block["type"])
    return opaque_block(block) if decode is None else decode(block)


_TEXT: Final = frozenset({"type", "text", "citations", "cache_control"})
_TOOL_USE: Final = frozenset({"type", "id", "name", "input", "cache_control"})
_TOOL_RESULT: Final = frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"})
_IMAGE: Final = frozenset({"type", "source", "cache_control"})
_DOCUMENT: Final = frozenset({"type", "source", "title", "context", "citations", "cache_control"})

SOURCES: Final[dict[str, dict[str, str]]] = {
    "base64": {"media_type": "media_type", "data": "data"},
    "url": {"url": "url"},
    "file": {"file_id": "file_id"},
}
"""The fields of each kind of source, and where a `Media` holds them."""

DOCUMENT_SOURCES: Final = {**SOURCES, "text": {"media_type": "media_type", "data": "text"}}


def _decode_text(block: Wire) -> Text:
    if len(block) == 2:  # nearly all of them
        return Text(block["text"])
    citations = tuple([decode_citation(citation) for citation in block.get("citations") or ()])
    return Text(block["text"], citations, **decode_marks(block, _TEXT))


def _decode_tool_use(block: Wire) -> ToolCall:
    given = block["input"]
    fields: dict[str, Any] = {} if len(block) == 4 else decode_marks(block, _TOOL_USE)
    if isinstance(given, dict):
        fields["arguments"] = given
    elif given is not None:  # compatible servers: the JSON text instead of the object
        fields["arguments_json"] = given if isinstance(given, str) else encode_json(given).decode()
    return ToolCall(id=block["id"], name=block["name"], **fields)


def _decode_tool_result(block: Wire) -> ToolResult:
    content: str | list[Wire] = block.get("content", "")
    return ToolResult(
        id=block["tool_use_id"],
        content=(content or "") if isinstance(content, str | None) else decode_parts(content),
        is_error=bool(block.get("is_error")),
        **decode_marks(block, _TOOL_RESULT),
    )


def _decode_thinking(block: Wire) -> Reasoning:
    return Reasoning(block["thinking"], payload=thinking_payload(block), dialect=NAME)


def thinking_payload(block: Wire) -> Wire:
    """What must go back with the text of a `thinking` block. An empty signature is none."""
    return {name: value for name, value in block.items() if name not in ("type", "thinking") and value != ""}


def _decode_redacted_thinking(block: Wire) -> Reasoning:
    return Reasoning(payload=block, dialect=NAME)


def _decode_image(block: Wire) -> Part:
    fields = _decode_source(block["source"], SOURCES)
    return Opaque(NAME, block) if fields is None else Image(**fields, **decode_marks(block, _IMAGE))


def _decode_document(block: Wire) -> Part:
    source, config = block["source"], block.get("citations")
    enabled, known = _enabled(config), _DOCUMENT
    fields = _decode_source(source, DOCUMENT_SOURCES)
    if fields is None:
        if source.get("type") != "content":
            return Opaque(NAME, block)
        fields, known = {"text": _source_text(source["content"])}, known - {"source"}
    if config is not None and config != {"enabled": enabled}:
        known -= {"citations"}
    marks = decode_marks(block, known)
    return Document(**fields, title=block.get("title"), context=block.get("context"), citations=enabled, **marks)


def _decode_source(source: Wire, kinds: dict[str, dict[str, str]]) -> dict[str, Any] | None:
    """The fields of a `Media`, or `None` for a source that does not fit into one."""
    names = kinds.get(source["type"])
    if names is None or not source.keys() <= {"type", *names}:
        return None
    return {names[name]: value for name, value in source.items() if name != "type"}


def _source_text(content: str | list[Wire]) -> str:
    """The text of a `content` source; its blocks go back through `extra`."""
    return content if isinstance(content, str) else joined_text(decode_parts(content))


def _enabled(config: Any) -> bool | None:
    value = cast("Wire", config).get("enabled") if isinstance(config, dict) else None
    return value if isinstance(value, bool) else None


_DECODERS: Final[dict[str, Callable[[Wire], Part]]] = {
    "text": _decode_text,
    "tool_use": _decode_tool_use,
    "tool_result": _decode_tool_result,
    "thinking": _decode_thinking,
    "redacted_thinking": _decode_redacted_thinking,
    "image": _decode_image,
    "document": _decode_document,
}
