"""Pictures, sounds and files at a URL, fetched where a dialect takes them only as bytes.

The URL may come from anyone, so it leads to the public internet or nowhere: `transport.public` looks at every address
that is connected to, at each redirect anew, and size and time are limited. Keys, cookies and proxies are not used.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Literal, TypeAlias, TypeVar
from urllib.parse import urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from dragoman.client.contents import far_parts, is_far
from dragoman.dialects import Dialect
from dragoman.errors import FetchRefused
from dragoman.flow import Flow, invoke
from dragoman.http import HttpRequest, Origin, Timeouts
from dragoman.messages import Audio, Document, Image, Message, Request, Video
from dragoman.messages.media import Media
from dragoman.transport import TransportOptions, open_transport

M = TypeVar("M", bound=Media)

Fetch: TypeAlias = Literal["public", "any", "never"]
"""What is fetched for a dialect that takes only bytes: what everyone can reach, also what this machine alone can, or
nothing. What is not fetched is a loss."""

MOST_BYTES: Final = 50 * 1024 * 1024
"""More than any provider takes in one request."""

_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_STORAGE: Final = "https://storage.googleapis.com/"
"""Where what `gs://` names is public, if it is."""

_PORTS: Final = {"http": 80, "https": 443}


class Fetched(Struct, frozen=True):
    """The bytes at a URL. `url` is the last one, after redirects; `media_type` is what the server says."""

    content: bytes
    media_type: str | None
    url: str


def fetch(url: str, *, most_bytes: int = MOST_BYTES, seconds: float = 30.0, private: bool = False) -> Fetched:
    """The bytes at `url`.

    Args:
        url: `http`, `https` or, for what is public there, `gs`.
        most_bytes: How much is read, packed or not.
        seconds: The limit for all of it, redirects included.
        private: Also connect to addresses that are not public. Only for URLs that you wrote yourself.

    Raises:
        FetchRefused: The URL leads to what is not fetched.
        TransportError: There was no answer.
    """
    options = TransportOptions(public_only=not private, trust_env=private, max_body_bytes=most_bytes)
    transport, limits = open_transport(options), Timeouts(total=seconds)
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            reply = transport.open(_request(url, limits))
            where = reply.headers.get("location")
            if reply.status not in _REDIRECTS or where is None:
                return _read(url, reply)
            reply.close()
            url = _next(url, where)
    finally:
        transport.close()
    raise FetchRefused(f"`{_shown(url)}` was redirected more than {_MOST_REDIRECTS} times")


def _read(url: str, reply: Any) -> Fetched:
    if reply.status != 200:
        reply.close()
        raise FetchRefused(f"`{_shown(url)}` answers with status {reply.status}")
    said = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(reply.read(), said or None, url)


def _request(url: str, limits: Timeouts) -> HttpRequest:
    if url.startswith("gs://"):
        url = _STORAGE + url.removeprefix("gs://")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise FetchRefused("this is no URL") from None
    if parts.scheme not in _PORTS or not host:
        raise FetchRefused(f"`{_shown(url)}` is no http or https URL")
    if "@" in parts.netloc:
        raise FetchRefused(f"`{_shown(url)}` has a user's name in it")
    origin = Origin("https" if parts.scheme == "https" else "http", host, port or _PORTS[parts.scheme])
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    return HttpRequest(
        origin=origin, target=target, method="GET", headers=(("user-agent", "dragoman"),), timeouts=limits
    )


def _next(url: str, where: str) -> str:
    url_after = urljoin(url, where)
    if urlsplit(url).scheme == "https" and urlsplit(url_after).scheme != "https":
        raise FetchRefused(f"`{_shown(url)}` was redirected to what is not encrypted")
    return url_after


def _shown(url: str) -> str:
    """Without query and password: they may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


# ---------------------------------------------------------------------- in a conversation


def with_bytes(request: Request, dialect: Dialect, fetch_from: Fetch = "public") -> Flow[Request]:
    """`request` with the bytes of each part whose URL `dialect` would drop, and whose bytes it takes."""
    if fetch_from == "never":
        return request
    messages: list[Message] = []
    for message in request.messages:
        near = (yield from _near(message, dialect, fetch_from)) if far_parts(message) else message
        messages.append(near)
    return replace(request, messages=tuple(messages))


def _near(message: Message, dialect: Dialect, fetch_from: Fetch) -> Flow[Message]:
    parts: list[Any] = []
    for part in message.parts:
        if isinstance(part, Media) and is_far(part) and takes_bytes_only(dialect, type(part)):
            parts.append((yield from _fetched(part, fetch_from)))
        else:
            parts.append(part)
    return replace(message, content=tuple(parts))


def _fetched(part: M, fetch_from: Fetch) -> Flow[M]:
    url = part.url or ""
    found = yield from invoke(sync=lambda: fetch(url, private=fetch_from == "any"))
    kind = part.media_type or _kind(part, found)
    return type(part).from_bytes(found.content, kind, **{name: getattr(part, name) for name in _kept(type(part))})


def _kept(kind: type[Media]) -> list[str]:
    return [name for name in kind.__struct_fields__ if name not in ("url", "data", "media_type", "file_id")]


def _kind(part: Media, found: Fetched) -> str:
    """The media type: what the server says if it is of the right kind, else what the bytes say."""
    if found.media_type and found.media_type.startswith(part.KIND.family or "application/pdf"):
        return found.media_type
    try:
        return part.KIND.type_of_bytes(found.content)
    except ValueError:
        raise FetchRefused(
            f"`{_shown(found.url)}` is no {part.KIND.called}, but {found.media_type or 'unknown'}"
        ) from None


_TYPES: Final[dict[type[Media], str]] = {
    Image: "image/png",
    Audio: "audio/wav",
    Document: "application/pdf",
    Video: "video/mp4",
}


@cache
def takes_bytes_only(dialect: Dialect, kind: type[Media]) -> bool:
    """Whether a part is dropped when it is given by URL and not when it is given as bytes: the codec is asked."""
    by_url = kind(url="https://host/x", media_type=_TYPES[kind])
    return _drops(dialect, by_url) and not _drops(dialect, kind.from_bytes(b"x", _TYPES[kind], name="x"))


def _drops(dialect: Dialect, part: Any) -> bool:
    losses = dialect.encode_request(Request(model="", messages=(Message("user", (part,)),))).losses
    return any(loss.effect == "dropped" for loss in losses)
