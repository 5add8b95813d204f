"""Streams written: events in, the chunks that OpenAI's clients demand out."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import ContextTooLong, Overloaded
from dragoman.messages import (
    Audio,
    ChoiceFinish,
    Citation,
    CitationDelta,
    Event,
    Extra,
    Finish,
    Image,
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
    TokenLogprob,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    decode_json,
)

CHAT = get_dialect("openai_chat")
NAME = "openai_chat"
PLAIN = Request(model="m", stream=True)
WITH_USAGE = Request(model="m", stream=True, include_usage=True)
START = ResponseStart(id="chatcmpl-1", model="m", created_at=5)
STOP = Finish(finish_reason="stop")


def written(*events: Event, request: Request = PLAIN) -> list[dict[str, Any]]:
    """The chunks of a stream, without its end mark."""
    encoder = CHAT.stream_encoder(request)
    frames = [frame for event in events for frame in encoder.feed(event)]
    assert encoder.finish() == [("", b"[DONE]")]
    return [decode_json(data) for _, data in frames]


def deltas(*events: Event, request: Request = PLAIN) -> list[dict[str, Any]]:
    """The deltas between the opening chunk and the closing one."""
    return [chunk["choices"][0]["delta"] for chunk in written(START, *events, STOP, request=request)[1:-1]]


def test_a_stream_from_start_to_end() -> None:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "m"}
    choice = {"index": 0, "logprobs": None, "finish_reason": None}
    usage = UsageUpdate(usage=Usage(input_tokens=1, output_tokens=2))
    assert written(START, TextDelta("Hi"), usage, STOP, request=WITH_USAGE) == [
        {**head, "choices": [{**choice, "delta": {"role": "assistant", "content": ""}}]},
        {**head, "choices": [{**choice, "delta": {"content": "Hi"}}]},
        {**head, "choices": [{**choice, "delta": {}, "finish_reason": "stop"}]},
        {**head, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
    ]


@pytest.mark.parametrize("include_usage", [None, False])
def test_usage_comes_only_when_asked_for(include_usage: bool | None) -> None:
    """Some clients index `choices[0]` of every chunk."""
    request = Request(model="m", stream=True, include_usage=include_usage)
    chunks = written(START, UsageUpdate(usage=Usage(input_tokens=1)), STOP, request=request)
    assert all(chunk["choices"] for chunk in chunks)


def test_every_chunk_has_the_head_even_when_nothing_is_known() -> None:
    opening = written(TextDelta("Hi"), STOP)[0]
    assert {name: opening[name] for name in ("id", "created", "model")} == {"id": "", "created": 0, "model": ""}
    assert opening["choices"][0]["delta"]["role"] == "assistant"


def call(number: int, **fields: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": number, **fields}]}


OPENED = call(0, id="c", type="function", function={"name": "f", "arguments": ""})
SIGNED = Extra(fields={"extra_content": {"s": 1}}, dialect=NAME)

DELTAS: dict[str, tuple[list[Event], list[dict[str, Any]]]] = {
    "text": ([TextDelta("a"), TextDelta("b")], [{"content": "a"}, {"content": "b"}]),
    "reasoning": ([ReasoningDelta("Hm"), ReasoningEnd()], [{"reasoning_content": "Hm"}]),
    "reasoning with details": (
        [ReasoningDelta("Hm"), ReasoningEnd(payload={"reasoning": None, "reasoning_details": [{"data": "x"}]}, dialect=NAME)],
        [{"reasoning_content": "Hm"}, {"reasoning_details": [{"data": "x"}]}],
    ),
    "refusal": ([RefusalDelta("No")], [{"refusal": "No"}]),
    "call": (
        [
            ToolCallStart(id="c", name="f"), ToolCallDelta(arguments='{"a"'), ToolCallDelta(arguments=":1}"),
            ToolCallEnd(call=ToolCall(id="c", name="f", arguments={"a": 1})),
        ],
        [OPENED, call(0, function={"arguments": '{"a"'}), call(0, function={"arguments": ":1}"})],
    ),
    "call without arguments": (
        [ToolCallStart(id="c", name="f"), ToolCallEnd(call=ToolCall(id="c", name="f"))],
        [OPENED, call(0, function={"arguments": "{}"})],
    ),
    "whole call": (
        [ToolCallEnd(call=ToolCall(id="c", name="f", arguments={"a": 1}))],
        [OPENED, call(0, function={"arguments": '{"a":1}'})],
    ),
    "whole call as a part": (
        [PartAdded(part=ToolCall(id="c", name="f", arguments={"a": 1}))],
        [OPENED, call(0, function={"arguments": '{"a":1}'})],
    ),
    "two calls after a text": (
        [
            TextDelta("a"), ToolCallStart(id="c", name="f", index=1), ToolCallStart(id="d", name="g", index=2),
            ToolCallDelta(arguments="{}", index=2),
        ],
        [
            {"content": "a"}, OPENED, call(1, id="d", type="function", function={"name": "g", "arguments": ""}),
            call(1, function={"arguments": "{}"}),
        ],
    ),
    "signed call": (
        [ToolCallStart(id="c", name="f", extra=SIGNED), ToolCallEnd(call=ToolCall(id="c", name="f", extra=SIGNED))],
        [
            call(0, id="c", type="function", function={"name": "f", "arguments": ""}, extra_content={"s": 1}),
            call(0, function={"arguments": "{}"}),
        ],
    ),
    "call signed at its end": (
        [ToolCallStart(id="c", name="f"), ToolCallEnd(call=ToolCall(id="c", name="f", extra=SIGNED))],
        [OPENED, call(0, function={"arguments": "{}"}, extra_content={"s": 1})],
    ),
    "passage cited": (
        [TextDelta("a"), CitationDelta(citation=Citation(url="u", title="t", start=0, end=1))],
        [
            {"content": "a"},
            {"annotations": [
                {
                    "index": 0, "type": "url_citation",
                    "url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 1},
                }
            ]},
        ],
    ),
    "text as a part": ([PartAdded(part=Text("a"))], [{"content": "a"}]),
    "refusal as a part": ([PartAdded(part=Refusal("No"))], [{"refusal": "No"}]),
    "reasoning as a part": ([PartAdded(part=Reasoning("Hm"))], [{"reasoning_content": "Hm"}]),
    "picture": (
        [PartAdded(part=Image(url="https://x"))],
        [{"images": [{"index": 0, "type": "image_url", "image_url": {"url": "https://x"}}]}],
    ),
    "voice": ([PartAdded(part=Audio(id="a", transcript="Hi"))], [{"audio": {"id": "a", "transcript": "Hi"}}]),
    "parsed files": ([PartAdded(part=Opaque(NAME, {"annotations": [{"x": 1}]}))], [{"annotations": [{"index": 0, "x": 1}]}]),
    "seam": ([TextDelta("a"), Seam(target="b/c", reason="r"), TextDelta("b")], [{"content": "a"}, {"content": "b"}]),
}  # fmt: skip


@pytest.mark.parametrize(("events", "expected"), DELTAS.values(), ids=DELTAS)
def test_deltas(events: list[Event], expected: list[dict[str, Any]]) -> None:
    assert deltas(*events) == expected


def test_a_free_form_call_says_so_at_its_start() -> None:
    events = [ToolCallStart(id="c", name="math", free_form=True), ToolCallDelta(arguments="1+1")]
    events.append(ToolCallEnd(call=ToolCall(id="c", name="math", text="1+1")))
    assert deltas(*events) == [
        call(0, id="c", type="custom", custom={"name": "math", "input": ""}),
        call(0, custom={"input": "1+1"}),
    ]


def test_a_client_of_the_old_functions_gets_one_function_call() -> None:
    request = CHAT.decode_request({"model": "m", "messages": [], "functions": [{"name": "f"}]})
    encoder = CHAT.stream_encoder(request)
    events = [
        START,
        ToolCallEnd(call=ToolCall(id="c", name="f")),
        ToolCallEnd(call=ToolCall(id="d", name="g"), index=1),
    ]
    chunks = [
        decode_json(data) for event in [*events, Finish(finish_reason="tool_calls")] for _, data in encoder.feed(event)
    ]
    assert [chunk["choices"][0]["delta"] for chunk in chunks[1:-1]] == [
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": "{}"}},
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == "function_call"
    assert len(encoder.losses) == 1


def test_each_alternative_opens_and_closes() -> None:
    chunks = written(START, TextDelta("b", choice=1), ChoiceFinish(choice=1, finish_reason="length"), STOP)
    said = [(c["choices"][0]["index"], c["choices"][0]["delta"], c["choices"][0]["finish_reason"]) for c in chunks]
    opening = {"role": "assistant", "content": ""}
    assert said == [
        (0, opening, None),
        (1, opening, None),
        (1, {"content": "b"}, None),
        (1, {}, "length"),
        (0, {}, "stop"),
    ]


def test_logprobs_come_with_an_empty_delta() -> None:
    chunk = written(START, LogprobsDelta(tokens=(TokenLogprob(token="a", logprob=-1.0),)), STOP)[1]
    assert chunk["choices"][0]["delta"] == {}
    assert chunk["choices"][0]["logprobs"]["content"] == [
        {"token": "a", "logprob": -1.0, "bytes": None, "top_logprobs": []}
    ]


def test_sources_of_the_whole_answer_come_at_the_end() -> None:
    last = written(START, TextDelta("a"), CitationDelta(citation=Citation(url="u", title="t")), STOP)[-1]
    assert (last["citations"], last["search_results"]) == (["u"], [{"url": "u", "title": "t"}])
    assert last["choices"][0]["finish_reason"] == "stop"


FINISHES: list[tuple[list[Event], Finish, str]] = [
    ([TextDelta("a")], Finish(finish_reason="stop"), "stop"),
    ([TextDelta("a")], Finish(finish_reason=None), "stop"),
    ([ToolCallStart(id="c", name="f")], Finish(finish_reason=None), "tool_calls"),
    ([RefusalDelta("No")], Finish(finish_reason="refusal"), "stop"),
    ([], Finish(finish_reason="refusal"), "content_filter"),
    ([TextDelta("a")], Finish(finish_reason="pause"), "stop"),
]


@pytest.mark.parametrize(("events", "finish", "word"), FINISHES)
def test_finish_reasons(events: list[Event], finish: Finish, word: str) -> None:
    assert written(START, *events, finish)[-1]["choices"][0]["finish_reason"] == word


def test_a_failure_takes_the_place_of_the_end() -> None:
    encoder = CHAT.stream_encoder(PLAIN)
    encoder.feed(START)
    [(name, data)] = encoder.fail(Overloaded("busy"))
    assert (name, decode_json(data)["error"]["message"]) == ("", "busy")
    assert encoder.finish() == []


def test_a_failure_is_read_as_what_it_was() -> None:
    [frame] = CHAT.stream_encoder(PLAIN).fail(ContextTooLong("too long"))
    with pytest.raises(ContextTooLong, match="too long"):
        CHAT.stream_decoder().feed(*frame)


def test_a_restart_before_any_content_is_not_seen() -> None:
    other = ResponseStart(id="chatcmpl-2", model="n", created_at=6)
    chunks = written(START, Restarted(target="p/n", reason="busy"), other, TextDelta("Hi"), STOP)
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": ""}, {"content": "Hi"}, {}
    ]  # fmt: skip
    assert chunks[1]["model"] == "n"


def test_a_restart_after_content_is_reported() -> None:
    encoder = CHAT.stream_encoder(PLAIN)
    events: list[Event] = [START, ToolCallStart(id="c", name="f"), Restarted(target="p/n", reason="busy")]
    for event in [*events, ToolCallStart(id="d", name="f")]:
        frames = encoder.feed(event)
    assert decode_json(frames[-1][1])["choices"][0]["delta"]["tool_calls"][0]["index"] == 1
    [loss] = encoder.losses
    assert loss.effect == "changed"


@pytest.mark.parametrize(
    "event",
    [
        PartAdded(part=Opaque("anthropic_messages", {"type": "x"})),
        ReasoningEnd(payload={"signature": "s"}, dialect="anthropic_messages"),
        CitationDelta(citation=Citation(document_index=0)),
    ],
)
def test_what_cannot_be_written_is_reported(event: Event) -> None:
    encoder = CHAT.stream_encoder(PLAIN)
    assert len(encoder.feed(START) + encoder.feed(event)) == 1
    assert len(encoder.losses) == 1


@pytest.mark.parametrize("reason", ["pause", "error", "other"])
def test_a_reason_without_a_word_is_reported(reason: Any) -> None:
    encoder = CHAT.stream_encoder(PLAIN)
    encoder.feed(Finish(finish_reason=reason))
    [loss] = encoder.losses
    assert (loss.effect, loss.where) == ("changed", "finish_reason")
