"""Content parts, both ways.

Names of pictures and sounds, and the media type of a URL, are not sent and not reported: they are the caller's own
labels, which no model sees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from dragoman.dialects.base import Wire, encode_opaque
from dragoman.dialects.openai_chat.checks import object_of, optional_text, text_in
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import Losses, decode_mark, encode_mark, extra_of, is_ours, restore, unknown
from dragoman.dialects.openai_chat.wire import (
    NAME,
    AudioPart,
    File,
    FilePart,
    ImagePart,
    ImageUrl,
    InputAudio,
    RefusalPart,
    TextPart,
    fields_of,
)
from dragoman.messages import Audio, Document, Extra, Image, Opaque, Part, Refusal, Text, Video

# ---------------------------------------------------------------------- encode


def encode_part(part: Part, losses: Losses) -> Wire | None:
    """`part` as a content part, or `None` when it cannot be one (then the loss is reported)."""
    encode = losses.variant.parts.get(type(part)) or _ENCODE.get(type(part))
    if encode is None:
        losses.dropped("", f"a {type(part).__name__} has no place here")
        return None
    wire = encode(part, losses)
    if wire is not None:
        encode_mark(wire, part.cache, part.extra, losses)
        restore(wire, part.extra, losses)
    return wire


def _encode_text(part: Text, losses: Losses) -> Wire:
    lose_citations(part, losses)
    return {"type": "text", "text": part.text}


def lose_citations(part: Text, losses: Losses) -> None:
    if part.citations:
        losses.dropped("citations", "a request has no place for the sources of an earlier answer")


def _encode_refusal(part: Refusal, _: Losses) -> Wire:
    return {"type": "refusal", "refusal": part.text}


def encode_image(part: Image, losses: Losses) -> Wire | None:
    if part.data is None and part.url is None:
        losses.dropped("", "this dialect takes pictures as a URL or as bytes, not by file id")
        return None
    source: Wire = {"url": part.data_url() if part.data is not None else part.url}
    if part.detail is not None:
        source["detail"] = part.detail
    return {"type": "image_url", "image_url": source}


def encode_audio(part: Audio, losses: Losses) -> Wire | None:
    if part.data is None:
        losses.dropped("", "this dialect takes sounds as bytes only")
        return None
    lose_speech(part, losses)
    source: Wire = {"data": part.data}
    if part.media_type is not None:
        source["format"] = audio_format(part.media_type)
    return {"type": "input_audio", "input_audio": source}


def lose_speech(part: Audio, losses: Losses) -> None:
    for name in ("id", "transcript"):
        if getattr(part, name) is not None:
            losses.dropped(name, "only an answer's own sound has it")


def _encode_video(_: Video, losses: Losses) -> None:
    losses.dropped("", "OpenAI's chat API takes no films")


def _encode_document(part: Document, losses: Losses) -> Wire | None:
    lose_descriptions(part, losses)
    if part.text is not None:
        return document_as_text(part.text, losses)
    file = _file(part, losses)
    if not file:
        losses.dropped("", "this dialect takes files as bytes or by file id, not by URL")
        return None
    if part.name is not None:
        file["filename"] = part.name
    return {"type": "file", "file": file}


def lose_descriptions(part: Document, losses: Losses) -> None:
    named = ("title", "context", "citations") if part.text is None else ("title", "context", "citations", "name")
    for name in named:
        if getattr(part, name) is not None:
            losses.dropped(name, "this dialect does not describe or cite documents")


def document_as_text(text: str, losses: Losses) -> Wire:
    losses.changed("", "this dialect has no text documents: sent as text")
    return {"type": "text", "text": text}


def _file(part: Document, losses: Losses) -> Wire:
    file: Wire = {}
    if part.file_id is not None:
        file["file_id"] = part.file_id
    if part.data is not None:
        file["file_data"] = part.data_url() if part.media_type else part.data
    elif part.url is not None and is_ours(part.extra, losses):  # OpenRouter takes URLs
        file["file_data"] = part.url
    return file


def _encode_opaque(part: Opaque, losses: Losses) -> Wire | None:
    return encode_opaque(part, losses.variant.name, losses.path(), losses.found)


_ENCODE: Final[dict[type, Callable[[Any, Losses], Wire | None]]] = {
    Text: _encode_text,
    Refusal: _encode_refusal,
    Image: encode_image,
    Audio: encode_audio,
    Video: _encode_video,
    Document: _encode_document,
    Opaque: _encode_opaque,
}

# ---------------------------------------------------------------------- decode


def decode_parts(content: Any, where: str) -> str | tuple[Part, ...]:
    """`content` of a request's message. Raises `Rejected` for what is neither text nor parts."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if not isinstance(content, list):
        raise rejected(f"{where}.content", "content is text or a list of parts")
    parts = cast("list[Any]", content)
    return tuple([decode_part(part, f"{where}.content[{number}]") for number, part in enumerate(parts)])


