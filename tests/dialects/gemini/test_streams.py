"""Streams: what a frame says, and what is written for an event."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects.gemini import DIALECT
from dragoman.errors import DecodeError, ProviderError, RateLimited, StreamInterrupted
from dragoman.messages import (
    Assembler,
    Event,
    Extra,
    Finish,
    LLMResponse,
    Message,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Request,
    ResponseStart,
    Restarted,
    Text,
    TextDelta,
    ToolCall,
    Usage,
    decode_json,
    encode_json,
    events_of,
)

ASKED = Request(model="m", messages=(Message("user", "Hi"),), stream=True)


def frame(*parts: dict[str, Any], reason: str | None = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": index}
    if reason is not None:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], "responseId": "r", "modelVersion": "v", **fields}


def read(*frames: dict[str, Any]) -> tuple[list[Event], LLMResponse]:
    decoder, assembler = DIALECT.stream_decoder(), Assembler()
    events = [event for each in frames for event in decoder.feed("", encode_json(each))] + decoder.finish()
    for event in events:
        assembler.add(event)
    return events, assembler.response()


END = frame({"text": ""}, reason="STOP")
SIGNED = Extra(fields={"thoughtSignature": "c2ln"}, dialect="gemini")
PARTS: dict[str, tuple[list[dict[str, Any]], tuple[Any, ...]]] = {
    "pieces of text are one": ([{"text": "A"}, {"text": "B"}], (Text("AB"),)),
    "a last empty text is none": ([{"text": "A"}, {"text": ""}], (Text("A"),)),
    "a signed empty text is kept": (
        [{"text": "A"}, {"text": "", "thoughtSignature": "c2ln"}],
        (Text("A"), Text("", extra=SIGNED)),
    ),
    "a signed text stands alone": (
        [{"text": "A"}, {"text": "B", "thoughtSignature": "c2ln"}, {"text": "C"}],
        (Text("A"), Text("B", extra=SIGNED), Text("C")),
    ),
    "thoughts come before": (
        [{"text": "H", "thought": True}, {"text": "m", "thought": True}, {"text": "A"}],
        (Reasoning("Hm", dialect="gemini"), Text("A")),
    ),
    "a signature ends a thought": (
        [{"text": "Hm", "thought": True}, {"text": "", "thought": True, "thoughtSignature": "c2ln"}, {"text": "A"}],
        (Reasoning("Hm", payload={"thoughtSignature": "c2ln"}, dialect="gemini"), Text("A")),
    ),
    "thoughts and text take turns": (
        [{"text": "a", "thought": True}, {"text": "A"}, {"text": "b", "thought": True}, {"text": "B"}],
        (Reasoning("a", dialect="gemini"), Text("A"), Reasoning("b", dialect="gemini"), Text("B")),
    ),
    "calls come whole": (
        [{"functionCall": {"id": "1", "name": "look", "args": {"x": 1}}, "thoughtSignature": "c2ln"}],
        (ToolCall(id="1", name="look", arguments={"x": 1}, extra=SIGNED),),
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_parts_are_put_together(name: str) -> None:
    wires, parts = PARTS[name]
    assert read(*map(frame, wires), END)[1].parts == parts
    assert read(frame(*wires), END)[1].parts == parts  # all in one frame


@pytest.mark.parametrize("name", PARTS)
def test_parts_are_written_as_they_came(name: str) -> None:
    wires, _ = PARTS[name]
    events, _ = read(*map(frame, wires), END)
    encoder = DIALECT.stream_encoder(ASKED)
    written = [decode_json(data) for event in events for _, data in encoder.feed(event)]
    sent = [part for each in written for part in each["candidates"][0]["content"]["parts"]]
    assert sent == [*(wire for wire in wires if wire != {"text": ""}), {"text": ""}]
    assert encoder.finish() == []


def call(*values: dict[str, Any], goes_on: bool = True, **fields: Any) -> dict[str, Any]:
    """A piece of a call, as `streamFunctionCallArguments` asks for."""
    pieces = {"partialArgs": list(values)} if values else {}
    return {"functionCall": {**fields, **pieces, **({"willContinue": True} if goes_on else {})}}


def text(path: str, value: str, *, goes_on: bool = True) -> dict[str, Any]:
    return {"jsonPath": path, "stringValue": value, **({"willContinue": True} if goes_on else {})}


LAST = call(goes_on=False)
PIECES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "an empty piece is the last": ([LAST], {}),
    "text is continued": (
        [call(text("$.city", "San ")), call(text("$.city", "José")), call(text("$.city", "", goes_on=False)), LAST],
        {"city": "San José"},
    ),
    "every kind of value": (
        [
            call({"jsonPath": "$.a", "numberValue": 0.5}),
            call({"jsonPath": "$.b", "boolValue": False}),
            call({"jsonPath": "$.c", "nullValue": "NULL_VALUE"}, {"jsonPath": "$.d", "stringValue": ""}),
            LAST,
        ],
        {"a": 0.5, "b": False, "c": None, "d": ""},
    ),
    "lists and objects are made on the way": (
        [
            call(text("$.do[0].what", "add")),
            call({"jsonPath": "$.do[0].n", "numberValue": 1}),
            call(text("$.do[1].what", "cut")),
            call(text("$.tags[0][0]", "x")),
            LAST,
        ],
        {"do": [{"what": "add", "n": 1}, {"what": "cut"}], "tags": [["x"]]},
    ),
    "names in brackets": (
        [call(text("$['a b']", "1")), call(text('$["c.d"][0]', "2")), LAST],
        {"a b": "1", "c.d": ["2"]},
    ),
    "a piece may say nothing": ([call(), call(text("$.a", "b")), call(), LAST], {"a": "b"}),
    "the last piece has a value": ([call(text("$.a", "b"), goes_on=False)], {"a": "b"}),
    "what comes after the last is nothing": ([call(text("$.a", "b"), goes_on=False), LAST], {"a": "b"}),
}


@pytest.mark.parametrize("name", PIECES)
def test_a_call_in_pieces_is_one_call(name: str) -> None:
    pieces, arguments = PIECES[name]
    first = {**call(name="look", id="1"), "thoughtSignature": "c2ln"}
    events, response = read(frame({"text": "A"}), frame(first), *map(frame, pieces), END)
    expected = ToolCall(id="1", name="look", arguments=arguments, extra=SIGNED)
    assert response.parts == (Text("A"), expected)
    assert response.finish_reason == "tool_calls"
    assert [type(event).__name__ for event in events if "ToolCall" in type(event).__name__] == [
        "ToolCallStart",
        "ToolCallDelta",
        "ToolCallEnd",
    ]


def test_calls_in_pieces_follow_each_other() -> None:
    pieces = [call(name="look"), call(text("$.at", "a")), LAST, call(name="look"), call(text("$.at", "b")), LAST]
    _, response = read(*map(frame, pieces), END)
    assert [(made.arguments, made.complete) for made in response.tool_calls] == [
        ({"at": "a"}, True),
        ({"at": "b"}, True),
    ]
    assert len({made.id for made in response.tool_calls}) == 2


@pytest.mark.parametrize("after", [{"text": "B"}, {"functionCall": {"name": "go", "args": {}}}, call(name="go")])
def test_a_call_whose_last_piece_is_missing_is_not_complete(after: dict[str, Any]) -> None:
    _, response = read(frame(call(name="look")), frame(call(text("$.at", "a"))), frame(after), END)
    cut = response.tool_calls[0]
    assert (cut.name, cut.arguments, cut.complete) == ("look", {"at": "a"}, False)


@pytest.mark.parametrize(
    "piece",
    [
        call(text("city", "a")),
        call(text("$.a..b", "a")),
        call(text("$.a[x]", "a")),
        call(text("$.a[7]", "a")),
        call({"stringValue": "a"}),
    ],
)
def test_a_piece_without_a_place_is_a_decode_error(piece: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match="not shaped"):
        read(frame(call(name="look")), frame(piece))


def test_a_piece_of_no_call_is_a_decode_error() -> None:
    with pytest.raises(DecodeError, match="name"):
        read(frame(call(text("$.a", "b"))))


def test_the_last_usage_counts_and_the_end_comes_with_the_end_of_the_body() -> None:
    decoder = DIALECT.stream_decoder()
    first = decoder.feed("", encode_json(frame({"text": "A"}, usageMetadata={"promptTokenCount": 3})))
    last = decoder.feed("", encode_json({**END, "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 9}}))
    assert isinstance(first[0], ResponseStart)
    assert (first[0].id, first[0].model, first[0].dialect) == ("r", "v", "gemini")
    assert not [event for event in first + last if isinstance(event, Finish)]
    (finish,) = decoder.finish()
    assert finish == Finish(finish_reason="stop", raw_finish_reason="STOP")
    assert decoder.finish() == []
    assert getattr(last[-1], "usage", None) == Usage(input_tokens=3, output_tokens=9)


@pytest.mark.parametrize("strict_end", [True, False])
@pytest.mark.parametrize(
    "frames",
    [
        [],
        [frame({"text": "A"})],
        [frame({"text": "A"}, reason="STOP"), frame({"text": "B"}, index=1)],
        [{"usageMetadata": {"promptTokenCount": 1}}],
    ],
)
def test_a_stream_without_a_finish_reason_was_cut_off(frames: list[dict[str, Any]], strict_end: bool) -> None:
    decoder = DIALECT.stream_decoder(strict_end=strict_end)
    for each in frames:
        decoder.feed("", encode_json(each))
    with pytest.raises(StreamInterrupted):
        decoder.finish()


def test_a_refused_prompt_ends_a_stream() -> None:
    _, response = read({"promptFeedback": {"blockReason": "SAFETY"}, "responseId": "r"})
    assert (response.finish_reason, response.raw_finish_reason, response.parts) == ("content_filter", None, ())


def test_what_is_known_late_joins_what_was_known_before() -> None:
    early = {"groundingMetadata": {"webSearchQueries": ["q"]}}
    late = {"groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a"}}]}, "finishMessage": "Done."}
    first, last = frame({"text": "A"}), frame(reason="STOP")
    first["candidates"][0].update(early)
    last["candidates"][0].update(late)
    _, response = read(first, last)
    assert [citation.url for citation in response.citations] == ["https://a"]
    assert response.extra is not None
    metadata = {**early["groundingMetadata"], **late["groundingMetadata"]}
    assert response.extra.fields == {"candidates": [{"groundingMetadata": metadata, "finishMessage": "Done."}]}


def test_answers_beside_the_first() -> None:
    events, response = read(
        frame({"text": "A"}), frame({"text": "B"}, index=1), frame(reason="STOP"), frame(reason="MAX_TOKENS", index=1)
    )
    assert "".join(event.content for event in events) == "A"
    assert [(one.content, one.finish_reason) for one in (response, *response.alternatives)] == [
        ("A", "stop"),
        ("B", "length"),
    ]


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_error_inside_a_stream_raises(wrapped: bool) -> None:
    error = {"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}}
    decoder = DIALECT.stream_decoder()
    decoder.feed("", encode_json(frame({"text": "A"})))
    with pytest.raises(RateLimited) as caught:
        decoder.feed("", encode_json([error] if wrapped else error))
    assert caught.value.message == "Slow down."
    assert decoder.finish() == []


@pytest.mark.parametrize(
    "data", [b"{", b"5", b"[]", b'{"x": 1}', b'{"candidates": 1}', b'{"candidates": [{"index": "a"}]}']
)
def test_what_is_no_frame_is_a_decode_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        DIALECT.stream_decoder().feed("", data)


def test_an_end_mark_of_a_gateway_is_no_frame() -> None:
    assert DIALECT.stream_decoder().feed("", b"[DONE]") == []


# ---------------------------------------------------------------------- events to frames


def written(*events: Event) -> list[dict[str, Any]]:
    encoder = DIALECT.stream_encoder(ASKED)
    frames = [data for event in events for name, data in encoder.feed(event) if name == ""]
    return [decode_json(data) for data in frames + [data for _, data in encoder.finish()]]


def test_only_the_last_frame_has_a_finish_reason_and_usage() -> None:
    frames = written(*events_of(LLMResponse("Hello", "v", Usage(input_tokens=3, output_tokens=1), id="r"), piece=2))
    assert [candidate.get("finishReason") for each in frames for candidate in each["candidates"]] == [
        *[None] * 3,
        "STOP",
    ]
    assert [each.get("usageMetadata") for each in frames[:-1]] == [None] * 3
    assert frames[-1]["usageMetadata"] == {"promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4}
    assert {(each["responseId"], each["modelVersion"]) for each in frames} == {("r", "v")}


def test_thinking_of_another_model_is_shown_unsigned() -> None:
    encoder = DIALECT.stream_encoder(ASKED)
    events = [ReasoningDelta("Hm", 0, 0), ReasoningEnd(payload={"signature": "s"}, dialect="x")]
    frames = [decode_json(data) for event in events for _, data in encoder.feed(event)]
    assert [each["candidates"][0]["content"]["parts"] for each in frames] == [[{"text": "Hm", "thought": True}]]
    assert [loss.where for loss in encoder.losses] == ["parts[0].payload"]


def test_a_part_comes_whole() -> None:
    (one, _) = written(PartAdded(part=Text("A", extra=SIGNED)), Finish(finish_reason="stop"))
    assert one["candidates"][0]["content"]["parts"] == [{"text": "A", "thoughtSignature": "c2ln"}]


def test_a_restart_is_possible_until_something_was_said() -> None:
    restarted = Restarted(target="x/y", reason="it failed")
    start, text, end = ResponseStart(id="r"), TextDelta("A"), Finish(finish_reason="stop")
    assert "error" not in str(written(start, restarted, start, text, end))
    assert "error" in written(start, text, restarted)[-1]


def test_a_failure_is_a_frame_and_the_last_one() -> None:
    encoder = DIALECT.stream_encoder(ASKED)
    encoder.feed(TextDelta("A"))
    ((_, data),) = encoder.fail(RateLimited("Slow down.", retry_after_seconds=17))
    assert decode_json(data)["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert encoder.feed(TextDelta("B")) == []
    assert encoder.finish() == []
    with pytest.raises(ProviderError):
        DIALECT.stream_decoder().feed("", data)
