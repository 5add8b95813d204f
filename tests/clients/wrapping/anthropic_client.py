"""anthropic's clients, wrapped."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from typing import Any
from unittest.mock import MagicMock

import anthropic
import httpx2
import pytest
from anthropic.types import Message
from anthropic.types.beta import BetaMessage

import dragoman
from dragoman import Instructor
from dragoman.testing import Emulator
from dragoman.transport.event_stream import encode_event_stream

from .contract import JOHN, SAID, Contact, Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestAnthropic(Wrapped):
    model, provider, dialect = "claude-sonnet-4-5", "anthropic", "anthropic_messages"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> anthropic.Anthropic:
        return anthropic.Anthropic(base_url=url, api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> anthropic.AsyncAnthropic:
        return anthropic.AsyncAnthropic(base_url=url, api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_anthropic(client, **options)


# ---------------------------------------------------------------------- anthropic alone

MODEL = "claude-sonnet-4-5"


@pytest.mark.parametrize("wanted", [Contact, int, list[str]])
def test_the_completion_is_the_sdks(emulator: Emulator, wanted: Any) -> None:
    client = dragoman.from_anthropic(anthropic.Anthropic())
    _, answer = client.create_with_completion(response_model=wanted, messages=SAID, model=MODEL)
    assert isinstance(answer, Message)
    assert answer.usage.input_tokens == emulator.bill.usage.input_tokens


def test_what_the_sdk_answered_goes_on_in_messages(emulator: Emulator) -> None:
    """Its message, its blocks in a dict, or what they write."""
    first = anthropic.Anthropic().messages.create(
        model=MODEL, max_tokens=50, messages=[{"role": "user", "content": "Hi"}]
    )
    blocks = {"role": "assistant", "content": first.content}
    dicts = {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]}
    client = dragoman.from_anthropic(anthropic.Anthropic(), model=MODEL)
    for turn in (first, blocks, dicts):
        client.create(Contact, messages=[{"role": "user", "content": "Hi"}, turn, *SAID], max_tokens=100)
    assert [request.wire["messages"][1] for request in emulator.requests[1:]] == [dicts] * 3


def test_what_is_not_given_is_left_out(emulator: Emulator) -> None:
    client = dragoman.from_anthropic(anthropic.Anthropic(), model=MODEL)
    assert client.create(Contact, messages=SAID, system=anthropic.NOT_GIVEN, temperature=anthropic.omit) == JOHN
    assert emulator.requests[-1].wire.keys() == {"model", "max_tokens", "messages", "tools", "tool_choice"}


def test_the_completion_awaited(emulator: Emulator) -> None:
    """This SDK's async clients make their object in a coroutine."""

    async def ask() -> None:
        async with anthropic.AsyncAnthropic() as raw:
            client = dragoman.from_anthropic(raw)
            value, answer = await client.create_with_completion(response_model=Contact, messages=SAID, model=MODEL)
            assert value == JOHN
            assert isinstance(answer, Message)

    asyncio.run(ask())


def test_without_a_response_model_the_sdk_answers_itself(emulator: Emulator) -> None:
    client = dragoman.from_anthropic(anthropic.Anthropic())
    said = [{"role": "user", "content": "Say exactly: hello"}]
    answer: Any = client.messages.create(model=MODEL, max_tokens=64, messages=said)
    assert isinstance(answer, Message)
    assert answer.content[0].text == "hello"
    with client.messages.create(model=MODEL, max_tokens=64, messages=said, stream=True) as events:
        assert [event.type for event in events][-1] == "message_stop"
    with client.messages.stream(model=MODEL, max_tokens=64, messages=said) as stream:
        assert stream.get_final_text() == "hello"


@pytest.mark.parametrize("path", ["chat.completions", "messages", "responses"])
def test_one_create_under_three_names(emulator: Emulator, path: str) -> None:
    """X2 and X3: without `max_tokens` too."""
    client: Any = dragoman.from_anthropic(anthropic.Anthropic())
    for name in path.split("."):
        client = getattr(client, name)
    assert client.create(model=MODEL, messages=SAID, response_model=Contact) == JOHN
    assert emulator.requests[-1].path == "/v1/messages"


def test_an_answer_that_may_take_long(emulator: Emulator) -> None:
    """The SDK refuses so many tokens, unstreamed, unless the limit is said for the call."""
    client = dragoman.from_anthropic(anthropic.Anthropic(), model=MODEL)
    assert client.create(response_model=Contact, messages=SAID, max_tokens=64_000) == JOHN