def decode_part(wire: Any, where: str) -> Part:
    if not isinstance(wire, dict):
        raise rejected(where, "a content part is an object with a `type`")
    part = cast("Wire", wire)
    kind = part.get("type")
    decode = _DECODE.get(kind) if isinstance(kind, str) else None
    if decode is None:
        return Opaque(dialect=NAME, payload=part)
    return decode(part, where)


def _decode_text(wire: Wire, where: str) -> Part:
    text = text_in(wire, "text", where)
    return Text(text) if len(wire) == 2 else Text(text, **_common(wire, _TEXT))


def _decode_refusal(wire: Wire, where: str) -> Part:
    """The spelling says that it was a part: else a refusal is a field of the message."""
    cache, spelling = decode_mark(wire)
    extra = extra_of(unknown(wire, _REFUSAL), {"type": "refusal", **spelling})
    return Refusal(text_in(wire, "refusal", where), cache=cache, extra=extra)


def _decode_image(wire: Wire, where: str) -> Part:
    if isinstance(wire.get("image_url"), str):  # Mistral's form, which clients use elsewhere too
        wire = {**wire, "image_url": {"url": wire["image_url"]}}
    source = object_of(wire.get("image_url"), f"{where}.image_url")
    url = text_in(source, "url", f"{where}.image_url")
    detail = optional_text(source, "detail", f"{where}.image_url")
    return image_from(url, detail=detail, **_common(wire, _IMAGE, "image_url", _IMAGE_URL))


def image_from(url: str, **fields: Any) -> Image:
    """A picture given by its URL; a `data:` URL is taken apart where it can be put together again."""
    return Image(url=url, **fields) if url.startswith("data:;") else Image.at_url(url, **fields)


def _decode_audio(wire: Wire, where: str) -> Part:
    if isinstance(wire.get("input_audio"), str):  # Mistral's form
        return _audio_from(wire["input_audio"], **_common(wire, _AUDIO))
    source = object_of(wire.get("input_audio"), f"{where}.input_audio")
    data = text_in(source, "data", f"{where}.input_audio")
    format_ = optional_text(source, "format", f"{where}.input_audio")
    media_type = None if format_ is None else audio_media_type(format_)
    return Audio(data=data, media_type=media_type, **_common(wire, _AUDIO, "input_audio", _INPUT_AUDIO))


def _audio_from(text: str, **fields: Any) -> Audio:
    """A sound given by its URL or its bytes."""
    is_url = ":" in text  # no letter of base64
    return Audio.at_url(text, **fields) if is_url else Audio(data=text, **fields)


def _decode_file(wire: Wire, where: str) -> Part:
    if isinstance(wire.get("file_id"), str) and "file" not in wire:  # Mistral's form
        return Document(file_id=wire["file_id"], **_common(wire, _FILE_PART | {"file_id"}))
    source = object_of(wire.get("file"), f"{where}.file")
    name, file_id, data = (optional_text(source, field, f"{where}.file") for field in _FILE_FIELDS)
    if file_id is None and data is None:
        raise rejected(f"{where}.file", "a file has `file_id` or `file_data`")
    common: Wire = {**_common(wire, _FILE_PART, "file", _FILE), "name": name, "file_id": file_id}
    if data is None or not data.startswith(("https://", "http://", "data:")):
        return Document(data=data, **common)
    common.setdefault("extra", Extra(dialect=NAME))  # a file that came as a URL may go as one
    return Document(url=data, **common) if data.startswith("data:;") else Document.at_url(data, **common)


_DECODE: Final[dict[str, Callable[[Wire, str], Part]]] = {
    "text": _decode_text,
    "refusal": _decode_refusal,
    "image_url": _decode_image,
    "input_audio": _decode_audio,
    "file": _decode_file,
}
_TEXT: Final = fields_of(TextPart)
_REFUSAL: Final = fields_of(RefusalPart)
_IMAGE: Final = fields_of(ImagePart)
_IMAGE_URL: Final = fields_of(ImageUrl)
_AUDIO: Final = fields_of(AudioPart)
_INPUT_AUDIO: Final = fields_of(InputAudio)
_FILE_PART: Final = fields_of(FilePart)
_FILE: Final = fields_of(File)
_FILE_FIELDS: Final = ("filename", "file_id", "file_data")


def _common(wire: Wire, known: frozenset[str], inside: str = "", known_inside: frozenset[str] = frozenset()) -> Wire:
    """The cache mark and the unknown fields of a part, as arguments for the record."""
    cache, spelling = decode_mark(wire)
    extra = extra_of(unknown(wire, known, inside=inside, known_inside=known_inside), spelling)
    return {"cache": cache, "extra": extra} if cache or extra else {}


# ---------------------------------------------------------------------- the formats of sounds

_MEDIA_TYPES: Final = {"mp3": "audio/mpeg"}
"""Where the format's name is not the second half of the media type."""

_FORMATS: Final = {"audio/mpeg": "mp3", "audio/x-wav": "wav", "audio/wave": "wav", "audio/vnd.wave": "wav"}


def audio_media_type(format_: str) -> str:
    return _MEDIA_TYPES.get(format_) or f"audio/{format_}"


def audio_format(media_type: str) -> str:
    return _FORMATS.get(media_type) or media_type.partition("/")[2] or media_type
