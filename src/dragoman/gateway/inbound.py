"""What a caller asks, read once in the canonical language, and as it is written, to be passed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn, cast

from msgspec import Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from dragoman.calls import Verbatim
from dragoman.dialects import Wire
from dragoman.dialects.embeddings import EmbeddingCodec
from dragoman.dialects.forwarding import fields_in
from dragoman.errors import Rejected
from dragoman.gateway.lines import Headers
from dragoman.gateway.surfaces import Endpoint, Place, Surface
from dragoman.messages import EmbeddingRequest, Image, Request

_decode: Final = Decoder().decode
_EMBEDDED: Final = (str, tuple, Image)
_MOST_DIMENSIONS: Final = 1_000_000
"""A hundred times more than the vectors of any model have."""

_ON_LOSS: Final = b"x-dragoman-on-loss"
_USUAL: Final[Mapping[str, Any]] = {}
_STRICTNESS: Final = {b"error": {"on_loss": "error"}, b"warn": _USUAL}
"""By its words. The second leaves it to the configuration, which may be strict for all callers."""


class Inbound(Struct, frozen=True, kw_only=True):
    """A request for an answer.

    Attributes:
        request: What the caller wants, in its own words: its answer is written for this one.
        asked: The same as models are asked; they always report usage.
        verbatim: The body as it was written; a server of the same dialect is sent that.
    """

    request: Request
    asked: Request
    verbatim: Verbatim


def wire_of(body: bytes) -> Wire:
    """The object in a body. Raises `Rejected` for what is no JSON object, by the letter of RFC 8259."""
    try:
        wire: Any = _decode(body)
    except RecursionError:
        raise Rejected("The JSON in the body is nested too deeply", http_status=400) from None
    except ValueError as error:  # msgspec.DecodeError is one
        raise Rejected(f"The body is not JSON: {error}", http_status=400) from None
    if not isinstance(wire, dict):
        raise Rejected("The body is not a JSON object", http_status=400)
    return wire  # pyright: ignore[reportUnknownVariableType]  # of JSON, whose names are text


def _wire_at(place: Place, endpoint: Endpoint, body: bytes) -> Wire:
    """As `wire_of`, with the model where only the path names it, as in Azure's deployments."""
    wire = wire_of(body)
    if place.model is not None and not endpoint.names_model:
        wire.setdefault("model", place.model)
    return wire


def inbound_of(endpoint: Endpoint, place: Place, target: str, headers: Headers, body: bytes) -> Inbound:
    """What a request for an answer asks. `target` is its path and query. Raises `Rejected`."""
    surface = endpoint.surface
    wire = wire_of(body) if place.model is None else _wire_at(place, endpoint, body)
    request = surface.dialect.decode_request(wire, target)
    if not request.model:
        _refuse_namelessness()
    verbatim = Verbatim(
        dialect=surface.name,
        body=fields_in(body) if surface.forwards else {},
        facts_suffice=True,
        headers=() if surface.passed.isdisjoint(headers) else _passed(surface, headers),
    )
    asked = request if request.include_usage is None else replace(request, include_usage=None)
    return Inbound(request=request, asked=asked, verbatim=verbatim)


def _passed(surface: Surface, headers: Headers) -> tuple[tuple[str, str], ...]:
    found = ((name, value) for name, value in headers.items() if name in surface.passed)
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in found)


def _refuse_namelessness() -> NoReturn:
    raise Rejected("`model` is missing: say which model shall answer", http_status=400)


def counted_of(endpoint: Endpoint, target: str, body: bytes) -> Request:
    """The request whose tokens are to be counted. Raises `Rejected`."""
    counting = endpoint.surface.serving.counting
    assert counting is not None  # its path led here
    request = endpoint.surface.dialect.decode_request(counting.request(wire_of(body)), target)
    if not request.model:
        _refuse_namelessness()
    return request


def strictness_of(headers: Headers) -> Mapping[str, Any]:
    """The options by which a caller says what is done where its request cannot be put in whole. Raises `Rejected`."""
    word = headers.get(_ON_LOSS)
    if word is None:
        return _USUAL
    if word not in _STRICTNESS:
        raise Rejected("The header `x-dragoman-on-loss` says `warn` or `error`", http_status=400)
    return _STRICTNESS[word]


def name_in(body: bytes) -> str:
    """The model of which is asked what it is; older clients call it `name`. Raises `Rejected`."""
    wire = wire_of(body)
    name = wire.get("model") or wire.get("name")
    if not isinstance(name, str):
        raise Rejected("`model` is missing: say which model is meant", http_status=400)
    return name


def embedding_of(endpoint: Endpoint, place: Place, target: str, body: bytes) -> tuple[EmbeddingCodec, EmbeddingRequest]:
    """What is to be embedded, and the codec of its words: the first that knows every field. Raises `Rejected`."""
    wire = _wire_at(place, endpoint, body)
    codec = next((each for each in endpoint.codecs if wire.keys() <= each.fields), endpoint.codecs[0])
    request = codec.decode_request(wire, target)
    if not request.model:
        raise Rejected("`model` is missing: say which model shall embed", http_status=400)
    _check_embedding(request)
    return codec, request


def _check_embedding(request: EmbeddingRequest) -> None:
    """The codecs take over what was sent: it may be anything. Raises `Rejected`."""
    inputs = cast("tuple[object, ...]", request.inputs)
    if not inputs or not all(isinstance(each, _EMBEDDED) for each in inputs):
        raise Rejected("There is nothing to embed, or what is neither text nor tokens nor an image", http_status=400)
    size: object = request.dimensions
    if size is not None and (type(size) is not int or not 0 < size <= _MOST_DIMENSIONS):
        raise Rejected("The number of dimensions is none that vectors have", http_status=400)
