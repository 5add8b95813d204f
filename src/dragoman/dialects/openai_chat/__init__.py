"""OpenAI's Chat Completions, as OpenAI and some thirty compatible hosts speak it.

The codec reads what any of them sends, and writes what OpenAI documents; a host is known to it only by the fields that
it takes (`at_host`).
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman.dialects.base import Dialect, Encoded, StreamDecoder, StreamEncoder, Wire
from dragoman.dialects.openai_chat.errors import decode_error, encode_error
from dragoman.dialects.openai_chat.request import decode_request, encode_request
from dragoman.dialects.openai_chat.response import decode_response, encode_response
from dragoman.dialects.openai_chat.stream import ChatStreamDecoder
from dragoman.dialects.openai_chat.stream_encoder import ChatStreamEncoder
from dragoman.dialects.openai_chat.tool_calls import CALL_PREFIX
from dragoman.dialects.openai_chat.variant import OPENAI, Variant, variant_at
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.errors import Error, ProviderError
from dragoman.http import Framing
from dragoman.messages import Request


class OpenAIChat:
    """The codec: both halves, without state. What it writes is in the manner of `variant`."""

    name: str = NAME
    framing: Framing = "sse"
    id_prefix: str = "chatcmpl-"
    call_id_prefix: str = CALL_PREFIX
    default_max_tokens: int | None = None
    effort_budgets: Mapping[str, int] = {}

    def __init__(self, variant: Variant = OPENAI) -> None:
        self._variant = variant

    def at_host(self, takes: frozenset[str]) -> Dialect:
        return OpenAIChat(variant_at(takes))

    def path(self, request: Request) -> str:  # noqa: ARG002  # the same for every request
        return "/chat/completions"

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()

    def encode_request(self, request: Request) -> Encoded:
        return encode_request(request, self._variant)

    decode_request = staticmethod(decode_request)  # of every request: methods of their own would be frames more
    encode_response = staticmethod(encode_response)
    decode_response = staticmethod(decode_response)

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:
        return ChatStreamDecoder(strict_end=strict_end)

    def stream_encoder(self, request: Request) -> StreamEncoder:
        return ChatStreamEncoder(request)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return decode_error(status, headers, body)

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return encode_error(error)


DIALECT: Dialect = OpenAIChat()
