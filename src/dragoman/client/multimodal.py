"""Pictures, sounds and files under Instructor's names, and written one by one as an SDK takes them.

There is one class for each: `Image`, `Audio` and `Document`, which is also called `PDF`. The names with a cache mark
are ways to make them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, Final, cast

from dragoman.client.contents import autodetect_media, with_media
from dragoman.client.fetching import fetch, takes_bytes_only
from dragoman.dialects import get_dialect
from dragoman.errors import UnsupportedFeature
from dragoman.messages import Audio, Document, Image, Message, Request
from dragoman.messages.media import Media, lend
from dragoman.messages.media_source import Source

PDF = Document

__all__ = [
    "PDF",
    "Audio",
    "Document",
    "Image",
    "ImageWithCacheControl",
    "PDFWithCacheControl",
    "PDFWithGenaiFile",
    "autodetect_media",
    "convert_contents",
    "convert_messages",
    "write_part",
]

_MARK: Final = {"type": "ephemeral"}


class ImageWithCacheControl:
    """Makes an `Image` up to which the provider is asked to cache the prompt."""

    def __new__(cls, *, cache_control: Mapping[str, str] | None = None, **fields: Any) -> Any:
        """The picture, marked as `cache_control` says."""
        return Image(cache_control=cache_control, **fields)

    @staticmethod
    def from_image_params(image_params: Mapping[str, Any]) -> Image:
        """From `{"type": "image", "source": …, "cache_control": …}`."""
        return Image.autodetect(image_params["source"], cache_control=image_params.get("cache_control"))


class PDFWithCacheControl:
    """Makes a `Document` up to which the provider is asked to cache the prompt."""

    def __new__(cls, **fields: Any) -> Any:
        """The file, marked."""
        return Document(**{"cache_control": _MARK, **fields})

    @staticmethod
    def from_path(path: str | Path) -> Document:
        """A file, read now."""
        return Document.from_path(path, cache_control=_MARK)

    @staticmethod
    def from_url(url: str) -> Document:
        """What lies at a URL."""
        return Document.from_url(url, cache_control=_MARK)

    @staticmethod
    def from_base64(data_uri: str) -> Document:
        """What a `data:` URL holds."""
        return Document.from_base64(data_uri, cache_control=_MARK)

    @staticmethod
    def autodetect(source: Source) -> Document:
        """From a URL, a path, bytes or base64 text."""
        return Document.autodetect(source, cache_control=_MARK)


class PDFWithGenaiFile:
    """Makes a `Document` of a file that lies at Google."""

    autodetect = Document.autodetect

    @staticmethod
    def from_existing_genai_file(file_name: str) -> Document:
        """By the URI that `client.files.get(...)` gives."""
        return Document(file_id=file_name, media_type="application/pdf")

    @staticmethod
    def from_new_genai_file(file_path: str, **_: Any) -> Document:
        """Files are not uploaded here: raises `UnsupportedFeature`."""
        raise UnsupportedFeature(
            f"files are not uploaded: `Document.from_path({file_path!r})` sends it with the request, or upload it with "
            "`client.files.upload(...)` of Google's SDK and take `from_existing_genai_file`"
        )


# ---------------------------------------------------------------------- as SDKs take them

_PLACES: Final[dict[str, tuple[str | int, ...]]] = {
    "gemini": ("contents", 0, "parts", 0),
    "openai_responses": ("input", 0, "content", 0),
}
"""Where the one part of the one message is on a dialect's wire, where that is not as usual."""

_USUAL_PLACE: Final = ("messages", 0, "content", 0)


def write_part(part: Media, dialect: str) -> dict[str, Any]:
    """`part` as it stands in a request of `dialect`, its bytes fetched where only they are taken.

    Raises `UnsupportedFeature` when the dialect has no place for it, and what `fetch` raises.
    """
    codec = get_dialect(dialect)
    if part.url is not None and takes_bytes_only(codec, type(part)):
        part = type(part)(data=url_to_base64(part.url), media_type=part.media_type, cache=part.cache)
    encoded = codec.encode_request(Request(model="", messages=(Message("user", (cast("Any", part),)),)))
    lost = [loss for loss in encoded.losses if loss.effect == "dropped"]
    if lost:
        raise UnsupportedFeature(f"`{dialect}` has no place for this: {lost[0].why}")
    return reduce(lambda wire, step: wire[step], _PLACES.get(dialect, _USUAL_PLACE), cast("Any", encoded.wire))


def url_to_base64(url: str) -> str:
    """The bytes at a public URL, as base64 text. Raises what `fetch` raises."""
    return b64encode(fetch(url).content).decode("ascii")


def convert_messages(messages: list[Any], dialect: str, *, autodetect_images: bool = False) -> list[dict[str, Any]]:
    """Messages as plain dicts of `dialect`: texts in lists become parts, and media what the dialect has for them."""
    found = cast("list[Any]", with_media(messages)) if autodetect_images else messages
    return [{**message, "content": convert_contents(message["content"], dialect)} for message in found]


def write_parts(message: Any, dialect: str, *, autodetect: bool = False) -> Any:
    """`message`, if it is a dict, with texts, pictures, sounds and files in its content as `dialect` has them.

    What else is in it, such as an SDK's object, stays as it is.
    """
    if not isinstance(message, Mapping):
        return cast("object", message)
    given = cast("dict[str, Any]", message)
    found: Any = with_media([given])[0] if autodetect else given
    content = found.get("content")
    if isinstance(content, Media):
        content = [content]
    if not isinstance(content, list | tuple):
        return given
    parts = cast("list[Any]", content)
    return {
        **found,
        "content": [_converted(part, dialect) if isinstance(part, Media | str) else part for part in parts],
    }


def convert_contents(contents: Any, dialect: str) -> str | list[dict[str, Any]]:
    """The content of one message as plain data of `dialect`. A text stays one. Raises `ValueError`."""
    if isinstance(contents, str):
        return contents
    parts: list[Any] = cast("list[Any]", contents) if isinstance(contents, list | tuple) else [contents]
    return [_converted(part, dialect) for part in parts]


def _converted(part: Any, dialect: str) -> dict[str, Any]:
    for kind, convert in _CONVERSIONS.items():
        if isinstance(part, kind):
            return convert(part, dialect)
    raise ValueError(f"Unsupported content type: {type(part).__name__}")


_CONVERSIONS: Final[dict[type, Callable[[Any, str], dict[str, Any]]]] = {
    str: lambda text, dialect: {"type": "input_text" if dialect == "openai_responses" else "text", "text": text},
    Mapping: lambda part, _: dict(part),
    Media: write_part,
}

lend("write", write_part)
lend("fetch", url_to_base64)
