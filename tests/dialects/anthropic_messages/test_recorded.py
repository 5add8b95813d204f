"""Recorded traffic, there and back: what clients sent, what Anthropic answered, and how conversations went on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.dialects.anthropic_messages.wire import BLOCKS, EVENTS, ErrorBody
from dragoman.dialects.anthropic_messages.wire import Request as RequestWire
from dragoman.dialects.anthropic_messages.wire import Response as ResponseWire
from dragoman.errors import Rejected
from dragoman.messages import (
    LLMResponse,
    Message,
    Request,
    Role,
    decode_json,
)
from dragoman.transport.framing import SseDecoder
from tests.conformance.corpus import Exchange, exchanges
from tests.dialects import laws

ALL = exchanges("anthropic_messages")
WHOLE = [exchange for exchange in ALL if exchange.response["status"] == 200 and not exchange.streamed]
STREAMS = [exchange for exchange in ALL if exchange.streamed]

pytestmark = pytest.mark.skipif(not ALL, reason="the recorded traffic is not beside the repository")
each = pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.id)
each_whole = pytest.mark.parametrize("exchange", WHOLE, ids=lambda exchange: exchange.id)
each_stream = pytest.mark.parametrize("exchange", STREAMS, ids=lambda exchange: exchange.id)

REFUSED_BY_ANTHROPIC_TOO = {"anthropic_messages/anthropic/claude-sonnet-4-6__error-400-tools__d8122d24"}


def request_of(exchange: Exchange) -> Request:
    return DIALECT.decode_request(exchange.request["body"], exchange.request["url"])


# ---------------------------------------------------------------------- requests


def equivalent(body: dict[str, Any]) -> dict[str, Any]:
    """`body` without what means the same when it is absent. The whole list of what we do not write back:

    - `stream: false` and `is_error: false`: the default, and canonical truth values know no third state;
    - `tools: []`: no tools;
    - the `model`, which Vertex has in the path: the provider puts it there, the codec has it in the body.
    """
    body = {name: value for name, value in body.items() if (name, value) not in (("stream", False), ("tools", []))}
    body.pop("model", None)
    return {**body, "messages": [without_success(message) for message in body["messages"]]}


def without_success(message: dict[str, Any]) -> dict[str, Any]:
    if isinstance(message["content"], str):
        return message
    blocks = [
        {name: value for name, value in block.items() if (name, value) != ("is_error", False)}
        for block in message["content"]
    ]
    return {**message, "content": blocks}


@each
def test_a_request_goes_back_as_it_came(exchange: Exchange) -> None:
    if exchange.id in REFUSED_BY_ANTHROPIC_TOO:
        with pytest.raises(Rejected, match=r"tools\.0\.custom\.input_schema"):
            request_of(exchange)
        return
    body = exchange.request["body"]
    encoded = DIALECT.encode_request(request_of(exchange))
    assert equivalent(encoded.wire) == equivalent(body)
    assert encoded.wire["model"] == body.get("model", "claude-3-7-sonnet@20250219")
    assert encoded.losses == ()


# ---------------------------------------------------------------------- answers


@each_whole
def test_an_answer_goes_back_as_it_came(exchange: Exchange) -> None:
    body = exchange.response["body"]
    response = DIALECT.decode_response(body)
    encoded = DIALECT.encode_response(response, request_of(exchange))
    assert encoded.losses == ()
    assert encoded.wire == {"stop_details": None, **body}


@each_whole
def test_an_answer_made_anew_has_the_same_content(exchange: Exchange) -> None:
    """Without the raw body beside it: content, reasons and counts are all in the record."""
    body = exchange.response["body"]
    response = replace(DIALECT.decode_response(body), raw=None)
    wire = DIALECT.encode_response(response, request_of(exchange)).wire
    told = ("id", "type", "role", "model", "content", "stop_reason", "stop_sequence")
    assert {name: wire[name] for name in told} == {name: body[name] for name in told}
    assert wire["usage"] == {name: value for name, value in body["usage"].items() if name in wire["usage"]} | (
        {"server_tool_use": wire["usage"]["server_tool_use"]} if "server_tool_use" in wire["usage"] else {}
    )
    assert not (COUNTED & body["usage"].keys()) - wire["usage"].keys()


COUNTED = {
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "output_tokens_details",
    "server_tool_use",
}


@each_stream
def test_a_stream_passed_on_says_the_same(exchange: Exchange) -> None:
    laws.a_stream_passed_on_says_the_same(DIALECT, exchange.body, request_of(exchange))


@each_stream
def test_a_stream_and_a_whole_answer_are_the_same_record(exchange: Exchange) -> None:
    laws.a_stream_and_a_whole_answer_are_the_same_record(DIALECT, exchange.body, request_of(exchange))


# ---------------------------------------------------------------------- conversations that went on


def replays() -> Iterator[tuple[str, LLMResponse, list[dict[str, Any]]]]:
    """Each recorded answer that stands in the history of another recorded request, known by its ids or signatures.

    Recordings whose ids were replaced (`…REDACTED…`) tell nothing. A client that sent only a part of the answer back
    (another number of blocks) decided so, and is left out.
    """
    for exchange in WHOLE + STREAMS:
        body = exchange.response.get("body")
        response = laws.answer_in(DIALECT, exchange.body) if body is None else DIALECT.decode_response(body)
        marks = marks_of(DIALECT.encode_response(response, Request(model="")).wire["content"])
        for other in ALL:
            for content in answers_in_history(other):
                if marks & marks_of(content) and len(content) == len(response.parts):
                    yield f"{exchange.id} → {other.id}", response, content


def answers_in_history(exchange: Exchange) -> list[list[dict[str, Any]]]:
    turns = exchange.request["body"]["messages"]
    return [turn["content"] for turn in turns if turn["role"] == "assistant" and isinstance(turn["content"], list)]


def marks_of(blocks: list[dict[str, Any]]) -> set[str]:
    marks = {block.get("id") or block.get("signature") or "" for block in blocks}
    return {mark for mark in marks if mark and "REDACTED" not in mark}


REPLAYS = list(replays())


def test_there_are_conversations_that_went_on() -> None:
    assert len(REPLAYS) >= 10


@pytest.mark.parametrize(("name", "response", "sent"), REPLAYS, ids=[name for name, _, _ in REPLAYS])
def test_the_answer_goes_back_as_clients_sent_it(name: str, response: LLMResponse, sent: list[dict[str, Any]]) -> None:
    """`response.message`, appended and encoded, is what the recorded client sent, but for what clients drop."""
    conversation = (Message(Role.USER, "Hi"), response.message)
    encoded = DIALECT.encode_request(Request(model="m", messages=conversation))
    assert encoded.losses == ()
    ours = encoded.wire["messages"][1]["content"]
    assert [as_clients_send(block) for block in ours] == [as_clients_send(block) for block in sent]


def as_clients_send(block: dict[str, Any]) -> dict[str, Any]:
    """Without `caller`, which clients of that time did not know, and `cache_control`, which they add."""
    return {name: value for name, value in block.items() if name not in ("caller", "cache_control")}


# ---------------------------------------------------------------------- the shapes that `wire` documents


@each
def test_the_documented_shapes_fit(exchange: Exchange) -> None:
    for value, shape in shaped(exchange):
        msgspec.convert(value, shape)


def shaped(exchange: Exchange) -> Iterator[tuple[Any, type]]:
    if exchange.id not in REFUSED_BY_ANTHROPIC_TOO:
        yield exchange.request["body"], RequestWire
        for turn in exchange.request["body"]["messages"]:
            yield from shaped_blocks(turn["content"])
    if exchange.streamed:
        for _, data in SseDecoder().feed(exchange.body):
            if data != b"[DONE]":
                event = decode_json(data)
                yield event, EVENTS[event["type"]]
    elif exchange.response["status"] == 200:
        yield exchange.response["body"], ResponseWire
        yield from shaped_blocks(exchange.response["body"]["content"])
    else:
        yield exchange.response["body"], ErrorBody


def shaped_blocks(content: Any) -> Iterator[tuple[Any, type]]:
    for block in [] if isinstance(content, str) else content:
        if block["type"] in BLOCKS:
            yield block, BLOCKS[block["type"]]
