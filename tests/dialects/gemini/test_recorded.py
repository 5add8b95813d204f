"""Recorded traffic, there and back: what clients sent, what Gemini answered, and how conversations went on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from dragoman.dialects.gemini import DIALECT, wire
from dragoman.dialects.gemini.spelling import in_camel_case, request_in_camel_case
from dragoman.messages import LLMResponse, Message, Request, Role, ToolCall, decode_json
from dragoman.transport.framing import SseDecoder
from tests.conformance.corpus import Exchange, exchanges
from tests.dialects import laws

ALL = exchanges("gemini")
WHOLE = [exchange for exchange in ALL if exchange.response["status"] == 200 and not exchange.streamed]
STREAMS = [exchange for exchange in ALL if exchange.streamed and not exchange.is_array]

pytestmark = pytest.mark.skipif(not ALL, reason="the recorded traffic is not beside the repository")
each = pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.id)
each_whole = pytest.mark.parametrize("exchange", WHOLE, ids=lambda exchange: exchange.id)
each_stream = pytest.mark.parametrize("exchange", STREAMS, ids=lambda exchange: exchange.id)


def request_of(exchange: Exchange) -> Request:
    return DIALECT.decode_request(exchange.request["body"], exchange.request["url"])


# ---------------------------------------------------------------------- requests


def equivalent(body: dict[str, Any]) -> dict[str, Any]:
    """`body` in the one form that we write. The whole list of what means the same and is not written back:

    - names in snake case, and fields that are `null`;
    - one part, or one tool, that stands alone instead of in a list;
    - functions declared in several tools: they are declared together, before the tools that run at Google;
    - an empty list of tools, and `generationConfig` or `toolConfig` with nothing in it.
    """
    body = request_in_camel_case(body)
    if isinstance((body.get("systemInstruction") or {}).get("parts"), dict):
        body["systemInstruction"] = {**body["systemInstruction"], "parts": [body["systemInstruction"]["parts"]]}
    if "tools" in body:
        body["tools"] = gathered(body["tools"])
    hollow = ("tools", "generationConfig", "toolConfig")
    return {name: value for name, value in body.items() if value or name not in hollow}


def gathered(tools: Any) -> list[dict[str, Any]]:
    tools = [tools] if isinstance(tools, dict) else tools
    functions = [function for tool in tools for function in tool.get("functionDeclarations") or ()]
    others = [{name: value} for tool in tools for name, value in tool.items() if name != "functionDeclarations"]
    return [{"functionDeclarations": functions}, *others] if functions else others


@each
def test_a_request_goes_back_as_it_came(exchange: Exchange) -> None:
    request = request_of(exchange)
    encoded = DIALECT.encode_request(request)
    ours = {**encoded.wire, "tools": gathered(encoded.wire["tools"])} if "tools" in encoded.wire else encoded.wire
    assert ours == equivalent(exchange.request["body"])
    assert encoded.losses == ()


@each
def test_a_request_goes_to_where_it_came_from(exchange: Exchange) -> None:
    url = exchange.request["url"].replace("?key=REDACTED", "").replace("&key=REDACTED", "")
    asked = url if "alt=sse" in url else url.replace(":streamGenerateContent", ":streamGenerateContent?alt=sse")
    assert asked.endswith(DIALECT.path(request_of(exchange)))


# ---------------------------------------------------------------------- answers


@each_whole
def test_an_answer_goes_back_as_it_came(exchange: Exchange) -> None:
    body = exchange.response["body"]
    response = DIALECT.decode_response(body)
    encoded = DIALECT.encode_response(response, request_of(exchange))
    assert encoded.losses == ()
    assert with_defaults(encoded.wire) == with_defaults(body)


def with_defaults(body: dict[str, Any]) -> dict[str, Any]:
    """`body` with what protobuf leaves out: an index of 0, no parts, the role, a call without arguments."""
    return {**body, "candidates": [candidate_with_defaults(candidate) for candidate in body.get("candidates", ())]}


def candidate_with_defaults(candidate: dict[str, Any]) -> dict[str, Any]:
    content = {"role": "model", "parts": [], **(candidate.get("content") or {})}
    return {"index": 0, **candidate, "content": content}


@each_whole
def test_an_answer_made_anew_has_the_same_content(exchange: Exchange) -> None:
    """Without the raw body beside it: all but counts and ids of tokens that nobody else has is in the record."""
    body = exchange.response["body"]
    response = replace(DIALECT.decode_response(body), raw=None)
    ours, theirs = with_defaults(DIALECT.encode_response(response, request_of(exchange)).wire), with_defaults(body)
    assert without_numbers(ours) == without_numbers(theirs)
    counts = theirs["usageMetadata"]
    assert {name: counts.get(name) for name in COUNTED} == {name: ours["usageMetadata"].get(name) for name in COUNTED}


def without_numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [without_numbers(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without_numbers(item) for name, item in value.items() if name not in ("usageMetadata", "tokenId")}


COUNTED = (
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
    "toolUsePromptTokenCount",
    "totalTokenCount",
    "serviceTier",
)


@each_stream
def test_a_stream_passed_on_says_the_same(exchange: Exchange) -> None:
    laws.a_stream_passed_on_says_the_same(DIALECT, exchange.body, request_of(exchange))


@each_stream
def test_a_stream_and_a_whole_answer_are_the_same_record(exchange: Exchange) -> None:
    laws.a_stream_and_a_whole_answer_are_the_same_record(DIALECT, exchange.body, request_of(exchange))


# ---------------------------------------------------------------------- conversations that went on


def replays() -> Iterator[tuple[str, LLMResponse, dict[str, Any], Exchange]]:
    """Each recorded answer that stands in the history of another recorded request, known by its signatures.

    Recordings whose signatures were replaced (`…REDACTED…`) tell nothing.
    """
    for exchange in WHOLE + STREAMS:
        body = exchange.response.get("body")
        response = laws.answer_in(DIALECT, exchange.body) if body is None else DIALECT.decode_response(body)
        wire = DIALECT.encode_response(response, Request(model="")).wire
        marks = {mark for candidate in wire.get("candidates", ()) for mark in marks_of(candidate["content"])}
        for other in ALL:
            for content in in_camel_case(other.request["body"])["contents"]:
                if content["role"] == "model" and marks & marks_of(content):
                    yield f"{exchange.id} → {other.id}", response, content, other


def marks_of(content: dict[str, Any]) -> set[str]:
    marks = {str(part.get("thoughtSignature") or "") for part in content["parts"]}
    return {mark for mark in marks if mark and "REDACTED" not in mark}


REPLAYS = list(replays())


def test_there_are_conversations_that_went_on() -> None:
    assert len(REPLAYS) >= 5


@pytest.mark.parametrize(("name", "response", "sent", "later"), REPLAYS, ids=[name for name, _, _, _ in REPLAYS])
def test_the_answer_goes_back_as_clients_sent_it(
    name: str, response: LLMResponse, sent: dict[str, Any], later: Exchange
) -> None:
    """`response.message`, appended and encoded, is what the recorded client sent, signatures and all, in their places.

    Google's own ids go back too; a made one never does.
    """
    conversation = (Message(Role.USER, "Hi"), response.message)
    encoded = DIALECT.encode_request(Request(model=request_of(later).model, messages=conversation))
    assert encoded.losses == ()
    own_ids = [call.id for call in response.tool_calls if not call.id.startswith("gcall_")]
    assert [id_ for part in encoded.wire["contents"][1]["parts"] if (id_ := id_of(part))] == own_ids
    assert as_clients_send(encoded.wire["contents"][1]) == as_clients_send(sent)


def as_clients_send(content: dict[str, Any]) -> dict[str, Any]:
    """Without thoughts that have no signature, and without ids, which some clients make themselves."""
    parts = [part for part in content["parts"] if "thoughtSignature" in part or not part.get("thought")]
    return {**content, "parts": [without_id(part) for part in parts]}


def id_of(part: dict[str, Any]) -> str | None:
    return part.get("functionCall", {}).get("id")


def without_id(part: dict[str, Any]) -> dict[str, Any]:
    call = part.get("functionCall", {})
    return part if "id" not in call else {**part, "functionCall": {name: call[name] for name in call if name != "id"}}


def unsigned_histories() -> list[Exchange]:
    """Requests whose history has calls without an id: results are matched by name."""
    return [
        exchange
        for exchange in ALL
        if any(isinstance(part, ToolCall) and part.id.startswith("gcall_") for part in parts_of(exchange))
    ]


def parts_of(exchange: Exchange) -> list[Any]:
    return [part for message in request_of(exchange).messages for part in message.parts]


@pytest.mark.parametrize("exchange", unsigned_histories(), ids=lambda exchange: exchange.id)
def test_every_result_finds_its_call(exchange: Exchange) -> None:
    messages = request_of(exchange).messages
    calls = {call.id: call.name for message in messages for call in message.tool_calls}
    results = [result for message in messages for result in message.tool_results]
    assert results
    assert [calls.get(result.id) for result in results] == [result.name for result in results]


# ---------------------------------------------------------------------- the shapes that `wire` documents


@each
def test_the_documented_shapes_fit(exchange: Exchange) -> None:
    for value, shape in shaped(exchange):
        msgspec.convert(in_camel_case(value), shape)  # which leaves out what is `null`


def shaped(exchange: Exchange) -> Iterator[tuple[Any, type]]:
    yield equivalent(exchange.request["body"]), wire.Request
    if exchange.is_array:
        yield from ((item, wire.Response) for item in decode_json(exchange.body))
    elif exchange.streamed:
        yield from ((decode_json(data), wire.Response) for _, data in SseDecoder().feed(exchange.body))
    elif exchange.response["status"] == 200:
        yield exchange.response["body"], wire.Response
    else:
        body = exchange.response["body"]
        yield body[0] if isinstance(body, list) else body, wire.ErrorBody
