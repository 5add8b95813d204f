"""Recorded traffic, there and back: what clients sent, what Bedrock answered, and how conversations went on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from dragoman.dialects.bedrock_converse import DIALECT
from dragoman.dialects.bedrock_converse.wire import BLOCKS, EVENTS, ErrorBody
from dragoman.dialects.bedrock_converse.wire import Request as RequestWire
from dragoman.dialects.bedrock_converse.wire import Response as ResponseWire
from dragoman.messages import LLMResponse, Loss, Message, Request, Role, decode_json
from dragoman.transport.event_stream import EventStreamDecoder
from tests.conformance.corpus import Exchange, exchanges
from tests.dialects import laws

ALL = exchanges("bedrock_converse")
WHOLE = [exchange for exchange in ALL if exchange.response["status"] == 200 and not exchange.streamed]
STREAMS = [exchange for exchange in ALL if exchange.streamed]

pytestmark = pytest.mark.skipif(not ALL, reason="the recorded traffic is not beside the repository")
each = pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.id)
each_whole = pytest.mark.parametrize("exchange", WHOLE, ids=lambda exchange: exchange.id)
each_stream = pytest.mark.parametrize("exchange", STREAMS, ids=lambda exchange: exchange.id)


def request_of(exchange: Exchange) -> Request:
    return DIALECT.decode_request(exchange.request["body"], exchange.request["url"])


# ---------------------------------------------------------------------- requests


def equivalent(body: dict[str, Any]) -> dict[str, Any]:
    """`body` without what means the same when it is absent. The whole list of what we do not write back:

    - `system: []`, `inferenceConfig: {}`, `stopSequences: []`: nothing was said;
    - `status: "success"` of a tool's result: the default, and canonical truth values know no third state;
    - where one of two turns of a user in a row ends: turns alternate here.
    """
    config = {name: value for name, value in body.get("inferenceConfig", {}).items() if value != []}
    body = {**body, "inferenceConfig": config, "messages": joined([without_success(m) for m in body["messages"]])}
    return {name: value for name, value in body.items() if value not in ([], {})}


def without_success(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "content": [_without_success(block) for block in message["content"]]}


def _without_success(block: dict[str, Any]) -> dict[str, Any]:
    result = block.get("toolResult")
    if result is None or "type" in result:
        return block
    return {"toolResult": {name: value for name, value in result.items() if (name, value) != ("status", "success")}}


def joined(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1] = {**turns[-1], "content": turns[-1]["content"] + message["content"]}
        else:
            turns.append(message)
    return turns


JOINED = Loss(
    effect="changed",
    where="messages[1].role",
    why="turns must alternate: those of one speaker in a row are one",
)


@each
def test_a_request_goes_back_as_it_came(exchange: Exchange) -> None:
    request = request_of(exchange)
    encoded = DIALECT.encode_request(request)
    assert equivalent(encoded.wire) == equivalent(exchange.request["body"])
    twice = len(exchange.request["body"]["messages"]) > len(encoded.wire["messages"])
    assert encoded.losses == ((JOINED,) if twice else ())


@each
def test_a_request_goes_where_it_came_to(exchange: Exchange) -> None:
    path = DIALECT.path(request_of(exchange))
    assert exchange.request["url"].replace(":0/", "%3A0/").endswith(path)


# ---------------------------------------------------------------------- answers


@each_whole
def test_an_answer_goes_back_as_it_came(exchange: Exchange) -> None:
    body = exchange.response["body"]
    response = DIALECT.decode_response(body)
    encoded = DIALECT.encode_response(response, request_of(exchange))
    assert encoded.losses == ()
    assert encoded.wire == body


@each_whole
def test_an_answer_made_anew_has_the_same_content(exchange: Exchange) -> None:
    """Without the raw body beside it: content, reason and counts are all in the record."""
    body = exchange.response["body"]
    wire = DIALECT.encode_response(replace(DIALECT.decode_response(body), raw=None), request_of(exchange)).wire
    assert {name: value for name, value in wire.items() if name != "usage"} == {
        name: value for name, value in body.items() if name != "usage"
    }
    assert wire["usage"] == {name: value for name, value in body["usage"].items() if name in wire["usage"]}
    assert not COUNTED & body["usage"].keys() - wire["usage"].keys()


COUNTED = {"inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens"}


@each_stream
def test_a_stream_passed_on_says_the_same(exchange: Exchange) -> None:
    laws.a_stream_passed_on_says_the_same(DIALECT, exchange.body, request_of(exchange))


@each_stream
def test_a_stream_and_a_whole_answer_are_the_same_record(exchange: Exchange) -> None:
    laws.a_stream_and_a_whole_answer_are_the_same_record(DIALECT, exchange.body, request_of(exchange))


# ---------------------------------------------------------------------- conversations that went on


def replays() -> Iterator[tuple[str, LLMResponse, list[dict[str, Any]]]]:
    """Each recorded answer that stands in the history of another recorded request, known by ids, signatures, text.

    A client that sent only a part of the answer back (another number of blocks), or its thinking as text, decided so,
    and is left out.
    """
    for exchange in WHOLE + STREAMS:
        body = exchange.response.get("body")
        response = laws.answer_in(DIALECT, exchange.body) if body is None else DIALECT.decode_response(body)
        marks = marks_of(DIALECT.encode_response(response, Request(model="")).wire["output"]["message"]["content"])
        for other in ALL:
            for content in answers_in_history(other):
                same = len(content) == len(response.parts) and "<think>" not in content[0].get("text", "")
                if marks & marks_of(content) and same:
                    yield f"{exchange.id} → {other.id}", response, content


def answers_in_history(exchange: Exchange) -> list[list[dict[str, Any]]]:
    return [turn["content"] for turn in exchange.request["body"]["messages"] if turn["role"] == "assistant"]


def marks_of(blocks: list[dict[str, Any]]) -> set[str]:
    found = [block.get("toolUse", {}).get("toolUseId") for block in blocks]
    thoughts = [block.get("reasoningContent", {}).get("reasoningText", {}) for block in blocks]
    return {mark for mark in (*found, *(thought.get("signature") for thought in thoughts)) if mark}


REPLAYS = list(replays())


def test_there_are_conversations_that_went_on() -> None:
    assert len(REPLAYS) >= 1


@pytest.mark.parametrize(("name", "response", "sent"), REPLAYS, ids=[name for name, _, _ in REPLAYS])
def test_the_answer_goes_back_as_clients_sent_it(name: str, response: LLMResponse, sent: list[dict[str, Any]]) -> None:
    """`response.message`, appended and encoded, is what the recorded client sent."""
    conversation = (Message(Role.USER, "Hi"), response.message)
    ours = DIALECT.encode_request(Request(model="m", messages=conversation)).wire["messages"][1]["content"]
    assert [as_clients_send(block) for block in ours] == [as_clients_send(block) for block in sent]


def as_clients_send(block: dict[str, Any]) -> dict[str, Any]:
    """Without `type: tool_use`, which clients of that time left out."""
    call = block.get("toolUse", {})
    return {"toolUse": {n: v for n, v in call.items() if (n, v) != ("type", "tool_use")}} if call else block


# ---------------------------------------------------------------------- the shapes that `wire` documents


@each
def test_the_documented_shapes_fit(exchange: Exchange) -> None:
    for value, shape in shaped(exchange):
        msgspec.convert(value, shape)


def shaped(exchange: Exchange) -> Iterator[tuple[Any, type]]:
    yield exchange.request["body"], RequestWire
    for turn in exchange.request["body"]["messages"]:
        yield from shaped_blocks(turn["content"])
    if exchange.streamed:
        for name, data in EventStreamDecoder().feed(exchange.body):
            yield decode_json(data), EVENTS[name]
    elif exchange.response["status"] == 200:
        yield exchange.response["body"], ResponseWire
        yield from shaped_blocks(exchange.response["body"]["output"]["message"]["content"])
    else:
        yield exchange.response["body"], ErrorBody


def shaped_blocks(content: list[dict[str, Any]]) -> Iterator[tuple[Any, type]]:
    for block in content:
        for name, value in block.items():
            if name in BLOCKS:
                yield value, BLOCKS[name]
