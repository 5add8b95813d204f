"""Answers, whole and streamed: the same parts either way, and what Bedrock's own habits come to."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects.bedrock_converse import DIALECT
from dragoman.errors import DecodeError, Overloaded, RateLimited, Rejected, StreamInterrupted
from dragoman.http import Frame
from dragoman.messages import (
    Assembler,
    Audio,
    Citation,
    Event,
    Extra,
    Finish,
    Image,
    LLMResponse,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Restarted,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    decode_json,
    encode_json,
    events_of,
)

NAME = "bedrock_converse"
ASKED = Request(model="m")
USAGE = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}


def body(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": list(blocks)}
    return {
        "output": {"message": message},
        "stopReason": "end_turn",
        "usage": USAGE,
        "metrics": {"latencyMs": 7},
        **fields,
    }


def frames(*events: tuple[str, dict[str, Any]]) -> list[Frame]:
    return [(name, encode_json(wire)) for name, wire in events]


END = [("messageStop", {"stopReason": "end_turn"}), ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 7}})]


def delta(index: int, **delta: Any) -> tuple[str, dict[str, Any]]:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}


def start(index: int, **start: Any) -> tuple[str, dict[str, Any]]:
    return "contentBlockStart", {"contentBlockIndex": index, "start": start}


def stop(index: int) -> tuple[str, dict[str, Any]]:
    return "contentBlockStop", {"contentBlockIndex": index}


def read(*events: tuple[str, dict[str, Any]]) -> LLMResponse:
    decoder, assembler = DIALECT.stream_decoder(), Assembler()
    for frame in frames(("messageStart", {"role": "assistant"}), *events, *END):
        for event in decoder.feed(*frame):
            assembler.add(event)
    assert decoder.finish() == []
    return assembler.response()


# name: the part, its block, its events
PLACE = {"documentChar": {"documentIndex": 0, "start": 1, "end": 4}}
CITED = {"title": "t", "sourceContent": [{"text": "abc"}], "location": PLACE}
WEB = {"location": {"web": {"url": "https://h.example", "domain": "h.example"}}}
SERVER_CALL = {"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use", "input": {"q": "x"}}
SERVER_RESULT = {"toolUseId": "s", "type": "nova_grounding_result", "status": "success", "content": [{"text": "r"}]}
PARTS: dict[str, tuple[Part, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = {
    "text": (Text("Hi you"), {"text": "Hi you"}, [delta(0, text="Hi"), delta(0, text=" you"), stop(0)]),
    "empty text": (Text(""), {"text": ""}, [delta(0, text=""), stop(0)]),
    "a block that nobody stops": (Text("Hi"), {"text": "Hi"}, [delta(0, text="Hi")]),
    "text with its source": (
        Text(
            "so",
            (
                Citation(
                    unit="char",
                    title="t",
                    cited_text="abc",
                    document_index=0,
                    start=1,
                    end=4,
                    extra=Extra(dialect=NAME, spelling=CITED),
                ),
            ),
        ),
        {"citationsContent": {"content": [{"text": "so"}], "citations": [CITED]}},
        [delta(0, citation=CITED), delta(0, text="so"), stop(0)],
    ),
    "a source after the text, as Nova gives it": (
        Text("", (Citation(url="https://h.example", extra=Extra(dialect=NAME, spelling=WEB)),)),
        {"citationsContent": {"citations": [WEB]}},
        [delta(0, citation=WEB), stop(0)],
    ),
    "signed thinking": (
        Reasoning("Hm", payload={"signature": "sig"}, dialect=NAME),
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "sig"}}},
        [
            delta(0, reasoningContent={"text": "H"}),
            delta(0, reasoningContent={"text": "m"}),
            delta(0, reasoningContent={"signature": "sig"}),
            stop(0),
        ],
    ),
    "unsigned thinking": (
        Reasoning("Hm", payload={}, dialect=NAME),
        {"reasoningContent": {"reasoningText": {"text": "Hm"}}},
        [delta(0, reasoningContent={"text": "Hm"}), stop(0)],
    ),
    "hidden thinking, its bytes in two pieces": (
        Reasoning(payload={"redactedContent": "YWJj"}, dialect=NAME),
        {"reasoningContent": {"redactedContent": "YWJj"}},
        [
            delta(0, reasoningContent={"redactedContent": "YQ=="}),
            delta(0, reasoningContent={"redactedContent": "YmM="}),
        ],
    ),
    "a call": (
        ToolCall(id="c", name="f", arguments={"a": 1}),
        {"toolUse": {"toolUseId": "c", "name": "f", "input": {"a": 1}}},
        [
            start(0, toolUse={"toolUseId": "c", "name": "f"}),
            delta(0, toolUse={"input": '{"a"'}),
            delta(0, toolUse={"input": ":1}"}),
            stop(0),
        ],
    ),
    "a call without arguments": (
        ToolCall(id="c", name="f"),
        {"toolUse": {"toolUseId": "c", "name": "f", "input": {}}},
        [start(0, toolUse={"toolUseId": "c", "name": "f"}), delta(0, toolUse={"input": ""}), stop(0)],
    ),
    "a call of a server's tool": (
        Opaque(NAME, {"toolUse": SERVER_CALL}),
        {"toolUse": SERVER_CALL},
        [
            start(0, toolUse={name: value for name, value in SERVER_CALL.items() if name != "input"}),
            delta(0, toolUse={"input": '{"q":"x"}'}),
            stop(0),
        ],
    ),
    "a result of a server's tool": (
        Opaque(NAME, {"toolResult": SERVER_RESULT}),
        {"toolResult": SERVER_RESULT},
        [
            start(0, toolResult={name: value for name, value in SERVER_RESULT.items() if name != "content"}),
            delta(0, toolResult=[{"text": "r"}]),
            stop(0),
        ],
    ),
    "a picture": (
        Image(data="AAAA", media_type="image/png"),
        {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
        [start(0, image={"format": "png"}), delta(0, image={"source": {"bytes": "AAAA"}}), stop(0)],
    ),
}
each_part = pytest.mark.parametrize(("part", "block", "events"), PARTS.values(), ids=PARTS)


@each_part
def test_whole(part: Part, block: dict[str, Any], events: list[Any]) -> None:
    response = DIALECT.decode_response(body(block))
    assert response.parts == (part,)
    encoded = DIALECT.encode_response(response, ASKED)
    assert (encoded.wire, encoded.losses) == (body(block), ())


@each_part
def test_streamed(part: Part, block: dict[str, Any], events: list[Any]) -> None:
    assert read(*events).parts == (part,)


@each_part
def test_streamed_and_read_again(part: Part, block: dict[str, Any], events: list[Any]) -> None:
    encoder = DIALECT.stream_encoder(ASKED)
    answer = LLMResponse(parts=(part,), usage=Usage(input_tokens=1, output_tokens=1))
    written = [frame for event in events_of(answer, piece=1) for frame in encoder.feed(event)] + encoder.finish()
    assert encoder.losses == ()
    decoder, assembler = DIALECT.stream_decoder(), Assembler()
    for frame in written:
        for event in decoder.feed(*frame):
            assembler.add(event)
    assert assembler.response().parts == (part,)


# ---------------------------------------------------------------------- endings and counts

REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
    "word_of_next_year": "other",
}


@pytest.mark.parametrize(("word", "reason"), REASONS.items())
def test_reasons(word: str, reason: str) -> None:
    response = DIALECT.decode_response(body({"text": "a"}, stopReason=word))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, word)
    assert DIALECT.encode_response(response, ASKED).wire["stopReason"] == word


@pytest.mark.parametrize(
    ("reason", "word"), [("refusal", "content_filtered"), ("pause", "end_turn"), ("other", "end_turn")]
)
def test_reasons_without_a_word_are_told(reason: Any, word: str) -> None:
    answer = LLMResponse("a", usage=Usage(input_tokens=1, output_tokens=1), finish_reason=reason)
    encoded = DIALECT.encode_response(answer, ASKED)
    assert encoded.wire["stopReason"] == word
    assert [loss.where for loss in encoded.losses] == ["finish_reason"]


def test_a_forced_call_ends_with_tool_use() -> None:
    answer = LLMResponse(parts=(ToolCall(id="c", name="f"),), finish_reason="stop")
    assert DIALECT.encode_response(answer, ASKED).wire["stopReason"] == "tool_use"


USAGES: dict[str, tuple[dict[str, Any], Usage]] = {
    "plain": (USAGE, Usage(input_tokens=3, output_tokens=2, total_tokens=5)),
    "the cache is outside": (
        {
            "inputTokens": 22,
            "outputTokens": 13,
            "totalTokens": 2527,
            "cacheReadInputTokens": 2492,
            "cacheReadInputTokenCount": 2492,
            "cacheWriteInputTokens": 0,
        },
        Usage(input_tokens=2514, output_tokens=13, total_tokens=2527, cache_read_tokens=2492, cache_write_tokens=0),
    ),
    "the older name alone": (
        {"inputTokens": 1, "outputTokens": 1, "totalTokens": 4, "cacheReadInputTokenCount": 2},
        Usage(input_tokens=3, output_tokens=1, total_tokens=4, cache_read_tokens=2),
    ),
    "written for an hour": (
        {
            "inputTokens": 1,
            "outputTokens": 1,
            "totalTokens": 12,
            "cacheWriteInputTokens": 10,
            "cacheDetails": [{"ttl": "5m", "inputTokens": 4}, {"ttl": "1h", "inputTokens": 6}],
        },
        Usage(input_tokens=11, output_tokens=1, total_tokens=12, cache_write_tokens=10, cache_write_1h_tokens=6),
    ),
    "nulls": ({"inputTokens": None, "outputTokens": 2, "totalTokens": None}, Usage(output_tokens=2)),
    "none": ({}, Usage()),
}


@pytest.mark.parametrize(("wire", "usage"), USAGES.values(), ids=USAGES)
def test_usage(wire: dict[str, Any], usage: Usage) -> None:
    assert DIALECT.decode_response(body({"text": "a"}, usage=wire)).usage == usage


def test_what_only_bedrock_says_is_kept() -> None:
    told = {
        "trace": {"guardrail": {}},
        "performanceConfig": {"latency": "optimized"},
        "serviceTier": {"type": "flex"},
        "additionalModelResponseFields": {"stop_sequence": "END", "x": 1},
    }
    response = DIALECT.decode_response(body({"text": "a"}, **told))
    assert (response.service_tier, response.stop_sequence) == ("flex", "END")
    assert response.extra is not None
    assert response.extra.fields == {
        "trace": {"guardrail": {}},
        "performanceConfig": {"latency": "optimized"},
        "additionalModelResponseFields": {"x": 1},
    }
    encoder = DIALECT.stream_encoder(ASKED)
    written = [frame for event in events_of(response) for frame in encoder.feed(event)]
    named = {name: decode_json(data) for name, data in written}
    assert named["messageStop"]["additionalModelResponseFields"] == {"stop_sequence": "END", "x": 1}
    assert named["metadata"]["metrics"] == {"latencyMs": 7}
    assert named["metadata"]["trace"] == {"guardrail": {}}


LOST: dict[str, tuple[Part, str]] = {
    "another model's signature": (Reasoning("Hm", payload={"signature": "s"}, dialect="elsewhere"), "parts[0].payload"),
    "another model's hidden thinking": (Reasoning(payload={"data": "s"}, dialect="elsewhere"), "parts[0].payload"),
    "a sound": (Audio(data="AAAA", media_type="audio/wav"), "parts[0]"),
    "a refusal": (Refusal("No."), "refusal"),
    "another dialect's part": (Opaque("elsewhere", {}), "parts[0]"),
}


@pytest.mark.parametrize(("part", "where"), LOST.values(), ids=LOST)
def test_what_an_answer_cannot_say_is_told(part: Part, where: str) -> None:
    answer = LLMResponse(parts=(part,), usage=Usage(input_tokens=1, output_tokens=1))
    assert where in [loss.where for loss in DIALECT.encode_response(answer, ASKED).losses]


def test_thinking_of_any_model_is_shown() -> None:
    answer = LLMResponse(parts=(Reasoning("Hm", payload={"x": 1}, dialect="elsewhere"),))
    content = DIALECT.encode_response(answer, ASKED).wire["output"]["message"]["content"]
    assert content == [{"reasoningContent": {"reasoningText": {"text": "Hm"}}}]


# ---------------------------------------------------------------------- streams alone


def test_blocks_that_share_an_index_are_parts_of_their_own() -> None:
    answer = read(delta(0, text="a"), delta(0, reasoningContent={"text": "b"}), delta(0, text="c"), stop(0))
    assert [type(part) for part in answer.parts] == [Text, Reasoning, Text]


def test_unknown_events_starts_and_deltas_are_skipped() -> None:
    answer = read(
        ("initial-response", {}),
        start(0, hologram={"x": 1}),
        delta(0, hologram="y"),
        stop(0),
        delta(1, text="a"),
        delta(1, smell="b"),
        delta(1, image=None, text="!"),
        stop(1),
        stop(9),
    )
    assert answer.parts == (Text("a!"),)


def test_the_usage_may_come_before_the_reason() -> None:
    decoder = DIALECT.stream_decoder()
    events = [event for frame in frames(*reversed(END)) for event in decoder.feed(*frame)]
    assert isinstance(events[-1], Finish)
    assert decoder.feed("metadata", b"{}") == []


CUT: dict[str, tuple[int, bool, str | None]] = {
    "before the reason": (0, False, "messageStop"),
    "before the usage": (1, True, "metadata"),
    "before the usage, where that is enough": (1, False, None),
}


@pytest.mark.parametrize(("count", "strict", "missing"), CUT.values(), ids=CUT)
def test_a_stream_without_its_end(count: int, strict: bool, missing: str | None) -> None:
    decoder = DIALECT.stream_decoder(strict_end=strict)
    for frame in frames(delta(0, text="a"), *END[:count]):
        decoder.feed(*frame)
    if missing is None:
        assert isinstance(decoder.finish()[-1], Finish)
        return
    with pytest.raises(StreamInterrupted, match=missing):
        decoder.finish()


FAILURES: dict[str, tuple[str, bytes, type, str | None, str]] = {
    "throttled": ("exception:throttlingException", b'{"message":"slow"}', RateLimited, "ThrottlingException", "slow"),
    "busy": (
        "exception:serviceUnavailableException",
        b'{"message":"busy"}',
        Overloaded,
        "ServiceUnavailableException",
        "busy",
    ),
    "refused": ("exception:validationException", b'{"message":"no"}', Rejected, "ValidationException", "no"),
    "an error frame": ("error:ThrottlingException", b'{"message":"slow"}', RateLimited, "ThrottlingException", "slow"),
    "without words": ("exception:throttlingException", b"", RateLimited, "ThrottlingException", "ThrottlingException"),
}


@pytest.mark.parametrize(("name", "data", "kind", "code", "message"), FAILURES.values(), ids=FAILURES)
def test_an_error_inside_a_stream(name: str, data: bytes, kind: type, code: str, message: str) -> None:
    decoder = DIALECT.stream_decoder()
    decoder.feed(*frames(delta(0, text="a"))[0])
    with pytest.raises(kind) as caught:
        decoder.feed(name, data)
    error: Any = caught.value
    assert (error.http_status, error.code, error.message) == (200, code, message)
    assert decoder.finish() == []


BROKEN = {
    "no JSON": ("contentBlockDelta", b"{"),
    "no object": ("contentBlockDelta", b"[]"),
    "no delta": ("contentBlockDelta", b'{"contentBlockIndex":0}'),
    "usage that is a number": ("metadata", b'{"usage":5}'),
    "text that is a number": ("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"text":5}}'),
    "a call without a name": ("contentBlockStart", b'{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a"}}}'),
}


@pytest.mark.parametrize(("name", "data"), BROKEN.values(), ids=BROKEN)
def test_an_event_that_is_not_shaped_so(name: str, data: bytes) -> None:
    decoder = DIALECT.stream_decoder()
    with pytest.raises(DecodeError):
        decoder.feed(name, data)


@pytest.mark.parametrize(
    "wire", [{}, {"output": {}}, {"output": {"message": []}}, {"output": {"message": {"content": [5]}}}]
)
def test_a_body_that_is_no_answer(wire: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        DIALECT.decode_response(wire)


# ---------------------------------------------------------------------- writing streams


def written(*events: Event) -> list[tuple[str, Any]]:
    encoder = DIALECT.stream_encoder(ASKED)
    found = [frame for event in events for frame in encoder.feed(event)] + encoder.finish()
    return [(name, decode_json(data)) for name, data in found]


def test_a_call_keeps_its_block_until_its_end() -> None:
    call = ToolCall(id="c", name="f", arguments={"a": 1})
    found = written(
        ToolCallStart(id="c", name="f", index=0),
        TextDelta("meanwhile", index=1),
        ToolCallDelta(arguments='{"a":1}', index=0),
        ToolCallEnd(call=call, index=0),
        Finish(finish_reason="tool_calls"),
    )
    assert [name for name, _ in found] == [
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    assert found[4][1] == {"delta": {"text": "meanwhile"}, "contentBlockIndex": 1}


def test_a_stream_that_breaks_off_says_so() -> None:
    assert [name for name, _ in written(TextDelta("a"))][-1] == "exception:internalServerException"


def test_what_began_anew_cannot_be_taken_back() -> None:
    again = Restarted(target="t", reason="r")
    assert [name for name, _ in written(TextDelta("a"), again, TextDelta("b"), Finish())] == [
        "messageStart",
        "contentBlockDelta",
        "exception:internalServerException",
    ]
    assert written(again, TextDelta("b"), Finish())[-1][0] == "metadata"
