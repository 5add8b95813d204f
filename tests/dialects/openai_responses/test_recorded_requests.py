"""Every recorded request, decoded and encoded again, is the same request."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.dialects.openai_responses.wire import ResponsesRequest, fields_of
from dragoman.messages import decode_json, encode_json
from tests.conformance.corpus import Exchange, exchanges

RESPONSES = get_dialect("openai_responses")
RECORDED = [each for each in exchanges("openai_responses") if each.request["body"]]

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recorded traffic is not beside the repository")


# The equivalences: two spellings of one request, and the one we write.


def without_defaults(body: dict[str, Any]) -> None:
    """Null, an empty list of tools, `stream: false` and reasoning without a wish say what their absence says."""
    for name, value in list(body.items()):
        if (value is None and name in fields_of(ResponsesRequest)) or (name == "tools" and value == []):
            del body[name]
    if body.get("stream") is False:
        del body["stream"]
    if isinstance(body.get("reasoning"), dict):
        body["reasoning"] = without_nulls(body["reasoning"])
    if "tools" in body:
        body["tools"] = [without_nulls(tool) if tool["type"] == "function" else tool for tool in body["tools"]]


def without_nulls(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}


def with_a_list_as_input(body: dict[str, Any]) -> None:
    """A text is the message of a user."""
    if isinstance(body.get("input"), str):
        body["input"] = [{"role": "user", "content": body["input"]}]


def with_text_as_a_string(item: dict[str, Any], name: str) -> None:
    """A list with one plain text is that text."""
    match item.get(name):
        case [{"type": "input_text", "text": str(text), **rest}] if not rest:
            item[name] = text
        case [{"type": "output_text", "text": str(text), **rest}] if not rest and not item.keys() - {"role", "content"}:
            item[name] = text


def with_annotations(item: dict[str, Any]) -> None:
    """The reference demands the list of sources on every text of the model."""
    if item.get("role") == "assistant" and isinstance(item["content"], list):
        item["content"] = [{"annotations": [], **part} for part in item["content"]]


def without_empty_names(item: dict[str, Any]) -> None:
    """Arguments that are none are an empty object."""
    if item.get("type") == "function_call" and item["arguments"] in ("", "null"):
        item["arguments"] = "{}"


def as_we_write_it(exchange: Exchange) -> dict[str, Any]:
    body = decode_json(encode_json(exchange.request["body"]))
    without_defaults(body)
    with_a_list_as_input(body)
    for item in body.get("input", ()):
        with_text_as_a_string(item, "content")
        with_text_as_a_string(item, "output")
        with_annotations(item)
        without_empty_names(item)
    return body


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.id)
def test_there_and_back(exchange: Exchange) -> None:
    request = RESPONSES.decode_request(exchange.request["body"])
    encoded = RESPONSES.encode_request(request)
    assert encoded.losses == ()
    assert decode_json(encode_json(encoded.wire)) == as_we_write_it(exchange)
