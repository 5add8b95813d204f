"""Streams: what the decoder makes of frames, and what the encoder makes of events."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.errors import DecodeError, Error, Overloaded, ProviderFailed, StreamInterrupted
from dragoman.messages import (
    Assembler,
    ChoiceFinish,
    Citation,
    CitationDelta,
    Event,
    Extra,
    Finish,
    Image,
    LLMResponse,
    LogprobsDelta,
    Opaque,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    RefusalDelta,
    Request,
    ResponseStart,
    Restarted,
    Seam,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    decode_json,
    encode_json,
)

from .strategies import json_values

NAME = "anthropic_messages"
PLAIN = Request(model="claude-sonnet-4-5")


def kept(**fields: Any) -> Extra:
    return Extra(fields=fields, dialect=NAME)


def message_start(**fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [], "usage": usage}
    return {"type": "message_start", "message": {**message, **fields}}


def start(content: dict[str, Any], index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(kind: str, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def stop(index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def message_delta(reason: str | None = "end_turn", usage: Any = None, **fields: Any) -> dict[str, Any]:
    return {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None, **fields},
        "usage": usage or {"output_tokens": 9},
    }


MESSAGE_STOP = {"type": "message_stop"}
END = [message_delta(), MESSAGE_STOP]
TEXT = {"type": "text", "text": ""}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}

BEGUN = [
    ResponseStart(id="msg_1", model="claude", dialect=NAME),
    UsageUpdate(usage=Usage(input_tokens=3, output_tokens=1)),
]
ENDED = [
    UsageUpdate(usage=Usage(input_tokens=3, output_tokens=9)),
    Finish(finish_reason="stop", raw_finish_reason="end_turn"),
]


def decoded(*frames: dict[str, Any] | bytes, strict_end: bool = True) -> list[Event]:
    decoder = DIALECT.stream_decoder(strict_end=strict_end)
    events: list[Event] = []
    for frame in frames:
        name, data = ("x", frame) if isinstance(frame, bytes) else (frame.get("type", ""), encode_json(frame))
        events += decoder.feed(name, data)
    return events + decoder.finish()


WEB = {"type": "web_search_result_location", "url": "https://a.example", "encrypted_index": "Eo8B"}
WEB_EXTRA = Extra(
    fields={"encrypted_index": "Eo8B"}, dialect=NAME, spelling={k: WEB[k] for k in WEB if k != "encrypted_index"}
)
RESULT = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
REDACTED = {"type": "redacted_thinking", "data": "EqkE"}

BLOCKS: dict[str, tuple[list[dict[str, Any]], list[Event]]] = {
    "text": (
        [start(TEXT), delta("text_delta", text="He"), delta("text_delta", text="y"), stop()],
        [TextDelta("He"), TextDelta("y")],
    ),
    "text that was in the start": (
        [start({"type": "text", "text": "He"}), delta("text_delta", text="y"), stop()],
        [TextDelta("He"), TextDelta("y")],
    ),
    "empty text is a part all the same": ([start(TEXT), stop()], [TextDelta("")]),
    "text and its source": (
        [
            start({**TEXT, "citations": []}),
            delta("citations_delta", citation=WEB),
            delta("text_delta", text="a"),
            stop(),
        ],
        [
            CitationDelta(citation=Citation(url="https://a.example", extra=WEB_EXTRA)),
            TextDelta("a"),
        ],
    ),
    "a call": (
        [
            start(CALL),
            delta("input_json_delta", partial_json=""),
            delta("input_json_delta", partial_json='{"a": '),
            delta("input_json_delta", partial_json="1}"),
            stop(),
        ],
        [
            ToolCallStart(id="toolu_1", name="f"),
            ToolCallDelta(arguments='{"a": '),
            ToolCallDelta(arguments="1}"),
            ToolCallEnd(call=ToolCall(id="toolu_1", name="f", arguments_json='{"a": 1}')),
        ],
    ),
    "a call without arguments": (
        [start(CALL), delta("input_json_delta", partial_json=""), stop()],
        [ToolCallStart(id="toolu_1", name="f"), ToolCallEnd(call=ToolCall(id="toolu_1", name="f"))],
    ),
    "a call whose arguments came with the start, made by code": (
        [start({**CALL, "input": {"a": 1}, "caller": {"type": "code"}}), stop()],
        [
            ToolCallStart(id="toolu_1", name="f", extra=kept(caller={"type": "code"})),
            ToolCallDelta(arguments='{"a":1}'),
            ToolCallEnd(call=ToolCall(id="toolu_1", name="f", arguments={"a": 1}, extra=kept(caller={"type": "code"}))),
        ],
    ),
    "a call that was cut off": (
        [start(CALL), delta("input_json_delta", partial_json='{"a": '), stop()],
        [
            ToolCallStart(id="toolu_1", name="f"),
            ToolCallDelta(arguments='{"a": '),
            ToolCallEnd(call=ToolCall(id="toolu_1", name="f", arguments_json='{"a": ', complete=False)),
        ],
    ),
    "thinking": (
        [
            start({"type": "thinking", "thinking": "", "signature": ""}),
            delta("thinking_delta", thinking="Hm."),
            delta("signature_delta", signature="EpAB"),
            stop(),
        ],
        [ReasoningDelta("Hm."), ReasoningEnd(payload={"signature": "EpAB"}, dialect=NAME)],
    ),
    "thinking that is not shown": (
        [start({"type": "thinking", "thinking": ""}), delta("signature_delta", signature="EpAB"), stop()],
        [ReasoningEnd(payload={"signature": "EpAB"}, dialect=NAME)],
    ),
    "redacted thinking": (
        [start(REDACTED), stop()],
        [PartAdded(part=Reasoning(payload=REDACTED, dialect=NAME))],
    ),
    "a tool of the server": (
        [
            start(SEARCH),
            delta("input_json_delta", partial_json='{"query":'),
            delta("input_json_delta", partial_json='"x"}'),
            stop(),
            start(RESULT, 1),
            stop(1),
        ],
        [
            PartAdded(part=Opaque(NAME, {**SEARCH, "input": {"query": "x"}})),
            PartAdded(part=Opaque(NAME, RESULT), index=1),
        ],
    ),
    "compaction": (
        [start({"type": "compaction", "content": None}), delta("compaction_delta", content="In short."), stop()],
        [PartAdded(part=Opaque(NAME, {"type": "compaction", "content": "In short."}))],
    ),
    "a block of next year": (
        [
            start({"type": "hologram", "text": "", "points": 0}),
            delta("text_delta", text="a"),
            delta("text_delta", text="b"),
            delta("point_delta", points=7),
            delta("citations_delta", citation=WEB),
            stop(),
        ],
        [PartAdded(part=Opaque(NAME, {"type": "hologram", "text": "ab", "points": 7, "citations": [WEB]}))],
    ),
    "deltas of next year": (
        [start(TEXT), delta("tone_delta", tone="warm"), delta("text_delta", text="a"), stop()],
        [TextDelta("a")],
    ),
    "deltas without a start": (
        [delta("thinking_delta", thinking="Hm."), stop(), delta("text_delta", 1, text="a"), stop(1)],
        [ReasoningDelta("Hm."), ReasoningEnd(payload={}, dialect=NAME), TextDelta("a", index=1)],
    ),
    "blocks that are never stopped": (
        [start(CALL), delta("input_json_delta", partial_json="{}")],
        [
            ToolCallStart(id="toolu_1", name="f"),
            ToolCallDelta(arguments="{}"),
            ToolCallEnd(call=ToolCall(id="toolu_1", name="f")),
        ],
    ),
    "a stop without a block": ([stop(5)], []),
    "pings and events of next year": ([{"type": "ping"}, {"type": "vertex_event", "usage": {}}, {}], []),
    "text that is null": (
        [start(TEXT), delta("text_delta", text=None), delta("text_delta", text="a")],
        [TextDelta("a")],
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks(name: str) -> None:
    frames, events = BLOCKS[name]
    received = decoded(message_start(), *frames, *END)
    ends = [event for event in received if event not in BEGUN and event not in ENDED]
    assert ends == events
    assert received[:2] == BEGUN
    assert isinstance(received[-1], Finish)


def test_calls_that_come_whole_with_the_message() -> None:
    """Code that runs at Anthropic calls the caller's tools so."""
    events = decoded(message_start(content=[{**CALL, "input": {"a": 1}}]), start(TEXT, 1), stop(1), *END)
    assert assembled(events).tool_calls == (ToolCall(id="toolu_1", name="f", arguments={"a": 1}),)


