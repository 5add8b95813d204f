"""Pictures, sounds, films and files, and the two ways they travel: `inlineData` (bytes) and `fileData` (an address)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, Final, cast
from urllib.parse import urlsplit

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.extras import extra_of, rest_of
from dragoman.messages import Audio, Document, Image, Loss, Media, Video

_KINDS: Final[dict[str, type[Image | Audio | Video]]] = {"image": Image, "audio": Audio, "video": Video}
"""The record for a family of media types; all the others are documents."""

_YOUTUBE: Final = frozenset({"www.youtube.com", "youtube.com", "m.youtube.com", "youtu.be"})
_FILES: Final = "generativelanguage.googleapis.com"
"""The host in the address of a file that was uploaded to the Gemini API: nobody else can fetch it."""

_BY_SUFFIX: Final = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "heic": "image/heic",
    "gif": "image/gif", "pdf": "application/pdf", "txt": "text/plain", "mp3": "audio/mpeg", "wav": "audio/wav",
    "ogg": "audio/ogg", "flac": "audio/flac", "mp4": "video/mp4", "webm": "video/webm", "mov": "video/mov",
}  # fmt: skip
"""Google wants to be told what is at an address, and the end of its path says it."""

_FIRST_BYTES: Final = {
    "JVBER": "application/pdf",
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "SUQz": "audio/mpeg",
}
"""How base64 of common kinds begins; data whose kind it is not told are refused."""

_INLINE: Final = frozenset({"mimeType", "data"})
_FILE: Final = frozenset({"mimeType", "fileUri"})


# ---------------------------------------------------------------------- canonical to wire


def encode_media(part: Image | Audio | Video | Document, where: str, losses: list[Loss]) -> Wire | None:
    """The part on the wire; `None` (and a loss) when it holds nothing that can be sent."""
    wire = _encoded(part, where, losses)
    if wire is None:
        return None
    _report_labels(part, where, losses)
    read = decode_media(wire)
    if read is not None and type(read) is not type(part):
        why = f"what it is is told by its media type alone, which is {read.media_type or 'not known'}"
        losses.append(Loss(effect="changed", where=where, why=why))
    return wire


def _encoded(part: Image | Audio | Video | Document, where: str, losses: list[Loss]) -> Wire | None:
    if isinstance(part, Document) and part.text is not None:
        return _inline(_base64(part.text), _TEXT)
    source: Media = part
    if part.url is not None and part.url.startswith("data:"):
        source = Image.from_url(part.url, part.media_type)  # takes the URL apart
    return _as_data(source) or _as_file(source, where, losses) or _as_words(part, where, losses)


def _as_data(source: Media) -> Wire | None:
    if source.data is None:
        return None
    kind = source.media_type or _kind_of(source.data)
    return None if kind is None else _inline(source.data, kind)


def _as_file(source: Media, where: str, losses: list[Loss]) -> Wire | None:
    uri = source.file_id or source.url
    if uri is None:
        return None
    if "://" not in uri and source.file_id is None:
        why = "it is no URL: it is taken for the name of an uploaded file"
        losses.append(Loss(effect="changed", where=f"{where}.url", why=why))
    kind = source.media_type or _kind_at(uri)
    return {"fileData": {"fileUri": uri} if kind is None else {"mimeType": kind, "fileUri": uri}}


def _as_words(part: Media, where: str, losses: list[Loss]) -> Wire | None:
    """What can be said of a part that holds nothing to send."""
    if isinstance(part, Audio) and part.transcript is not None:
        losses.append(Loss(effect="changed", where=where, why="sound is sent as its transcript"))
        return {"text": part.transcript}
    why = "it has neither url, file_id nor data of a known media type"
    losses.append(Loss(effect="dropped", where=where, why=why))
    return None


def _inline(data: str, kind: str) -> Wire:
    return {"inlineData": {"mimeType": kind, "data": data}}


def _kind_of(data: str) -> str | None:
    return next((kind for start, kind in _FIRST_BYTES.items() if data.startswith(start)), None)


def _kind_at(uri: str) -> str | None:
    return _BY_SUFFIX.get(uri.partition("?")[0].rpartition(".")[2].lower())


_DETAILS: Final = frozenset({"auto", None})

_UNSAID: Final[dict[type[Media], tuple[str, ...]]] = {
    Image: ("detail",),
    Audio: ("transcript", "id"),
    Document: ("title", "context", "citations"),
}
"""What these say beside the bytes, which has no place here."""


def _report_labels(part: Media, where: str, losses: list[Loss]) -> None:
    for name in _UNSAID.get(type(part), ()):
        if getattr(part, name) not in _DETAILS and not (name == "transcript" and part.data is None):
            why = "this dialect has no place for it"
            losses.append(Loss(effect="dropped", where=f"{where}.{name}", why=why))


# ---------------------------------------------------------------------- wire to canonical


def decode_media(wire: Wire) -> Image | Audio | Video | Document | None:
    """The record for `inlineData` or `fileData` in a part; `None` when there is neither in a form that is known."""
    inline, file = _object(wire, "inlineData"), _object(wire, "fileData")
    if isinstance(inline.get("data"), str) and not file:
        return _record(wire, "inlineData", inline, _INLINE, {"data": inline["data"]})
    if isinstance(file.get("fileUri"), str) and not inline:
        return _record(wire, "fileData", file, _FILE, _address(file["fileUri"]))
    return None


def _object(wire: Wire, name: str) -> Wire:
    value = wire.get(name)
    return cast("Wire", value) if isinstance(value, dict) else {}


def _record(
    wire: Wire, name: str, inside: Wire, known: frozenset[str], fields: dict[str, Any]
) -> Image | Audio | Video | Document:
    kind = inside.get("mimeType")
    if kind == _TEXT and (text := _text_in(fields)) is not None:
        fields = {"text": text}
    extra = extra_of(rest_of(wire, frozenset({name}), name, known))
    return _class_for(kind, fields)(**fields, media_type=kind, extra=extra)


_TEXT: Final = "text/plain"


def _text_in(fields: dict[str, Any]) -> str | None:
    """The text in base64, if that is all there is to it."""
    data = fields.get("data") or ""
    try:
        text = b64decode(data, validate=True).decode()
    except ValueError:
        return None
    return text if _base64(text) == data and data else None


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-8", "replace")).decode("ascii")


def _class_for(kind: str | None, fields: dict[str, Any]) -> type[Image | Audio | Video | Document]:
    if kind is None and _host(fields.get("url") or "") in _YOUTUBE:
        return Video
    return _KINDS.get((kind or "").partition("/")[0], Document)


def _address(uri: str) -> dict[str, Any]:
    uploaded = _host(uri) == _FILES or "://" not in uri
    return {"file_id": uri} if uploaded else {"url": uri}


def _host(uri: str) -> str | None:
    try:
        return urlsplit(uri).hostname
    except ValueError:
        return None
