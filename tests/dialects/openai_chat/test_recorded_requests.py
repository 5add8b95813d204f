"""Every recorded request, decoded and encoded again, is the same request."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.dialects.openai_chat.wire import ChatRequest, fields_of
from dragoman.messages import decode_json, encode_json
from tests.conformance.corpus import Exchange, exchanges

CHAT = get_dialect("openai_chat")
RECORDED = exchanges("openai_chat")

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recorded traffic is not beside the repository")


# The equivalences: two spellings of one request, and the one we write.


def with_the_newer_name(body: dict[str, Any]) -> None:
    """`max_tokens` is written `max_completion_tokens`; a quirk renames it for hosts that know only the older name."""
    if body.get("max_tokens") is not None:
        body["max_completion_tokens"] = body.pop("max_tokens")


def without_defaults(body: dict[str, Any]) -> None:
    """Null, an empty list of tools or stop texts and `stream: false` say what their absence says."""
    for name, value in list(body.items()):
        if (value is None and name in fields_of(ChatRequest)) or (name in ("tools", "stop") and value == []):
            del body[name]
    if body.get("stream") is False:
        del body["stream"]


def with_the_model_of_the_path(body: dict[str, Any], url: str) -> None:
    """Azure's classic addresses name the model in the path; it is written into the body too."""
    if body.get("model") is None:
        body["model"] = url.partition("/deployments/")[2].partition("/")[0]


def with_text_as_a_string(message: dict[str, Any]) -> None:
    """A list with one plain text is that text: every host takes the string, not every one the list."""
    match message.get("content"):
        case [{"type": "text", "text": str(text), **rest}] if not rest:
            message["content"] = text


def with_null_for_no_text(message: dict[str, Any]) -> None:
    """An assistant's content that is absent, null or empty is null beside tool calls, and empty elsewhere."""
    if message["role"] == "assistant":
        for name in ("tool_calls", "refusal", "function_call", "audio"):
            if message.get(name) is None:
                message.pop(name, None)
        message["content"] = message.get("content") or (None if message.get("tool_calls") else "")


def as_we_write_it(exchange: Exchange) -> dict[str, Any]:
    body = decode_json(encode_json(exchange.request["body"]))
    with_the_newer_name(body)
    without_defaults(body)
    with_the_model_of_the_path(body, exchange.request["url"])
    for message in body["messages"]:
        with_text_as_a_string(message)
        with_null_for_no_text(message)
    return body


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.id)
def test_there_and_back(exchange: Exchange) -> None:
    request = CHAT.decode_request(exchange.request["body"], exchange.request["url"])
    encoded = CHAT.encode_request(request)
    assert encoded.losses == ()
    assert decode_json(encode_json(encoded.wire)) == as_we_write_it(exchange)
