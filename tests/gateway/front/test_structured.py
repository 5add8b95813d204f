"""A schema that any caller sends holds, whoever answers."""

from __future__ import annotations

import json

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.front.running import UPSTREAMS

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
BODY = {
    "messages": [{"role": "user", "content": "Who?"}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA, "strict": True}},
}


@pytest.mark.parametrize("model", UPSTREAMS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_fits(client: httpx.Client, emulator: Emulator, model: str, stream: bool) -> None:
    reply = client.post("/v1/chat/completions", json={**BODY, "model": model, "stream": stream})
    assert reply.status_code == 200, reply.text
    said = _streamed(reply.content) if stream else reply.json()["choices"][0]["message"]["content"]
    value = json.loads(said)
    assert value.keys() == {"name", "age"}
    assert isinstance(value["age"], int)


def _streamed(body: bytes) -> str:
    from tests.gateway.front.dialects import BY_NAME, heard

    made = heard(BY_NAME["openai_chat"], body)
    assert (made.ends, made.failures) == (1, 0)
    return made.text


def test_an_answer_that_does_not_fit_is_asked_for_again(client: httpx.Client, emulator: Emulator) -> None:
    emulator.script('{"name": "Ada"}', '{"name": "Ada", "age": 36}')
    reply = client.post("/v1/chat/completions", json={**BODY, "model": "up-openai"})
    assert json.loads(reply.json()["choices"][0]["message"]["content"]) == {"name": "Ada", "age": 36}
    assert len(emulator.requests) == 2


def test_a_schema_that_is_none_is_refused(client: httpx.Client, emulator: Emulator) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": 7}}}
    reply = client.post("/v1/chat/completions", json={**BODY, "model": "up-openai", "response_format": schema})
    assert reply.status_code == 400
