"""OpenAI's Responses, as OpenAI and those who follow it speak them.

The codec does not know which host it talks to: it writes what OpenAI documents, and reads what any of them sends. It
is stateless: `previous_response_id` passes through as a field that only this dialect knows.
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman.dialects.base import Dialect, Encoded, StreamDecoder, StreamEncoder, Wire
from dragoman.dialects.openai_chat.tool_calls import CALL_PREFIX
from dragoman.dialects.openai_responses.errors import decode_error, encode_error
from dragoman.dialects.openai_responses.output import ID_PREFIX
from dragoman.dialects.openai_responses.request import decode_request, encode_request
from dragoman.dialects.openai_responses.response import decode_response, encode_response
from dragoman.dialects.openai_responses.stream import ResponsesStreamDecoder
from dragoman.dialects.openai_responses.stream_encoder import ResponsesStreamEncoder
from dragoman.dialects.openai_responses.wire import NAME
from dragoman.errors import Error, ProviderError
from dragoman.http import Framing
from dragoman.messages import LLMResponse, Request


class OpenAIResponses:
    """The codec: both halves, without state."""

    name: str = NAME
    framing: Framing = "sse"
    id_prefix: str = ID_PREFIX
    call_id_prefix: str = CALL_PREFIX
    default_max_tokens: int | None = None
    effort_budgets: Mapping[str, int] = {}

    def path(self, request: Request) -> str:  # noqa: ARG002  # the same for every request
        return "/responses"

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()

    def encode_request(self, request: Request) -> Encoded:
        return encode_request(request)

    def decode_request(self, wire: Wire, path: str = "") -> Request:  # noqa: ARG002  # it says nothing here
        return decode_request(wire)

    def encode_response(self, response: LLMResponse, request: Request) -> Encoded:
        return encode_response(response, request)

    def decode_response(self, wire: Wire) -> LLMResponse:
        return decode_response(wire)

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:  # noqa: ARG002  # the last event holds it all
        return ResponsesStreamDecoder()

    def stream_encoder(self, request: Request) -> StreamEncoder:
        return ResponsesStreamEncoder(request)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return decode_error(status, headers, body)

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return encode_error(error)


DIALECT: Dialect = OpenAIResponses()
