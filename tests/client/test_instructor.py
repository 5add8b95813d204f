"""The client in Instructor's manner: one method under four names, blocking and awaited."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from pydantic import BaseModel

from dragoman import AsyncStream, LLMResponse, Mode, RetryConfig, Stream, from_provider
from dragoman.errors import ConfigurationError, OutputError, UnsupportedFeature
from dragoman.testing import Emulator

from ..drive import MODES, settled

both = pytest.mark.parametrize("face", MODES)
MODELS = {"openai": "openai/gpt-4o-mini", "anthropic": "anthropic/claude-haiku-4-5"}


class User(BaseModel):
    name: str
    age: int


PROMPT = [{"role": "user", "content": "John is 42 years old"}]


def client(emulator: Emulator, face: str, model: str = MODELS["openai"], **options: Any) -> Any:
    return from_provider(model, api_key="k", base_url=emulator.url, async_client=face == "async", **options)


def result(value: Any) -> Any:
    """What a call of either face gives in the end."""

    async def awaited() -> Any:
        return await value

    return asyncio.run(awaited()) if inspect.isawaitable(value) and not isinstance(value, LLMResponse) else value


@both
@pytest.mark.parametrize("provider", MODELS)
@pytest.mark.parametrize("path", ["", "chat.completions", "messages", "responses"])
def test_four_names_for_one_method(emulator: Emulator, face: str, provider: str, path: str) -> None:
    """X2: the wire is the provider's, whichever name is used."""
    asked = client(emulator, face, MODELS[provider])
    create = asked
    for name in filter(None, path.split(".")):
        create = getattr(create, name)
    assert create.create == asked.create
    assert result(create.create(response_model=User, messages=PROMPT)) == User(name="John", age=42)
    assert emulator.requests[-1].dialect == {"openai": "openai_chat", "anthropic": "anthropic_messages"}[provider]


@both
@pytest.mark.parametrize("kind", [list[str], int, User | None])
def test_other_kinds_of_values(emulator: Emulator, face: str, kind: Any) -> None:
    from pydantic import TypeAdapter

    value = result(client(emulator, face).create(response_model=kind, messages=PROMPT))
    assert TypeAdapter(kind).validate_python(value) == value


@both
def test_without_a_response_model_it_is_the_response(emulator: Emulator, face: str) -> None:
    response = result(client(emulator, face).create(messages=PROMPT, max_retries=2))
    assert isinstance(response, LLMResponse)
    assert "John is 42 years old" in response.content


def test_a_stream(emulator: Emulator) -> None:
    stream = client(emulator, "sync").create(input="Count to 5", stream=True)
    assert isinstance(stream, Stream)
    assert stream.drain().content == "1 2 3 4 5"
    awaited = client(emulator, "async").create(input="Count to 5", stream=True)
    assert isinstance(awaited, AsyncStream)
    assert asyncio.run(awaited.drain()).content == "1 2 3 4 5"


@both
def test_the_response_beside_the_value(emulator: Emulator, face: str) -> None:
    value, response = result(client(emulator, face).create_with_completion(response_model=User, messages=PROMPT))
    assert value == User(name="John", age=42)
    assert response.usage["total_tokens"] > 0


@both
def test_asking_again(emulator: Emulator, face: str) -> None:
    wrong = LLMResponse(parts=(_call({"name": "John", "age": "old"}),), finish_reason="tool_calls")
    emulator.script(wrong, wrong)
    assert result(client(emulator, face).create(User, messages=PROMPT, max_retries=2)).age == 42
    assert len(emulator.requests) == 3
    emulator.script(wrong, wrong)
    with pytest.raises(OutputError, match="does not fit User"):
        result(client(emulator, face).create(User, messages=PROMPT, max_retries=1))
    assert len(emulator.requests) == 5


def _call(arguments: dict[str, Any]) -> Any:
    from dragoman import ToolCall

    return ToolCall(id="call_1", name="User", arguments=arguments)


