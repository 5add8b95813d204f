"""Pictures, sounds, films and files: the content parts that hold bytes, or say where they are."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from msgspec import StructMeta

from dragoman.messages.media_source import ANY, AUDIO, FILE, IMAGE, VIDEO, MediaKind, Source
from dragoman.messages.part_base import CacheMark, PartBase

_LENT: dict[str, Callable[..., Any]] = {}


def lend(name: str, function: Callable[..., Any]) -> None:
    """Let records do what only rooms above theirs can: `"write"` a part in a dialect, `"fetch"` what a URL leads to."""
    _LENT[name] = function


def _lent(name: str) -> Callable[..., Any]:
    if name not in _LENT:
        raise LookupError("nobody is there yet who can: `import dragoman.client.multimodal` first")
    return _LENT[name]


class MediaMaker(StructMeta):  # its `self` is the class
    """Lets media be made from a `source`, and marked by Anthropic's `cache_control`, as Instructor's are."""

    def __call__(self, *, source: Any = None, cache_control: Mapping[str, Any] | None = None, **fields: Any) -> Any:
        if cache_control is not None:
            fields["cache"] = CacheMark(ttl=cache_control.get("ttl"))
        if source is None:
            return super().__call__(**fields)
        given = {name: value for name, value in fields.items() if value is not None}
        if "data" not in given:
            given = {**cast("type[Media]", self).KIND.of_source(source), **given}
        made = super().__call__(**given)
        made.__dict__["source"] = source
        return made


class Media(PartBase, frozen=True, kw_only=True, dict=True, metaclass=MediaMaker):
    """Bytes given in one of three ways: `url`, `data` (base64 text) or `file_id` (already at the provider).

    `media_type` is a MIME type such as `"image/png"`. Made from a `source`, it is whichever of the three that gives,
    as by `autodetect`; a `source` beside `data` only says where that is from.
    """

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    file_id: str | None = None
    name: str | None = None

    KIND: ClassVar[MediaKind] = ANY

    if TYPE_CHECKING:  # what may be given is wider than what is kept
        source: Source | None = None
        cache_control: Mapping[str, Any] | None = None

    else:

        @property
        def source(self) -> Source | None:
            """What it was made from, where that is remembered; else its URL, base64 text or file id."""
            return self.__dict__.get("source", self.url or self.data or self.file_id)

        @property
        def cache_control(self) -> Mapping[str, Any] | None:
            """`cache` as Anthropic's SDK says it."""
            if self.cache is None:
                return None
            return {"type": "ephemeral", **({"ttl": self.cache.ttl} if self.cache.ttl else {})}

    @classmethod
    def from_bytes(cls, content: bytes, media_type: str, **fields: Any) -> Self:
        """Hold `content`; it travels inside the request."""
        return cls(data=b64encode(content).decode("ascii"), media_type=media_type, **fields)

    @classmethod
    def from_base64(cls, data: str, media_type: str | None = None, **fields: Any) -> Self:
        """Hold what is base64 already, or a `data:` URL, which says its type; it is sent as it is.

        Raises `ValueError` when neither the caller nor the data say the type.
        """
        if data.startswith("data:"):
            return cls.from_url(data, media_type, **fields)
        return (
            cls.from_raw_base64(data, **fields)
            if media_type is None
            else cls(data=data, media_type=media_type, **fields)
        )

    @classmethod
    def from_raw_base64(cls, data: str, **fields: Any) -> Self:
        """Hold base64 text whose type its first bytes tell. Raises `ValueError` when they do not."""
        return cls(**cls.KIND.of_base64(data), **fields)

    @classmethod
    def from_url(cls, url: str, media_type: str | None = None, **fields: Any) -> Self:
        """The provider fetches the URL; `data:` URLs are taken apart. A picture's ending tells its type."""
        return cls.at_url(url, media_type or cls.KIND.type_of_url(url), **fields)

    @classmethod
    def at_url(cls, url: str, media_type: str | None = None, **fields: Any) -> Self:
        """As `from_url`, without a guess at the type: for codecs, which invent nothing."""
        head, comma, body = url.partition(";base64,")
        if comma and head.startswith("data:") and ";" not in head:
            media_type = media_type or head.removeprefix("data:") or None
            return cls(source=url, data=body, media_type=media_type, **fields)
        return cls(url=url, media_type=media_type, **fields)

    @classmethod
    def from_gs_url(cls, data_uri: str, **fields: Any) -> Self:
        """What lies in Google's cloud storage, by its `gs://` address."""
        if not data_uri.startswith("gs://"):
            raise ValueError("URL must start with gs://")
        return cls.from_url(data_uri, **fields)

    @classmethod
    def from_path(cls, path: str | Path, media_type: str | None = None, **fields: Any) -> Self:
        """Read a file now. The media type is guessed from the name when not given.

        Raises `OSError` when the file cannot be read and `ValueError` when it is empty, or its type is not known or
        that of something else.
        """
        return cls(source=path, **{**cls.KIND.of_path(Path(path), media_type), **fields})

    @classmethod
    def autodetect(cls, source: Source, **fields: Any) -> Self:
        """Made from a URL, a path, bytes or base64 text, by what it looks like. Raises `ValueError` and `OSError`."""
        return cls(source=source, **fields)

    @classmethod
    def autodetect_safely(cls, source: Source) -> Self | str:
        """As `autodetect`; what can be nothing of this kind is given back as text."""
        try:
            return cls.autodetect(source)
        except ValueError:
            return str(source)

    @classmethod
    def is_base64(cls, text: str) -> bool:
        """Whether `text` is a `data:` URL with something of this kind."""
        return cls.KIND.is_data_url(text)

    def content_bytes(self) -> bytes:
        """The decoded `data`. Raises `ValueError` when the part holds a URL or a file id instead."""
        if self.data is None:
            raise ValueError("this part holds no bytes, only a url or file_id")
        return b64decode(self.data, validate=True)

    def data_url(self) -> str:
        """`data` as a `data:` URL, for dialects that want one."""
        return f"data:{self.media_type or 'application/octet-stream'};base64,{self.data or ''}"

    @staticmethod
    def url_to_base64(url: str) -> str:
        """The bytes at a public URL, fetched now, as base64 text."""
        return _lent("fetch")(url)

    def to_openai(self, mode: Any = None) -> dict[str, Any]:
        """This part as OpenAI's SDK takes it: for its Responses API when `mode` is one of that."""
        in_responses = getattr(mode, "name", "").startswith("RESPONSES")
        return _lent("write")(self, "openai_responses" if in_responses else "openai_chat")

    def to_anthropic(self) -> dict[str, Any]:
        """This part as Anthropic's SDK takes it."""
        return _lent("write")(self, "anthropic_messages")

    def to_genai(self) -> dict[str, Any]:
        """This part as Gemini's API takes it, as plain data."""
        return _lent("write")(self, "gemini")

    def __repr__(self) -> str:
        source = self.url or self.file_id or f"{len(self.data or '')} base64 characters"
        return f"{type(self).__name__}({self.media_type or 'unknown type'}, {source})"