def test_usage_is_replaced_key_by_key() -> None:
    first = {"input_tokens": 2039, "cache_read_input_tokens": 7, "output_tokens": 1}
    last = {"input_tokens": 10423, "output_tokens": 341, "cache_read_input_tokens": None}
    events = decoded(message_start(usage=first), message_delta(usage=last), MESSAGE_STOP)
    assert [event.usage for event in events if isinstance(event, UsageUpdate)] == [
        Usage(input_tokens=2046, output_tokens=1, cache_read_tokens=7),
        Usage(input_tokens=10430, output_tokens=341, cache_read_tokens=7),
    ]


def test_a_refusal_explains_itself_at_the_end() -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "I must not."}
    events = decoded(
        message_start(),
        start(TEXT),
        delta("text_delta", text="Well"),
        stop(),
        message_delta("refusal", stop_details=details),
        MESSAGE_STOP,
    )
    response = assembled(events)
    assert (response.content, response.refusal, response.finish_reason) == ("Well", "I must not.", "refusal")


# ---------------------------------------------------------------------- how it ends


def test_what_follows_the_end_is_not_read() -> None:
    events = decoded(message_start(), *END, b"[DONE]", b"garbage", {"type": "error", "error": {}})
    assert events == [*BEGUN, *ENDED]


