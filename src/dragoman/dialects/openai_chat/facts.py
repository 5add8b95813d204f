"""What those who pass an answer on have to know of it: who made it, why it ended, what it used.

Read by types that name nothing else, and so in a part of the time. What does not fit them (an error, several choices, a
call of an older kind, a count that is no whole number) is not judged here: `decode_response` reads all of that.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, field
from msgspec.json import Decoder

from dragoman.dialects.openai_chat.finish import FINISH_REASONS
from dragoman.dialects.openai_chat.usage import all_output
from dragoman.messages import FinishReason, LLMResponse, Usage


class InputDetails(Struct):
    """What is counted apart of the input."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class OutputDetails(Struct):
    """What is counted apart of the output."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class Counts(Struct):
    """What both of OpenAI's dialects count."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class Answer(Struct):
    """What both of OpenAI's dialects say alike."""

    id: str | None = None
    model: str | None = None
    service_tier: str | None = None
    error: None = None


class _Counts(Counts):
    """Hosts that count elsewhere are read in whole: those fields fit nothing but `null` here."""

    input_tokens: int | None = field(default=None, name="prompt_tokens")
    output_tokens: int | None = field(default=None, name="completion_tokens")
    input_tokens_details: InputDetails | None = field(default=None, name="prompt_tokens_details")
    output_tokens_details: OutputDetails | None = field(default=None, name="completion_tokens_details")
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


class _Answer(Answer, kw_only=True):
    choices: list[_Choice]
    created: int | None = None
    usage: _Counts | None = None


_END_OF_TIME: Final = 2**53
_NO_COUNTS: Final = Counts()
_NO_INPUT: Final = InputDetails()
_NO_OUTPUT: Final = OutputDetails()

decode: Final = Decoder(_Answer).decode


def facts_in(answer: _Answer) -> LLMResponse | None:
    """The response in `answer` without what it says; `None` for one that has to be read in whole."""
    choices = answer.choices
    word = choices[0].finish_reason if len(choices) == 1 else ""
    if not word:
        return None
    message, stop = choices[0].message, choices[0].stop_reason
    reason = FINISH_REASONS.get(word) or FINISH_REASONS.get(word.lower(), "other")
    if reason == "stop":
        reason = "tool_calls" if message.tool_calls else "refusal" if message.refusal else reason
    sequence = stop if isinstance(stop, str) and stop else None
    return response_of(answer, answer.usage, answer.created, reason, word, stop_sequence=sequence)


def response_of(
    answer: Answer,
    counts: Counts | None,
    created: float | None,
    reason: FinishReason,
    word: str,
    *,
    stop_sequence: str | None = None,
) -> LLMResponse:
    """The response to both of OpenAI's dialects; `word` is what the provider said for `reason`."""
    counts = counts or _NO_COUNTS
    given, produced = counts.input_tokens_details or _NO_INPUT, counts.output_tokens_details or _NO_OUTPUT
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
        raw_finish_reason=word,
        stop_sequence=stop_sequence,
        id=answer.id or None,
        created_at=int(created) if created is not None and 0 < created < _END_OF_TIME else None,
        service_tier=answer.service_tier or None,
    )