class Image(Media, frozen=True, kw_only=True, tag="image"):
    """A picture: `Image.from_path("cat.png")`, `from_url`, `from_bytes` or `from_base64`, or a `file_id`.

    `detail` is the resolution asked for: `"auto"`, `"low"`, `"high"` or `"original"`.
    """

    KIND = IMAGE

    detail: str | None = None


class Audio(Media, frozen=True, kw_only=True, tag="audio"):
    """A sound, made as an `Image` is, or spoken by the model: then with its `transcript`.

    The `id` is what the provider knows the model's own sound by, and is sent back in its place.
    """

    KIND = AUDIO

    id: str | None = None
    transcript: str | None = None


class Video(Media, frozen=True, kw_only=True, tag="video"):
    """A film, made as an `Image` is. What else a dialect can say of it, such as a clip's bounds, is in `extra`."""

    KIND = VIDEO


class Document(Media, frozen=True, kw_only=True, tag="document"):
    """A PDF or another file, made as an `Image` is, or plain `text` shown to the model as a document.

    `title` and `context` tell the model what it is. `citations=True` asks the model to cite it, where the dialect can.
    """

    KIND = FILE

    text: str | None = None
    title: str | None = None
    context: str | None = None
    citations: bool | None = None

    def __repr__(self) -> str:
        return (
            Media.__repr__(self)
            if self.text is None
            else f"Document({self.title or 'text'}, {len(self.text)} characters)"
        )