def test_no_end_is_an_interruption() -> None:
    with pytest.raises(StreamInterrupted, match="message_stop"):
        decoded(message_start(), start(TEXT), stop(), message_delta())


def test_a_host_known_to_close_early_may_do_so_once_the_model_has_finished() -> None:
    assert decoded(message_start(), message_delta(), strict_end=False) == [*BEGUN, *ENDED]
    with pytest.raises(StreamInterrupted):
        decoded(message_start(), start(TEXT), stop(), strict_end=False)


OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}


def test_an_error_inside_a_stream() -> None:
    decoder = DIALECT.stream_decoder()
    decoder.feed("message_start", encode_json(message_start()))
    with pytest.raises(Overloaded) as caught:
        decoder.feed("error", encode_json(OVERLOADED))
    error = caught.value
    assert (error.message, error.http_status, error.request_id, error.body) == ("Overloaded", 200, "req_1", OVERLOADED)
    assert decoder.feed("ping", b'{"type": "ping"}') + decoder.finish() == []


def test_an_error_in_a_proxys_own_words() -> None:
    with pytest.raises(ProviderFailed, match="upstream is gone"):
        decoded(message_start(), {"error": {"message": "upstream is gone", "code": 502}})


@pytest.mark.parametrize("data", [b"{", b"Hi", b"[" * 9000, b"\xff"])
def test_what_is_not_json(data: bytes) -> None:
    with pytest.raises(DecodeError, match="not JSON") as caught:
        decoded(data)
    assert caught.value.data == data


@pytest.mark.parametrize("data", [b"", b"  ", b"[DONE]", b" [DONE] "])
def test_what_says_nothing(data: bytes) -> None:
    assert decoded(message_start(), data, *END) == [*BEGUN, *ENDED]


BROKEN = [
    b"5",
    b"[]",
    {"type": "message_start"},
    delta("text_delta", text=5),
    delta("text_delta"),
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}},
    start(TEXT, "0"),  # type: ignore[arg-type]  # no index of an honest server's
    start({"type": "tool_use", "name": "f"}),
]


@pytest.mark.parametrize("frame", BROKEN, ids=str)
def test_what_is_no_event(frame: Any) -> None:
    with pytest.raises(DecodeError, match="not shaped"):
        decoded(frame)


