"""Pictures, films, sounds and documents: formats by name, and bytes or a place in S3.

Bedrock fetches no URL but `s3://`. Formats are those of the service model of botocore 1.44.5 (read 2026-11-21).
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any, Final, TypeVar

from msgspec import Struct

from dragoman.dialects.base import Wire, unknown_fields
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.reading import field, maybe, text
from dragoman.messages import Audio, Document, Image, Loss, Media, Video, encode_json

_M = TypeVar("_M", Image, Audio, Video)


class _Kind(Struct, frozen=True):
    """The formats of a kind of media, by media type: the first of several with one format is the one for the way back.

    `beginnings` tells formats by how their base64 begins.
    """

    formats: dict[str, str]
    beginnings: dict[str, str] = {}

    def format_of(self, part: Media) -> str | None:
        """The format of `part`, by its type, its first bytes, or the ending of its address."""
        if part.media_type is not None:
            return self.formats.get(part.media_type)
        if part.data is not None:
            return next((name for start, name in self.beginnings.items() if part.data.startswith(start)), None)
        ending = (part.url or "").rpartition(".")[2].lower()
        return ending if ending in self.formats.values() else None

    def media_type_of(self, format_: str | None) -> str | None:
        return next((name for name, value in self.formats.items() if value == format_), None)


_IMAGE: Final = _Kind(
    {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/webp": "webp"},
    {"iVBORw0KGgo": "png", "/9j/": "jpeg", "R0lGOD": "gif", "UklGR": "webp"},
)
_VIDEO: Final = _Kind(
    {
        "video/mp4": "mp4",
        "video/x-matroska": "mkv",
        "video/quicktime": "mov",
        "video/webm": "webm",
        "video/x-flv": "flv",
        "video/mpeg": "mpeg",
        "video/mpg": "mpg",
        "video/x-ms-wmv": "wmv",
        "video/3gpp": "three_gp",
    }
)
_AUDIO: Final = _Kind(
    {
        "audio/mpeg": "mp3",
        "audio/mp3": "mp3",
        "audio/wav": "wav",
        "audio/x-wav": "wav",
        "audio/opus": "opus",
        "audio/aac": "aac",
        "audio/flac": "flac",
        "audio/mp4": "mp4",
        "audio/ogg": "ogg",
        "audio/x-matroska": "mkv",
        "audio/m4a": "m4a",
        "audio/pcm": "pcm",
        "audio/webm": "webm",
    }
)
_DOCUMENT: Final = _Kind(
    {
        "application/pdf": "pdf",
        "text/plain": "txt",
        "application/json": "txt",
        "text/markdown": "md",
        "text/csv": "csv",
        "text/html": "html",
        "application/msword": "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/vnd.ms-excel": "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    },
    {"JVBER": "pdf"},
)
_KINDS: Final[dict[type[Media], _Kind]] = {Image: _IMAGE, Video: _VIDEO, Audio: _AUDIO, Document: _DOCUMENT}


# ---------------------------------------------------------------------- canonical to wire


def encode_media(part: Image | Audio | Video, where: str, losses: list[Loss]) -> Wire | None:
    """The format and source of `part`, or `None` when they cannot be said."""
    plain = _taken_apart(part)
    source = _encode_source(plain, where, losses)
    if source is None:
        return None
    format_ = _KINDS[type(part)].format_of(plain)
    if format_ is None:
        losses.append(Loss(effect="dropped", where=where, why=_unknown_format(plain)))
        return None
    return {"format": format_, "source": source}


def encode_document(part: Document, where: str, losses: list[Loss]) -> Wire | None:
    block = _encode_content(part, where, losses)
    if block is None:
        return None
    block["name"] = _encode_name(part, block["source"], where, losses)
    if part.context is not None:
        block["context"] = part.context
    if part.citations is not None:
        block["citations"] = {"enabled": part.citations}
    return block


def _encode_content(part: Document, where: str, losses: list[Loss]) -> Wire | None:
    if part.text is not None:
        format_ = _DOCUMENT.format_of(part)
        return {**({} if format_ is None else {"format": format_}), "source": {"text": part.text}}
    plain = _taken_apart(part)
    source = _encode_source(plain, where, losses)
    if source is None:
        return None
    format_ = _DOCUMENT.format_of(plain) or ("txt" if (plain.media_type or "").startswith("text/") else None)
    if format_ is None:
        losses.append(Loss(effect="dropped", where=where, why=_unknown_format(plain)))
        return None
    return {"format": format_, "source": source}


def _taken_apart(part: Media) -> Media:
    """`part`, with the content of a `data:` URL as data."""
    return Image.from_url(part.url) if part.url is not None and part.url.startswith("data:") else part


def _unknown_format(part: Media) -> str:
    return "its media type is not known" if part.media_type is None else f"there is no format for `{part.media_type}`"


def _encode_source(part: Media, where: str, losses: list[Loss]) -> Wire | None:
    if part.data is not None:
        return {"bytes": part.data}
    if part.url is not None and part.url.startswith("s3://"):
        return {"s3Location": {"uri": part.url}}
    losses.append(
        Loss(effect="dropped", where=where, why="only bytes, and files in S3, can be sent: Bedrock fetches no other")
    )
    return None


_REFUSED: Final = re.compile(r"[^A-Za-z0-9_\-()\[\] ]+")
_MAX_NAME: Final = 200


def _encode_name(part: Document, source: Wire, where: str, losses: list[Loss]) -> str:
    """The name the API demands: the title, as far as it may be one, else one made of the content.

    Names may have letters, digits, single spaces and `-()[]` (docs.aws.amazon.com/bedrock/latest/APIReference,
    "DocumentBlock", read 2026-11-21), and `_`, which it takes too. A file's own name is not sent: AWS advises against
    names that the model could take for instructions.
    """
    if part.title is None:
        return made_up_name(source)
    name = " ".join(_REFUSED.sub("-", part.title).split())[:_MAX_NAME].strip()
    if name != part.title:
        why = f"a document's name may have letters, digits, single spaces and -()[] only: it is sent as `{name}`"
        losses.append(Loss(effect="changed", where=f"{where}.title", why=why))
    return name or made_up_name(source)


def made_up_name(source: Wire) -> str:
    """A name for a document without one: the same for the same content, so that a cached prefix stays one."""
    return f"document-{blake2b(encode_json(source), digest_size=6).hexdigest()}"


# ---------------------------------------------------------------------- wire to canonical

_MEDIA: Final = frozenset({"format", "source"})


def decode_media(kind: type[_M], wire: Wire) -> _M | None:
    """The part, or `None` for a format or source that has no canonical words."""
    media_type = _KINDS[kind].media_type_of(text(wire, "format"))
    source = _decode_source(field(wire, "source", dict))
    if media_type is None or source is None:
        return None
    return kind(**source, media_type=media_type, extra=unknown_fields(wire, _MEDIA, NAME))


def _decode_source(source: Wire) -> dict[str, Any] | None:
    if source.keys() == {"bytes"}:
        return {"data": text(source, "bytes")}
    place: Wire = source.get("s3Location") or {}
    return {"url": text(place, "uri")} if len(source) == 1 and place.keys() == {"uri"} else None


_DOCUMENT_FIELDS: Final = frozenset({"format", "name", "source", "context", "citations"})


def decode_document(wire: Wire) -> Document | None:
    """The document, or `None` for one with a format or source that has no canonical words."""
    format_, source, config = maybe(wire, "format", str), field(wire, "source", dict), maybe(wire, "citations", dict)
    content, known = _decode_document_source(source), _DOCUMENT_FIELDS
    media_type = _DOCUMENT.media_type_of(format_)
    if content is None or (format_ is not None and media_type is None):
        return None
    if "content" in source:
        known -= {"source"}
    enabled = None if config is None else maybe(config, "enabled", bool)
    if config is not None and config != {"enabled": enabled}:
        known -= {"citations"}
    name = maybe(wire, "name", str)
    return Document(
        **content,
        media_type=media_type,
        title=None if name == made_up_name(source) else name,
        context=maybe(wire, "context", str),
        citations=enabled,
        extra=unknown_fields(wire, known, NAME),
    )


def _decode_document_source(source: Wire) -> dict[str, Any] | None:
    """The content of a document. That in blocks is one text here; the blocks go back through `extra`."""
    if source.keys() == {"text"}:
        return {"text": text(source, "text")}
    if source.keys() == {"content"}:
        return {"text": "".join(item.get("text") or "" for item in field(source, "content", list))}
    return _decode_source(source)
