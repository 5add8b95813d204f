"""`Surface`: one dialect as it is served, with all that can be made before the first request comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from dragoman.dialects import Encoded, StreamEncoder, Wire, get_dialect
from dragoman.dialects.serving import Serving, serving_of
from dragoman.errors import Error
from dragoman.http import Frame, Framing
from dragoman.messages import LLMResponse, Request
from dragoman.transport.framing import FRAME_ENCODERS

Header = tuple[bytes, bytes]

JSON: Final[Header] = (b"content-type", b"application/json")

_CONTENT_TYPES: Final[dict[Framing, bytes]] = {
    "sse": b"text/event-stream; charset=utf-8",
    "ndjson": b"application/x-ndjson",
    "aws_event_stream": b"application/vnd.amazon.eventstream",
}


class ServerHalf(Protocol):
    """The half of a dialect that serves."""

    name: str
    framing: Framing
    id_prefix: str

    def decode_request(self, wire: Wire, path: str = "") -> Request: ...

    def encode_response(self, response: LLMResponse, request: Request) -> Encoded: ...

    def stream_encoder(self, request: Request) -> StreamEncoder: ...

    def encode_error(self, error: Error) -> tuple[int, Wire]: ...

    def headers(self) -> tuple[tuple[str, str], ...]: ...


class Surface(Struct, frozen=True, kw_only=True, eq=False):
    """One dialect as it is served.

    Attributes:
        write: A frame as bytes.
        stream_head: Headers of every stream; proxies must neither keep nor gather it.
        request_id: The header with the id of the request.
        passed: Headers that go on to a server of the same dialect.
        telling: Headers that only its clients send; a value of `None` is any.
        client: What its own client calls itself in `user-agent`, where that matters.
        forwards: Whether there are such servers.
        array: Whether a stream is one array in JSON. Each piece then begins with what divides it from the one before.
    """

    name: str
    dialect: ServerHalf
    serving: Serving
    write: Callable[[Frame], bytes]
    stream_head: tuple[Header, ...]
    request_id: bytes
    passed: frozenset[bytes]
    telling: Mapping[bytes, bytes | None]
    client: bytes
    forwards: bool = True
    array: bool = False


DIVIDER: Final = b",\r\n"


def _array_item(frame: Frame) -> bytes:
    return DIVIDER + frame[1]


def as_array(surface: Surface) -> Surface:
    """The same, for those who do not ask for events."""
    head = tuple(each for each in surface.stream_head if each[0] != JSON[0])
    return replace(surface, write=_array_item, stream_head=(JSON, *head), array=True)


def surface_for(dialect: ServerHalf, serving: Serving, *, forwards: bool = True) -> Surface:
    """How `dialect` is served."""
    return Surface(
        name=dialect.name,
        dialect=dialect,
        serving=serving,
        write=FRAME_ENCODERS[dialect.framing],
        stream_head=(
            (b"content-type", _CONTENT_TYPES[dialect.framing]),
            (b"cache-control", b"no-cache"),
            (b"x-accel-buffering", b"no"),
        ),
        request_id=serving.request_id_header.encode(),
        passed=frozenset(name.encode() for name in serving.passed_headers),
        telling=_telling(dialect, serving),
        client=serving.client.encode(),
        forwards=forwards,
    )


def _telling(dialect: ServerHalf, serving: Serving) -> dict[bytes, bytes | None]:
    said = serving.telling_headers or dict.fromkeys(name for name, _ in dialect.headers())
    return {name.encode(): None if value is None else value.encode() for name, value in said.items()}


@cache
def surface_of(dialect: str) -> Surface:
    """How the dialect called `dialect` is served."""
    return surface_for(get_dialect(dialect), serving_of(dialect))
