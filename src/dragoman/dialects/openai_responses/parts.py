"""Content parts of users, of the system and of results, both ways.

Names of pictures and sounds, and the media type of a URL, are not sent and not reported: they are the caller's own
labels, which no model sees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from dragoman.dialects.base import Wire, encode_opaque
from dragoman.dialects.openai_chat.checks import object_of, optional_text, text_in
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_chat.parts import audio_format, audio_media_type, image_from
from dragoman.dialects.openai_responses.extras import decode_mark, encode_mark, extra_of, restore, unknown
from dragoman.dialects.openai_responses.wire import NAME, InputAudio, InputFile, InputImage, InputText, fields_of
from dragoman.messages import Audio, Document, Image, Opaque, Part, Text, Video

# ---------------------------------------------------------------------- encode


def encode_part(part: Part, losses: Losses) -> Wire | None:
    """`part` as a content part, or `None` when it cannot be one (then the loss is reported)."""
    encode = _ENCODE.get(type(part))
    if encode is None:
        losses.dropped("", f"a {type(part).__name__} has no place here")
        return None
    wire = encode(part, losses)
    if wire is not None:
        encode_mark(wire, part.cache, part.extra, losses)
        restore(wire, part.extra, losses)
    return wire


def _encode_text(part: Text, losses: Losses) -> Wire:
    if part.citations:
        losses.dropped("citations", "only the model's own words have sources")
    return {"type": "input_text", "text": part.text}


def _encode_image(part: Image, losses: Losses) -> Wire | None:
    wire: Wire = {"type": "input_image"}
    if part.data is not None:
        wire["image_url"] = part.data_url()
    elif part.url is not None:
        wire["image_url"] = part.url
    elif part.file_id is None:
        losses.dropped("", "this picture has no bytes, no URL and no file id")
        return None
    if part.file_id is not None:
        wire["file_id"] = part.file_id
    if part.detail is not None:
        wire["detail"] = part.detail
    return wire


def _encode_audio(part: Audio, losses: Losses) -> Wire | None:
    if part.data is None:
        losses.dropped("", "this dialect takes sounds as bytes only")
        return None
    for name in ("id", "transcript"):
        if getattr(part, name) is not None:
            losses.dropped(name, "only an answer's own sound has it")
    source: Wire = {"data": part.data}
    if part.media_type is not None:
        source["format"] = audio_format(part.media_type)
    return {"type": "input_audio", "input_audio": source}


def _encode_video(_: Video, losses: Losses) -> None:
    losses.dropped("", "this dialect takes no films")


def _encode_document(part: Document, losses: Losses) -> Wire | None:
    named = ("title", "context", "citations") if part.text is None else ("title", "context", "citations", "name")
    for name in named:
        if getattr(part, name) is not None:
            losses.dropped(name, "this dialect does not describe or cite documents")
    if part.text is not None:
        losses.changed("", "this dialect has no text documents: sent as text")
        return {"type": "input_text", "text": part.text}
    pairs = (("file_id", part.file_id), ("file_data", _file_data(part)), ("file_url", part.url))
    source = {name: value for name, value in pairs if value is not None}
    if not source:
        losses.dropped("", "this file has no bytes, no URL and no file id")
        return None
    name = {} if part.name is None else {"filename": part.name}
    return {"type": "input_file", **name, **source}


def _file_data(part: Document) -> str | None:
    return part.data_url() if part.data is not None and part.media_type else part.data


def _encode_opaque(part: Opaque, losses: Losses) -> Wire | None:
    return encode_opaque(part, NAME, losses.path(), losses.found)


_ENCODE: Final[dict[type, Callable[[Any, Losses], Wire | None]]] = {
    Text: _encode_text,
    Image: _encode_image,
    Audio: _encode_audio,
    Video: _encode_video,
    Document: _encode_document,
    Opaque: _encode_opaque,
}

# ---------------------------------------------------------------------- decode


def decode_parts(content: Any, where: str) -> str | tuple[Part, ...]:
    """`content` or `output`; one plain text in a list is that text. Raises `Rejected` for what is neither."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise rejected(where, "text or a list of parts is needed here")
    wires = cast("list[Any]", content)
    parts = tuple([_decode_part(wire, f"{where}[{number}]") for number, wire in enumerate(wires)])
    if len(parts) == 1 and isinstance(parts[0], Text) and parts[0] == Text(parts[0].text):
        return parts[0].text
    return parts


def _decode_part(value: Any, where: str) -> Part:
    if isinstance(value, str):
        return Text(value)
    wire = object_of(value, where)
    kind = wire.get("type")
    decode = _DECODE.get(kind) if isinstance(kind, str) else None
    return Opaque(dialect=NAME, payload=wire) if decode is None else decode(wire, where)


def _decode_text(wire: Wire, where: str) -> Part:
    return Text(text_in(wire, "text", where), **_common(wire, _TEXT))


def _decode_image(wire: Wire, where: str) -> Part:
    url, file_id, detail = (optional_text(wire, name, where) for name in ("image_url", "file_id", "detail"))
    common: Wire = {"file_id": file_id, "detail": detail, **_common(wire, _IMAGE)}
    if url is not None:
        return image_from(url, **common)
    if file_id is None:
        raise rejected(where, "a picture has `image_url` or `file_id`")
    return Image(**common)


def _decode_file(wire: Wire, where: str) -> Part:
    name, file_id, url, data = (optional_text(wire, field, where) for field in _FILE_FIELDS)
    common: Wire = {"name": name, "file_id": file_id, **_common(wire, _FILE)}
    taken_apart = None if data is None or url is not None else Document.at_url(data, **common)
    if taken_apart is not None and taken_apart.data is not None and taken_apart.media_type is not None:
        return taken_apart
    if file_id is None and url is None and data is None:
        raise rejected(where, "a file has `file_id`, `file_url` or `file_data`")
    return Document(url=url, data=data, **common)


def _decode_audio(wire: Wire, where: str) -> Part:
    where = f"{where}.input_audio"
    source = object_of(wire.get("input_audio"), where)
    data, format_ = text_in(source, "data", where), optional_text(source, "format", where)
    media_type = None if format_ is None else audio_media_type(format_)
    inside = unknown(source, _AUDIO_SOURCE)
    common = _common({**wire, "input_audio": inside}, _AUDIO - {"input_audio"} if inside else _AUDIO)
    return Audio(data=data, media_type=media_type, **common)


_DECODE: Final[dict[str, Callable[[Wire, str], Part]]] = {
    "input_text": _decode_text,
    "text": _decode_text,
    "output_text": _decode_text,  # clients that put the model's words into a user's mouth
    "input_image": _decode_image,
    "input_file": _decode_file,
    "input_audio": _decode_audio,
}
_TEXT: Final = fields_of(InputText)
_IMAGE: Final = fields_of(InputImage)
_FILE: Final = fields_of(InputFile)
_FILE_FIELDS: Final = ("filename", "file_id", "file_url", "file_data")
_AUDIO: Final = fields_of(InputAudio)
_AUDIO_SOURCE: Final = frozenset({"data", "format"})


def _common(wire: Wire, known: frozenset[str]) -> Wire:
    """The cache mark and the unknown fields of a part, as arguments for the record."""
    cache, spelling = decode_mark(wire)
    if wire["type"] in ("text", "output_text"):
        spelling["type"] = wire["type"]
    extra = extra_of(unknown(wire, known), spelling)
    return {"cache": cache, "extra": extra} if cache or extra else {}