KINDS = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "error"]
junk_events = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)},
    optional={
        "index": st.integers(0, 1) | json_values,
        "message": json_values | st.fixed_dictionaries({"usage": json_values, "content": json_values}),
        "content_block": st.fixed_dictionaries({"type": st.sampled_from(["text", "tool_use", "thinking", "x"])})
        | st.sampled_from([TEXT, CALL, SEARCH]),
        "delta": st.fixed_dictionaries(
            {"type": st.sampled_from(["text_delta", "input_json_delta", "thinking_delta", "citations_delta"])},
            optional={"text": json_values, "partial_json": st.text(), "thinking": json_values, "citation": json_values},
        )
        | json_values,
        "usage": json_values,
        "error": json_values,
    },
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(junk_events, max_size=8))
def test_junk_ends_in_one_finish_or_one_of_our_errors(frames: list[dict[str, Any]]) -> None:
    outcome = read([*frames, message_delta(), MESSAGE_STOP])
    if not isinstance(outcome, Error):
        assert [type(event) for event in outcome].count(Finish) == 1
        assert isinstance(assembled(outcome), LLMResponse)


def read(frames: list[dict[str, Any]]) -> list[Event] | Error:
    try:
        return decoded(*frames)
    except Error as error:
        return error


def assembled(events: list[Event]) -> LLMResponse:
    assembler = Assembler()
    for event in events:
        assembler.add(event)
    return assembler.response()


# ---------------------------------------------------------------------- writing


def encoded(*events: Event, finish: bool = True) -> list[dict[str, Any]]:
    encoder = DIALECT.stream_encoder(PLAIN)
    frames = [frame for event in events for frame in encoder.feed(event)] + (encoder.finish() if finish else [])
    wires = [decode_json(data) for _, data in frames]
    assert [name for name, _ in frames] == [wire["type"] for wire in wires], "every frame bears its type as name"
    return wires


def blocks_of(wires: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The frames between the message's start and end, checked: one block open at a time, numbered 0, 1, 2 …"""
    kinds = [wire["type"] for wire in wires]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    number, is_open = -1, False
    for wire in wires[1:-2]:
        if wire["type"] == "content_block_start":
            assert not is_open
            number, is_open = number + 1, True
        assert is_open
        assert wire["index"] == number
        is_open = wire["type"] != "content_block_stop"
    assert not is_open
    return wires[1:-2]


def test_a_whole_stream() -> None:
    usage = Usage(input_tokens=3, output_tokens=1)
    wires = encoded(
        ResponseStart(id="msg_1", model="claude", dialect=NAME),
        UsageUpdate(usage=usage),
        TextDelta("Hi"),
        UsageUpdate(usage=Usage(input_tokens=3, output_tokens=9)),
        Finish(finish_reason="stop", raw_finish_reason="end_turn"),
    )
    assert wires == [
        message_start(stop_reason=None, stop_sequence=None),
        start(TEXT),
        delta("text_delta", text="Hi"),
        stop(),
        message_delta(usage={"input_tokens": 3, "output_tokens": 9}),
        MESSAGE_STOP,
    ]


def test_the_start_waits_for_the_usage_and_for_nothing_else() -> None:
    encoder = DIALECT.stream_encoder(PLAIN)
    assert encoder.feed(ResponseStart(id="msg_1")) == []
    assert [name for name, _ in encoder.feed(TextDelta("Hi"))] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
    ]


def test_a_stream_without_a_start_or_usage_has_both_as_clients_demand() -> None:
    wires = encoded(Finish(finish_reason="stop"))
    assert wires[0]["message"]["model"] == PLAIN.model
    assert wires[0]["message"]["usage"] == {"input_tokens": 0, "output_tokens": 0}
    assert wires[1]["delta"]["stop_reason"] == "end_turn"
    assert wires[1]["usage"]["output_tokens"] == 0


