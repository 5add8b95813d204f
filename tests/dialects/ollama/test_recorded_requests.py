"""Every recorded request, decoded and encoded again, is the same request."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import Message, Request, ToolResult, decode_json, encode_json
from tests.conformance.corpus import Exchange, exchanges

OLLAMA = get_dialect("ollama")
RECORDED = exchanges("ollama")
CALLED = [each for each in RECORDED if "tool_call" in each.features and "body" in each.response]

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recorded traffic is not beside the repository")


# The equivalences: two spellings of one request, and the one we write.


def with_stream_said(body: dict[str, Any]) -> None:
    """The server streams unless it is told not to; we say so."""
    body.setdefault("stream", True)


def without_what_says_nothing(body: dict[str, Any]) -> None:
    """Null, no tools, no options and no format say what their absence says."""
    for name, value in list(body.items()):
        if value is None or (name in ("tools", "options", "format") and not value):
            del body[name]


def as_we_write_it(exchange: Exchange) -> dict[str, Any]:
    body = decode_json(encode_json(exchange.request["body"]))
    with_stream_said(body)
    without_what_says_nothing(body)
    return body


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.id)
def test_there_and_back(exchange: Exchange) -> None:
    request = OLLAMA.decode_request(exchange.request["body"])
    encoded = OLLAMA.encode_request(request)
    assert encoded.losses == ()
    assert decode_json(encode_json(encoded.wire)) == as_we_write_it(exchange)


@pytest.mark.parametrize("exchange", CALLED, ids=lambda exchange: exchange.id)
def test_an_answer_goes_back_as_it_came(exchange: Exchange) -> None:
    """Text, thinking, calls and their ids; the numbers of the calls are their order."""
    answer = OLLAMA.decode_response(exchange.response["body"])
    results = tuple(ToolResult(id=call.id, content="done") for call in answer.tool_calls)
    encoded = OLLAMA.encode_request(Request(model="m", messages=(answer.message, Message("tool", results))))
    said, *answers = decode_json(encode_json(encoded.wire))["messages"]
    recorded = decode_json(encode_json(exchange.response["body"]["message"]))
    for call in recorded["tool_calls"]:
        call["function"].pop("index", None)
    assert encoded.losses == ()
    assert said == recorded
    assert [each["tool_name"] for each in answers] == [call.name for call in answer.tool_calls]
    assert [each["tool_call_id"] for each in answers] == [call.id for call in answer.tool_calls]
