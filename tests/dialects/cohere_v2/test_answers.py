"""Answers, whole and streamed, and errors."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import (
    ContextTooLong,
    DecodeError,
    OutOfCredit,
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
    Citation,
    CitationDelta,
    Event,
    Finish,
    LLMResponse,
    Opaque,
    Reasoning,
    Request,
    Text,
    TextDelta,
    TokenLogprob,
    ToolCall,
    Usage,
    decode_json,
    encode_json,
    events_of,
)

COHERE = get_dialect("cohere_v2")
ASKED = Request(model="m", stream=True)
SOURCE = {"type": "document", "id": "d1", "document": {"id": "d1", "title": "Rivers", "text": "Rivers end in the sea."}}
CITED = {"start": 0, "end": 2, "text": "Hi", "sources": [SOURCE], "type": "TEXT_CONTENT"}


def body(message: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": [{"type": "text", "text": "Hi"}], **(message or {})}
    return {"id": "r1", "message": said, "finish_reason": "COMPLETE", **fields}


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("TOOL_CALL", "tool_calls"),
        ("ERROR", "error"),
        ("TIMEOUT", "error"),
        ("OF_TOMORROW", "other"),
        (None, None),
    ],
)
def test_why_it_ended(word: str | None, reason: str | None) -> None:
    answer = COHERE.decode_response(body(finish_reason=word))
    assert (answer.finish_reason, answer.raw_finish_reason) == (reason, word)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, Usage()),
        ({}, Usage()),
        (
            {"billed_units": {"input_tokens": 5.0, "output_tokens": 2.0}},
            Usage(input_tokens=5, output_tokens=2, billed_input_tokens=5, billed_output_tokens=2),
        ),
        (
            {
                "billed_units": {"input_tokens": 5, "output_tokens": 2},
                "tokens": {"input_tokens": 500.0, "output_tokens": 9.0, "reasoning_tokens": 4, "image_tokens": 3},
                "cached_tokens": 448.0,
            },
            Usage(
                input_tokens=500,
                output_tokens=9,
                reasoning_tokens=4,
                cache_read_tokens=448,
                billed_input_tokens=5,
                billed_output_tokens=2,
            ),
        ),
    ],
)
def test_usage(usage: Any, counted: Usage) -> None:
    assert COHERE.decode_response(body(usage=usage)).usage == counted


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"content": None}, ()),
        ({"content": []}, ()),
        ({"content": "Hi"}, (Text("Hi"),)),
        ({"tool_plan": None, "tool_calls": None, "citations": None}, (Text("Hi"),)),
        (
            {"content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}]},
            (Reasoning("Hm", dialect="cohere_v2"), Text("Hi")),
        ),
        ({"content": [{"type": "new", "x": 1}]}, (Opaque("cohere_v2", {"type": "new", "x": 1}),)),
    ],
)
def test_what_it_said(message: dict[str, Any], parts: tuple[Any, ...]) -> None:
    assert COHERE.decode_response(body(message)).parts == parts


def test_the_plan_is_neither_text_nor_thinking() -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}]
    answer = COHERE.decode_response(body({"content": None, "tool_plan": "I will.", "tool_calls": calls}))
    assert (answer.content, answer.reasoning) == ("", None)
    assert answer.parts[0] == Opaque("cohere_v2", {"tool_plan": "I will."})
    assert answer.tool_calls == (ToolCall(id="c1", name="f", arguments_json='{"a":1}'),)


def test_a_citation_tells_its_source() -> None:
    (citation,) = COHERE.decode_response(body({"citations": [CITED]})).citations
    assert (citation.start, citation.end, citation.title) == (0, 2, "Rivers")
    assert citation.cited_text == "Rivers end in the sea."
    assert citation.extra is not None
    assert citation.extra.fields == {"sources": [SOURCE]}


def test_citations_go_to_the_text_they_name() -> None:
    texts = [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]
    answer = COHERE.decode_response(body({"content": texts, "citations": [CITED | {"content_index": 0}, CITED]}))
    assert [len(part.citations) for part in answer.parts if isinstance(part, Text)] == [1, 1]


def test_citations_of_the_plan_are_kept_with_it() -> None:
    planned = CITED | {"type": "PLAN"}
    answer = COHERE.decode_response(body({"content": None, "tool_plan": "Hi", "citations": [planned]}))
    assert answer.parts == (Opaque("cohere_v2", {"tool_plan": "Hi", "citations": [planned]}),)


def test_log_probabilities_go_there_and_back() -> None:
    answer = LLMResponse("Hi", logprobs=(TokenLogprob(token="Hi", logprob=-0.5),))
    wire = COHERE.encode_response(answer, ASKED).wire
    assert COHERE.decode_response(wire).logprobs == answer.logprobs
    together = body(logprobs=[{"text": "Hi", "token_ids": [1, 2], "logprobs": [-0.5, -0.25]}])
    assert COHERE.decode_response(together).logprobs == (TokenLogprob(token="Hi", logprob=-0.75),)


@pytest.mark.parametrize("wire", [{}, {"message": {"content": [3]}}, {"message": {"tool_calls": [{"id": "c"}]}}])
def test_what_is_no_answer(wire: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        COHERE.decode_response(wire)


def test_an_answer_that_failed_raises_and_keeps_what_had_come() -> None:
    with pytest.raises(ProviderFailed, match="invalid tool generation") as caught:
        COHERE.decode_response(body(finish_reason="ERROR", error="invalid tool generation"))
    assert caught.value.http_status == 200
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Hi"


def test_another_model_than_was_asked_is_told() -> None:
    assert COHERE.encode_response(LLMResponse("Hi", "m"), ASKED).losses == ()
    (loss,) = COHERE.encode_response(LLMResponse("Hi", "another"), ASKED).losses
    assert loss.where == "model"


# ---------------------------------------------------------------------- streams


def event(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
    numbered = {} if index is None else {"index": index}
    return {"type": kind, **numbered, "delta": {"message": message}}


END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {}}}


def read(*events: dict[str, Any]) -> LLMResponse:
    decoder, assembler = COHERE.stream_decoder(), Assembler()
    found: list[Event] = [each for wire in events for each in decoder.feed("", encode_json(wire))]
    for each in [*found, *decoder.finish()]:
        assembler.add(each)
    return assembler.response()


def test_calls_are_told_apart_by_their_numbers() -> None:
    def start(index: int, name: str) -> dict[str, Any]:
        entry = {"id": f"c{index}", "type": "function", "function": {"name": name, "arguments": ""}}
        return event("tool-call-start", index, tool_calls=entry)

    def delta(index: int, text: str) -> dict[str, Any]:
        return event("tool-call-delta", index, tool_calls={"function": {"arguments": text}})

    answer = read(start(0, "f"), start(1, "g"), delta(0, '{"a":'), delta(1, "{}"), delta(0, "1}"), END)
    assert [(call.id, call.name, call.arguments) for call in answer.tool_calls] == [
        ("c0", "f", {"a": 1}),
        ("c1", "g", {}),
    ]


def test_content_may_lack_its_start_and_its_end() -> None:
    answer = read(
        event("content-delta", 0, content={"thinking": "Hm"}), event("content-delta", 1, content={"text": "Hi"}), END
    )
    assert (answer.reasoning, answer.content) == ("Hm", "Hi")


def test_a_citation_may_come_before_the_text_is_whole() -> None:
    answer = read(
        event("content-start", 0, content={"type": "text", "text": "H"}),
        event("citation-start", 0, citations=CITED),
        {"type": "citation-end", "index": 0},
        event("content-delta", 0, content={"text": "i"}),
        {"type": "content-end", "index": 0},
        {"type": "of-tomorrow"},
        END,
    )
    assert answer.content == "Hi"
    assert len(answer.citations) == 1


def test_a_source_told_before_its_text_is_of_that_text() -> None:
    """As Bedrock's stream may tell it."""
    events = (
        CitationDelta(citation=Citation(title="Rivers"), index=0),
        TextDelta("Hi", 0),
        Finish(finish_reason="stop"),
    )
    encoder = COHERE.stream_encoder(ASKED)
    (said,) = read(*(decode_json(data) for each in events for _, data in encoder.feed(each))).parts
    assert isinstance(said, Text)
    assert (said.text, [citation.title for citation in said.citations]) == ("Hi", ["Rivers"])


