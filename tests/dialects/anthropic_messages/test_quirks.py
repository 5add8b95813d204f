"""What real traffic of this dialect does that an implementer would get wrong, each shown by a recording.

The numbers are those of the list of quirks beside the recordings.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.messages import (
    Assembler,
    LLMResponse,
    Message,
    Opaque,
    Reasoning,
    Request,
    Role,
    Usage,
    UsageUpdate,
)
from dragoman.transport.framing import SseDecoder
from tests.conformance.corpus import Exchange, exchanges


@cache
def recordings() -> dict[str, Exchange]:
    return {exchange.id.rpartition("__")[2]: exchange for exchange in exchanges("anthropic_messages")}


def recorded(key: str) -> Exchange:
    exchange = recordings().get(key)
    if exchange is None:
        pytest.skip("the recorded traffic is not beside the repository")
    return exchange


def frames_of(key: str) -> list[tuple[str, bytes]]:
    framing = SseDecoder()
    return framing.feed(recorded(key).body) + framing.finish()


def events_of(key: str) -> list[Any]:
    decoder = DIALECT.stream_decoder()
    events = [event for frame in frames_of(key) for event in decoder.feed(*frame)]
    return events + decoder.finish()


def answer(key: str) -> LLMResponse:
    if not recorded(key).streamed:
        return DIALECT.decode_response(recorded(key).response["body"])
    assembler = Assembler()
    for event in events_of(key):
        assembler.add(event)
    return assembler.response()


def sent_back(response: LLMResponse) -> list[dict[str, Any]]:
    conversation = (Message(Role.USER, "Hi"), response.message)
    return DIALECT.encode_request(Request(model="m", messages=conversation)).wire["messages"][1]["content"]


def test_45_padding_in_the_json_and_pings_before_the_first_block() -> None:
    frames = frames_of("0495dd9c")
    assert frames[0][1].endswith(b"  }")
    assert frames[1] == ("ping", b'{"type": "ping"}')
    (call,) = answer("0495dd9c").tool_calls
    assert call.arguments == {"name": "Alice", "age": 30, "city": "Paris"}


def test_46_the_usage_at_the_end_replaces_that_of_the_start() -> None:
    updates = [event.usage for event in events_of("e9a71af7") if isinstance(event, UsageUpdate)]
    assert [usage.input_tokens for usage in updates] == [2039, 10423]
    assert updates[-1].web_searches == 1


def test_46_counts_the_end_leaves_out_stay() -> None:
    assert answer("0495dd9c").usage == Usage(
        input_tokens=453, output_tokens=67, cache_read_tokens=0, cache_write_tokens=0
    )


def test_47_a_compaction_is_kept_and_its_tokens_are_not_added_to_the_counts() -> None:
    response = answer("868aa661")
    compaction = response.parts[0]
    assert isinstance(compaction, Opaque)
    assert compaction.payload["type"] == "compaction"
    assert compaction.payload["content"]
    assert (response.usage.input_tokens, response.usage.output_tokens) == (181, 8)
    assert sent_back(response)[0] == compaction.payload


def test_48_thinking_without_text_is_kept_for_its_signature() -> None:
    response = answer("2eed3d79")
    thought = response.parts[0]
    assert isinstance(thought, Reasoning)
    assert thought.text == ""
    assert sent_back(response) == recorded("2eed3d79").response["body"]["content"]


def test_49_redacted_thinking_has_no_deltas() -> None:
    response = answer("12d2d017")
    redacted = [part for part in response.parts if isinstance(part, Reasoning)]
    assert [(part.payload or {})["type"] for part in redacted] == ["redacted_thinking"] * len(redacted)
    assert len(redacted) == 2
    assert [block["type"] for block in sent_back(response)] == ["redacted_thinking", "redacted_thinking", "text"]


def test_50_an_answer_may_be_empty() -> None:
    response = answer("3e2c8d17")
    assert (response.content, response.parts, response.raw_finish_reason) == ("", (), "stop_sequence")


def test_51_server_tools_stand_between_texts_and_are_no_calls() -> None:
    response = answer("b6708dd8")
    history = [block["type"] for turn in recorded("b6708dd8").request["body"]["messages"] for block in turn["content"]]
    assert "mcp_tool_use" in history
    kinds = [part.payload["type"] for part in answer("242ac047").parts if isinstance(part, Opaque)]
    assert kinds == ["mcp_tool_use", "mcp_tool_result"]
    assert answer("242ac047").tool_calls == response.tool_calls == ()


def test_51_citations_come_as_deltas_of_a_text() -> None:
    response = answer("827ff49a")
    assert [citation.unit for citation in response.citations] == ["char"]
    assert response.citations[0].title == "Rust Goals"


def test_52_retry_after_on_a_good_answer_is_no_wait() -> None:
    exchange = recorded("e9a71af7")
    assert "retry-after" in exchange.response["headers"]
    assert answer("e9a71af7").finish_reason == "stop"
    assert DIALECT.decode_error(400, exchange.response["headers"], b"{}").retry_after_seconds is None
    assert DIALECT.decode_error(429, exchange.response["headers"], b"{}").retry_after_seconds is not None


def test_53_openrouter_says_done_after_the_end() -> None:
    assert frames_of("3c69c057")[-1] == ("data", b"[DONE]")
    response = answer("3c69c057")
    assert response.content.startswith("A solar eclipse occurs")
    assert response.usage.input_tokens == 32
