"""Records that OpenAI's decoder has read from Mistral's wire, made Mistral's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from dragoman.dialects.mistral.variant import thinking_chunk
from dragoman.dialects.mistral.wire import NAME, DocumentChunk, FileChunk
from dragoman.dialects.openai_chat.content import content_parts
from dragoman.dialects.openai_chat.wire import NAME as CHAT
from dragoman.dialects.openai_chat.wire import fields_of
from dragoman.messages import (
    Document,
    Extra,
    JsonObject,
    Opaque,
    Part,
    Reasoning,
    ReasoningEnd,
    Role,
    TokenLogprob,
    ToolResult,
    Usage,
)

Record = TypeVar("Record")

_PLAIN: Final = frozenset({str, int, float, bool, type(None), dict, Usage, TokenLogprob, Role})
"""In which nothing is a dialect's own."""

_DOCUMENT: Final = fields_of(DocumentChunk)
_FILE: Final = fields_of(FileChunk)


def adopt(record: Record) -> Record:
    """`record` and all records in it, with extras and payloads marked as Mistral's and its chunks as parts."""
    return cast("Record", _adopted(record))


def _adopted(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    special = _SPECIAL.get(cast("Any", type(value)))
    if special is not None:
        return special(value)
    return _fields(value) if isinstance(value, Struct) else value


def _opaque(opaque: Opaque) -> Part:
    return _part(opaque.payload, opaque)


def _thinking(record: Reasoning | ReasoningEnd) -> Reasoning | ReasoningEnd:
    return replace(record, dialect=NAME)


def _result(result: ToolResult) -> Struct:
    if isinstance(result.content, str):
        return _fields(result)
    return _fields(replace(result, content=tuple(map(_staying, result.content))))


def _each(items: tuple[Any, ...]) -> tuple[Any, ...]:
    adopted = [_adopted(item) for item in items]
    return tuple(adopted) if any(new is not old for new, old in zip(adopted, items, strict=True)) else items


def _fields(record: Struct) -> Struct:
    changed: dict[str, Any] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        adopted = NAME if name == "dialect" and value == CHAT else _adopted(value)
        if adopted is not value:
            changed[name] = adopted
    return replace(record, **changed) if changed else record


def _part(payload: JsonObject, opaque: Opaque) -> Part:
    kind = payload.get("type")
    if kind == "thinking" and isinstance(payload.get("thinking"), list):
        return _reasoning(payload)
    if kind == "document_url" and isinstance(payload.get("document_url"), str):
        return _document(payload)
    if kind == "file" and isinstance(payload.get("file_id"), str):
        return Document(file_id=payload["file_id"], extra=_extra(payload, _FILE))
    return replace(opaque, dialect=NAME)


def _reasoning(chunk: JsonObject) -> Reasoning:
    """A chunk of history. Thinking that is more than one text goes back as it is."""
    text = "".join([part.text for part in content_parts([chunk]) if isinstance(part, Reasoning)])
    said = {"type", "thinking"} if thinking_chunk(text)["thinking"] == chunk["thinking"] else {"type"}
    return Reasoning(text, {name: value for name, value in chunk.items() if name not in said} or None, NAME)


def _document(chunk: JsonObject) -> Document:
    """A file by its URL; a `data:` URL is taken apart where it can be put together again."""
    url, name = chunk["document_url"], chunk.get("document_name")
    extra = _extra(chunk, _DOCUMENT)
    return (
        Document(url=url, name=name, extra=extra)
        if url.startswith("data:;")
        else Document.at_url(url, name=name, extra=extra)
    )


def _extra(chunk: JsonObject, known: frozenset[str]) -> Extra | None:
    rest = {name: value for name, value in chunk.items() if name not in known}
    return Extra(fields=rest, dialect=NAME) if rest else None


def _staying(part: Part) -> Part:
    """A file in a tool's result, marked to go back into it as other media are."""
    adopted = _adopted(part)
    return replace(adopted, extra=adopted.extra or Extra(dialect=NAME)) if isinstance(adopted, Document) else adopted


_SPECIAL: Final[dict[type, Callable[[Any], Any]]] = {
    tuple: _each,
    Opaque: _opaque,
    Reasoning: _thinking,
    ReasoningEnd: _thinking,
    ToolResult: _result,
}
