"""Ollama's own API, `/api/chat` (docs.ollama.com/api/chat, read 2026-11-21).

It streams by lines of JSON, knows nothing of tool choice, and keeps the model in memory as long as `keep_alive` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dragoman.dialects.base import Dialect, Encoded, Wire
from dragoman.dialects.ollama.errors import decode_error, encode_error
from dragoman.dialects.ollama.request import decode_request, encode_request
from dragoman.dialects.ollama.response import decode_response, encode_response
from dragoman.dialects.ollama.stream import StreamDecoder
from dragoman.dialects.ollama.stream_encoder import StreamEncoder
from dragoman.dialects.ollama.wire import NAME
from dragoman.errors import Error, ProviderError
from dragoman.http import Framing
from dragoman.messages import LLMResponse, Request


class Ollama:
    """The codec: both halves, without state."""

    name: str = NAME
    framing: Framing = "ndjson"
    id_prefix: str = "chat-"
    call_id_prefix: str = "call_"
    default_max_tokens: int | None = None
    effort_budgets: Mapping[str, int] = {}

    def path(self, request: Request) -> str:  # noqa: ARG002  # the same for every request
        return "/api/chat"

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()

    def encode_request(self, request: Request) -> Encoded:
        return encode_request(request)

    def decode_request(self, wire: Wire, path: str = "") -> Request:
        return decode_request(wire, path)

    def encode_response(self, response: LLMResponse, request: Request) -> Encoded:
        return encode_response(response, request)

    def decode_response(self, wire: Wire) -> LLMResponse:
        return decode_response(wire)

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:  # noqa: ARG002  # one line is end and reason
        return StreamDecoder()

    def stream_encoder(self, request: Request) -> StreamEncoder:
        return StreamEncoder(request)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return decode_error(status, headers, body)

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return encode_error(error)


DIALECT: Final[Dialect] = Ollama()
