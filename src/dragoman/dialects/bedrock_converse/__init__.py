"""The Bedrock Converse dialect: `Converse` and `ConverseStream` of Amazon Bedrock.

Reference: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, and the service model of
botocore 1.44.5 (both read 2026-11-21). Requests are signed, which is no matter of the dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dragoman.dialects.base import EFFORT_BUDGETS, Dialect, Encoded, Wire
from dragoman.dialects.bedrock_converse.errors import decode_error, encode_error
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.request import decode_request, encode_request, path_of
from dragoman.dialects.bedrock_converse.response import decode_response, encode_response
from dragoman.dialects.bedrock_converse.stream import StreamDecoder
from dragoman.dialects.bedrock_converse.stream_encoder import StreamEncoder
from dragoman.errors import Error, ProviderError
from dragoman.http import Framing
from dragoman.messages import LLMResponse, Request


class BedrockConverse:
    """The codec. Model and streaming are in the path, the id of an answer in a header of its reply."""

    name: str = NAME
    framing: Framing = "aws_event_stream"
    id_prefix: str = ""
    call_id_prefix: str = "tooluse_"
    default_max_tokens: int | None = None
    effort_budgets: Mapping[str, int] = EFFORT_BUDGETS

    def path(self, request: Request) -> str:
        return path_of(request)

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

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:
        return StreamDecoder(strict_end=strict_end)

    def stream_encoder(self, request: Request) -> StreamEncoder:
        return StreamEncoder(request)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return decode_error(status, headers, body)

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return encode_error(error)


DIALECT: Final[Dialect] = BedrockConverse()
