"""A body that is no request is refused as OpenAI refuses it: status 400, and the field named."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.dialects import get_dialect
from dragoman.dialects.openai_chat.wire import ChatRequest, fields_of
from dragoman.errors import Rejected

from .strategies import held_requests, values

CHAT = get_dialect("openai_chat")


def user(*parts: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def assistant(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "assistant", **fields}]}


BAD: dict[str, dict[str, Any]] = {
    "model": {"model": None},
    "messages": {"messages": None},
    "messages ": {"messages": "Hi"},
    "messages[0]": {"messages": ["Hi"]},
    "messages[0].role": {"messages": [{"role": "robot", "content": "Hi"}]},
    "messages[0].role ": {"messages": [{"content": "Hi"}]},
    "messages[0].content": {"messages": [{"role": "user", "content": {"text": "Hi"}}]},
    "messages[0].content ": {"messages": [{"role": "user"}]},
    "messages[0].content[1]": user({"type": "text", "text": "a"}, "b"),
    "messages[0].content[0].text": user({"type": "text"}),
    "messages[0].content[0].image_url": user({"type": "image_url"}),
    "messages[0].content[0].image_url.url": user({"type": "image_url", "image_url": {}}),
    "messages[0].content[0].image_url.detail": user({"type": "image_url", "image_url": {"url": "u", "detail": 1}}),
    "messages[0].content[0].input_audio.data": user({"type": "input_audio", "input_audio": {"data": 1}}),
    "messages[0].content[0].file": user({"type": "file", "file": {"filename": "a.pdf"}}),
    "messages[0].content[0].file.file_data": user({"type": "file", "file": {"file_data": 1}}),
    "messages[0].tool_call_id": {"messages": [{"role": "tool", "content": "Hi"}]},
    "messages[0].name": {"messages": [{"role": "function", "content": "Hi"}]},
    "messages[0].tool_calls": assistant(content=None, tool_calls={}),
    "messages[0].tool_calls[0]": assistant(content=None, tool_calls=[{"id": "c"}]),
    "messages[0].reasoning_content": assistant(content="Hi", reasoning_content=["Hm"]),
    "messages[0].refusal": assistant(content=None, refusal=True),
    "messages[0].audio": assistant(content=None, audio="a"),
    "messages[0].images": assistant(content="Hi", images={}),
    "messages[0].images[0]": assistant(content="Hi", images=["https://x"]),
    "messages[0].function_call": assistant(content=None, function_call="f"),
    "messages[0].audio.id": assistant(content=None, audio={}),
    "tools": {"tools": {}},
    "tools[0]": {"tools": ["f"]},
    "tools[0].function": {"tools": [{"type": "function"}]},
    "tools[0].function.name": {"tools": [{"type": "function", "function": {}}]},
    "tools[0].function.parameters": {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
    "tools[0].custom": {"tools": [{"type": "custom"}]},
    "functions[0].name": {"functions": [{}]},
    "temperature": {"temperature": "hot"},
    "n": {"n": True},
    "max_tokens": {"max_tokens": 1.5},
    "max_completion_tokens": {"max_completion_tokens": "5"},
    "stream": {"stream": "yes"},
    "stream_options": {"stream": True, "stream_options": []},
    "stop": {"stop": [1]},
    "metadata": {"metadata": "x"},
    "response_format": {"response_format": "json"},
    "response_format.json_schema": {"response_format": {"type": "json_schema"}},
    "response_format.json_schema.schema": {"response_format": {"type": "json_schema", "json_schema": {"schema": 1}}},
}


@pytest.mark.parametrize(("param", "fields"), BAD.items(), ids=BAD)
def test_the_field_is_named(param: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as refused:
        CHAT.decode_request({"model": "m", "messages": [], **fields})
    status, body = CHAT.encode_error(refused.value)
    assert status == refused.value.http_status == 400
    assert body["error"]["param"] == param.strip()
    assert body["error"]["type"] == "invalid_request_error"
    assert param.strip() in body["error"]["message"]


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_a_missing_field_has_a_code(missing: str) -> None:
    body = {"model": "m", "messages": []}
    del body[missing]
    with pytest.raises(Rejected) as refused:
        CHAT.decode_request(body)
    assert CHAT.encode_error(refused.value)[1]["error"]["code"] == "missing_required_parameter"


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(fields_of(ChatRequest))), values), values)
def test_nothing_else_is_ever_raised(fields: dict[str, Any], message: Any) -> None:
    with suppress(Rejected):
        CHAT.encode_request(CHAT.decode_request({"model": "m", "messages": [message], **fields}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(held_requests(), st.data())
def test_nor_for_a_good_body_with_one_bad_value(request: Any, data: st.DataObject) -> None:
    body = CHAT.encode_request(request).wire
    name = data.draw(st.sampled_from(sorted(body)))
    with suppress(Rejected):
        CHAT.encode_request(CHAT.decode_request({**body, name: spoilt(body[name], data)}))


def spoilt(value: Any, data: st.DataObject) -> Any:
    """`value` with one value inside it replaced by another."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: spoilt(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], spoilt(value[place], data), *value[place + 1 :]]
    return data.draw(values)
