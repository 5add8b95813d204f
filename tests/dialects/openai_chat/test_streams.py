"""Streams read: chunks in, events out. The quirks of hosts are in `test_quirks.py`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects import StreamDecoder, get_dialect
from dragoman.errors import DecodeError, Error, ProviderError, StreamInterrupted
from dragoman.messages import (
    Assembler,
    Audio,
    ChoiceFinish,
    Citation,
    Event,
    Extra,
    Finish,
    Image,
    LLMResponse,
    LogprobsDelta,
    Opaque,
    Part,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    ResponseStart,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    encode_json,
)

from .strategies import values

CHAT = get_dialect("openai_chat")
NAME = "openai_chat"
DONE = b"[DONE]"


def chunk(delta: Any = None, finish_reason: Any = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
    return {"id": "r", "created": 1, "model": "m", "choices": [choice], **fields}


def read(*chunks: Any, strict_end: bool = True) -> list[Event]:
    decoder = CHAT.stream_decoder(strict_end=strict_end)
    return [*feed(decoder, *chunks), *decoder.finish()]


def feed(decoder: StreamDecoder, *chunks: Any) -> list[Event]:
    frames = [item if isinstance(item, bytes) else encode_json(item) for item in chunks]
    return [event for frame in frames for event in decoder.feed("", frame)]


def assembled(*chunks: Any) -> LLMResponse:
    assembler = Assembler()
    for event in read(*chunks, DONE):
        assembler.add(event)
    return assembler.response()


def test_a_stream_from_start_to_end() -> None:
    assert read(
        chunk({"role": "assistant", "content": "", "refusal": None}),
        chunk({"content": "He"}),
        chunk({"content": "llo"}),
        chunk({}, "stop"),
        {"id": "r", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
        DONE,
    ) == [
        ResponseStart(id="r", model="m", created_at=1, dialect=NAME),
        TextDelta("He"),
        TextDelta("llo"),
        UsageUpdate(usage=Usage(input_tokens=1, output_tokens=2, total_tokens=3)),
        Finish(finish_reason="stop", raw_finish_reason="stop"),
    ]


def test_reasoning_ends_with_what_must_be_sent_back() -> None:
    events = read(
        chunk({"reasoning": "H", "reasoning_details": [{"type": "reasoning.text", "text": "H", "index": 0}]}),
        chunk({"reasoning": "m", "reasoning_details": [{"type": "reasoning.text", "text": "m", "index": 0}]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "signature": "s", "index": 0}]}),
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x", "index": 0}]}),
        chunk({"content": "Hi"}, "stop"),
        DONE,
    )
    details = [
        {"type": "reasoning.text", "text": "Hm", "signature": "s", "index": 0},
        {"type": "reasoning.encrypted", "data": "x", "index": 0},
    ]
    assert events[1:-1] == [
        ReasoningDelta("H"),
        ReasoningDelta("m"),
        TextDelta("Hi", index=1),
        ReasoningEnd(payload={"reasoning": None, "reasoning_details": details}, dialect=NAME),
    ]


def entry(index: int, arguments: str = "", id_: str | None = None, name: str | None = None) -> dict[str, Any]:
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return {"index": index, "function": function} if id_ is None else {"index": index, "id": id_, "function": function}


def test_calls_grow_side_by_side_and_end_with_their_choice() -> None:
    a = ToolCall(id="a", name="f", arguments={"x": 1})
    b = ToolCall(id="b", name="g")
    events = read(
        chunk({"tool_calls": [entry(0, "", "a", "f"), entry(1, "", "b", "g")]}),
        chunk({"tool_calls": [entry(0, '{"x":')]}),
        chunk({"tool_calls": [entry(1, "{}"), entry(0, "1}")]}),
        chunk({}, "tool_calls"),
        DONE,
    )
    assert events[1:] == [
        ToolCallStart(id="a", name="f"),
        ToolCallStart(id="b", name="g", index=1),
        ToolCallDelta(arguments='{"x":'),
        ToolCallDelta(arguments="{}", index=1),
        ToolCallDelta(arguments="1}"),
        ToolCallEnd(call=a),
        ToolCallEnd(call=b, index=1),
        Finish(finish_reason="tool_calls", raw_finish_reason="tool_calls"),
    ]


def test_a_name_may_come_after_the_arguments() -> None:
    response = assembled(
        chunk({"tool_calls": [entry(0, '{"x":', "a")]}), chunk({"tool_calls": [entry(0, "1}", None, "f")]})
    )
    assert response.parts == (ToolCall(id="a", name="f", arguments={"x": 1}),)


def test_what_grows_after_the_finish_reason_ends_again() -> None:
    response = assembled(
        chunk({"tool_calls": [entry(0, '{"x":', "a", "f")]}, "tool_calls"), chunk({"tool_calls": [entry(0, "1}")]})
    )
    assert response.parts == (ToolCall(id="a", name="f", arguments={"x": 1}),)


CALLS: dict[str, tuple[list[list[dict[str, Any]]], list[tuple[str, dict[str, Any]]]]] = {
    "by id": (
        [
            [{"id": "a", "function": {"name": "f", "arguments": '{"x"'}}],
            [{"id": "b", "function": {"name": "g", "arguments": "{}"}}],
            [{"id": "a", "function": {"arguments": ":1}"}}],
        ],
        [("f", {"x": 1}), ("g", {})],
    ),
    "several whole ones in one delta": (
        [
            [
                {"id": "a", "function": {"name": "f", "arguments": "{}"}},
                {"id": "b", "function": {"name": "g", "arguments": "{}"}},
            ]
        ],
        [("f", {}), ("g", {})],
    ),
    "whole ones without index and id": (
        [
            [{"id": "", "function": {"name": "f", "arguments": '{"x":1}'}}],
            [{"id": "", "function": {"name": "f", "arguments": "{}"}}],
        ],
        [("f", {"x": 1}), ("f", {})],
    ),
    "the last goes on": (
        [[{"id": "a", "function": {"name": "f"}}], [{"function": {"arguments": '{"x":1}'}}]],
        [("f", {"x": 1})],
    ),
    "all numbered 0, with ids of their own": (
        [[entry(0, "{}", "a", "f")], [entry(0, '{"x":1}', "b", "g")]],
        [("f", {}), ("g", {"x": 1})],
    ),
    "arguments as an object": ([[{"id": "a", "function": {"name": "f", "arguments": {"x": 1}}}]], [("f", {"x": 1})]),
    "null as arguments": ([[entry(0, "null", "a", "f")]], [("f", {})]),
    "no arguments": ([[entry(0, "", "a", "f")]], [("f", {})]),
}


@pytest.mark.parametrize(("deltas", "expected"), CALLS.values(), ids=CALLS)
def test_which_call_goes_on(deltas: list[list[dict[str, Any]]], expected: list[tuple[str, dict[str, Any]]]) -> None:
    response = assembled(*(chunk({"tool_calls": delta}) for delta in deltas), chunk({}, "tool_calls"))
    assert [(call.name, call.arguments) for call in response.tool_calls] == expected
    assert len({call.id for call in response.tool_calls}) == len(expected)
    assert all(call.complete for call in response.tool_calls)


def test_a_call_without_an_id_has_the_same_made_up_id_as_in_a_whole_answer() -> None:
    call = {"function": {"name": "f", "arguments": "{}"}}
    whole = CHAT.decode_response(
        {"id": "r", "created": 1, "model": "m", "choices": [{"message": {"tool_calls": [call, call]}}]}
    )
    streamed = assembled(chunk({"tool_calls": [call, call]}, "stop"))
    assert [part.id for part in streamed.tool_calls] == [part.id for part in whole.tool_calls]


SIGNED = Extra(fields={"extra_content": {"google": {"thought_signature": "s"}}}, dialect=NAME)
PARTS: dict[str, tuple[list[dict[str, Any]], list[Part]]] = {
    "refusal": ([{"refusal": "N"}, {"refusal": "o"}], [Refusal("No")]),
    "legacy call": (
        [{"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": '{"x":1}'}}],
        [ToolCall(id="call_legacy_", name="f", arguments={"x": 1})],
    ),
    "free-form call": (
        [{"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "math", "input": "1"}}]},
         {"tool_calls": [{"index": 0, "custom": {"input": "+1"}}]}],
        [ToolCall(id="a", name="math", text="1+1")],
    ),
    "signed call (Google)": (
        [{"tool_calls": [{**entry(0, "{}", "a", "f"), "extra_content": {"google": {"thought_signature": "s"}}}]}],
        [ToolCall(id="a", name="f", extra=SIGNED)],
    ),
    "pictures": (
        [{"images": [{"type": "image_url", "image_url": {"url": "https://x"}}]}],
        [Image(url="https://x")],
    ),
    "voice": (
        [{"audio": {"id": "a", "transcript": "H"}}, {"audio": {"data": "QQ==", "transcript": "i"}},
         {"audio": {"data": "Qg=="}}, {"audio": {"expires_at": 9}}],
        [Audio(id="a", data="QUI=", transcript="Hi", extra=Extra(dialect=NAME, spelling={"expires_at": 9}))],
    ),
    "citations": (
        [{"content": "Hi"}, {"annotations": [{"type": "url_citation", "url_citation": {"url": "u", "start_index": 0}}]}],
        [Text("Hi", (Citation(url="u", start=0),))],
    ),
    "parsed files": (
        [{"content": "Hi", "annotations": [{"type": "file", "file": {}}]}],
        [Text("Hi"), Opaque(NAME, {"annotations": [{"type": "file", "file": {}}]})],
    ),
    "list content": (
        [{"content": ""}, {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]},
         {"content": [{"type": "refusal", "refusal": "No"}, {"type": "new"}]}, {"content": "Hi"}],
        [Reasoning("Hm"), Refusal("No"), Opaque(NAME, {"type": "new"}), Text("Hi")],
    ),
    "details alone": (
        [{"reasoning_details": [{"type": "reasoning.summary", "summary": "H"}]},
         {"reasoning_details": [{"type": "reasoning.summary", "summary": "m"}]}],
        [Reasoning("Hm", payload={"reasoning_details": [{"type": "reasoning.summary", "summary": "Hm"}]}, dialect=NAME)],
    ),
    "both names": (
        [{"reasoning": "Hm", "reasoning_content": "Hm"}],
        [Reasoning("Hm", payload={"reasoning": None, "reasoning_content": None}, dialect=NAME)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("deltas", "parts"), PARTS.values(), ids=PARTS)
def test_parts(deltas: list[dict[str, Any]], parts: list[Part]) -> None:
    response = assembled(*map(chunk, deltas))
    assert [anonymous(part) for part in response.parts] == [anonymous(part) for part in parts]


def anonymous(part: Part) -> Part:
    if isinstance(part, ToolCall) and part.id.startswith("call_legacy_"):
        return ToolCall(id="call_legacy_", name=part.name, arguments=part.arguments)
    return part


def test_alternatives_come_together() -> None:
    events = read(
        chunk({"content": "a"}), chunk({"content": "b"}, index=1), chunk({}, "stop"), chunk({}, "length", index=1), DONE
    )
    assert events[1:] == [
        TextDelta("a"),
        TextDelta("b", choice=1),
        ChoiceFinish(choice=1, finish_reason="length", raw_finish_reason="length"),
        Finish(finish_reason="stop", raw_finish_reason="stop"),
    ]


def test_logprobs() -> None:
    wire = chunk({"content": "Hi"})
    wire["choices"][0]["logprobs"] = {"content": [{"token": "Hi", "logprob": -0.5, "top_logprobs": []}]}
    events = read(wire, chunk({}, "stop"), DONE)
    assert [event.tokens[0].token for event in events if isinstance(event, LogprobsDelta)] == ["Hi"]


# ---------------------------------------------------------------------- the end

STOPPED = (chunk({"content": "Hi"}), chunk({}, "stop"))


def test_frames_after_the_end_are_ignored() -> None:
    decoder = CHAT.stream_decoder()
    events = feed(decoder, *STOPPED, DONE)
    assert isinstance(events[-1], Finish)
    assert feed(decoder, chunk({"content": "more"}), b"nonsense", DONE) == []
    assert decoder.finish() == []


def test_a_missing_end_mark_is_an_interruption() -> None:
    with pytest.raises(StreamInterrupted):
        read(*STOPPED)


def test_a_missing_end_mark_is_forgiven_where_hosts_send_none() -> None:
    assert isinstance(read(*STOPPED, strict_end=False)[-1], Finish)


@pytest.mark.parametrize("chunks", [STOPPED[:1], (*STOPPED, chunk({"content": "b"}, index=1)), ()])
def test_but_not_before_every_answer_has_ended(chunks: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(StreamInterrupted):
        read(*chunks, strict_end=False)


def test_a_stream_without_an_answer_is_none() -> None:
    with pytest.raises(StreamInterrupted):
        read(DONE)


def test_an_end_without_a_reason_is_an_end() -> None:
    assert read(STOPPED[0], DONE)[-1] == Finish()


def test_signs_of_life_are_skipped() -> None:
    assert len(read(b"", b"  ", *STOPPED, DONE)) == 3


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense",
        b"[1]",
        b"null",
        b'{"choices": 1}',
        b'{"choices": [1]}',
        b'{"choices": [{"delta": {"tool_calls": [1]}}]}',
    ],
)
def test_what_is_no_chunk_breaks_the_dialect(data: bytes) -> None:
    with pytest.raises(DecodeError):
        CHAT.stream_decoder().feed("", data)


def test_the_bytes_of_what_is_not_json_are_kept() -> None:
    with pytest.raises(DecodeError) as raised:
        CHAT.stream_decoder().feed("", b"<html>")
    assert raised.value.data == b"<html>"


# ---------------------------------------------------------------------- errors

FAILURE = {"error": {"message": "died", "code": 502}}


def test_an_error_ends_the_stream() -> None:
    decoder = CHAT.stream_decoder()
    feed(decoder, chunk({"content": "Hal"}))
    with pytest.raises(ProviderError) as raised:
        feed(decoder, FAILURE)
    assert (raised.value.message, raised.value.http_status) == ("died", 200)
    with pytest.raises(ProviderError):
        decoder.finish()


def test_what_comes_with_an_error_is_handed_on_first() -> None:
    """OpenRouter sends the usage, which was paid for, in the chunk that tells of the failure."""
    decoder = CHAT.stream_decoder()
    feed(decoder, chunk({"content": "Hal"}, "length"))
    events = feed(decoder, {**chunk({}), **FAILURE, "usage": {"prompt_tokens": 5}})
    assert events == [
        UsageUpdate(usage=Usage(input_tokens=5)),
        ChoiceFinish(choice=0, finish_reason="length", raw_finish_reason="length"),
    ]
    with pytest.raises(ProviderError):
        feed(decoder, DONE)


@pytest.mark.parametrize("body", [{"x_groq": {"error": "died"}}, {"error": "died"}, FAILURE])
def test_shapes_of_errors(body: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as raised:
        CHAT.stream_decoder().feed("", encode_json(body))
    assert raised.value.message == "died"


def test_the_name_of_the_event_tells_an_error_too() -> None:
    with pytest.raises(ProviderError) as raised:
        CHAT.stream_decoder().feed("error", b'{"message": "died", "code": "server_error"}')
    assert raised.value.message == "died"


DELTA_FIELDS = [
    "role",
    "content",
    "refusal",
    "tool_calls",
    "function_call",
    "audio",
    "images",
    "reasoning",
    "annotations",
]
DELTA_FIELDS += ["reasoning_content", "reasoning_details", "extra_content"]
CHUNK_FIELDS = ["id", "created", "model", "usage", "x_groq", "citations", "search_results", "error"]
deltas = st.dictionaries(st.sampled_from(DELTA_FIELDS), values) | values
choices = st.fixed_dictionaries(
    {"delta": deltas}, optional=dict.fromkeys(("index", "finish_reason", "logprobs", "message"), values)
)
chunks = st.dictionaries(st.sampled_from(CHUNK_FIELDS), values).flatmap(
    lambda fields: st.lists(choices, max_size=2).map(lambda found: {**fields, "choices": found})
)


@given(st.lists(chunks, max_size=4))
def test_no_stream_raises_a_foreign_error_and_each_ends_once(stream: list[dict[str, Any]]) -> None:
    try:
        events = read(*stream, DONE)
    except Error:
        return
    assert [isinstance(event, Finish) for event in events].count(True) == 1
    assert isinstance(events[-1], Finish)