@pytest.mark.parametrize(("payload", "lost"), [({"signature": "s"}, ["parts[0].payload"]), ({}, []), (None, [])])
def test_an_empty_thought_of_another_model_is_not_shown(payload: dict[str, Any] | None, lost: list[str]) -> None:
    thought = Reasoning("", payload=payload, dialect="anthropic_messages")
    encoded = COHERE.encode_response(LLMResponse(parts=(thought, Text("Hi")), model="m"), ASKED)
    assert encoded.wire["message"]["content"] == [{"type": "text", "text": "Hi"}]
    assert [loss.where for loss in encoded.losses] == lost


def test_a_stream_that_failed_raises_after_what_had_come() -> None:
    decoder = COHERE.stream_decoder()
    failed = {"finish_reason": "ERROR", "error": "it broke", "error_type": "INVALID_TOOL_GENERATION"}
    (finish,) = decoder.feed("", encode_json({"type": "message-end", "delta": failed}))
    assert finish.raw_finish_reason == "ERROR"
    for act in (lambda: decoder.feed("", b"[DONE]"), decoder.finish):
        with pytest.raises(ProviderFailed, match="it broke") as caught:
            act()
        assert caught.value.code == "INVALID_TOOL_GENERATION"


def test_a_body_without_a_type_is_an_error() -> None:
    with pytest.raises(ProviderFailed, match="internal"):
        read({"id": "x", "message": "internal server error"})


