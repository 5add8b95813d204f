"""The Anthropic Messages dialect (docs.claude.com/en/api/messages, read 2026-11-20).

Spoken by Anthropic, by Vertex AI and Bedrock InvokeModel with other framing, and imitated by many servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dragoman.dialects.anthropic_messages.errors import decode_error, encode_error
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.request import decode_request, encode_request
from dragoman.dialects.anthropic_messages.response import decode_response, encode_response
from dragoman.dialects.anthropic_messages.stream import StreamDecoder
from dragoman.dialects.anthropic_messages.stream_encoder import StreamEncoder
from dragoman.dialects.base import EFFORT_BUDGETS, Dialect, Wire
from dragoman.errors import Error, ProviderError
from dragoman.http import Framing
from dragoman.messages import Request


class AnthropicMessages:
    """The codec. It speaks version 2023-06-01 of the API.

    Version 2026-10-21, which the newest official SDKs ask for, differs in what it refuses: `temperature`, `top_p` and
    `top_k` are gone from it, so that sending one is an error. Both are read alike.
    """

    name: str = NAME
    framing: Framing = "sse"
    id_prefix: str = "msg_"
    call_id_prefix: str = "toolu_"
    default_max_tokens: int | None = 4096
    effort_budgets: Mapping[str, int] = EFFORT_BUDGETS

    def path(self, request: Request) -> str:  # noqa: ARG002  # the same for every request
        return "/v1/messages"

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The version, without which the API refuses a request."""
        return (("anthropic-version", "2023-06-01"),)

    encode_request = staticmethod(encode_request)  # of every request: methods of their own would be frames more
    decode_request = staticmethod(decode_request)
    encode_response = staticmethod(encode_response)
    decode_response = staticmethod(decode_response)

    def stream_decoder(self, *, strict_end: bool = True) -> StreamDecoder:
        return StreamDecoder(strict_end=strict_end)

    def stream_encoder(self, request: Request) -> StreamEncoder:
        return StreamEncoder(request)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return decode_error(status, headers, body)

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return encode_error(error)


DIALECT: Final[Dialect] = AnthropicMessages()
