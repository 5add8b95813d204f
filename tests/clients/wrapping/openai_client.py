"""openai's clients, wrapped."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response

import dragoman
from dragoman import AsyncInstructor, Instructor, Mode
from dragoman.testing import Emulator

from .contract import JOHN, SAID, Contact, Frozen, Wrapped, emulator, running

__all__ = ["emulator", "running"]

try:
    import httpx2 as http
except ImportError:  # openai before 3
    import httpx as http

MODEL = "gpt-4o-mini"


class TestOpenAI(Wrapped):
    model, provider, dialect = MODEL, "openai", "openai_chat"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_openai(client, **options)


def completion(arguments: str = '{"name": "Jane", "age": 7}') -> ChatCompletion:
    """What a mock gives."""
    call = {"id": "call_1", "type": "function", "function": {"name": "Contact", "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return ChatCompletion.model_validate(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9},
        }
    )


JANE = Contact(name="Jane", age=7)


# ---------------------------------------------------------------------- the SDK's own objects


def test_what_the_sdk_answered_goes_on_in_messages(emulator: Emulator) -> None:
    """Its message, or its tool calls in a dict, is the turn that its `model_dump` would be."""
    message = completion().choices[0].message
    calls = message.tool_calls or []
    result = {"role": "tool", "tool_call_id": "call_1", "content": "done"}
    client = dragoman.from_openai(openai.OpenAI(), model=MODEL)
    for turn in (message, {"role": "assistant", "tool_calls": calls}, message.model_dump(exclude_none=True)):
        client.create(Contact, messages=[*SAID, turn, result])
    said = [request.wire["messages"][1] for request in emulator.requests]
    assert said == [said[0]] * 3
    assert said[0]["tool_calls"] == [each.model_dump() for each in calls]


@pytest.mark.parametrize("nothing", [openai.NOT_GIVEN, openai.omit, None])
def test_what_is_not_given_is_left_out(emulator: Emulator, nothing: Any) -> None:
    client = dragoman.from_openai(openai.OpenAI(), model=MODEL)
    options = dict.fromkeys(("temperature", "user", "tools", "timeout", "seed", "max_retries", "context"), nothing)
    assert client.create(Contact, messages=SAID, **options) == JOHN
    assert emulator.requests[-1].wire.keys() == {"model", "messages", "tools", "tool_choice"}


@pytest.mark.parametrize("limit", [openai.Timeout(0.2), openai.Timeout(0.2, connect=0.1), 0.2])
def test_the_sdks_own_limit_of_time(emulator: Emulator, limit: Any) -> None:
    emulator.fault(head_delay_seconds=60)
    client = dragoman.from_openai(openai.OpenAI(max_retries=0), model=MODEL)
    with pytest.raises(dragoman.TimedOut):
        client.create(Contact, messages=SAID, timeout=limit)


@pytest.mark.parametrize("wanted", [Contact, Frozen, int, str, list[Contact], Contact | None])
def test_the_completion_is_the_sdks(emulator: Emulator, wanted: Any) -> None:
    client = dragoman.from_openai(openai.OpenAI())
    value, answer = client.create_with_completion(response_model=wanted, messages=SAID, model=MODEL)
    assert isinstance(answer, ChatCompletion)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == emulator.bill.usage.input_tokens
    if isinstance(value, Contact | Frozen):
        assert value._raw_response is answer
        assert "_raw_response" not in repr(value)


def test_a_kept_answer_is_read_as_the_sdks_object_is(emulator: Emulator) -> None:
    """It is a `Completion`: the SDK was not asked, so it made no object."""
    client = dragoman.from_openai(openai.OpenAI(), cache=dragoman.AutoCache())
    asked: Any = {"response_model": Contact, "messages": SAID, "model": MODEL}
    _, first = client.create_with_completion(**asked)
    value, kept = client.create_with_completion(**asked)
    assert (len(emulator.requests), value, kept.response.cost) == (1, JOHN, 0)
    assert (kept.id, kept.model, kept.usage.total_tokens) == (first.id, first.model, first.usage.total_tokens)
    assert kept.choices[0].message.tool_calls[0].function.arguments
    assert kept.model_dump() == first.model_dump(exclude_unset=True)


def test_the_completion_awaited(emulator: Emulator) -> None:
    async def ask() -> None:
        async with openai.AsyncOpenAI() as raw:
            client = dragoman.from_openai(raw)
            value, answer = await client.create_with_completion(response_model=Contact, messages=SAID, model=MODEL)
            assert value == JOHN
            assert isinstance(answer, ChatCompletion)

    asyncio.run(ask())


def test_without_a_response_model_the_sdk_answers_itself(emulator: Emulator) -> None:
    client = dragoman.from_openai(openai.OpenAI())
    said = [{"role": "user", "content": "Say exactly: hello"}]
    for create in (client.create, client.chat.completions.create):
        answer: Any = create(model=MODEL, messages=said)
        assert isinstance(answer, ChatCompletion)
        assert answer.choices[0].message.content == "hello"
    with client.chat.completions.create(model=MODEL, messages=said, stream=True) as stream:
        chunks: list[Any] = list(stream)
    assert all(isinstance(chunk, ChatCompletionChunk) for chunk in chunks)
    answered: Any = client.responses.create(model=MODEL, input="Say exactly: hello")
    assert isinstance(answered, Response)
    assert answered.output_text == "hello"


def test_without_a_response_model_awaited(emulator: Emulator) -> None:
    async def ask() -> None:
        async with openai.AsyncOpenAI() as raw:
            client = dragoman.from_openai(raw)
            said = [{"role": "user", "content": "Say exactly: hello"}]
            answer: Any = await client.chat.completions.create(model=MODEL, messages=said)
            assert isinstance(answer, ChatCompletion)
            chunks: Any = await client.chat.completions.create(model=MODEL, messages=said, stream=True)
            assert [chunk async for chunk in chunks]

    asyncio.run(ask())


def test_what_is_not_ours_is_the_sdks(emulator: Emulator) -> None:
    raw = openai.OpenAI(api_key="mine")
    client = dragoman.from_openai(raw)
    assert client.api_key == "mine"
    assert client.models is raw.models
    assert client.chat.completions.with_raw_response is raw.chat.completions.with_raw_response
    with pytest.raises(AttributeError):
        _ = client.no_such_thing


# ---------------------------------------------------------------------- mocks


def test_a_mock_of_create_is_called(emulator: Emulator) -> None:
    """S0.41, also when `with_raw_response`, which remembers the method, was touched before."""
    raw = openai.OpenAI()
    raw.chat.completions.with_raw_response  # noqa: B018  # as tracers do
    answer = completion()
    raw.chat.completions.create = mock = MagicMock(return_value=answer)
    client = dragoman.from_openai(raw)
    value, given = client.create_with_completion(response_model=Contact, messages=SAID, model=MODEL, temperature=0.5)
    assert (value, given) == (JANE, answer)
    assert given is answer
    assert not emulator.requests
    said = mock.call_args.kwargs
    assert (said["model"], said["temperature"]) == (MODEL, 0.5)
    assert said["messages"] == SAID
    assert said["tools"][0]["function"]["name"] == "Contact"


def test_a_mock_that_is_awaited() -> None:
    raw = openai.AsyncOpenAI(api_key="k")
    raw.chat.completions.create = AsyncMock(return_value=completion())
    client = dragoman.from_openai(raw)
    assert asyncio.run(client.create(response_model=Contact, messages=SAID, model=MODEL)) == JANE


def test_a_mock_in_the_place_of_the_client() -> None:
    raw = MagicMock(spec=openai.OpenAI)
    raw.chat.completions.create.return_value = completion()
    client = dragoman.from_openai(raw)
    assert client.create(response_model=Contact, messages=SAID, model=MODEL) == JANE


def test_a_patched_class(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def create(self: Any, **arguments: Any) -> ChatCompletion:
        seen.append(arguments)
        return completion()

    monkeypatch.setattr(openai.resources.chat.completions.Completions, "create", create)
    client = dragoman.from_openai(openai.OpenAI(api_key="k"))
    assert client.create(response_model=Contact, messages=SAID, model=MODEL) == JANE
    assert seen[0]["model"] == MODEL


def test_mocks_that_answer_one_after_another() -> None:
    raw = openai.OpenAI(api_key="k")
    raw.chat.completions.create = MagicMock(side_effect=[completion('{"name": "Jane"}'), completion()])
    client = dragoman.from_openai(raw)
    assert client.create(response_model=Contact, messages=SAID, model=MODEL) == JANE


def test_a_mock_that_raises(emulator: Emulator) -> None:
    raw = openai.OpenAI()
    request = http.Request("POST", "http://localhost")
    refused = http.Response(429, request=request, json={"error": {"message": "slow down"}})
    raw.chat.completions.create = MagicMock(side_effect=openai.RateLimitError("no", response=refused, body=None))
    with pytest.raises(dragoman.RateLimited, match="slow down"):
        dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model=MODEL)
    raw.chat.completions.create = MagicMock(side_effect=KeyError("mine"))
    with pytest.raises(KeyError, match="mine"):
        dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model=MODEL)
    raw.chat.completions.create = MagicMock(side_effect=openai.APITimeoutError(request=request))
    with pytest.raises(dragoman.TimedOut):
        dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model=MODEL)


def test_a_mock_that_gives_no_answer() -> None:
    raw = openai.OpenAI(api_key="k")
    raw.chat.completions.create = MagicMock(return_value="text")
    with pytest.raises(dragoman.DecodeError, match="a mock has to return the SDK's own object"):
        dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model=MODEL)


def test_a_mock_of_a_stream() -> None:
    pieces = ({"role": "assistant", "content": "Hel"}, {"content": "lo"}, {})
    chunks = [
        ChatCompletionChunk.model_validate(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": MODEL,
                "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}],
            }
        )
        for delta in pieces
    ]
    raw = openai.OpenAI(api_key="k")
    raw.chat.completions.create = MagicMock(return_value=iter(chunks))
    llm = dragoman.from_openai(raw).create_fn.llms[MODEL]
    assert llm.generate("Hi", stream=True).drain().content == "Hello"


# ---------------------------------------------------------------------- what the client was given


def test_hooks_and_headers_of_the_client(emulator: Emulator) -> None:
    seen: list[str] = []
    inner = http.Client(event_hooks={"request": [lambda request: seen.append(request.url.path)]})
    raw = openai.OpenAI(http_client=inner, organization="org-1", default_headers={"x-team": "blue"})
    dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model=MODEL)
    headers = {name.lower(): value for name, value in emulator.requests[-1].headers.items()}
    assert seen == ["/v1/chat/completions"]
    assert (headers["openai-organization"], headers["x-team"]) == ("org-1", "blue")
    assert "OpenAI/Python" in headers["user-agent"]
    inner.close()


def test_a_mocked_network() -> None:
    answer = completion().model_dump(mode="json")
    inner = http.Client(transport=http.MockTransport(lambda _: http.Response(200, json=answer)))
    raw = openai.OpenAI(api_key="k", http_client=inner)
    assert dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model=MODEL) == JANE


def test_the_sdk_tries_again_and_the_log_says_so(emulator: Emulator) -> None:
    """S0.11: two 503, then an answer, in one attempt of ours."""
    emulator.fault(status=503, times=2, retry_after=0)
    llm = dragoman.from_openai(openai.OpenAI(max_retries=2)).create_fn.llms[MODEL]
    response = llm.generate("Hi")
    assert len(emulator.requests) == 3
    assert [attempt.notes for attempt in response.attempts] == [("the SDK's client tried 3 times in this attempt",)]


def test_a_failure_says_how_often_the_sdk_tried(emulator: Emulator) -> None:
    emulator.fault(status=503, times=None, retry_after=0)
    llm = dragoman.from_openai(openai.OpenAI(max_retries=1)).create_fn.llms[MODEL]
    with pytest.raises(dragoman.Overloaded) as caught:
        llm.generate("Hi")
    assert [attempt.notes for attempt in caught.value.attempts] == [("the SDK's client tried 2 times in this attempt",)]


@pytest.mark.parametrize(
    ("own", "timeout", "sent"),
    [(30.0, 600, 30.0), (30.0, 7, 7.0), (None, 7, 7.0), (http.Timeout(30, connect=2), 7, {"connect": 2, "read": 7})],
)
def test_the_smaller_limit_holds(emulator: Emulator, own: Any, timeout: float, sent: Any) -> None:
    """S0.10: the client's `timeout=30.0` is not made longer, and the time left of the call's own makes it shorter."""
    seen: list[dict[str, float]] = []
    inner = http.Client(event_hooks={"request": [lambda request: seen.append(request.extensions["timeout"])]})
    raw = openai.OpenAI(http_client=inner, timeout=own)
    dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model=MODEL, timeout=timeout)
    for phase, limit in (sent if isinstance(sent, dict) else {"connect": sent, "read": sent}).items():
        assert seen[0][phase] == pytest.approx(limit, abs=2)
    assert raw.timeout == own
    inner.close()


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_says_nothing(emulator: Emulator, stream: bool) -> None:
    emulator.fault(stall_at_byte=0, times=None)
    raw = openai.OpenAI(max_retries=0)
    llm = dragoman.from_openai(raw).create_fn.llms[MODEL]
    with pytest.raises(dragoman.TimedOut):
        _ = llm.generate("Hi", stream=True, timeout=0.2).drain() if stream else llm.generate("Hi", timeout=0.2)


def test_a_task_waits_no_longer_than_it_may(emulator: Emulator) -> None:
    """The client has no limit and would try again: its call is cancelled."""
    emulator.fault(stall_at_byte=0, times=None)

    async def ask() -> None:
        async with openai.AsyncOpenAI(timeout=None, max_retries=5) as raw:
            with pytest.raises(dragoman.TimedOut):
                await dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model=MODEL, timeout=0.2)

    asyncio.run(ask())


def test_a_stream_that_breaks(emulator: Emulator) -> None:
    emulator.fault(cut_after=3)
    llm = dragoman.from_openai(openai.OpenAI(max_retries=0)).create_fn.llms[MODEL]
    with pytest.raises(dragoman.StreamInterrupted) as caught:
        llm.generate("Count to 20", stream=True).drain()
    assert caught.value.partial is not None


# ---------------------------------------------------------------------- who is behind it


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://localhost:4000", "litellm"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://api.x.ai/v1", "xai"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("http://my.server:8000/v1", "openai_compatible"),
    ],
)
def test_the_address_says_who_answers(url: str, provider: str) -> None:
    assert dragoman.from_openai(openai.OpenAI(base_url=url, api_key="k")).provider == provider


def test_openai_behind_a_proxy_of_the_environment(emulator: Emulator) -> None:
    """Where `OPENAI_BASE_URL` leads, OpenAI is meant, as everywhere here."""
    assert dragoman.from_openai(openai.OpenAI()).provider == "openai"


@pytest.mark.parametrize("name", ["from_openrouter", "from_perplexity", "from_xai", "from_fireworks", "from_groq"])
def test_functions_that_take_an_openai_client(emulator: Emulator, name: str) -> None:
    client = getattr(dragoman, name)(openai.OpenAI(base_url=f"{emulator.url}/v1"), model=MODEL)
    assert client.provider == name.removeprefix("from_")
    assert client.create(response_model=Contact, messages=SAID) == JOHN


def test_a_proxy_gets_the_models_name_as_it_is(emulator: Emulator) -> None:
    """S0.30."""
    client = dragoman.from_openai(openai.OpenAI(base_url=emulator.url, api_key="anything"))
    client.create(response_model=Contact, messages=SAID, model="anthropic/claude-sonnet-4-20250514")
    assert emulator.requests[-1].wire["model"] == "anthropic/claude-sonnet-4-20250514"


def test_azure(emulator: Emulator) -> None:
    raw = openai.AzureOpenAI(azure_endpoint=emulator.url, api_key="k", api_version="2024-10-21")
    client = dragoman.from_openai(raw)
    assert client.provider == "azure_openai"
    assert client.create(response_model=Contact, messages=SAID, model="my-deployment") == JOHN
    assert emulator.requests[-1].path.partition("?")[0] == "/openai/deployments/my-deployment/chat/completions"


def test_azure_awaited(emulator: Emulator) -> None:
    async def ask() -> Any:
        async with openai.AsyncAzureOpenAI(azure_endpoint=emulator.url, api_key="k", api_version="2024-10-21") as raw:
            return await dragoman.from_openai(raw).create(response_model=Contact, messages=SAID, model="mine")

    assert asyncio.run(ask()) == JOHN


# ---------------------------------------------------------------------- modes


@pytest.mark.parametrize("mode", [Mode.TOOLS, Mode.JSON_SCHEMA, Mode.JSON, Mode.MD_JSON, Mode.RESPONSES_TOOLS])
def test_modes(emulator: Emulator, mode: Mode) -> None:
    client = dragoman.from_openai(openai.OpenAI(), mode=mode)
    assert client.create(response_model=Contact, messages=SAID, model=MODEL) == JOHN
    path = "/v1/responses" if mode is Mode.RESPONSES_TOOLS else "/v1/chat/completions"
    assert (client.mode, emulator.requests[-1].path) == (mode, path)


def test_the_responses_api_by_mode(emulator: Emulator) -> None:
    client = dragoman.from_openai(openai.OpenAI(), mode=Mode.RESPONSES_TOOLS)
    value, answer = client.create_with_completion(response_model=Contact, messages=SAID, model=MODEL)
    assert value == JOHN
    assert isinstance(answer, Response)


@pytest.mark.parametrize("name", ["input", "messages"])
def test_what_the_responses_api_answered_goes_on_as_input(emulator: Emulator, name: str) -> None:
    emulator.script(dragoman.LLMResponse(parts=(dragoman.ToolCall(id="c1", name="age", arguments_json="{}"),)))
    tool: Any = {"type": "function", "name": "age", "parameters": {"type": "object"}}
    answer = openai.OpenAI().responses.create(model="gpt-4o-mini", input="How old is John Smith?", tools=[tool])
    call: Any
    [call] = answer.output
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "42"}
    asked = {"role": "user", "content": [{"type": "input_text", "text": "John Smith is 42 years old"}]}
    client = dragoman.from_openai(openai.OpenAI(), mode=Mode.RESPONSES_TOOLS)
    for item in (call, call.model_dump()):
        talk: Any = {name: [asked, item, result, asked]}
        assert client.create(response_model=Contact, model="gpt-4o-mini", **talk) == JOHN
        sent = emulator.requests[-1].wire["input"]
        assert [each.get("type", "message") for each in sent] == [
            "message", "function_call", "function_call_output", "message",
        ]  # fmt: skip
        assert sent[1] == call.model_dump(exclude_none=True)


def test_defaults_of_the_client(emulator: Emulator) -> None:
    client = dragoman.from_openai(openai.OpenAI(), model=MODEL, temperature=0)
    client.create(response_model=Contact, messages=SAID)
    assert (emulator.requests[-1].wire["model"], emulator.requests[-1].wire["temperature"]) == (MODEL, 0)


def test_a_field_that_the_sdk_does_not_know(emulator: Emulator) -> None:
    client = dragoman.from_openai(openai.OpenAI(), model=MODEL)
    client.create(response_model=Contact, messages=SAID, extra_body={"chat_template_kwargs": {"thinking": False}})
    assert emulator.requests[-1].wire["chat_template_kwargs"] == {"thinking": False}


def test_sync_and_async_are_told_apart() -> None:
    class Mine(openai.AsyncOpenAI):
        """A tracer's, for instance."""

    assert type(dragoman.from_openai(Mine(api_key="k"))) is AsyncInstructor
    assert type(dragoman.from_openai(openai.OpenAI(api_key="k"))) is Instructor
    for wrong in (openai.OpenAI, openai):
        with pytest.raises(TypeError, match="an `OpenAI`, `AsyncOpenAI` or `AzureOpenAI` client"):
            dragoman.from_openai(wrong)  # type: ignore[call-overload]  # what is refused
    with pytest.raises(TypeError, match="an `Anthropic`"):
        dragoman.from_anthropic(openai.OpenAI(api_key="k"))


