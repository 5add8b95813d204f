"""Gemini's `generateContent` (ai.google.dev/api/generate-content, read 2026-11-20).

Spoken by the Gemini API and by Vertex AI, under different prefixes, and by both generations of Google's SDK. The path
names the model and says whether to stream; the prefix of the provider ends where `/models/…` begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dragoman.dialects.base import Dialect, Encoded, Wire
from dragoman.dialects.gemini.errors import decode_error, encode_error
from dragoman.dialects.gemini.models import path_of
from dragoman.dialects.gemini.name import NAME
from dragoman.dialects.gemini.request import decode_request, encode_request
from dragoman.dialects.gemini.response import decode_response, encode_response
from dragoman.dialects.gemini.stream import StreamDecoder
from dragoman.dialects.gemini.stream_encoder import StreamEncoder
from dragoman.errors import Error, ProviderError
from dragoman.http import Framing
from dragoman.messages import LLMResponse, Request


class Gemini:
    """The codec: both halves, without state."""

    name: str = NAME
    framing: Framing = "sse"
    id_prefix: str = "gemini-"
    call_id_prefix: str = "call_"
    default_max_tokens: int | None = None
    effort_budgets: Mapping[str, int] = {}

    def path(self, request: Request) -> str:
        return path_of(request.model, stream=request.stream)

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

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:  # noqa: ARG002  # there is no end mark to miss
        return StreamDecoder()

    def stream_encoder(self, request: Request) -> StreamEncoder:
        return StreamEncoder(request)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return decode_error(status, headers, body)

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return encode_error(error)


DIALECT: Final[Dialect] = Gemini()