@pytest.mark.parametrize("name", BLOCKS)
def test_written_again_as_read(name: str) -> None:
    """From this dialect to this dialect: the second reading gives what the first gave."""
    events = decoded(message_start(), *BLOCKS[name][0], *END)
    wires = encoded(*events)
    blocks_of(wires)
    assert assembled(decoded(*wires)) == assembled(events)


CALL_A = [
    ToolCallStart(id="a", name="f", index=1),
    ToolCallDelta(arguments='{"x":', index=1),
    ToolCallDelta(arguments="1}", index=1),
    ToolCallEnd(call=ToolCall(id="a", name="f", arguments_json='{"x":1}'), index=1),
]
CALL_B = [
    ToolCallStart(id="b", name="g", index=2),
    ToolCallDelta(arguments='{"y":', index=2),
    ToolCallDelta(arguments="2}", index=2),
    ToolCallEnd(call=ToolCall(id="b", name="g", arguments_json='{"y":2}'), index=2),
]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.permutations(["t", "t", "a", "a", "a", "a", "b", "b", "b", "b"]))
def test_interleaved_parts_are_put_in_a_row(order: list[str]) -> None:
    queues = {"t": [TextDelta("one"), TextDelta("two")], "a": list(CALL_A), "b": list(CALL_B)}
    wires = encoded(
        ResponseStart(id="1"), *(queues[which].pop(0) for which in order), Finish(finish_reason="tool_calls")
    )
    blocks_of(wires)
    response = assembled(decoded(*wires))
    assert response.content == "onetwo"
    assert {call.id: call.arguments for call in response.tool_calls} == {"a": {"x": 1}, "b": {"y": 2}}
    assert response.raw_finish_reason == "tool_use"


def test_a_call_that_never_ends_is_closed_and_lets_the_others_out() -> None:
    wires = encoded(*CALL_A[:2], *CALL_B, TextDelta("!"), Finish(finish_reason="length"))
    assert [wire["type"] for wire in blocks_of(wires)].count("content_block_stop") == 3
    first, second = assembled(decoded(*wires)).tool_calls
    assert (first.complete, second.arguments) == (False, {"y": 2})


def test_a_call_known_by_its_end_alone() -> None:
    wires = encoded(CALL_A[-1], Finish(finish_reason="stop", raw_finish_reason="stop"))
    assert blocks_of(wires) == [
        start({"type": "tool_use", "id": "a", "name": "f", "input": {}}),
        delta("input_json_delta", partial_json='{"x":1}'),
        stop(),
    ]
    assert wires[-2]["delta"]["stop_reason"] == "tool_use"


def test_a_call_without_deltas_has_one() -> None:
    wires = encoded(CALL_A[0], CALL_A[-1], Finish(finish_reason="tool_calls"))
    assert blocks_of(wires)[1] == delta("input_json_delta", partial_json='{"x":1}')


THOUGHT = [ReasoningDelta("Hm"), ReasoningDelta("."), ReasoningEnd(payload={"signature": "EpAB"}, dialect=NAME)]
THOUGHT_WIRES = [
    start({"type": "thinking", "thinking": "", "signature": ""}),
    delta("thinking_delta", thinking="Hm."),
    delta("signature_delta", signature="EpAB"),
    stop(),
]


def test_thinking_of_this_dialect_goes_out_as_it_arrives() -> None:
    encoder = DIALECT.stream_encoder(PLAIN)
    encoder.feed(ResponseStart(dialect=NAME))
    assert [name for name, _ in encoder.feed(THOUGHT[0])] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
    ]


def test_thinking_from_who_knows_where_waits_for_its_signature() -> None:
    wires = encoded(ResponseStart(), *THOUGHT, TextDelta("Hi", index=1), Finish(finish_reason="stop"))
    assert blocks_of(wires)[:4] == THOUGHT_WIRES


@pytest.mark.parametrize(
    "end", [[], [ReasoningEnd()], [ReasoningEnd(payload={"id": "rs_1"}, dialect="openai_responses")]]
)
def test_another_models_thinking_is_left_out(end: list[Event]) -> None:
    wires = encoded(ResponseStart(), *THOUGHT[:2], *end, TextDelta("Hi", index=1), Finish(finish_reason="stop"))
    assert blocks_of(wires) == [start(TEXT), delta("text_delta", text="Hi"), stop()]


