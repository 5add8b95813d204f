"""Whole answers, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.dialects.anthropic_messages.response import FINISH_REASONS
from dragoman.errors import DecodeError, Error, Filtered, Overloaded
from dragoman.messages import (
    Citation,
    Extra,
    Image,
    LLMResponse,
    Opaque,
    Reasoning,
    Refusal,
    Request,
    Text,
    TokenLogprob,
    ToolCall,
    Usage,
)

from .strategies import json_values

NAME = "anthropic_messages"
PLAIN = Request(model="claude-sonnet-4-5")
COUNTS = {"input_tokens": 3, "output_tokens": 2}


def body(*content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": list(content),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": COUNTS,
        **fields,
    }


def answer(*parts: Any, **fields: Any) -> LLMResponse:
    usage = Usage(input_tokens=3, output_tokens=2)
    defaults: dict[str, Any] = {"finish_reason": "stop", "raw_finish_reason": "end_turn", "usage": usage}
    return LLMResponse(
        id="msg_1",
        model="claude-sonnet-4-5-20250929",
        parts=parts,
        **{**defaults, **fields},
    )


WEB = {"type": "web_search_result_location", "url": "https://a.example", "title": "A", "encrypted_index": "Eo8B"}
WEB_EXTRA = Extra(
    fields={"encrypted_index": "Eo8B"}, dialect=NAME, spelling={k: WEB[k] for k in WEB if k != "encrypted_index"}
)
SEARCHED = {
    "type": "search_result_location",
    "cited_text": "x",
    "search_result_index": 0,
    "source": "https://a.example",
    "title": "A",
    "start_block_index": 0,
    "end_block_index": 1,
}
SERVER_CALL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
REFUSED = {"type": "refusal", "category": None, "explanation": "I must not."}


def kept(fields: dict[str, Any]) -> Extra:
    return Extra(fields=fields, dialect=NAME)


SAME: dict[str, tuple[LLMResponse, dict[str, Any]]] = {
    "text": (answer(Text("Hi")), body({"type": "text", "text": "Hi"})),
    "nothing": (
        answer(finish_reason="stop", raw_finish_reason="stop_sequence", stop_sequence="END"),
        body(stop_reason="stop_sequence", stop_sequence="END"),
    ),
    "text and its sources": (
        answer(
            Text("A", (Citation(url="https://a.example", title="A", extra=WEB_EXTRA),)),
            Text(
                "B",
                (
                    Citation(
                        unit="search",
                        url="https://a.example",
                        title="A",
                        cited_text="x",
                        document_index=0,
                        start=0,
                        end=1,
                        extra=Extra(dialect=NAME, spelling=SEARCHED),
                    ),
                ),
            ),
        ),
        body(
            {"type": "text", "text": "A", "citations": [WEB]},
            {"type": "text", "text": "B", "citations": [SEARCHED]},
        ),
    ),
    "a call": (
        answer(
            ToolCall(id="toolu_1", name="f", arguments={"a": 1}, extra=kept({"caller": {"type": "direct"}})),
            finish_reason="tool_calls",
            raw_finish_reason="tool_use",
        ),
        body(
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}, "caller": {"type": "direct"}},
            stop_reason="tool_use",
        ),
    ),
    "thinking, and what ran at the server": (
        answer(Reasoning("", payload={"signature": "EpAB"}, dialect=NAME), Opaque(NAME, SERVER_CALL), Text("Done.")),
        body({"type": "thinking", "thinking": "", "signature": "EpAB"}, SERVER_CALL, {"type": "text", "text": "Done."}),
    ),
    "a refusal after some text": (
        answer(Text("Well"), Refusal("I must not."), finish_reason="refusal", raw_finish_reason="refusal"),
        body({"type": "text", "text": "Well"}, stop_reason="refusal", stop_details=REFUSED),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_said_the_same(name: str) -> None:
    response, wire = SAME[name]
    decoded = DIALECT.decode_response(wire)
    assert decoded.raw == wire
    assert replace(decoded, raw=None) == response
    encoded = DIALECT.encode_response(response, PLAIN)
    assert encoded.wire == wire
    assert encoded.losses == ()


def test_server_tools_are_no_calls_of_the_caller() -> None:
    response = DIALECT.decode_response(SAME["thinking, and what ran at the server"][1])
    assert response.tool_calls == ()
    assert response.content == "Done."


def test_the_text_of_a_refusal_stays_content() -> None:
    response = DIALECT.decode_response(SAME["a refusal after some text"][1])
    assert (response.content, response.refusal) == ("Well", "I must not.")


# ---------------------------------------------------------------------- why it ended


@pytest.mark.parametrize("raw", [*FINISH_REASONS, "word_of_next_year"])
def test_its_own_words_come_back(raw: str) -> None:
    response = DIALECT.decode_response(body(stop_reason=raw))
    assert response.raw_finish_reason == raw
    assert response.finish_reason == FINISH_REASONS.get(raw, "other")
    assert DIALECT.encode_response(response, PLAIN).wire["stop_reason"] == raw


CALL = ToolCall(id="1", name="f")
FOREIGN_REASONS: dict[str, tuple[LLMResponse, str]] = {
    "stop": (answer(Text("x"), raw_finish_reason="stop"), "end_turn"),
    "nothing said": (answer(Text("x"), finish_reason=None, raw_finish_reason=None), "end_turn"),
    "a stop text": (answer(Text("x"), raw_finish_reason="stop", stop_sequence="END"), "stop_sequence"),
    "a forced call ends with stop": (answer(CALL, raw_finish_reason="stop"), "tool_use"),
    "calls": (answer(CALL, finish_reason="tool_calls", raw_finish_reason="tool_calls"), "tool_use"),
    "length": (answer(finish_reason="length", raw_finish_reason="length"), "max_tokens"),
    "filter": (answer(finish_reason="content_filter", raw_finish_reason="content_filter"), "refusal"),
    "a refusal ends with stop": (answer(Refusal("No."), raw_finish_reason="stop"), "refusal"),
    "pause": (answer(finish_reason="pause", raw_finish_reason="incomplete"), "pause_turn"),
    "error": (answer(finish_reason="error", raw_finish_reason="error"), "end_turn"),
}


@pytest.mark.parametrize("name", FOREIGN_REASONS)
def test_other_words_become_its_own(name: str) -> None:
    response, word = FOREIGN_REASONS[name]
    encoded = DIALECT.encode_response(response, PLAIN)
    assert encoded.wire["stop_reason"] == word
    assert [loss.where for loss in encoded.losses] == (["finish_reason"] if name in ("error", "filter") else [])


# ---------------------------------------------------------------------- usage

USAGES: dict[str, tuple[dict[str, Any], Usage]] = {
    "all input is the sum of three": (
        {"input_tokens": 6, "output_tokens": 5, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 3},
        Usage(input_tokens=29, output_tokens=5, cache_read_tokens=20, cache_write_tokens=3),
    ),
    "writes kept for an hour": (
        {
            "input_tokens": 1,
            "output_tokens": 1,
            "cache_creation_input_tokens": 9,
            "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 5},
        },
        Usage(input_tokens=10, output_tokens=1, cache_write_tokens=9, cache_write_1h_tokens=5),
    ),
    "thinking and searches": (
        {
            "input_tokens": 1,
            "output_tokens": 9,
            "output_tokens_details": {"thinking_tokens": 7},
            "server_tool_use": {"web_search_requests": 2},
        },
        Usage(input_tokens=1, output_tokens=9, reasoning_tokens=7, web_searches=2),
    ),
}


@pytest.mark.parametrize("name", USAGES)
def test_counts(name: str) -> None:
    wire, usage = USAGES[name]
    assert DIALECT.decode_response(body(usage=wire)).usage == usage
    assert DIALECT.encode_response(replace(answer(), usage=usage), PLAIN).wire["usage"] == wire


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        (None, Usage()),
        ({}, Usage()),
        ({"input_tokens": None, "cache_read_input_tokens": 5}, Usage(cache_read_tokens=5)),
        ({"input_tokens": 0, "output_tokens": "7", "cache_creation": None}, Usage(input_tokens=0)),
    ],
)
def test_what_is_not_reported_is_none(wire: Any, usage: Usage) -> None:
    assert DIALECT.decode_response(body(usage=wire)).usage == usage


def test_clients_get_a_number_for_what_was_not_reported() -> None:
    encoded = DIALECT.encode_response(replace(answer(), usage=Usage(output_tokens=4)), PLAIN)
    assert encoded.wire["usage"] == {"input_tokens": 0, "output_tokens": 4}
    assert [loss.where for loss in encoded.losses] == ["usage.input_tokens"]


# ---------------------------------------------------------------------- what an answer cannot hold

LOST: dict[str, tuple[LLMResponse, list[dict[str, Any]], list[str]]] = {
    "another model's thinking": (
        answer(Reasoning("Hm."), Text("Hi")),
        [{"type": "text", "text": "Hi"}],
        ["parts[0]"],
    ),
    "a picture": (answer(Image(file_id="f")), [], ["parts[0]"]),
    "what only another dialect knows": (answer(Opaque("gemini", {})), [], ["parts[0]"]),
    "other answers": (answer(alternatives=(LLMResponse("b"),)), [], ["alternatives"]),
    "sounds that were counted": (
        answer(usage=Usage(input_tokens=1, output_tokens=1, output_audio_tokens=1)),
        [],
        ["usage.output_audio_tokens"],
    ),
    "what only another dialect knows of the whole": (answer(extra=Extra(fields={"x": 1}, dialect="gemini")), [], ["x"]),
    "log probabilities": (answer(logprobs=(TokenLogprob(token="a", logprob=-1.0),)), [], ["logprobs"]),
    "a refusal that ended otherwise": (
        answer(Refusal("No."), finish_reason="length", raw_finish_reason="length"),
        [],
        ["refusal"],
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_lost_but_not_in_silence(name: str) -> None:
    response, content, where = LOST[name]
    encoded = DIALECT.encode_response(response, PLAIN)
    assert encoded.wire["content"] == content
    assert [loss.where for loss in encoded.losses] == where


def test_fields_without_a_canonical_place_come_back() -> None:
    """A client that runs code at Anthropic needs the id of its container to go on."""
    wire = body(
        container={"id": "container_1"},
        stop_reason="refusal",
        stop_details={**REFUSED, "category": "bio"},
        usage={**COUNTS, "service_tier": "standard", "server_tool_use": {"web_fetch_requests": 1}},
    )
    response = DIALECT.decode_response(wire)
    assert DIALECT.encode_response(response, PLAIN).wire == wire
    assert response.service_tier == "standard"
    assert response.extra == Extra(
        fields={"container": {"id": "container_1"}, "stop_details": {"category": "bio"}}, dialect=NAME
    )
    without_raw = DIALECT.encode_response(replace(response, raw=None), PLAIN).wire
    assert {**without_raw, "usage": wire["usage"]} == wire


def test_the_model_asked_for_stands_in_for_one_not_named() -> None:
    assert DIALECT.encode_response(LLMResponse("Hi"), PLAIN).wire["model"] == PLAIN.model


# ---------------------------------------------------------------------- what is no answer


def test_an_error_in_a_good_reply() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}
    with pytest.raises(Overloaded, match="Overloaded") as caught:
        DIALECT.decode_response(error)
    assert (caught.value.http_status, caught.value.request_id) == (200, "req_1")


def test_an_error_in_another_shape() -> None:
    with pytest.raises(Filtered):
        DIALECT.decode_response(
            {"error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}}
        )


@pytest.mark.parametrize(
    "wire",
    [[], "Hi", None, {}, {"content": "Hi"}, body({"text": "Hi"}), body({"type": "text"}), body({"type": "tool_use"})],
)
def test_no_answer(wire: Any) -> None:
    with pytest.raises(DecodeError, match="no Anthropic message") as caught:
        DIALECT.decode_response(wire)
    assert caught.value.data


@settings(max_examples=150, deadline=None, derandomize=True)
@given(json_values)
def test_junk_raises_only_our_errors(junk: Any) -> None:
    for wire in (junk, body(junk), body({"type": "text", "text": junk}), body(stop_reason=junk), body(usage=junk)):
        assert isinstance(outcome(wire), LLMResponse | Error)


def outcome(wire: Any) -> LLMResponse | Error:
    try:
        return DIALECT.decode_response(wire)
    except Error as error:
        return error
