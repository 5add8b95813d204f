"""What those who pass an answer on have to know of it: who made it, why it ended, what it used.

Read by types that name nothing else, and so in a part of the time. What does not fit them (an error, several choices, a
call of an older kind, a count that is no whole number) is not judged here: `decode_response` reads all of that.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct
from msgspec.json import Decoder

from dragoman.dialects.openai_chat.finish import FINISH_REASONS
from dragoman.dialects.openai_chat.usage import all_output
from dragoman.messages import LLMResponse, Usage


class InputDetails(Struct):
    """What is counted apart of the input."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class OutputDetails(Struct):
    """What is counted apart of the output."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class _Counts(Struct):
    """Hosts that count elsewhere are read in whole: those fields fit nothing but `null` here."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_token_details: None = None
    cache_creation: None = None
    server_tool_use_details: None = None
    prompt_cache_hit_tokens: None = None
    cached_tokens: None = None
    num_cached_tokens: None = None
    cache_read_input_tokens: None = None
    cache_creation_input_tokens: None = None
    reasoning_tokens: None = None
    num_search_queries: None = None


class _Function(Struct):
    name: str


class _Call(Struct):
    function: _Function


class _Message(Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None
    function_call: None = None
    provider_specific_fields: None = None


class _Choice(Struct):
    message: _Message
    finish_reason: str
    stop_reason: Any = None
    error: None = None


class _Answer(Struct):
    choices: list[_Choice]
    id: str | None = None
    model: str | None = None
    created: int | None = None
    usage: _Counts | None = None
    service_tier: str | None = None
    error: None = None


_read: Final = Decoder(_Answer).decode
_END_OF_TIME: Final = 2**53
_NO_COUNTS: Final = _Counts()
NO_INPUT: Final = InputDetails()
NO_OUTPUT: Final = OutputDetails()


def read_facts(body: bytes) -> LLMResponse | None:
    """The response in `body` without what it says; `None` for one that has to be read in whole."""
    try:
        str(body, "utf-8")  # texts that nobody looks at are not checked otherwise
        answer = _read(body)
    except ValueError:
        return None
    choices = answer.choices
    word = choices[0].finish_reason if len(choices) == 1 else ""
    if not word:
        return None
    choice, created = choices[0], answer.created
    message, stop = choice.message, choice.stop_reason
    reason = FINISH_REASONS.get(word) or FINISH_REASONS.get(word.lower(), "other")
    if reason == "stop":
        reason = "tool_calls" if message.tool_calls else "refusal" if message.refusal else reason
    counts = answer.usage or _NO_COUNTS
    given, produced = counts.prompt_tokens_details or NO_INPUT, counts.completion_tokens_details or NO_OUTPUT
    output, thoughts = counts.completion_tokens, produced.reasoning_tokens
    if thoughts and output is not None:
        output = all_output(counts.prompt_tokens, output, counts.total_tokens, thoughts)
    return LLMResponse(
        model=answer.model or "",
        usage=Usage(
            input_tokens=counts.prompt_tokens,
            output_tokens=output,
            total_tokens=counts.total_tokens,
            cache_read_tokens=given.cached_tokens,
            cache_write_tokens=given.cache_write_tokens,
            reasoning_tokens=thoughts,
            input_audio_tokens=given.audio_tokens,
            output_audio_tokens=produced.audio_tokens,
        ),
        finish_reason=reason,
        raw_finish_reason=word,
        stop_sequence=stop if isinstance(stop, str) and stop else None,
        id=answer.id or None,
        created_at=created if created is not None and 0 < created < _END_OF_TIME else None,
        service_tier=answer.service_tier or None,
    )