WHOLE: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "text": (Text("Hi"), [start(TEXT), delta("text_delta", text="Hi"), stop()]),
    "thinking": (Reasoning("Hm.", payload={"signature": "EpAB"}, dialect=NAME), THOUGHT_WIRES),
    "redacted thinking": (Reasoning(payload=REDACTED, dialect=NAME), [start(REDACTED), stop()]),
    "a tool of the server": (
        Opaque(NAME, {**SEARCH, "input": {"query": "x"}}),
        [start(SEARCH), delta("input_json_delta", partial_json='{"query":"x"}'), stop()],
    ),
    "its result": (Opaque(NAME, RESULT), [start(RESULT), stop()]),
    "compaction": (
        Opaque(NAME, {"type": "compaction", "content": "In short."}),
        [start({"type": "compaction", "content": None}), delta("compaction_delta", content="In short."), stop()],
    ),
    "a picture": (Image(file_id="f"), []),
    "what only another dialect knows": (Opaque("gemini", {}), []),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_parts_come_in_the_pieces_clients_expect(name: str) -> None:
    part, wires = WHOLE[name]
    assert blocks_of(encoded(PartAdded(part=part), Finish(finish_reason="stop"))) == wires


@pytest.mark.parametrize("event", [RefusalDelta("No."), PartAdded(part=Refusal("No."))])
def test_a_refusal_is_told_at_the_end(event: Event) -> None:
    wires = encoded(event, Finish(finish_reason="stop", raw_finish_reason="stop"))
    assert blocks_of(wires) == []
    assert wires[-2]["delta"] == {
        "stop_reason": "refusal",
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": None, "explanation": "No."},
    }


def test_what_has_no_place() -> None:
    wires = encoded(
        TextDelta("a"),
        TextDelta("b", choice=1),
        ChoiceFinish(choice=1),
        LogprobsDelta(tokens=()),
        CitationDelta(citation=Citation(url="https://a.example")),
        Seam(target="x/y", reason="lost"),
        TextDelta("c"),
        Finish(finish_reason="stop"),
    )
    assert blocks_of(wires) == [start(TEXT), delta("text_delta", text="a"), delta("text_delta", text="c"), stop()]


# ---------------------------------------------------------------------- writing: how it ends


def test_one_end_and_nothing_after_it() -> None:
    encoder = DIALECT.stream_encoder(PLAIN)
    encoder.feed(Finish(finish_reason="stop"))
    assert encoder.feed(TextDelta("more")) + encoder.finish() + encoder.fail(Overloaded("late")) == []


def test_a_failure_in_place_of_the_rest() -> None:
    encoder = DIALECT.stream_encoder(PLAIN)
    encoder.feed(TextDelta("Hi"))
    ((name, data),) = encoder.fail(Overloaded("busy"))
    assert (name, decode_json(data)["error"]) == ("error", {"type": "overloaded_error", "message": "busy"})
    assert encoder.fail(Overloaded("busy")) + encoder.finish() == []


def test_a_stream_that_just_stops_has_failed() -> None:
    assert encoded(TextDelta("Hi"))[-1]["type"] == "error"


def test_a_new_beginning_before_the_first_block() -> None:
    wires = encoded(
        ResponseStart(id="1"),
        UsageUpdate(usage=Usage(input_tokens=3)),
        ReasoningDelta("Hm."),
        Restarted(target="x/y", reason="lost"),
        TextDelta("Hi"),
        Finish(finish_reason="stop"),
    )
    assert [wire["type"] for wire in blocks_of(wires)].count("content_block_start") == 1


def test_a_new_beginning_after_it_cannot_be_said() -> None:
    wires = encoded(TextDelta("Hi"), Restarted(target="x/y", reason="lost"), TextDelta("Ho"))
    assert wires[-1]["type"] == "error"
    assert "x/y" in wires[-1]["error"]["message"]
