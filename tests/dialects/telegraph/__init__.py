"""Telegraph: a dialect made up for this test, complete, and small enough to be read in five minutes.

It is what CONTRIBUTING.md shows to those who add a dialect. Its files are those of every dialect: `wire` says how the
other side writes, the rest translate it, each both ways, and this file puts the eight functions behind one name.
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman.dialects import Dialect, Encoded, StreamDecoder, StreamEncoder, Wire
from dragoman.errors import Error, ProviderError
from dragoman.http import Framing
from dragoman.messages import LLMResponse, Request

from .errors import decode_error, encode_error
from .request import decode_request, encode_request
from .response import decode_response, encode_response
from .stream import TelegraphDecoder, TelegraphEncoder
from .wire import NAME


class Telegraph:
    """The codec: both halves, without state."""

    name: str = NAME
    framing: Framing = "ndjson"
    id_prefix: str = "wire-"
    call_id_prefix: str = "call-"
    default_max_tokens: int | None = None
    effort_budgets: Mapping[str, int] = {}

    def path(self, request: Request) -> str:
        return "/telegraph"

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()

    def encode_request(self, request: Request) -> Encoded:
        return encode_request(request)

    def decode_request(self, wire: Wire, path: str = "") -> Request:
        return decode_request(wire)

    def encode_response(self, response: LLMResponse, request: Request) -> Encoded:
        return encode_response(response)

    def decode_response(self, wire: Wire) -> LLMResponse:
        return decode_response(wire)

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:
        return TelegraphDecoder()

    def stream_encoder(self, request: Request) -> StreamEncoder:
        return TelegraphEncoder()

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return decode_error(status, body)

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return encode_error(error)


DIALECT: Dialect = Telegraph()