@both
@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"messages": PROMPT, "system": "Be brief."}, {"system": "Be brief."}),
        ({"input": "John is 42 years old", "instructions": "Be brief."}, {"system": "Be brief."}),
        ({"input": PROMPT, "max_output_tokens": 70}, {"max_tokens": 70}),
        ({"messages": PROMPT, "max_completion_tokens": 70}, {"max_tokens": 70}),
        ({"messages": PROMPT, "max_tokens": 70, "temperature": None}, {"max_tokens": 70}),
        ({"messages": PROMPT}, {"max_tokens": 4096}),
    ],
)
def test_names_that_the_sdks_have(emulator: Emulator, face: str, options: dict[str, Any], sent: dict[str, Any]) -> None:
    """X2, X3: on any client, with or without `max_tokens`."""
    result(client(emulator, face, MODELS["anthropic"]).create(**options))
    wire = emulator.requests[-1].wire
    assert wire["messages"][-1]["content"] in (PROMPT[0]["content"], [{"type": "text", "text": PROMPT[0]["content"]}])
    assert {name: wire[name] for name in sent} == sent


@both
def test_another_model_for_one_call(emulator: Emulator, face: str) -> None:
    asked = client(emulator, face)
    for model in ("gpt-4o", None, "gpt-4o"):
        result(asked.create(input="Hi", model=model))
    assert [seen.wire["model"] for seen in emulator.requests] == ["gpt-4o", "gpt-4o-mini", "gpt-4o"]


@both
def test_options_of_the_client_hold_for_its_calls(emulator: Emulator, face: str) -> None:
    asked = client(emulator, face, retry_config=RetryConfig(max_attempts=1), temperature=0.1)
    result(asked.create(input="Hi", temperature=0.9))
    result(asked.create(input="Hi", model="gpt-4o"))
    assert [seen.wire["temperature"] for seen in emulator.requests] == [0.9, 0.1]


@both
@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"input": "a", "messages": PROMPT}, ConfigurationError, "`input` and `messages` say the same"),
        ({"input": "a", "max_tokens": 1, "max_output_tokens": 1}, ConfigurationError, "say the same: pass one"),
        (
            {"input": "a", "max_completion_tokens": 1, "max_output_tokens": 2},
            ConfigurationError,
            "say the same: pass one",
        ),
        ({"input": "a", "modle": "m"}, ConfigurationError, "did you mean `model`|there is no option `modle`"),
        ({"messages": ...}, TypeError, "placeholder"),
        ({"input": "a", "mode": "json"}, ConfigurationError, r"mode must be a Mode such as Mode\.TOOLS, not 'json'"),
        (
            {"input": "a", "response_model": User, "mode": Mode.PARALLEL_TOOLS},
            ConfigurationError,
            r"ask for response_model=Iterable\[A \| B\]",
        ),
        ({"input": "a", "response_model": User, "max_retries": object()}, UnsupportedFeature, "RetryConfig"),
        ({"input": "a", "response_model": User, "max_retries": -1}, ConfigurationError, "at least 0, not -1"),
        ({"input": "a", "response_model": User, "stream": True}, UnsupportedFeature, "do not go together yet"),
    ],
)
def test_what_is_refused(
    emulator: Emulator, face: str, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        result(client(emulator, face).create(**options))
    assert emulator.requests == []


@both
def test_what_will_never_be_there(emulator: Emulator, face: str) -> None:
    with pytest.raises(AttributeError, match="has no attribute `craete`"):
        client(emulator, face).craete  # noqa: B018


def test_closing(emulator: Emulator) -> None:
    with client(emulator, "sync") as asked:
        asked.create(input="Hi")
    for model in ("gpt-4o-mini", "gpt-4o"):
        with pytest.raises(ConfigurationError, match="closed"):
            asked.create(input="Hi", model=model)

    async def leave() -> None:
        async with client(emulator, "async") as awaited:
            await awaited.create(input="Hi")
        with pytest.raises(ConfigurationError, match="closed"):
            awaited.create(input="Hi")

    asyncio.run(leave())


def test_it_shows_who_it_asks_and_no_key(emulator: Emulator) -> None:
    asked = from_provider("openai/gpt-4o-mini", api_key="key-of-the-test")
    assert repr(asked) == "<Instructor openai/gpt-4o-mini in Mode.TOOLS>"
    assert (asked.provider, asked.model, asked.mode) == ("openai", "gpt-4o-mini", Mode.TOOLS)


@both
def test_a_closed_client_closes_those_of_all_its_models(emulator: Emulator, face: str) -> None:
    made = client(emulator, face)
    settled(made.close())
    for model in (None, "another-model"):
        with pytest.raises(ConfigurationError, match="closed"):
            settled(made.create(messages=PROMPT, model=model))
    assert emulator.requests == []
