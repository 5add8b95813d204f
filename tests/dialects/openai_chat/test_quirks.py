"""What real hosts do, a test each. The numbers are those of the corpus's list of quirks; the rest of it is about
other dialects (8, 10-15) or about framing (18).
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects import get_dialect
from dragoman.errors import ContextTooLong, ProviderError, RateLimited, Rejected, UnknownModel
from dragoman.messages import Assembler, LLMResponse, ToolCall, Usage, encode_json

CHAT = get_dialect("openai_chat")
DONE = b"[DONE]"


def chunk(delta: Any = None, finish_reason: Any = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "id": "r",
        "model": "m",
        "choices": [{"index": index, "delta": delta, "finish_reason": finish_reason}],
        **fields,
    }


def stream(*chunks: Any, strict_end: bool = True) -> LLMResponse:
    """The answer in a stream; an error raised on the way has what had arrived in its `partial`."""
    decoder, assembler = CHAT.stream_decoder(strict_end=strict_end), Assembler()
    try:
        for item in chunks:
            for event in decoder.feed("", item if isinstance(item, bytes) else encode_json(item)):
                assembler.add(event)
        for event in decoder.finish():
            assembler.add(event)
    except ProviderError as error:
        error.partial = assembler.response()
        raise
    return assembler.response()


def whole(finish_reason: Any = "stop", usage: Any = None, **message: Any) -> LLMResponse:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish_reason}
    return CHAT.decode_response({"id": "r", "model": "m", "choices": [choice], "usage": usage})


def calls(response: LLMResponse) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for call in response.tool_calls]


def entry(arguments: str = "{}", name: str | None = "f", **fields: Any) -> dict[str, Any]:
    return {"function": {"arguments": arguments, **({"name": name} if name else {})}, **fields}


def test_1_the_last_chunk_has_no_choices() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    last = {"id": "r", "choices": [], "usage": usage}
    response = stream(chunk({"content": "Hi"}, usage=None), chunk({}, "stop", usage=None), last, DONE)
    assert response.usage == Usage(input_tokens=1, output_tokens=2, total_tokens=3)


def test_2_a_refusal_is_a_channel_of_its_own() -> None:
    response = stream(chunk({"refusal": ""}), chunk({"refusal": "I can't"}), chunk({}, "stop"), DONE)
    assert (response.refusal, response.content) == ("I can't", "")
    assert (response.finish_reason, response.raw_finish_reason) == ("refusal", "stop")


def test_3_a_forced_tool_ends_with_stop() -> None:
    response = stream(chunk({"tool_calls": [entry(index=0, id="a")]}), chunk({}, "stop"), DONE)
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "stop")


def test_4_cut_off_arguments_are_kept() -> None:
    response = stream(chunk({"tool_calls": [entry('{"city": "Par', index=0, id="a")]}), chunk({}, "length"), DONE)
    [call] = response.tool_calls
    assert (call.arguments_json, call.arguments, call.complete) == ('{"city": "Par', {}, False)
    assert response.finish_reason == "length"


def test_5_alternatives_interleave() -> None:
    response = stream(
        chunk({"tool_calls": [entry('{"a"', index=0, id="x")]}),
        chunk({"tool_calls": [entry('{"b"', index=0, id="y")]}, index=1),
        chunk({"tool_calls": [entry(":1}", None, index=0)]}),
        chunk({"tool_calls": [entry(":2}", None, index=0)]}, index=1),
        chunk({}, "tool_calls"),
        chunk({}, "tool_calls", index=1),
        DONE,
    )
    assert calls(response) == [("f", {"a": 1})]
    assert calls(response.alternatives[0]) == [("f", {"b": 2})]


def test_6_the_finish_reason_may_be_absent() -> None:
    assert whole(None, content="Hi").finish_reason is None
    assert stream(chunk({"content": "Hi"}), DONE).finish_reason is None


def test_7_the_old_function_call() -> None:
    response = whole("function_call", content=None, function_call={"name": "joke", "arguments": '{"a":1}'})
    assert calls(response) == [("joke", {"a": 1})]
    assert response.tool_calls[0].id
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "function_call")


@pytest.mark.parametrize("padding", ["obfuscation", "p", "brand_new"])
def test_9_padding_is_ignored(padding: str) -> None:
    assert stream(chunk({"content": "Hi", padding: "xyz"}, **{padding: "abc"}), chunk({}, "stop"), DONE).content == "Hi"


def test_16_azures_first_chunk_is_empty() -> None:
    first = {"choices": [], "created": 0, "id": "", "model": "", "prompt_filter_results": [{}]}
    response = stream(first, chunk({"content": "Hi"}, created=7), chunk({}, "stop"), DONE)
    assert (response.id, response.model, response.created_at, response.content) == ("r", "m", 7, "Hi")


def test_17_azures_limit_has_a_word_as_code_and_two_waits() -> None:
    body = {"error": {"code": "RateLimitReached", "message": "slow", "details": "slow"}}
    error = CHAT.decode_error(429, {"retry-after": "1", "retry-after-ms": "0"}, encode_json(body))
    assert isinstance(error, RateLimited)
    assert (error.code, error.retry_after_seconds) == ("RateLimitReached", 1)


def test_19_an_error_comes_with_choices_and_usage_after_the_finish() -> None:
    failure = {"error": {"code": 400, "message": "upstream"}, "usage": {"prompt_tokens": 9, "completion_tokens": 1}}
    with pytest.raises(Rejected) as raised:
        stream(chunk({"content": "Hal"}, "length"), {**chunk({"content": ""}), **failure}, DONE)
    partial = raised.value.partial
    assert partial is not None
    assert (partial.content, partial.raw_finish_reason, partial.usage.input_tokens) == ("Hal", "length", 9)


def test_20_the_finish_reason_may_come_twice() -> None:
    events = []
    decoder = CHAT.stream_decoder()
    usage = {"prompt_tokens": 1}
    for item in (chunk({"tool_calls": [entry(index=0, id="a")]}, "tool_calls"), chunk({}, "tool_calls", usage=usage)):
        events += decoder.feed("", encode_json(item))
    events += decoder.feed("", DONE)
    names = [type(event).__name__ for event in events]
    assert names.count("Finish") == 1
    assert names.count("ToolCallEnd") == 1


def test_21_openrouters_limit_has_a_number_as_code() -> None:
    body = {"error": {"code": 429, "message": "Provider returned error", "metadata": {"headers": {}}}, "user_id": "u"}
    error = CHAT.decode_error(429, {}, encode_json(body))
    assert isinstance(error, RateLimited)
    assert (error.message, error.code, error.retry_after_seconds) == ("Provider returned error", "429", None)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_22_reasoning_has_three_names_and_goes_back_under_its_own(field: str) -> None:
    details = [{"type": "reasoning.encrypted", "data": "x"}]
    response = whole(content="Hi", **{field: "Hm", "reasoning_details": details})
    assert response.reasoning == "Hm"
    request = CHAT.decode_request({"model": "m", "messages": []})
    sent = CHAT.encode_request(replace(request, messages=(response.message,))).wire["messages"]
    assert sent == [{"role": "assistant", "content": "Hi", field: "Hm", "reasoning_details": details}]


def test_23_thinking_in_the_text_is_text() -> None:
    """Which tags mean thinking depends on the model: whoever knows it takes them out."""
    assert whole(content="<think>Hm</think>Hi").content == "<think>Hm</think>Hi"


def test_24_groqs_error_event() -> None:
    decoder = CHAT.stream_decoder()
    decoder.feed("", encode_json(chunk({"content": "Hal"})))
    body = {"error": {"message": "bad call", "code": "tool_use_failed", "failed_generation": "…", "status_code": 400}}
    with pytest.raises(Rejected) as raised:
        decoder.feed("error", encode_json(body))
    assert (raised.value.code, raised.value.message, raised.value.body) == ("tool_use_failed", "bad call", body)


def test_25_groqs_null_arguments() -> None:
    assert calls(whole("tool_calls", tool_calls=[entry("null", id="a")])) == [("f", {})]


def test_26_groqs_usage_stands_in_two_places() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    both = stream(chunk({"content": "Hi"}, "stop", usage=usage, x_groq={"usage": usage}), DONE)
    older = stream(chunk({"content": "Hi"}, "stop", x_groq={"id": "req", "usage": usage}), DONE)
    assert both.usage == older.usage == Usage(input_tokens=1, output_tokens=2, total_tokens=3)


def test_27_xai_counts_reasoning_beside_the_output() -> None:
    counts = {"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 90}}
    xai, openai = {**counts, "total_tokens": 105}, {**counts, "completion_tokens": 95, "total_tokens": 105}
    assert whole(content="Hi", usage=xai).usage == whole(content="Hi", usage=openai).usage


def test_28_usage_on_every_chunk_is_cumulative() -> None:
    first = {"prompt_tokens": 5, "completion_tokens": None, "total_tokens": None}
    last = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    nothing = {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}
    response = stream(
        chunk({"content": "H"}, usage=first),
        chunk({"content": "i"}, "stop", usage=last),
        chunk({}, usage=nothing),
        DONE,
    )
    assert response.usage == Usage(input_tokens=5, output_tokens=2, total_tokens=7)


def test_29_a_whole_call_in_one_chunk() -> None:
    delta = {"content": None, "tool_calls": [entry('{"a":1}', index=0, id="x")]}
    response = stream(chunk(delta, "tool_calls", usage={"prompt_tokens": 1}), DONE)
    assert (calls(response), response.usage.input_tokens) == ([("f", {"a": 1})], 1)


@pytest.mark.parametrize("id_", ["", None])
def test_30_31_calls_without_index_and_id_end_with_stop(id_: str | None) -> None:
    response = stream(chunk({"tool_calls": [entry('{"a":1}', id=id_), entry("{}", "g", id=id_)]}, "stop"), DONE)
    assert calls(response) == [("f", {"a": 1}), ("g", {})]
    assert response.finish_reason == "tool_calls"
    assert len({call.id for call in response.tool_calls if call.id.startswith("call_")}) == 2


def test_32_33_call_deltas_without_type_and_without_arguments() -> None:
    assert calls(stream(chunk({"tool_calls": [entry("", index=0, id="a")]}, "tool_calls"), DONE)) == [("f", {})]


def test_34_an_empty_list_of_calls_is_none() -> None:
    response = whole(content="Hi", tool_calls=[])
    assert (response.tool_calls, response.finish_reason) == ((), "stop")


def test_35_perplexitys_message_beside_the_delta_is_not_doubled() -> None:
    def both(text: str, so_far: str, finish: str | None = None) -> dict[str, Any]:
        item = chunk({"role": "assistant", "content": text}, finish, citations=["https://a"])
        item["choices"][0]["message"] = {"role": "assistant", "content": so_far}
        return item

    response = stream(both("Hel", "Hel"), both("lo", "Hello"), both("", "Hello", "stop"), strict_end=False)
    assert response.content == "Hello"
    assert [citation.url for citation in response.citations] == ["https://a"]


def test_36_some_close_without_done() -> None:
    assert stream(chunk({"content": "Hi"}, "stop"), strict_end=False).finish_reason == "stop"


def test_37_cloudflares_content_is_an_object() -> None:
    assert whole(content={"name": "Ada", "age": 36}).content == '{"name":"Ada","age":36}'


def test_38_snowflakes_zero_values_are_absences() -> None:
    message = {
        "content": "", "refusal": "", "function_call": {"name": "", "arguments": ""},
        "audio": {"id": "", "data": "", "transcript": "", "expires_at": 0}, "tool_calls": [entry(id="a")],
    }  # fmt: skip
    response = whole("", **message)
    assert response.parts == (ToolCall(id="a", name="f"),)
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", None)


@pytest.mark.parametrize(("word", "unified"), [("eos", "stop"), ("what_is_this", "other")])
def test_39_unknown_finish_words_do_not_raise(word: str, unified: str) -> None:
    response = whole(word, content="Hi")
    assert (response.finish_reason, response.raw_finish_reason) == (unified, word)


@pytest.mark.parametrize(
    "body",
    [{"error": "no such model"}, {"detail": "no such model"}, {"code": "x", "message": "no such model", "type": "t"}],
)
def test_40_bodies_of_errors_have_many_shapes(body: dict[str, Any]) -> None:
    error = CHAT.decode_error(404, {}, encode_json(body))
    assert isinstance(error, UnknownModel)
    assert error.message == "no such model"


# Not on the list, but in the notes on providers.


@pytest.mark.parametrize("empty", [None, {}, {"role": ""}, {"role": "assistant", "content": None}])
def test_empty_deltas(empty: Any) -> None:
    assert stream(chunk(empty), chunk({"content": "Hi"}), chunk(empty, "stop"), DONE).content == "Hi"


@pytest.mark.parametrize("choices", [None, []])
def test_chunks_without_choices(choices: Any) -> None:
    assert (
        stream({"id": "r", "choices": choices}, chunk({"content": "Hi"}, "stop"), {"choices": choices}, DONE).content
        == "Hi"
    )


def test_a_whole_answer_in_a_stream() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    assert stream({"id": "r", "object": "chat.completion", "choices": [choice]}, DONE).content == "Hi"


def test_an_overflow_of_openrouter_is_a_plain_400() -> None:
    message = "This endpoint's maximum context length is 200000 tokens. However, you requested about 2500021 tokens."
    error = CHAT.decode_error(400, {}, encode_json({"error": {"message": message, "code": 400}}))
    assert isinstance(error, ContextTooLong)
