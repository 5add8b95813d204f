"""What Mistral's wire says otherwise than OpenAI's, both ways."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.dialects.mistral.variant import call_id
from dragoman.errors import (
    ContextTooLong,
    Error,
    ProviderError,
    RateLimited,
    Rejected,
    Unauthorized,
    UnknownModel,
)
from dragoman.messages import (
    Assembler,
    Audio,
    Document,
    Extra,
    Image,
    LLMResponse,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
    decode_json,
    encode_json,
    events_of,
)

MISTRAL = get_dialect("mistral")
TALK = (Message("user", "Hi"),)


def sent(**fields: Any) -> tuple[dict[str, Any], list[str]]:
    encoded = MISTRAL.encode_request(Request(**{"model": "m", "messages": TALK, **fields}))
    return decode_json(encode_json(encoded.wire)), [str(loss) for loss in encoded.losses]


FIELDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the seed": ({"seed": 7}, {"random_seed": 7}),
    "the limit": ({"max_tokens": 9}, {"max_tokens": 9}),
    "any tool": ({"tool_choice": ToolChoice(mode="required")}, {"tool_choice": "any"}),
    "one tool": (
        {"tool_choice": ToolChoice(mode="required", names=("f",))},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
    ),
    "a stream, whose usage comes unasked": ({"stream": True, "include_usage": True}, {"stream": True}),
    "metadata": ({"metadata": {"trace": "1"}}, {"metadata": {"trace": "1"}}),
    "what only Mistral knows": (
        {"extra": (Extra(fields={"safe_prompt": True, "prompt_mode": "reasoning"}, dialect="mistral"),)},
        {"safe_prompt": True, "prompt_mode": "reasoning"},
    ),
}


@pytest.mark.parametrize(("fields", "wire"), FIELDS.values(), ids=FIELDS)
def test_fields(fields: dict[str, Any], wire: dict[str, Any]) -> None:
    body, losses = sent(**fields)
    assert losses == []
    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == wire
    assert MISTRAL.decode_request(body) == Request(**{"model": "m", "messages": TALK, **fields})


PARTS: dict[str, tuple[Part, dict[str, Any]]] = {
    "picture": (Image(url="https://h/p.png"), {"type": "image_url", "image_url": {"url": "https://h/p.png"}}),
    "document by URL": (
        Document(url="https://h/d.pdf", name="d.pdf"),
        {"type": "document_url", "document_url": "https://h/d.pdf", "document_name": "d.pdf"},
    ),
    "document by its bytes": (
        Document(data="QUJD", media_type="application/pdf"),
        {"type": "document_url", "document_url": "data:application/pdf;base64,QUJD"},
    ),
    "file": (Document(file_id="f-1"), {"type": "file", "file_id": "f-1"}),
    "sound by its bytes": (Audio(data="QUJD"), {"type": "input_audio", "input_audio": "QUJD"}),
    "sound by URL": (Audio(url="https://h/s.mp3"), {"type": "input_audio", "input_audio": "https://h/s.mp3"}),
    "sound in a bucket": (Audio(url="s3://b/s.wav"), {"type": "input_audio", "input_audio": "s3://b/s.wav"}),
    "sound of a known format": (
        Audio(data="QUJD", media_type="audio/mpeg"),
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}},
    ),
    "chunk nobody else knows": (
        Opaque("mistral", {"type": "reference", "reference_ids": [1]}),
        {"type": "reference", "reference_ids": [1]},
    ),
    "chunk with fields of tomorrow": (
        Document(url="https://h/d", extra=Extra(fields={"pages": [1]}, dialect="mistral")),
        {"type": "document_url", "document_url": "https://h/d", "pages": [1]},
    ),
}


@pytest.mark.parametrize(("part", "chunk"), PARTS.values(), ids=PARTS)
def test_parts(part: Part, chunk: dict[str, Any]) -> None:
    turn = Message("user", (part, Text("What is this?")))
    body, losses = sent(messages=(turn,))
    assert losses == []
    assert body["messages"][0]["content"] == [chunk, {"type": "text", "text": "What is this?"}]
    assert MISTRAL.decode_request(body).messages == (turn,)


def test_a_document_in_a_result_goes_back_into_it() -> None:
    chunk = {"type": "document_url", "document_url": "https://h/d.pdf"}
    result = {"role": "tool", "tool_call_id": "abcdefghi", "content": [chunk, {"type": "text", "text": "See"}]}
    body = {"model": "m", "messages": [result]}
    assert MISTRAL.encode_request(MISTRAL.decode_request(body)).wire == body


LOSSES: dict[str, tuple[dict[str, Any], str]] = {
    "the user": ({"user": "u"}, "`user` was dropped"),
    "some tools": ({"tool_choice": ToolChoice(names=("f", "g"))}, "`tool_choice.names` was dropped"),
    "a schema that is not enforced": (
        {"output_format": OutputFormat(kind="json_object", schema={"type": "object"})},
        "`output_format.schema` was dropped",
    ),
    "a free-form tool": ({"tools": (Tool(name="f", text_format={}),)}, "`tools[0]` was dropped"),
    "its call": (
        {"messages": (Message("assistant", (ToolCall(id="abcdefghi", name="f", text="x"),)),)},
        "`messages[0].content[0]` was changed",
    ),
    "a refusal": ({"messages": (Message("assistant", (Refusal("No"),)),)}, "`messages[0].content[0]` was changed"),
    "another's thinking": (
        {"messages": (Message("assistant", (Reasoning("Hm", {"signature": "s"}, "anthropic_messages"), Text("5"))),)},
        "`messages[0].content[0]` was dropped: only `anthropic_messages` takes it back",
    ),
    "a document of nothing": (
        {"messages": (Message("user", (Document(),)),)},
        "`messages[0].content[0]` was dropped: there is nothing in it",
    ),
    "a sound from nowhere": (
        {"messages": (Message("user", (Audio(url="a.wav"),)),)},
        "`messages[0].content[0]` was dropped: what has no scheme would be read as the sound itself",
    ),
    "no usage": ({"stream": True, "include_usage": False}, "`include_usage` was dropped"),
    "OpenAI's own": (
        {"extra": (Extra(fields={"store": True}, dialect="openai_chat"),)},
        "`store` was dropped: only `openai_chat` knows it",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "loss"), LOSSES.values(), ids=LOSSES)
def test_losses(fields: dict[str, Any], loss: str) -> None:
    assert [found for found in sent(**fields)[1] if found.startswith(loss)]


def test_a_last_turn_of_the_assistant_is_one_to_go_on_with() -> None:
    turns = (*TALK, Message("assistant", "The answer is"))
    body, losses = sent(messages=turns)
    assert losses == []
    assert body["messages"][-1] == {"role": "assistant", "content": "The answer is", "prefix": True}
    assert MISTRAL.decode_request(body).messages == turns


@pytest.mark.parametrize("id_", ["toolu_01A", "call_1", "", "functions.add:0", "abcdefgh", "abcdefghij", "ünicodeee"])
def test_ids_that_mistral_refuses_are_spelled_anew(id_: str) -> None:
    turns = (
        Message("assistant", (ToolCall(id=id_, name="f"),)),
        Message("tool", (ToolResult(id=id_, content="5"),)),
    )
    call, result = sent(messages=turns)[0]["messages"]
    assert call["tool_calls"][0]["id"] == result["tool_call_id"] == call_id(id_)
    assert re.fullmatch("[a-zA-Z0-9]{9}", call_id(id_))
    assert call_id("D681PevKs") == "D681PevKs"


# ---------------------------------------------------------------------- answers

SIGNED: dict[str, Any] = {
    "type": "thinking",
    "thinking": [{"type": "text", "text": "Hm"}],
    "signature": "s",
    "closed": True,
}
REFERENCE = {"type": "reference", "reference_ids": [1, 2]}


def answer(content: Any, **fields: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "tool_calls": None}
    return {"id": "i", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop", **fields}]}


def streamed(*contents: Any) -> LLMResponse:
    decoder, assembler = MISTRAL.stream_decoder(), Assembler()
    deltas = [*({"delta": {"content": content}} for content in contents), {"delta": {}, "finish_reason": "stop"}]
    for delta in deltas:
        chunk = {"id": "i", "model": "m", "choices": [{"index": 0, **delta}]}
        for event in decoder.feed("", encode_json(chunk)):
            assembler.add(event)
    for event in decoder.feed("", b"[DONE]"):
        assembler.add(event)
    return assembler.response()


def test_thinking_goes_back_as_it_came() -> None:
    """Whole and streamed, signature and all, in its place."""
    whole = MISTRAL.decode_response(answer([SIGNED, REFERENCE, {"type": "text", "text": "5"}]))
    pieces = streamed(
        "", [{**SIGNED, "signature": None, "closed": False}], [{**SIGNED, "thinking": []}], [REFERENCE], "5"
    )
    for response in (whole, pieces):
        assert response.reasoning == "Hm"
        assert response.content == "5"
        body, losses = sent(messages=(*TALK, response.message, *TALK))
        assert losses == []
        assert body["messages"][1]["content"] == [SIGNED, REFERENCE, {"type": "text", "text": "5"}]


def test_history_with_thinking_goes_there_and_back() -> None:
    several = {"type": "thinking", "thinking": [{"type": "text", "text": "H"}, {"type": "text", "text": "m"}]}
    turn = {"role": "assistant", "content": [SIGNED, several, {"type": "text", "text": "5"}]}
    body = {"model": "m", "messages": [turn, {"role": "user", "content": "Why?"}]}
    request = MISTRAL.decode_request(body)
    assert [part.text for part in request.messages[0].parts if isinstance(part, Reasoning)] == ["Hm", "Hm"]
    assert MISTRAL.encode_request(request).wire == body


def test_text_after_thinking_and_references_keeps_its_place() -> None:
    kinds = [type(part) for part in streamed("a", [REFERENCE], "b", [SIGNED], "c").parts]
    assert kinds == [Text, Opaque, Text, Reasoning, Text]


@pytest.mark.parametrize(("word", "reason"), [("model_length", "length"), ("error", "error"), ("stop", "stop")])
def test_endings(word: str, reason: str) -> None:
    response = MISTRAL.decode_response(answer("5", finish_reason=word))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, word)


@pytest.mark.parametrize("field", ["num_cached_tokens", "prompt_tokens_details"])
def test_cached_tokens(field: str) -> None:
    body = answer("5")
    cached = {"cached_tokens": 8} if field.endswith("details") else 8
    body["usage"] = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10, field: cached}
    assert MISTRAL.decode_response(body).usage.cache_read_tokens == 8


def test_a_client_is_sent_a_call_in_the_old_form_as_any_other() -> None:
    """In that form Mistral's clients do not find it."""
    answer = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    choice = {"index": 0, "finish_reason": "function_call", "message": answer}
    response = get_dialect("openai_chat").decode_response({"id": "x", "model": "m", "choices": [choice]})
    (call,) = response.tool_calls
    (sent,) = MISTRAL.encode_response(response, Request(model="m")).wire["choices"]
    function = {"name": "f", "arguments": "{}"}
    assert sent["message"] == {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": call.id, "type": "function", "function": function}],
    }
    assert sent["finish_reason"] == "tool_calls"


