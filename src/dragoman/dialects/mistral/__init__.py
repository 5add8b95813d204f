"""Mistral's chat: a declared variant of `openai_chat`, whose codec does all that is not in `variant.py`'s table.

What is its own: other names of fields (`random_seed`, `max_tokens`, `any`), thinking, files and sounds as chunks of the
content, ids of calls of nine letters and digits, errors at the top of the body.
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman.dialects.base import Dialect, Encoded, StreamDecoder, StreamEncoder, Wire
from dragoman.dialects.mistral.errors import encode_error
from dragoman.dialects.mistral.request import decode_request, encode_request
from dragoman.dialects.mistral.response import decode_response, encode_response
from dragoman.dialects.mistral.stream import MistralStreamDecoder
from dragoman.dialects.mistral.stream_encoder import MistralStreamEncoder
from dragoman.dialects.mistral.wire import NAME
from dragoman.dialects.openai_chat.errors import decode_error
from dragoman.errors import Error, ProviderError
from dragoman.http import Framing
from dragoman.messages import LLMResponse, Request


class Mistral:
    """The codec: both halves, without state."""

    name: str = NAME
    framing: Framing = "sse"
    id_prefix: str = ""
    call_id_prefix: str = ""
    default_max_tokens: int | None = None
    effort_budgets: Mapping[str, int] = {}

    def path(self, request: Request) -> str:  # noqa: ARG002  # the same for every request
        return "/chat/completions"

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()

    def encode_request(self, request: Request) -> Encoded:
        return encode_request(request)

    def decode_request(self, wire: Wire, path: str = "") -> Request:
        return decode_request(wire, path)

    def encode_response(self, response: LLMResponse, request: Request) -> Encoded:  # noqa: ARG002  # any client reads it
        return encode_response(response)

    def decode_response(self, wire: Wire) -> LLMResponse:
        return decode_response(wire)

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:
        return MistralStreamDecoder(strict_end=strict_end)

    def stream_encoder(self, request: Request) -> StreamEncoder:
        return MistralStreamEncoder(request)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return decode_error(status, headers, body)

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return encode_error(error)


DIALECT: Dialect = Mistral()
