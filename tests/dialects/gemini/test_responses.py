"""Whole answers: what Gemini sends, and what the record says of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects.gemini import DIALECT
from dragoman.errors import DecodeError, ProviderError
from dragoman.messages import (
    Citation,
    Extra,
    Image,
    LLMResponse,
    Message,
    Reasoning,
    Refusal,
    Request,
    Text,
    TokenLogprob,
    ToolCall,
    Usage,
    events_of,
)

ASKED = Request(model="m", messages=(Message("user", "Hi"),))


def answer(*parts: dict[str, Any], reason: str | None = "STOP", **candidate: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": list(parts)}
    return {"candidates": [{"content": content, "finishReason": reason, "index": 0, **candidate}], "responseId": "r"}


def read(wire: dict[str, Any]) -> LLMResponse:
    return DIALECT.decode_response(wire)


# ---------------------------------------------------------------------- usage

COUNTS = [
    ({"promptTokenCount": 5, "candidatesTokenCount": 2}, Usage(input_tokens=5, output_tokens=2)),
    (
        {"promptTokenCount": 5, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 10},
        Usage(input_tokens=5, output_tokens=5, reasoning_tokens=3, total_tokens=10),
    ),
    ({"promptTokenCount": 5, "thoughtsTokenCount": 3}, Usage(input_tokens=5, output_tokens=3, reasoning_tokens=3)),
    (
        {"promptTokenCount": 5, "cachedContentTokenCount": 4, "toolUsePromptTokenCount": 1387},
        Usage(input_tokens=5, cache_read_tokens=4, tool_prompt_tokens=1387),
    ),
    (
        {"promptTokenCount": 5, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 3}]},
        Usage(input_tokens=5, input_audio_tokens=3),
    ),
    ({"promptTokenCount": None, "candidatesTokenCount": "2"}, Usage()),
    (None, Usage()),
]


SUMMED = {
    Usage(input_tokens=5, output_tokens=2): Usage(input_tokens=5, output_tokens=2, total_tokens=7),
    Usage(input_tokens=5, output_tokens=3, reasoning_tokens=3): Usage(
        input_tokens=5, output_tokens=3, reasoning_tokens=3, total_tokens=8
    ),
}
"""Written with their total, which was not reported and is the sum."""


@pytest.mark.parametrize(("counts", "usage"), COUNTS)
def test_thoughts_are_counted_in_and_tools_apart(counts: Any, usage: Usage) -> None:
    assert read({**answer({"text": "Hi"}), "usageMetadata": counts}).usage == usage


@pytest.mark.parametrize("usage", [usage for _, usage in COUNTS])
def test_usage_goes_there_and_back(usage: Usage) -> None:
    encoded = DIALECT.encode_response(LLMResponse("Hi", "m", usage), ASKED)
    assert read(encoded.wire).usage == SUMMED.get(usage, usage)
    assert encoded.losses == ()


# ---------------------------------------------------------------------- why it ended

CALL = {"functionCall": {"name": "look", "args": {}}}
ENDINGS = [
    ("STOP", {"text": "Hi"}, "stop"),
    ("STOP", CALL, "tool_calls"),
    ("MAX_TOKENS", {"text": "Hi"}, "length"),
    ("MAX_TOKENS", CALL, "length"),
    ("SAFETY", {"text": "Hi"}, "content_filter"),
    ("RECITATION", {"text": "Hi"}, "content_filter"),
    ("UNEXPECTED_TOOL_CALL", CALL, "error"),
    ("A_NEW_REASON", {"text": "Hi"}, "other"),
    (None, {"text": "Hi"}, None),
]


@pytest.mark.parametrize(("word", "part", "reason"), ENDINGS)
def test_why_it_ended(word: str | None, part: dict[str, Any], reason: str | None) -> None:
    response = read(answer(part, reason=word))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, word)
    if word is not None:
        assert DIALECT.encode_response(response, ASKED).wire["candidates"][0]["finishReason"] == word


@pytest.mark.parametrize(
    ("reason", "word", "is_reported"),
    [
        ("stop", "STOP", False),
        ("length", "MAX_TOKENS", False),
        ("content_filter", "SAFETY", False),
        ("other", "OTHER", False),
        ("refusal", "SAFETY", True),
        ("pause", "OTHER", True),
        ("error", "OTHER", True),
        ("tool_calls", "STOP", True),  # there is no call in it
        (None, "STOP", True),
    ],
)
def test_the_nearest_word_is_found_or_reported(reason: Any, word: str, is_reported: bool) -> None:
    encoded = DIALECT.encode_response(LLMResponse("Hi", "m", finish_reason=reason), ASKED)
    assert encoded.wire["candidates"][0]["finishReason"] == word
    assert [loss.where for loss in encoded.losses] == (["finish_reason"] if is_reported else [])


def test_a_refused_prompt_is_an_answer_without_candidates() -> None:
    wire = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 3}}
    response = read(wire)
    assert (response.content, response.finish_reason, response.raw_finish_reason) == ("", "content_filter", None)
    assert response.extra == Extra(fields={"promptFeedback": wire["promptFeedback"]}, dialect="gemini")
    again = DIALECT.encode_response(replace(response, raw=None), ASKED).wire
    assert again == {**wire, "modelVersion": "m"}


# ---------------------------------------------------------------------- parts


def test_calls_without_an_id_get_the_same_one_each_time_and_others_in_other_answers() -> None:
    wire = answer(CALL, CALL)
    first, second = read(wire).tool_calls
    assert first.id != second.id
    assert read(wire).tool_calls == (first, second)
    assert read({**wire, "responseId": "another"}).tool_calls[0].id != first.id
    assert DIALECT.encode_response(read(wire), ASKED).wire["candidates"] == wire["candidates"]


def test_pictures_and_thoughts_and_code_are_parts() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "1"}}
    parts = (
        {"text": "Hm", "thought": True, "thoughtSignature": "c2ln"},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
        code,
    )
    response = read(answer(*parts))
    thought, picture, ran = response.parts
    assert thought == Reasoning("Hm", payload={"thoughtSignature": "c2ln"}, dialect="gemini")
    assert picture == Image(data="iVBORw0KGgo=", media_type="image/png")
    assert response.media == (picture,)
    assert getattr(ran, "payload", None) == code
    assert DIALECT.encode_response(response, ASKED).wire["candidates"][0]["content"]["parts"] == list(parts)


def test_thinking_of_another_model_is_shown_without_what_that_model_wants_back() -> None:
    response = LLMResponse(parts=(Reasoning("Hm", payload={"signature": "s"}, dialect="x"), Text("Hi")), model="m")
    encoded = DIALECT.encode_response(response, ASKED)
    assert encoded.wire["candidates"][0]["content"]["parts"] == [{"text": "Hm", "thought": True}, {"text": "Hi"}]
    assert [loss.where for loss in encoded.losses] == ["parts[0].payload"]


@pytest.mark.parametrize("reason", ["stop", "refusal"])
def test_a_refusal_is_text_here_and_no_longer_says_why_the_answer_ended(reason: Any) -> None:
    answer = LLMResponse(parts=(Refusal("No."),), model="m", finish_reason=reason)
    encoded, encoder = DIALECT.encode_response(answer, ASKED), DIALECT.stream_encoder(ASKED)
    assert encoded.wire["candidates"][0]["content"]["parts"] == [{"text": "No."}]
    told = [("changed", "refusal"), ("changed", "finish_reason")]
    assert [(loss.effect, loss.where) for loss in encoded.losses] == told
    for event in events_of(answer):
        encoder.feed(event)
    assert [(loss.effect, loss.where) for loss in encoder.losses] == told


def test_alternatives_have_parts_of_their_own() -> None:
    one, other = answer({"text": "A"})["candidates"][0], answer(CALL, reason="STOP")["candidates"][0]
    response = read({"candidates": [one, {**other, "index": 1}], "modelVersion": "v"})
    assert response.content == "A"
    (second,) = response.alternatives
    assert (second.finish_reason, second.model) == ("tool_calls", "v")
    again = DIALECT.encode_response(replace(response, raw=None), ASKED)
    assert again.wire["candidates"] == [one, {**other, "index": 1}]


# ---------------------------------------------------------------------- sources and probabilities

GROUNDED = {
    "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}, {"web": {"uri": "https://b"}}],
    "groundingSupports": [
        {"segment": {"startIndex": 9, "endIndex": 14, "text": "Paris"}, "groundingChunkIndices": [0]}
    ],
}


def test_sources_are_citations_in_characters_of_the_answer() -> None:
    response = read(answer({"text": "Grüße! Paris"}, groundingMetadata=GROUNDED))
    placed, whole = response.citations
    assert (placed.url, placed.title, placed.start, placed.end) == ("https://a", "A", 7, 12)
    assert (whole.url, whole.start) == ("https://b", None)
    assert response.content[placed.start : placed.end] == "Paris"


def test_a_passage_is_found_by_its_words_when_its_numbers_count_in_another_part() -> None:
    response = read(answer({"text": "First. "}, {"text": "In Paris"}, groundingMetadata=GROUNDED))
    citation = response.citations[0]
    assert response.content[citation.start : citation.end] == "Paris"
    assert isinstance(response.parts[1], Text)
    assert citation in response.parts[1].citations


def test_grounding_goes_back_as_it_came_and_sources_of_others_as_grounding() -> None:
    wire = answer({"text": "Grüße! Paris"}, groundingMetadata={**GROUNDED, "webSearchQueries": ["q"]})
    again = DIALECT.encode_response(replace(read(wire), raw=None), ASKED)
    assert again.wire["candidates"] == wire["candidates"]
    foreign = LLMResponse(parts=(Text("Grüße! Paris", (Citation(url="https://a", title="A", start=7, end=12),)),))
    encoded = DIALECT.encode_response(foreign, ASKED)
    assert encoded.losses == ()
    assert encoded.wire["candidates"][0]["groundingMetadata"] == {
        "groundingChunks": GROUNDED["groundingChunks"][:1],
        "groundingSupports": GROUNDED["groundingSupports"],
    }


@pytest.mark.parametrize("name", ["citationSources", "citations"])
def test_recitations_are_citations(name: str) -> None:
    metadata = {name: [{"startIndex": 0, "endIndex": 2, "uri": "https://a"}]}
    (citation,) = read(answer({"text": "Hi there"}, citationMetadata=metadata)).citations
    assert (citation.url, citation.start, citation.end) == ("https://a", 0, 2)


def test_probabilities() -> None:
    result = {
        "chosenCandidates": [{"token": "Hi", "tokenId": 7, "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "Hi", "logProbability": -0.5}]}],
    }
    response = read(answer({"text": "Hi"}, logprobsResult=result))
    assert response.logprobs == (TokenLogprob(token="Hi", logprob=-0.5, top=(TokenLogprob(token="Hi", logprob=-0.5),)),)
    assert DIALECT.encode_response(response, ASKED).wire["candidates"][0]["logprobsResult"] == result


# ---------------------------------------------------------------------- what is no answer


def test_an_error_under_status_200_raises() -> None:
    with pytest.raises(ProviderError) as caught:
        read({"error": {"code": 503, "message": "Busy.", "status": "UNAVAILABLE"}})
    assert (caught.value.message, caught.value.http_status, caught.value.code) == ("Busy.", 200, "UNAVAILABLE")


@pytest.mark.parametrize(
    "wire",
    [{}, {"choices": []}, {"candidates": 5}, {"candidates": [{"content": {"parts": [{"text": 5, "x": 1}]}}]}],
)
def test_what_is_no_answer_is_a_decode_error(wire: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        read(wire)


@pytest.mark.parametrize("content", [{}, {"role": "model"}, {"parts": None}, None])
def test_an_answer_may_have_nothing_in_it(content: Any) -> None:
    response = read({"candidates": [{"content": content, "finishReason": "SAFETY"}]})
    assert (response.parts, response.finish_reason) == ((), "content_filter")


def test_a_call_of_anothers_keeps_its_id() -> None:
    response = LLMResponse(parts=(ToolCall(id="call_1", name="look"),), model="m", finish_reason="tool_calls")
    encoded = DIALECT.encode_response(response, ASKED)
    assert encoded.wire["candidates"][0]["content"]["parts"][0]["functionCall"]["id"] == "call_1"
    assert read(encoded.wire).tool_calls == response.tool_calls
