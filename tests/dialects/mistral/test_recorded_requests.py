"""Every recorded request, decoded and encoded again, is the same request."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.dialects.mistral.variant import call_id
from dragoman.dialects.openai_chat.wire import ChatRequest, fields_of
from dragoman.messages import decode_json, encode_json
from tests.conformance.corpus import Exchange, exchanges

MISTRAL = get_dialect("mistral")
RECORDED = exchanges("mistral")

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recorded traffic is not beside the repository")


# The equivalences: two spellings of one request, and the one we write.


def without_defaults(body: dict[str, Any]) -> None:
    """Null, an empty list and `stream: false` say what their absence says."""
    for name, value in list(body.items()):
        if (value is None and name in fields_of(ChatRequest)) or (name in ("tools", "stop") and value == []):
            del body[name]
    if body.get("stream") is False:
        del body["stream"]


def with_plain_content(message: dict[str, Any]) -> None:
    """One text is a string; null beside calls, and empty elsewhere, is the content of a turn that says nothing."""
    match message.get("content"):
        case [{"type": "text", "text": str(text), **rest}] if not rest:
            message["content"] = text
    if message["role"] == "assistant":
        if not message.get("tool_calls"):
            message.pop("tool_calls", None)
        message["content"] = message.get("content") or (None if message.get("tool_calls") else "")


def with_objects_for_pictures(message: dict[str, Any]) -> None:
    """A picture's URL alone and an object that holds it say the same."""
    for chunk in message["content"] if isinstance(message["content"], list) else ():
        if isinstance(chunk.get("image_url"), str):
            chunk["image_url"] = {"url": chunk["image_url"]}


def with_types_of_tools(body: dict[str, Any]) -> None:
    for tool in body.get("tools", ()):
        tool.setdefault("type", "function")


def with_valid_ids(message: dict[str, Any]) -> None:
    """Ids that were taken out of the recordings would be refused."""
    for call in message.get("tool_calls") or ():
        call["id"] = call_id(call["id"])
    if "tool_call_id" in message:
        message["tool_call_id"] = call_id(message["tool_call_id"])


def as_we_write_it(exchange: Exchange) -> dict[str, Any]:
    body = decode_json(encode_json(exchange.request["body"]))
    without_defaults(body)
    with_types_of_tools(body)
    for message in body["messages"]:
        with_plain_content(message)
        with_objects_for_pictures(message)
        with_valid_ids(message)
    return body


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.id)
def test_there_and_back(exchange: Exchange) -> None:
    request = MISTRAL.decode_request(exchange.request["body"], exchange.request["url"])
    encoded = MISTRAL.encode_request(request)
    assert encoded.losses == ()
    assert decode_json(encode_json(encoded.wire)) == as_we_write_it(exchange)