def test_a_client_is_sent_calls_whole_thinking_as_chunks_and_usage_with_the_end() -> None:
    """Mistral's own client refuses pieces of calls."""
    call = ToolCall(id="toolu_1", name="f", arguments={"a": 1})
    response = LLMResponse(
        model="m",
        parts=(Reasoning("Hm", {"signature": "s"}, "mistral"), Text("5"), call),
        usage=Usage(input_tokens=3, output_tokens=4),
        finish_reason="tool_calls",
    )
    encoder = MISTRAL.stream_encoder(Request(model="m"))
    frames = [frame for event in events_of(response) for frame in encoder.feed(event)] + encoder.finish()
    chunks = [decode_json(data) for _, data in frames[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]} in deltas
    assert {"content": [{"type": "thinking", "thinking": [], "signature": "s"}]} in deltas
    entry = {"id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}, "index": 0}
    assert {"tool_calls": [entry]} in deltas
    assert chunks[-1]["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert encoder.losses == ()


# ---------------------------------------------------------------------- errors

ERRORS: dict[str, tuple[int, Any, type[Error], str, str | None]] = {
    "of the API": (
        400,
        {"object": "error", "message": "Logprobs are not enabled", "type": "invalid_request_invalid_args",
         "param": None, "code": "3051", "raw_status_code": 400},
        Rejected, "Logprobs are not enabled", "invalid_request_invalid_args",
    ),
    "an unknown model": (
        400, {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "code": "1500"},
        UnknownModel, "Invalid model: x", "invalid_model",
    ),
    "of the edge": (401, {"detail": "Invalid API Key"}, Unauthorized, "Invalid API Key", None),
    "of the validation": (
        422, {"detail": [{"loc": ["body", "messages"], "msg": "Field required", "type": "missing"}]},
        Rejected, "body.messages: Field required", None,
    ),
    "too much": (429, {"object": "error", "message": "Service tier capacity exceeded"}, RateLimited, "Service tier capacity exceeded", None),
    "too long": (
        400, {"object": "error", "message": "Prompt contains 9 tokens, too large for model with 8 maximum context length"},
        ContextTooLong, "Prompt contains 9 tokens, too large for model with 8 maximum context length", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "message", "code"), ERRORS.values(), ids=ERRORS)
def test_errors(status: int, body: Any, kind: type[Error], message: str, code: str | None) -> None:
    error = MISTRAL.decode_error(status, {"mistral-correlation-id": "r"}, encode_json(body))
    assert (type(error), error.http_status, error.message, error.code) == (kind, status, message, code)
    assert error.request_id == "r"


def test_an_error_in_a_good_reply_raises() -> None:
    body = {"object": "error", "message": "It went wrong", "type": "server_error", "code": None}
    with pytest.raises(ProviderError, match="It went wrong"):
        MISTRAL.decode_response(body)


def test_errors_are_written_at_the_top() -> None:
    status, body = MISTRAL.encode_error(Rejected("No", http_status=400))
    assert (status, body["object"], body["message"], body["raw_status_code"]) == (400, "error", "No", 400)
