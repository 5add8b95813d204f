"""What every dialect offers, and how one is found by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, cast, runtime_checkable

from msgspec import Struct

from dragoman.errors import ConfigurationError, Error, ProviderError
from dragoman.http import Frame, Framing
from dragoman.messages import Event, Extra, JsonObject, LLMResponse, Loss, Opaque, Request, encode_json

Wire: TypeAlias = dict[str, Any]
"""A JSON body in a provider's words."""


EFFORT_BUDGETS: Final[Mapping[str, int]] = {
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24_576,
    "xhigh": 24_576,
    "max": 24_576,
}
"""Tokens of thinking for each effort, as Google has published them (ai.google.dev/gemini-api/docs/openai#thinking, read
2026-11-21); nobody else has."""


class Encoded(Struct, frozen=True):
    """A body ready to be sent, and what of the canonical record it could not express."""

    wire: Wire
    losses: tuple[Loss, ...] = ()


class StreamDecoder(Protocol):
    """Frames in, events out. One decoder reads one stream."""

    def feed(self, name: str, data: bytes) -> list[Event]:
        """The events in one frame.

        Raises `ProviderError` for an error inside the stream and `DecodeError` for what is not JSON.
        """
        ...

    def finish(self) -> list[Event]:
        """The body has ended: the last events. Raises `StreamInterrupted` when the dialect's own end is missing."""
        ...


class MoreText(Struct, frozen=True):
    """How more of a text is written while nothing else comes: as `feed` would write its `TextDelta`, in one frame.

    Attributes:
        name: Of each frame.
        data: Of the frame for a text that is not empty, when so many others go before it.
        said: Is told of the texts whose frames are out, if the encoder keeps account of them.
    """

    name: str
    data: Callable[[str, int], bytes]
    said: Callable[[list[str]], None] | None = None


def more_text(frame: Frame, mark: bytes) -> MoreText:
    """From a frame in which `mark`, that ends with two quotes, stands for an empty text."""
    before, after = frame[1].rsplit(mark, 1)
    before += mark[:-2]
    return MoreText(frame[0], lambda text, _: before + encode_json(text) + after)


class StreamEncoder(Protocol):
    """Events in, frames out. One encoder writes one stream; it writes exactly one terminal frame.

    It may have a method `more_text`, which takes the last event fed to it, a `TextDelta`, and returns how more of that
    text is written until the next is fed, a `MoreText`; `None` where a frame for it would be another each time.
    """

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What of the events so far the stream could not say: what `encode_response` reports of the same answer."""
        ...

    def feed(self, event: Event) -> list[Frame]: ...

    def finish(self) -> list[Frame]:
        """The frames after the last event (an end marker, where the dialect has one)."""
        ...

    def fail(self, error: Error) -> list[Frame]:
        """The frames that say, in place of the rest, that the stream has failed."""
        ...


Writers: TypeAlias = Mapping[type, Callable[[Any, Any], list[Frame]]]
"""By type of event, the method of a stream encoder that writes it."""


class Dialect(Protocol):
    """A two-way codec between the canonical language and one wire."""

    name: str
    framing: Framing
    id_prefix: str
    """How ids of responses begin, for those who make answers: `"chatcmpl-"`."""
    call_id_prefix: str
    """How ids of tool calls begin: `"call_"`."""
    default_max_tokens: int | None
    """The limit to send when the caller names none, for dialects that demand one; codecs do not fill it in."""
    effort_budgets: Mapping[str, int]
    """Tokens of thinking for each effort, for models of this wire that take a number and no word; empty where its codec
    sees to them itself or no model wants a number. Codecs do not fill it in."""

    def path(self, request: Request) -> str:
        """Where a request goes, below the provider's prefix: by its model and whether it streams, no more."""
        ...

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Headers that the dialect itself demands, such as a version."""
        ...

    def encode_request(self, request: Request) -> Encoded: ...

    def decode_request(self, wire: Wire, path: str = "") -> Request:
        """`path` is the path and query it came to: some dialects name the model there.

        Raises `Rejected` (status 400) with a message in the provider's manner when the body is not a request.
        """
        ...

    def encode_response(self, response: LLMResponse, request: Request) -> Encoded: ...

    def decode_response(self, wire: Wire) -> LLMResponse:
        """Raises `ProviderError` for an error in a body of status 200 and `DecodeError` for what is no answer."""
        ...

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:
        """`strict_end=False` accepts a body that ends without the dialect's end marker once the model has finished."""
        ...

    def stream_encoder(self, request: Request) -> StreamEncoder: ...

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError: ...

    def encode_error(self, error: Error) -> tuple[int, Wire]: ...


