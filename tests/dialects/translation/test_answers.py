"""Translation between dialects reports every loss: answers, whole and streamed.

What an answer says comes again, or a loss names the path where it does not. Whole and streamed the same content loses
the same, and is read back as the same response.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.dialects import get_dialect
from dragoman.messages import (
    Assembler,
    Audio,
    Image,
    LLMResponse,
    Loss,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    ToolResult,
    Usage,
    decode_json,
    encode_json,
    events_of,
)

from ..anthropic_messages import strategies as anthropic
from ..bedrock_converse import strategies as bedrock
from ..openai_chat import strategies as chat
from .statements import compare, joined, of_response
from .test_requests import DIALECTS, EXAMPLES, cited_texts, foreign, thorough

ASKED = Request(model="m", stream=True, include_usage=True)
"""What the client asked for."""


def in_an_answer(part: Part) -> Part:
    """Nothing in an answer is marked for the cache, and deltas of text carry nothing but text."""
    if isinstance(part, Image):
        part = replace(part, detail=None)  # asked of a request's pictures
    if isinstance(part, Audio):
        part = replace(part, media_type=None)  # the client named it
    extra = None if isinstance(part, Text | Reasoning | Refusal) else part.extra
    return replace(part, cache=None, extra=extra)


any_parts = cited_texts | chat.simple_parts.filter(lambda part: not isinstance(part, ToolResult)).map(in_an_answer)
any_usages = st.builds(
    Usage,
    input_tokens=st.just(10**9),
    output_tokens=chat.maybe(chat.unique),
    **{name: chat.maybe(st.integers(1, 9)) for name in ("cache_read_tokens", "cache_write_tokens", "web_searches")},
    **{name: chat.maybe(st.integers(1, 9)) for name in ("input_audio_tokens", "output_audio_tokens")},
)
reasons = st.sampled_from(
    [None, "stop", "length", "tool_calls", "content_filter", "refusal", "pause", "error", "other"]
)


def any_answers(others: st.SearchStrategy[tuple[LLMResponse, ...]], **fields: Any) -> st.SearchStrategy[LLMResponse]:
    return st.builds(
        LLMResponse,
        parts=st.lists(any_parts, max_size=4).map(tuple),
        finish_reason=reasons,
        logprobs=chat.maybe(st.lists(chat.logprobs, min_size=1, max_size=2).map(tuple)),
        alternatives=others,
        model=st.just("m"),
        **fields,
    ).filter(lambda answer: not (answer.tool_calls and answer.refusal))


SOURCES: dict[str, st.SearchStrategy[LLMResponse]] = {
    "what openai_chat holds": chat.held_responses(),
    "what anthropic_messages holds": anthropic.held_responses(),
    "what bedrock_converse holds": bedrock.held_responses().map(lambda answer: replace(answer, model="m")),
    "anything": any_answers(
        st.lists(any_answers(st.just(())), max_size=1).map(tuple),
        id=chat.tags,
        usage=any_usages,
        stop_sequence=chat.maybe(chat.tags),
        service_tier=chat.maybe(chat.tags),
        extra=chat.maybe(chat.any_extras),
    ),
}


def whole(dialect: str, response: LLMResponse) -> tuple[LLMResponse, tuple[Loss, ...]]:
    codec = get_dialect(dialect)
    encoded = codec.encode_response(response, ASKED)
    return named(replace(codec.decode_response(decode_json(encode_json(encoded.wire))), raw=None)), encoded.losses


def streamed(dialect: str, response: LLMResponse) -> tuple[LLMResponse, tuple[Loss, ...]]:
    codec = get_dialect(dialect)
    encoder, decoder, assembler = codec.stream_encoder(ASKED), codec.stream_decoder(), Assembler()
    frames = [frame for event in events_of(response, piece=5) for frame in encoder.feed(event)] + encoder.finish()
    for frame in frames:
        for event in decoder.feed(*frame):
            assembler.add(event)
    for event in decoder.finish():
        assembler.add(event)
    return named(assembler.response()), encoder.losses


def named(response: LLMResponse) -> LLMResponse:
    """With the model's name, where an answer does not say it: the client knows what it has asked for."""
    return response if response.model else replace(response, model=ASKED.model)


def consistent(response: LLMResponse) -> LLMResponse:
    """With counts of which the parts are inside their whole."""
    usage = response.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return response
    inside = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0) + (usage.cache_write_1h_tokens or 0)
    whole = usage.input_tokens + inside, usage.output_tokens + (usage.reasoning_tokens or 0)
    return replace(response, usage=replace(usage, input_tokens=whole[0], output_tokens=whole[1], total_tokens=None))


def grouped(response: LLMResponse) -> LLMResponse:
    """With the parts of a kind together: OpenAI has one place for each kind."""
    others = tuple(map(grouped, response.alternatives))
    return replace(
        response, parts=tuple(sorted(response.parts, key=lambda part: type(part).__name__)), alternatives=others
    )


FORMS = {"whole": whole, "streamed": streamed}


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("source", SOURCES)
def test_an_answer_says_the_same_or_the_loss_is_reported(source: str, examples: int) -> None:
    @thorough(examples)
    @given(SOURCES[source])
    def law(response: LLMResponse) -> None:
        for dialect, form in product(DIALECTS, FORMS):
            said = consistent(foreign(response, dialect))
            read, losses = FORMS[form](dialect, said)
            silent, invented = compare(of_response(said), of_response(read), losses)
            assert silent == [], f"{dialect}, {form}: neither said nor reported"
            assert invented == [], f"{dialect}, {form}: nobody said this"

    law()


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("source", SOURCES)
def test_whole_and_streamed_are_the_same(source: str, examples: int) -> None:
    @thorough(examples)
    @given(SOURCES[source])
    def law(response: LLMResponse) -> None:
        for dialect in DIALECTS:
            said = consistent(foreign(response, dialect))
            read, losses = whole(dialect, said)
            read_of_stream, losses_of_stream = streamed(dialect, said)
            assert set(losses) == set(losses_of_stream), dialect
            assert whole_parts(dialect, read) == whole_parts(dialect, read_of_stream), dialect

    law()


def whole_parts(dialect: str, response: LLMResponse) -> object:
    """The answer; of Gemini what it says, for a stream of it does not tell a new piece of text from a new part."""
    if dialect != "gemini":
        return grouped(response)
    return [each.said for each in joined(of_response(grouped(response)))]
