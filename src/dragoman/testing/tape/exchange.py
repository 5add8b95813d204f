"""One call on a tape, and the file that holds them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from dragoman.errors import ConfigurationError
from dragoman.messages import decode_json

VERSION: Final = 1


class Sent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request: `target` is path and query without what holds a key; `body` is its JSON, or its text.

    `base_url` is where it was sent, or would be; `None` for the provider's usual place.
    """

    provider: str
    base_url: str | None = None
    method: str
    target: str
    body: Any = None


class Recorded(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reply. Its body is in one of three: `body` (JSON), `body_text` (streams, other text), `body_base64`."""

    status: int
    headers: dict[str, str] = {}
    body: Any = UNSET
    body_text: str | UnsetType = UNSET
    body_base64: str | UnsetType = UNSET

    @property
    def content(self) -> bytes:
        """The body as it goes over the wire."""
        if not isinstance(self.body_base64, UnsetType):
            return b64decode(self.body_base64)
        if not isinstance(self.body_text, UnsetType):
            return self.body_text.encode()
        return b"" if self.body is UNSET else msgspec.json.encode(self.body)


class Exchange(Struct, frozen=True, kw_only=True):
    """A request and the reply it got."""

    request: Sent
    response: Recorded


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    recorded_at: str
    exchanges: tuple[Exchange, ...]


def exchanges_in(content: bytes, path: Path) -> tuple[Exchange, ...]:
    """The exchanges in the content of a tape's file. Raises `ConfigurationError`, with `path`, for what is no tape."""
    try:
        file = msgspec.json.decode(content, type=_File)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"`{path}` is not a tape: {error}") from None
    if file.version != VERSION:
        raise ConfigurationError(f"`{path}` is a tape of version {file.version}; this dragoman reads {VERSION}")
    return file.exchanges


def content_of(exchanges: tuple[Exchange, ...], *, today: str) -> bytes:
    """The content of a tape's file: lines that people can compare."""
    file = _File(version=VERSION, recorded_at=today, exchanges=exchanges)
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def body_fields(content: bytes, content_type: str) -> dict[str, Any]:
    """The field of a `Recorded` that holds `content`, and its value.

    JSON is kept as JSON where that loses nothing that a client sees; a stream is kept to the byte.
    """
    if content_type.partition(";")[0].strip().lower().endswith("json"):
        try:
            return {"body": decode_json(content)}
        except ValueError:
            pass  # a broken body is worth recording as it is
    try:
        return {"body_text": content.decode()}
    except UnicodeDecodeError:
        return {"body_base64": b64encode(content).decode()}