def test_beta(emulator: Emulator) -> None:
    client = dragoman.from_anthropic(anthropic.Anthropic(), beta=True, model=MODEL)
    value, answer = client.create_with_completion(response_model=Contact, messages=SAID)
    assert value == JOHN
    assert isinstance(answer, BetaMessage)


def test_a_mock_of_create_is_called() -> None:
    answer = Message.model_validate(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": MODEL,
            "content": [{"type": "tool_use", "id": "t", "name": "Contact", "input": {"name": "Jane", "age": 7}}],
            "stop_reason": "tool_use",
            "stop_sequence": None,
            "usage": {"input_tokens": 5, "output_tokens": 4},
        }
    )
    raw = anthropic.Anthropic(api_key="k")
    raw.messages.create = mock = MagicMock(return_value=answer)
    client = dragoman.from_anthropic(raw, model=MODEL)
    value, given = client.create_with_completion(response_model=Contact, messages=SAID, system="Be brief.")
    assert (value.name, given) == ("Jane", answer)
    assert mock.call_args.kwargs["system"] == "Be brief."


# ---------------------------------------------------------------------- its clients for clouds

EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL,
     "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 2}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 5}},
)  # fmt: skip
BEDROCK_MODEL = "anthropic.claude-3-5-sonnet-20240620-v1:0"


def wrapped_event(event: dict[str, Any]) -> bytes:
    """As Bedrock sends it."""
    payload = json.dumps({"bytes": b64encode(json.dumps(event).encode()).decode()}).encode()
    return encode_event_stream(("chunk", payload))


def bedrock(handle: Any) -> anthropic.AnthropicBedrock:
    return anthropic.AnthropicBedrock(
        aws_region="us-east-1",
        api_key="k",
        max_retries=0,
        http_client=httpx2.Client(transport=httpx2.MockTransport(handle)),
    )


def test_bedrock_streams_in_its_own_frames() -> None:
    seen: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.url.path, json.loads(request.content)))
        body = b"".join(map(wrapped_event, EVENTS))
        return httpx2.Response(200, content=body, headers={"content-type": "application/vnd.amazon.eventstream"})

    client = dragoman.from_anthropic(bedrock(answer))
    assert client.provider == "bedrock"
    response = client.create_fn.llms[BEDROCK_MODEL].generate("Hi", stream=True).drain()
    assert (response.content, response.finish_reason, response.usage.output_tokens) == ("Hello", "stop", 2)
    assert seen[0][0].endswith("/invoke-with-response-stream")
    assert seen[0][1]["messages"] == [{"role": "user", "content": "Hi"}]
    assert "model" not in seen[0][1]


def test_bedrock_fails_in_the_midst_of_a_stream() -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        broken = encode_event_stream(("exception:throttlingException", b'{"message": "slow down"}'))
        body = b"".join(map(wrapped_event, EVENTS[:3])) + broken
        return httpx2.Response(200, content=body, headers={"content-type": "application/vnd.amazon.eventstream"})

    llm = dragoman.from_anthropic(bedrock(answer)).create_fn.llms[BEDROCK_MODEL]
    with pytest.raises(dragoman.ProviderError, match="slow down") as caught:
        llm.generate("Hi", stream=True).drain()
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Hel"


def test_bedrock_answers_whole() -> None:
    message = {**EVENTS[0]["message"], "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"}
    llm = dragoman.from_anthropic(bedrock(lambda _: httpx2.Response(200, json=message))).create_fn.llms[BEDROCK_MODEL]
    response = llm.generate("Hi")
    assert (response.content, response.provider) == ("Hello", "bedrock")
    assert response.cost is not None


def test_vertex() -> None:
    seen: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.url.path, json.loads(request.content)))
        message = {**EVENTS[0]["message"], "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"}
        return httpx2.Response(200, json=message)

    raw = anthropic.AnthropicVertex(
        region="us-east5",
        project_id="mine",
        access_token="a-token",
        http_client=httpx2.Client(transport=httpx2.MockTransport(answer)),
    )
    client = dragoman.from_anthropic(raw)
    assert client.provider == "vertex"
    assert client.create_fn.llms["claude-sonnet-4-5@20250929"].generate("Hi").content == "Hello"
    path, body = seen[0]
    assert path.endswith("/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict")
    assert body["anthropic_version"] == "vertex-2023-10-16"
    assert "model" not in body
