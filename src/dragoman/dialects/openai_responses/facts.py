"""What those who pass an answer on have to know of it: as `openai_chat/facts.py`, of this dialect's body."""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.json import Decoder

from dragoman.dialects.openai_chat.facts import NO_INPUT, NO_OUTPUT, InputDetails, OutputDetails
from dragoman.dialects.openai_chat.usage import all_output
from dragoman.messages import FinishReason, LLMResponse, Usage


class _Counts(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None
    server_side_tool_usage_details: None = None


class _Content(Struct):
    type: Literal["output_text", "text", "refusal"]


class _Item(Struct):
    """Of the three kinds that nearly all items are of."""

    type: Literal["message", "reasoning", "function_call"]
    content: list[_Content | None] | str | None = None
    name: str | None = None


class _Answer(Struct):
    output: list[_Item]
    status: Literal["completed"]
    id: str | None = None
    model: str | None = None
    created_at: float | None = None
    usage: _Counts | None = None
    service_tier: str | None = None
    tool_usage: Any = None
    error: None = None


_read: Final = Decoder(_Answer).decode
_END_OF_TIME: Final = 2**53
_NO_COUNTS: Final = _Counts()


def read_facts(body: bytes) -> LLMResponse | None:
    """The response in `body` without what it says; `None` for one that has to be read in whole."""
    try:
        str(body, "utf-8")  # texts that nobody looks at are not checked otherwise
        answer = _read(body)
    except ValueError:
        return None
    reason: FinishReason = "stop"
    for item in answer.output:
        if item.type == "function_call":
            if not item.name:
                return None
            reason = "tool_calls"
        elif item.type == "message" and reason == "stop" and _refuses(item):
            reason = "refusal"
    if answer.tool_usage:  # searches are counted there
        return None
    counts, created = answer.usage or _NO_COUNTS, answer.created_at
    given, produced = counts.input_tokens_details or NO_INPUT, counts.output_tokens_details or NO_OUTPUT
    output, thoughts = counts.output_tokens, produced.reasoning_tokens
    if thoughts and output is not None:
        output = all_output(counts.input_tokens, output, counts.total_tokens, thoughts)
    return LLMResponse(
        model=answer.model or "",
        usage=Usage(
            input_tokens=counts.input_tokens,
            output_tokens=output,
            total_tokens=counts.total_tokens,
            cache_read_tokens=given.cached_tokens,
            cache_write_tokens=given.cache_write_tokens,
            reasoning_tokens=thoughts,
            input_audio_tokens=given.audio_tokens,
            output_audio_tokens=produced.audio_tokens,
        ),
        finish_reason=reason,
        raw_finish_reason=answer.status,
        id=answer.id or None,
        created_at=int(created) if created is not None and 0 < created < _END_OF_TIME else None,
        service_tier=answer.service_tier or None,
    )


def _refuses(item: _Item) -> bool:
    content = item.content
    return isinstance(content, list) and any(part is not None and part.type == "refusal" for part in content)