@runtime_checkable
class Hosted(Protocol):
    """A dialect whose hosts differ in which of its fields they take."""

    def at_host(self, takes: frozenset[str]) -> Dialect:
        """The dialect for a host that takes these of the fields in which hosts differ; of others it says the loss."""
        ...


_FOLDERS = {wire.parent.name: f"{__package__}.{wire.parent.name}" for wire in Path(__file__).parent.glob("*/wire.py")}
"""A folder here that says how its wire looks is a dialect; nothing else names it."""


def dialect_names() -> list[str]:
    """The names `get_dialect` takes."""
    return sorted(_FOLDERS)


def get_dialect(name: str) -> Dialect:
    """The dialect called `name`, loaded on first use. Raises `ConfigurationError` for a name that is none."""
    folder = _FOLDERS.get(name)
    if folder is None:
        raise ConfigurationError(f"there is no dialect `{name}`; known are {', '.join(dialect_names())}")
    return import_module(folder).DIALECT


def dialect_at(name: str, takes: frozenset[str]) -> Dialect:
    """As `get_dialect`, for a host that takes these of the fields in which hosts differ."""
    dialect = get_dialect(name)
    return dialect.at_host(takes) if isinstance(dialect, Hosted) else dialect


def write_extra(wire: Wire, extra: Extra | None, dialect: str, where: str, losses: list[Loss]) -> None:
    """Put back what only `dialect` knows; what belongs to another dialect becomes losses."""
    if extra is None:
        return
    if extra.dialect is None or extra.dialect == dialect:
        wire.update(extra.spelling)
        wire.update(extra.fields)
        return
    losses.extend(
        Loss(effect="dropped", where=f"{where}.{name}" if where else name, why=f"only `{extra.dialect}` knows it")
        for name in extra.fields
    )


def merge_extra(wire: Wire, extra: Extra | None, dialect: str, where: str, losses: list[Loss]) -> None:
    """As `write_extra`, but an object joins the object of its name that is already there."""
    if extra is None or extra.dialect not in (None, dialect):
        write_extra(wire, extra, dialect, where, losses)
        return
    for fields in (extra.spelling, extra.fields):
        for name, value in fields.items():
            there = wire.get(name)
            wire[name] = {**there, **value} if isinstance(there, dict) and isinstance(value, Mapping) else value


def encode_opaque(part: Opaque, dialect: str, where: str, losses: list[Loss]) -> Wire | None:
    """What only one dialect knows, if it is `dialect`; else it is a loss."""
    if part.dialect == dialect:
        return dict(part.payload)
    losses.append(Loss(effect="dropped", where=where, why=f"only `{part.dialect}` knows it"))
    return None


def object_in(wire: JsonObject, name: str) -> Wire:
    """The object in the field `name`, an empty one when there is none."""
    value = wire.get(name)
    return cast("Wire", value) if isinstance(value, dict) else {}


def list_in(wire: JsonObject, name: str) -> list[Any]:
    """The list in the field `name`, an empty one when there is none."""
    value = wire.get(name)
    return cast("list[Any]", value) if isinstance(value, list) else []


def unknown_fields(
    wire: JsonObject,
    known: frozenset[str],
    dialect: str,
    inside: str = "",
    known_inside: frozenset[str] = frozenset(),
) -> Extra | None:
    """The fields of `wire` that are not in `known`, to be written back by the same dialect; with those of the object
    `inside` it that are not in `known_inside`.
    """
    rest = {name: value for name, value in wire.items() if name not in known}
    if inside:
        deeper = {name: value for name, value in wire[inside].items() if name not in known_inside}
        if deeper:
            rest[inside] = deeper
    return Extra(fields=rest, dialect=dialect) if rest else None
