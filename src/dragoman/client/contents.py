"""Contents of messages that hold texts, parts and dicts side by side, and texts that are the address of a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from dragoman.client.options import MessageLike
from dragoman.errors import ConfigurationError
from dragoman.messages import Audio, Document, Image, Message, Part, Request, Role, Text
from dragoman.messages.media import Media
from dragoman.messages.media_source import ANY
from dragoman.messages.part_base import PartBase

Decode: TypeAlias = Callable[[Mapping[str, Any]], Message]
"""Reads a message that is a dict in some dialect's form."""

_LOOKS_LIKE: Final[dict[str, type[Media]]] = {"image": Image, "audio": Audio, "application/pdf": Document}


def is_mixed(message: Mapping[str, Any]) -> bool:
    """Whether the content is a part, or a list that has texts in it or parts beside dicts."""
    content = message.get("content")
    if isinstance(content, PartBase):
        return True
    parts: Sequence[Any] = cast("Sequence[Any]", content) if isinstance(content, list | tuple) else ()
    kinds = {str if isinstance(part, str) else PartBase if isinstance(part, PartBase) else dict for part in parts}
    return str in kinds or len(kinds) > 1


def unmixed(message: Mapping[str, Any], decode: Decode) -> Message:
    """One message of all that its content holds; `decode` reads the dicts. Raises `ConfigurationError`."""
    content = message["content"]
    parts: list[Any] = cast("list[Any]", [content] if isinstance(content, PartBase) else content)
    found = tuple(each for part in parts for each in _parts_of(part, message, decode))
    mark = {name: message[name] for name in ("cache", "extra") if message.get(name) is not None}
    return Message(Role(message.get("role", "user")), found, **mark)


def _parts_of(part: Any, message: Mapping[str, Any], decode: Decode) -> Iterable[Part]:
    if isinstance(part, str):
        return (Text(part),)
    if isinstance(part, PartBase):
        return (cast("Part", part),)
    if isinstance(part, Mapping):
        return decode({**message, "content": [part]}).parts
    raise ConfigurationError(f"Unsupported content type: {type(part).__name__}; texts, parts and dicts are taken")


def has_urls(request: Request) -> bool:
    """Whether anything that `request` says lies elsewhere."""
    for message in request.messages:  # noqa: SIM110  # of every request: as a generator a frame for each message
        if type(message.content) is not str and far_parts(message):
            return True
    return False


def far_parts(message: Message) -> list[Media]:
    """The parts of `message` that lie at a URL."""
    return [part for part in message.parts if isinstance(part, Media) and is_far(part)]


def is_far(part: Media) -> bool:
    """Whether `part` is no more than the URL of what lies elsewhere, where it can be fetched."""
    return part.data is None and part.url is not None and part.url.startswith(("http://", "https://", "gs://"))


# ---------------------------------------------------------------------- texts that are an address


def with_media(messages: Iterable[MessageLike]) -> list[MessageLike]:
    """`messages` in which texts that are the address of a picture, a sound or a PDF have become it.

    Local files are read, so never do this to text that others have written.
    """
    return [_with_media(message) for message in messages]


def _with_media(message: MessageLike) -> MessageLike:
    if isinstance(message, Message):
        return message
    content = message.get("content")
    if isinstance(content, list | tuple):
        return {**message, "content": [_detected(each) for each in cast("Sequence[Any]", content)]}
    found = _detected(content)
    return message if found is content else {**message, "content": [found]}


def _detected(given: Any) -> Any:
    if isinstance(given, str):
        return autodetect_media(given)
    fields = cast("Mapping[str, Any]", given if isinstance(given, Mapping) else {})
    if fields.get("type") == "image" and isinstance(fields.get("source"), str | Path):
        return Image.autodetect(fields["source"], cache_control=fields.get("cache_control"))
    return cast("object", given)


def autodetect_media(source: str | Path | Media) -> Media | str:
    """The picture, sound or PDF that `source` is the address of, by its ending; anything else as it is, as text."""
    if isinstance(source, Media):
        return source
    text = str(source)
    said = _media_type(text)
    kind = _LOOKS_LIKE.get(said) or _LOOKS_LIKE.get(said.partition("/")[0])
    if kind is None:
        return text
    try:
        return kind.autodetect(text)
    except ValueError:
        return text


def _media_type(address: str) -> str:
    """The type that `address` tells: a `data:` URL by itself, others by their ending, without a query or a fragment."""
    if address.startswith("data:"):
        return address.removeprefix("data:").partition(";")[0]
    try:
        path = urlsplit(address).path if "://" in address else address
    except ValueError:  # as of `http://[`, which is no address
        return ""
    return ANY.type_of_name(path) or ""
