"""Every recorded request, decoded and encoded again, is the same request."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import Request, decode_json, encode_json
from tests.conformance.corpus import Exchange, exchanges

COHERE = get_dialect("cohere_v2")
RECORDED = exchanges("cohere_v2")
ANSWERED = [each for each in RECORDED if "body" in each.response and each.expect["kind"] == "message"]

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recorded traffic is not beside the repository")


# The equivalences: two spellings of one request, and the one we write.


def without_defaults(body: dict[str, Any]) -> None:
    """Null, no documents and `stream: false` say what their absence says."""
    for name, value in list(body.items()):
        if value is None or (name == "documents" and not value) or (name == "stream" and value is False):
            del body[name]


def with_text_as_a_string(message: dict[str, Any]) -> None:
    """A list with one plain text is that text."""
    match message.get("content"):
        case [{"type": "text", "text": str(text), **rest}] if not rest:
            message["content"] = text


def without_what_says_nothing(message: dict[str, Any]) -> None:
    """An assistant's empty fields beside its calls; alone, no content is empty text."""
    for name in ("content", "citations", "tool_plan", "tool_calls"):
        if name in message and message[name] in (None, []):
            del message[name]
    if len(message) == 1:
        message["content"] = ""


def as_we_write_it(body: dict[str, Any]) -> dict[str, Any]:
    body = decode_json(encode_json(body))
    without_defaults(body)
    for message in body["messages"]:
        with_text_as_a_string(message)
        without_what_says_nothing(message)
    return body


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.id)
def test_there_and_back(exchange: Exchange) -> None:
    encoded = COHERE.encode_request(COHERE.decode_request(exchange.request["body"]))
    assert encoded.losses == ()
    assert decode_json(encode_json(encoded.wire)) == as_we_write_it(exchange.request["body"])


@pytest.mark.parametrize("exchange", ANSWERED, ids=lambda exchange: exchange.id)
def test_an_answer_goes_back_as_it_came(exchange: Exchange) -> None:
    """Thinking, text with its citations, plan and calls."""
    answer = COHERE.decode_response(exchange.response["body"])
    encoded = COHERE.encode_request(Request(model="m", messages=(answer.message,)))
    recorded = as_we_write_it({"messages": [exchange.response["body"]["message"]]})
    assert encoded.losses == ()
    assert decode_json(encode_json(encoded.wire))["messages"] == recorded["messages"]
