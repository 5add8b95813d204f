"""A streamed answer as it is written: the sequence that OpenAI's clients know."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import RateLimited
from dragoman.messages import (
    Citation,
    CitationDelta,
    Event,
    Finish,
    Image,
    LLMResponse,
    Reasoning,
    Request,
    ResponseStart,
    Restarted,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    decode_json,
    events_of,
)

RESPONSES = get_dialect("openai_responses")
ASKED = Request(model="m", stream=True)


def written(*events: Event) -> list[dict[str, Any]]:
    encoder = RESPONSES.stream_encoder(ASKED)
    frames = [frame for event in events for frame in encoder.feed(event)] + encoder.finish()
    assert [decode_json(data)["type"] for _, data in frames] == [name for name, _ in frames]
    return [decode_json(data) for _, data in frames]


def kinds(wires: list[dict[str, Any]]) -> list[str]:
    return [wire["type"].removeprefix("response.") for wire in wires]


def test_text_and_a_call() -> None:
    call = ToolCall(id="call_1", name="f", arguments_json="{}")
    answer = LLMResponse(
        id="resp_1", model="m", created_at=1, parts=(Text("Hi"), call), usage=Usage(input_tokens=1, output_tokens=2)
    )
    wires = written(*events_of(answer))
    assert kinds(wires) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    opened, closed = wires[2]["item"], wires[7]["item"]
    assert opened == {"type": "message", "id": "msg_1_0", "status": "in_progress", "role": "assistant", "content": []}
    said = {"type": "output_text", "text": "Hi", "annotations": []}
    assert closed == {**opened, "status": "completed", "content": [said]}
    assert wires[10] == {
        "type": "response.function_call_arguments.done", "sequence_number": 10,
        "item_id": "fc_1_1", "output_index": 1, "arguments": "{}", "name": "f",
    }  # fmt: skip
    final = wires[-1]["response"]
    assert final["output"] == [closed, wires[11]["item"]]
    assert final["usage"] == {
        "input_tokens": 1, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 3,
    }  # fmt: skip


def test_thoughts_of_others_are_a_summary() -> None:
    thought = Reasoning("Hm", payload={"signature": "s"}, dialect="anthropic_messages")
    encoder = RESPONSES.stream_encoder(ASKED)
    answer = LLMResponse(id="resp_1", parts=(thought, Text("Hi")))
    wires = [decode_json(data) for event in events_of(answer) for _, data in encoder.feed(event)]
    assert kinds(wires)[2:8] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    item = {"type": "reasoning", "id": "rs_1_0", "summary": [{"type": "summary_text", "text": "Hm"}]}
    assert wires[7]["item"] == item
    assert [loss.where for loss in encoder.losses] == ["parts[0].payload"]


@pytest.mark.parametrize("picture", [Image(data=""), Image(url="https://h/a.png"), Image(file_id="f")])
def test_a_picture_without_its_bytes_is_lost(picture: Image) -> None:
    encoded = RESPONSES.encode_response(LLMResponse(id="resp_1", parts=(picture,)), ASKED)
    assert encoded.wire["output"] == []
    assert [(loss.effect, loss.where) for loss in encoded.losses] == [("dropped", "parts[0]")]


def test_calls_side_by_side() -> None:
    """Chat completions may tell of two calls in turn."""
    calls = [ToolCall(id=f"c{n}", name="f", arguments={"n": n}) for n in range(2)]
    starts = [ToolCallStart(id=call.id, name="f", index=n) for n, call in enumerate(calls)]
    deltas = [ToolCallDelta(arguments=call.arguments_json, index=n) for n, call in enumerate(calls)]
    ends = [ToolCallEnd(call=call, index=n) for n, call in enumerate(calls)]
    wires = written(ResponseStart(id="resp_1"), *starts, *deltas, *ends, Finish(finish_reason="tool_calls"))
    done = [(wire["output_index"], wire["item"]["call_id"]) for wire in wires if kinds([wire]) == ["output_item.done"]]
    assert done == [(0, "c0"), (1, "c1")]


def test_a_text_goes_on_after_a_call_as_another_message() -> None:
    call = ToolCall(id="c", name="f")
    wires = written(TextDelta("A"), ToolCallEnd(call=call, index=1), TextDelta("B"), Finish())
    assert [item["type"] for item in wires[-1]["response"]["output"]] == ["message", "function_call", "message"]


def test_the_source_of_a_closed_text_is_told_all_the_same() -> None:
    citation = CitationDelta(citation=Citation(url="https://a", title="A", start=0, end=1))
    wires = written(TextDelta("A"), ToolCallEnd(call=ToolCall(id="c", name="f"), index=1), citation, Finish())
    assert kinds(wires)[-2] == "output_text.annotation.added"
    assert wires[-1]["response"]["output"][0]["content"][0]["annotations"] == [wires[-2]["annotation"]]


def test_a_call_that_never_ends_is_closed_as_far_as_it_came() -> None:
    start = ToolCallStart(id="c", name="f")
    wires = written(start, ToolCallDelta(arguments='{"a":'), Finish(finish_reason="length"))
    assert (kinds(wires)[-1], wires[-1]["response"]["output"][0]["arguments"]) == ("incomplete", '{"a":')


def test_a_failure_is_told_twice() -> None:
    """OpenAI's SDK raises at `error`, Codex reads `response.failed`."""
    encoder = RESPONSES.stream_encoder(ASKED)
    encoder.feed(ResponseStart(id="resp_1", model="m"))
    encoder.feed(TextDelta("Hi"))
    error, failed = [decode_json(data) for _, data in encoder.fail(RateLimited("Slow down"))]
    assert (error["type"], error["code"], error["message"]) == ("error", "rate_limit_exceeded", "Slow down")
    assert error["error"]["message"] == "Slow down"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Slow down"}
    assert encoder.fail(RateLimited("again")) == encoder.finish() == encoder.feed(TextDelta("more")) == []


def test_an_answer_that_breaks_off_has_failed() -> None:
    assert kinds(written(TextDelta("Hi")))[-2:] == ["error", "failed"]


def test_after_a_restart_the_numbers_go_on() -> None:
    restart = Restarted(target="b", reason="a is down")
    encoder = RESPONSES.stream_encoder(ASKED)
    events: list[Event] = [TextDelta("A"), restart, ResponseStart(id="resp_2"), TextDelta("B"), Finish()]
    wires = [decode_json(data) for event in events for _, data in encoder.feed(event)]
    assert [item["content"][0]["text"] for item in wires[-1]["response"]["output"]] == ["A", "B"]
    assert [loss.effect for loss in encoder.losses] == ["changed"]


def test_what_was_asked_is_repeated() -> None:
    request = Request(model="m", temperature=0.5, metadata={"a": "b"}, stream=True)
    (_, created), _ = RESPONSES.stream_encoder(request).feed(ResponseStart(id="resp_1"))
    response = decode_json(created)["response"]
    assert (response["temperature"], response["metadata"], response["tools"]) == (0.5, {"a": "b"}, [])
