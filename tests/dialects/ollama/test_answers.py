"""Answers, whole and streamed, and errors."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import (
    ContextTooLong,
    DecodeError,
    Overloaded,
    ProviderError,
    ProviderFailed,
    RateLimited,
    Rejected,
    StreamInterrupted,
    Unauthorized,
    UnknownModel,
)
from dragoman.messages import (
    Assembler,
    Event,
    Finish,
    Image,
    LLMResponse,
    Reasoning,
    ReasoningEnd,
    Request,
    Text,
    TokenLogprob,
    ToolCall,
    Usage,
    decode_json,
    encode_json,
    events_of,
)

OLLAMA = get_dialect("ollama")
ASKED = Request(model="m", stream=True)


def body(message: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": "Hi", **(message or {})}
    return {"model": "m", "created_at": "2026-11-21T08:00:00.123456789Z", "message": said, "done": True, **fields}


def test_an_answer() -> None:
    counted = body(done_reason="stop", prompt_eval_count=7, eval_count=2, load_duration=1_500_000, total_duration=9)
    answer = OLLAMA.decode_response(counted)
    assert (answer.content, answer.finish_reason, answer.raw_finish_reason) == ("Hi", "stop", "stop")
    assert answer.usage == Usage(input_tokens=7, output_tokens=2)
    assert answer.created_at == 1795248000
    assert answer.extra is not None
    assert answer.extra.fields == {"load_duration": 1_500_000, "total_duration": 9}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),  # old servers
        ({"done_reason": "length"}, "length"),
        ({"done_reason": "load"}, "other"),
        ({"done_reason": "unload"}, "other"),
        ({"done_reason": "of tomorrow"}, "other"),
    ],
)
def test_why_it_ended(fields: dict[str, Any], reason: str | None) -> None:
    assert OLLAMA.decode_response(body(**fields)).finish_reason == reason


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"content": ""}, ()),
        ({"content": None}, ()),
        ({"thinking": "Hm"}, (Reasoning("Hm", dialect="ollama"), Text("Hi"))),
        ({"thinking": "", "tool_calls": []}, (Text("Hi"),)),
        ({"tool_calls": None, "images": None}, (Text("Hi"),)),
        ({"images": ["/9j/4AAQ"]}, (Image(data="/9j/4AAQ", media_type="image/jpeg"), Text("Hi"))),
    ],
)
def test_what_it_said(message: dict[str, Any], parts: tuple[Any, ...]) -> None:
    assert OLLAMA.decode_response(body(message)).parts == parts


@pytest.mark.parametrize("arguments", [{"a": 1}, '{"a": 1}'], ids=["object", "text"])
def test_calls_end_an_answer_that_says_stop(arguments: Any) -> None:
    calls = [{"function": {"name": "f", "arguments": arguments}}, {"id": "c2", "function": {"name": "g"}}]
    answer = OLLAMA.decode_response(body({"tool_calls": calls}, done_reason="stop"))
    assert (answer.finish_reason, answer.raw_finish_reason) == ("tool_calls", "stop")
    assert [(call.name, call.arguments) for call in answer.tool_calls] == [("f", {"a": 1}), ("g", {})]
    made_up, given = (call.id for call in answer.tool_calls)
    assert made_up != given == "c2"


def test_calls_of_two_answers_have_different_ids() -> None:
    calls = {"tool_calls": [{"function": {"name": "f", "arguments": {}}}]}
    ids = {
        OLLAMA.decode_response(body(calls) | {"created_at": f"2026-11-21T08:00:0{n}Z"}).tool_calls[0].id for n in (1, 2)
    }
    assert len(ids) == 2


def test_log_probabilities_go_there_and_back() -> None:
    top = (TokenLogprob(token="Hi", logprob=-0.1), TokenLogprob(token="Ho", logprob=-2.5))
    answer = LLMResponse("Hi", "m", logprobs=(TokenLogprob(token="Hi", logprob=-0.1, bytes=(72, 105), top=top),))
    wire = OLLAMA.encode_response(answer, ASKED).wire
    assert OLLAMA.decode_response(wire).logprobs == answer.logprobs


@pytest.mark.parametrize(
    "wire",
    [{}, {"message": "Hi"}, {"message": {"content": ["Hi"]}}, {"message": {"tool_calls": [{"function": {"name": 1}}]}}],
)
def test_what_is_no_answer(wire: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        OLLAMA.decode_response(wire)


# ---------------------------------------------------------------------- streams


def read(*lines: Any) -> list[Event]:
    decoder = OLLAMA.stream_decoder()
    events = [event for line in lines for event in decoder.feed("", encode_json(line))]
    return events + decoder.finish()


def added_up(events: list[Event]) -> LLMResponse:
    assembler = Assembler()
    for event in events:
        assembler.add(event)
    return assembler.response()


def line(done: bool = False, **message: Any) -> dict[str, Any]:
    return {"model": "m", "message": {"role": "assistant", "content": "", **message}, "done": done}


def test_thinking_text_and_calls_in_turn() -> None:
    calls = [[{"function": {"name": "f", "arguments": {}}}], [{"function": {"name": "f", "arguments": {}}}]]
    events = read(
        line(thinking="H"), line(thinking="m"), line(content="I"), line(content=" go"),
        line(tool_calls=calls[0]), line(tool_calls=calls[1]), line(done=True),
    )  # fmt: skip
    answer = added_up(events)
    assert answer.parts[:2] == (Reasoning("Hm", dialect="ollama"), Text("I go"))
    assert len({call.id for call in answer.tool_calls}) == 2
    assert sum(isinstance(event, ReasoningEnd) for event in events) == 1
    assert isinstance(events[-1], Finish)
    assert answer.finish_reason == "tool_calls"


def test_whole_and_streamed_calls_have_the_same_ids() -> None:
    calls = [{"function": {"name": "f", "arguments": {}}}]
    whole = OLLAMA.decode_response(line(done=True, tool_calls=calls))
    assert added_up(read(line(tool_calls=calls), line(done=True))).tool_calls == whole.tool_calls


def test_a_stream_without_its_last_line_was_cut_off() -> None:
    with pytest.raises(StreamInterrupted):
        read(line(content="Hi"))


def test_an_error_in_the_stream_raises() -> None:
    with pytest.raises(ProviderFailed, match="an error was encountered while running the model") as caught:
        read(line(content="Hi"), {"error": "an error was encountered while running the model"})
    assert caught.value.http_status == 200


@pytest.mark.parametrize("data", [b"{oops", b"[]", b'{"message": {"content": 3}}'])
def test_a_line_that_is_none(data: bytes) -> None:
    with pytest.raises(DecodeError):
        OLLAMA.stream_decoder().feed("", data)


def test_lines_have_what_the_sdk_reads() -> None:
    answer = LLMResponse(
        model="llama", created_at=1795248000, usage=Usage(input_tokens=3, output_tokens=4),
        parts=(Reasoning("Hm"), Text("Hi"), ToolCall(id="c", name="f", arguments={"a": 1})), finish_reason="tool_calls",
    )  # fmt: skip
    encoder = OLLAMA.stream_encoder(ASKED)
    lines = [decode_json(data) for event in events_of(answer) for _, data in encoder.feed(event)]
    head = {"model": "llama", "created_at": "2026-11-21T08:00:00Z"}
    assert [{name: line[name] for name in head} for line in lines] == [head] * 4
    assert [line["message"] for line in lines] == [
        {"role": "assistant", "content": "", "thinking": "Hm"},
        {"role": "assistant", "content": "Hi"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}],
        },
        {"role": "assistant", "content": ""},
    ]
    assert lines[-1]["done_reason"] == "stop"
    assert (lines[-1]["prompt_eval_count"], lines[-1]["eval_count"]) == (3, 4)
    assert encoder.losses == ()


# ---------------------------------------------------------------------- errors

ERRORS: list[tuple[int, Any, type[ProviderError]]] = [
    (404, {"error": "model 'x' not found"}, UnknownModel),
    (404, {"error": 'model "x" not found, try pulling it first'}, UnknownModel),
    (400, {"error": "registry.ollama.ai/library/x does not support tools"}, Rejected),
    (400, {"error": "the input length exceeds the context length"}, ContextTooLong),
    (401, {"error": "unauthorized"}, Unauthorized),
    (429, {"error": "you have reached your hourly usage limit"}, RateLimited),
    (500, {"error": "model requires more system memory (8 GiB) than is available (4 GiB)"}, ProviderFailed),
    (503, {"error": "server busy, please try again. maximum pending requests exceeded"}, Overloaded),
    (502, "<html>bad gateway</html>", ProviderFailed),
    (400, {"error": {"message": "behind a proxy", "type": "x"}}, Rejected),
]


@pytest.mark.parametrize(("status", "content", "kind"), ERRORS)
def test_errors(status: int, content: Any, kind: type[ProviderError]) -> None:
    data = content.encode() if isinstance(content, str) else encode_json(content)
    error = OLLAMA.decode_error(status, {"retry-after": "3"}, data)
    assert type(error) is kind
    assert error.http_status == status
    assert error.retry_after_seconds == (3 if status == 429 or status >= 500 else None)


def test_what_will_fail_again_is_not_retried() -> None:
    """S2.23: more memory does not come by asking again."""
    data = encode_json({"error": "model requires more system memory (8 GiB) than is available (4 GiB)"})
    assert not OLLAMA.decode_error(500, {}, data).retryable
    assert OLLAMA.decode_error(500, {}, b'{"error": "unexpected EOF"}').retryable


def test_an_error_in_a_good_reply_raises() -> None:
    with pytest.raises(UnknownModel) as caught:
        OLLAMA.decode_response({"error": "model 'x' not found"})
    assert caught.value.http_status == 200