def test_patching_as_it_was_done_before_there_were_clients(emulator: Emulator) -> None:
    client = openai.OpenAI(base_url=f"{emulator.url}/v1", api_key="k")
    own = client.chat.completions.create
    patched = dragoman.patch(client)
    assert patched.chat.completions.create(response_model=Contact, model=MODEL, messages=SAID) == JOHN
    create = dragoman.patch(create=client.chat.completions.create, mode=Mode.JSON)
    assert create(response_model=Contact, model=MODEL, messages=SAID) == JOHN
    assert emulator.requests[-1].wire["response_format"] == {"type": "json_object"}
    assert client.chat.completions.create == own
    legacy = Instructor(client=client, create=create, mode=Mode.JSON)
    assert legacy.create(Contact, SAID, model=MODEL) == JOHN


def test_patching_what_is_awaited(emulator: Emulator) -> None:
    client = openai.AsyncOpenAI(base_url=f"{emulator.url}/v1", api_key="k")
    with pytest.warns(DeprecationWarning, match="apatch is deprecated"):
        patched = dragoman.apatch(client)
    create = dragoman.patch(create=client.chat.completions.create)

    async def main() -> None:
        for each in (patched.chat.completions.create, create):
            assert await each(response_model=Contact, model=MODEL, messages=SAID) == JOHN

    asyncio.run(main())


def test_what_cannot_be_patched() -> None:
    with pytest.raises(ValueError, match="patch takes a client, or create="):
        dragoman.patch()
    with pytest.raises(TypeError, match="not a `object`"):
        dragoman.patch(object())


@pytest.mark.parametrize("mode", [None, Mode.RESPONSES_TOOLS])
def test_without_a_value_contents_are_those_of_the_method_that_is_called(emulator: Emulator, mode: Any) -> None:
    """`messages` go to the chat API, `input` to the newer one, whatever the mode of values."""
    asked = dragoman.from_openai(openai.OpenAI(base_url=f"{emulator.url}/v1", api_key="k"), mode, model="gpt-4o-mini")
    said = [{"role": "user", "content": ["A cat?", dragoman.Image.from_url("https://example.com/cat.png")]}]
    asked.create(messages=said)
    assert [part["type"] for part in emulator.requests[-1].wire["messages"][0]["content"]] == ["text", "image_url"]
    asked.responses.create(input=said)
    assert [part["type"] for part in emulator.requests[-1].wire["input"][0]["content"]] == ["input_text", "input_image"]