def test_a_stream_without_its_end_was_cut_off() -> None:
    with pytest.raises(StreamInterrupted):
        read(event("content-delta", 0, content={"text": "Hi"}))


@pytest.mark.parametrize(
    "data", [b"{oops", b"[]", b'{"type": "content-delta", "delta": {"message": {"content": {"text": 3}}}}']
)
def test_a_frame_that_is_none(data: bytes) -> None:
    with pytest.raises(DecodeError):
        COHERE.stream_decoder().feed("", data)


def test_events_are_those_of_the_reference() -> None:
    parts = (
        Reasoning("Hm"),
        Text("Hi", (Citation(url="https://host", title="T", start=0, end=2),)),
        Opaque("cohere_v2", {"tool_plan": "I will."}),
        ToolCall(id="c", name="f", arguments={"a": 1}),
    )
    answer = LLMResponse(id="r", parts=parts, usage=Usage(input_tokens=3, output_tokens=4), finish_reason="tool_calls")
    encoder = COHERE.stream_encoder(ASKED)
    frames = [frame for each in events_of(answer) for frame in encoder.feed(each)]
    wires = [decode_json(data) for _, data in frames]
    assert [name for name, _ in frames] == [wire["type"] for wire in wires]
    assert [(wire["type"], wire.get("index")) for wire in wires] == [
        ("message-start", None),
        ("content-start", 0), ("content-delta", 0), ("content-end", 0),
        ("content-start", 1), ("content-delta", 1), ("citation-start", 0), ("citation-end", 0),
        ("tool-plan-delta", None),
        ("content-end", 1), ("tool-call-start", 0), ("tool-call-delta", 0), ("tool-call-end", 0),
        ("message-end", None),
    ]  # fmt: skip
    assert wires[-1]["delta"]["finish_reason"] == "TOOL_CALL"
    assert wires[-1]["delta"]["usage"]["tokens"] == {"input_tokens": 3, "output_tokens": 4}
    assert encoder.losses == ()
    assert read(*wires).parts[0] == Reasoning("Hm", dialect="cohere_v2")


# ---------------------------------------------------------------------- errors

ERRORS: list[tuple[int, Any, type[ProviderError]]] = [
    (400, {"message": "too many tokens: size limit exceeded", "error_type": "TOO_MANY_TOKENS"}, ContextTooLong),
    (400, {"message": "too many tokens: total number of tokens cannot exceed 4096"}, ContextTooLong),
    (400, {"message": "invalid request: messages must not be empty"}, Rejected),
    (401, {"message": "invalid api token"}, Unauthorized),
    (403, {"message": "no access"}, Unauthorized),
    (404, {"id": "x", "message": "model 'x' not found"}, UnknownModel),
    (422, {"message": "invalid field"}, Rejected),
    (429, {"message": "You are using a Trial key, which is limited to 20 API calls / minute"}, RateLimited),
    (429, {"message": "You are using a Trial key, which is limited to 1000 API calls / month"}, OutOfCredit),
    (498, {"message": "blocked token"}, Unauthorized),
    (499, {"message": "request cancelled"}, ProviderFailed),
    (500, {"data": "internal"}, ProviderFailed),
    (501, {"message": "not implemented"}, Rejected),
    (503, "<html>no service</html>", Overloaded),
]


@pytest.mark.parametrize(("status", "content", "kind"), ERRORS)
def test_errors(status: int, content: Any, kind: type[ProviderError]) -> None:
    data = content.encode() if isinstance(content, str) else encode_json(content)
    error = COHERE.decode_error(status, {}, data)
    assert type(error) is kind
    assert error.http_status == status
    assert error.message == (content if isinstance(content, str) else content.get("message", "internal"))


def test_an_error_is_known_by_its_id_and_its_type() -> None:
    error = COHERE.decode_error(400, {}, encode_json({"id": "e1", "message": "no", "error_type": "TOO_MANY_TOKENS"}))
    assert (error.request_id, error.code) == ("e1", "TOO_MANY_TOKENS")
    wire = {"message": "no", "error_type": "TOO_MANY_TOKENS", "id": "e1"}
    assert COHERE.encode_error(error) == (400, wire)
