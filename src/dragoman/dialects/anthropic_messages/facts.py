"""What those who pass an answer on have to know of it: as `openai_chat/facts.py`, of this dialect's body."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct
from msgspec.json import Decoder

from dragoman.dialects.anthropic_messages.response import finish_reason
from dragoman.messages import LLMResponse, Usage


class _Written(Struct):
    ephemeral_1h_input_tokens: int | None = None


class _Thoughts(Struct):
    thinking_tokens: int | None = None


class _Searches(Struct):
    web_search_requests: int | None = None


class _Counts(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _Written | None = None
    output_tokens_details: _Thoughts | None = None
    server_tool_use: _Searches | None = None
    service_tier: str | None = None


class _Block(Struct):
    type: str


class _Answer(Struct):
    type: Literal["message"]
    content: list[_Block]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: _Counts | None = None
    error: None = None


_NO_COUNTS: Final = _Counts()

decode: Final = Decoder(_Answer).decode


def facts_in(answer: _Answer) -> LLMResponse:
    """The response in `answer` without what it says."""
    counts = answer.usage or _NO_COUNTS
    count, read, written = counts.input_tokens, counts.cache_read_input_tokens, counts.cache_creation_input_tokens
    hour, thoughts, searches = counts.cache_creation, counts.output_tokens_details, counts.server_tool_use
    return LLMResponse(
        model=answer.model or "",
        usage=Usage(
            input_tokens=None if count is None else count + (read or 0) + (written or 0),
            output_tokens=counts.output_tokens,
            cache_read_tokens=read,
            cache_write_tokens=written,
            cache_write_1h_tokens=None if hour is None else hour.ephemeral_1h_input_tokens,
            reasoning_tokens=None if thoughts is None else thoughts.thinking_tokens,
            web_searches=None if searches is None else searches.web_search_requests,
        ),
        finish_reason=finish_reason(answer.stop_reason),
        raw_finish_reason=answer.stop_reason,
        stop_sequence=answer.stop_sequence,
        id=answer.id,
        service_tier=counts.service_tier,
    )
