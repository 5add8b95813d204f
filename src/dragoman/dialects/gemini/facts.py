"""What those who pass an answer on have to know of it: as `openai_chat/facts.py`, of this dialect's body."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.json import Decoder

from dragoman.dialects.gemini.finish import decode_finish
from dragoman.dialects.gemini.response import created_at
from dragoman.messages import LLMResponse, Usage


class _Detail(Struct, rename="camel"):
    modality: str | None = None
    token_count: int | None = None


class _Counts(Struct, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    total_token_count: int | None = None
    cached_content_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    prompt_tokens_details: list[_Detail] | None = None
    candidates_tokens_details: list[_Detail] | None = None
    service_tier: str | None = None


class _Call(Struct):
    name: str


class _Part(Struct, rename="camel"):
    text: str | None = None
    function_call: _Call | None = None


class _Content(Struct):
    parts: list[_Part] | None = None


class _Candidate(Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None


class _Answer(Struct, rename="camel"):
    candidates: list[_Candidate]
    model_version: str | None = None
    response_id: str | None = None
    create_time: str | None = None
    usage_metadata: _Counts | None = None
    prompt_feedback: None = None
    error: None = None


_NO_COUNTS: Final = _Counts()

decode: Final = Decoder(_Answer).decode


def facts_in(answer: _Answer) -> LLMResponse | None:
    """The response in `answer` without what it says; `None` for one that has to be read in whole."""
    if len(answer.candidates) != 1:
        return None
    candidate, called = answer.candidates[0], False
    for part in (candidate.content and candidate.content.parts) or ():
        if part.function_call is not None:
            if part.text is not None:  # which of the two it is, is not told
                return None
            called = True
    counts, made = answer.usage_metadata or _NO_COUNTS, answer.create_time
    output, thoughts = counts.candidates_token_count, counts.thoughts_token_count
    sounds, voices = counts.prompt_tokens_details, counts.candidates_tokens_details
    return LLMResponse(
        model=answer.model_version or "",
        usage=Usage(
            input_tokens=counts.prompt_token_count,
            output_tokens=thoughts if output is None else output + (thoughts or 0),
            total_tokens=counts.total_token_count,
            cache_read_tokens=counts.cached_content_token_count,
            reasoning_tokens=thoughts,
            tool_prompt_tokens=counts.tool_use_prompt_token_count,
            input_audio_tokens=None if sounds is None else _of_audio(sounds),
            output_audio_tokens=None if voices is None else _of_audio(voices),
        ),
        finish_reason=decode_finish(candidate.finish_reason, called=called),
        raw_finish_reason=candidate.finish_reason,
        id=answer.response_id or None,
        created_at=None if made is None else created_at({"createTime": made}),
        service_tier=counts.service_tier,
    )


def _of_audio(details: list[_Detail]) -> int | None:
    for detail in details:
        if detail.modality == "AUDIO":
            return detail.token_count
    return None
