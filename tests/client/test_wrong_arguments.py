"""What cannot be right is refused where it is said, by one class whatever is wrong: `ConfigurationError`.

The rule is CONTRIBUTING's. `TypeError` is left to Python, for arguments that a function does not have, and to records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import dragoman
from dragoman import AsyncInstructor, AsyncLLM, Instructor, Mode
from dragoman.errors import ConfigurationError


def awaited(ask: Callable[[], Any]) -> Any:
    async def answer() -> Any:
        return await ask()

    return asyncio.run(answer())


NOWHERE: dict[str, Any] = {"api_key": "k", "base_url": "http://127.0.0.1:9"}
"""Nobody is asked: a call that came so far would be a `ConnectFailed`."""

CLIENT: dict[str, Any] = {
    "base_url": 5,
    "api_key": 5,
    "http_client": 5,
    "transport": 5,
    "query": 5,
    "dialect": 5,
    "headers": 5,
    "timeout": "soon",
    "temperature": "hot",
    "max_tokens": 1.5,
    "retry_config": 5,
    "stop": 5,
    "mode": "FAST",
    "extra_body": 5,
    "on_loss": "shrug",
}
"""Options of a client, none of which can be."""

PROMPTS: list[Any] = [5, ..., {"role": "user", "content": "a"}, [5], [dragoman.Message("user", "a")]]

CALL: dict[str, Any] = {
    "messages": 5,
    "system": 5,
    "images": [5],
    "documents": 5,
    "tools": [5],
    "tool_choice": 5,
    "response_model": 5,
    "extra_body": 5,
    "timeout": "soon",
    "temperature": "hot",
    "retry_config": 5,
}
VALUE: dict[str, Any] = {
    "max_retries": "often",
    "context": 5,
    "strict": "very",
    "token_budget": "all",
    "mode": 5,
    "temperature": "hot",
}
CREATES = ("create", "create_partial", "create_iterable", "create_with_completion", "create_list")


@pytest.mark.parametrize("name", CLIENT)
def test_what_a_client_is_made_with(name: str) -> None:
    with pytest.raises(ConfigurationError):
        dragoman.create_llm("openai/gpt-4o", **{**NOWHERE, name: CLIENT[name]})


OF_AN_SDK = {"default_headers": 5, "default_query": 5, "max_retries": "often"}


@pytest.mark.parametrize("name", CLIENT | OF_AN_SDK)
def test_what_an_instructor_is_made_with(name: str) -> None:
    """It makes a client for the model that a call names, so some of it is seen by the first call alone."""
    with pytest.raises(ConfigurationError):
        dragoman.from_provider("openai/gpt-4o", **{**NOWHERE, name: (CLIENT | OF_AN_SDK)[name]}).create(int, input="a")


@pytest.mark.parametrize("make", [dragoman.create_llm, dragoman.from_provider])
@pytest.mark.parametrize("name", [None, 5, ["openai/gpt-4o"]])
def test_who_a_client_is_for(make: Callable[..., Any], name: Any) -> None:
    with pytest.raises(ConfigurationError):
        make(name)


FUNCTIONS = sorted(name for name in dragoman.__all__ if name.startswith("from_") and name != "from_provider")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_wrapped(name: str) -> None:
    with pytest.raises(ConfigurationError, match="taken, not"):
        getattr(dragoman, name)(5)


def test_a_dialect_that_is_none_comes_with_those_that_there_are() -> None:
    with pytest.raises(
        ConfigurationError, match=r"no dialect `latin`; known are anthropic_messages, .*openai_responses"
    ):
        dragoman.create_llm("openai/gpt-4o", dialect="latin")


@pytest.fixture(scope="module")
def llm() -> dragoman.LLM:
    return dragoman.create_llm("openai/gpt-4o", **NOWHERE)


@pytest.fixture(scope="module")
def async_llm() -> AsyncLLM:
    return dragoman.create_llm("openai/gpt-4o", async_client=True, **NOWHERE)


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: type(prompt).__name__)
def test_what_is_asked(llm: dragoman.LLM, prompt: Any) -> None:
    for ask in (
        lambda: llm.generate(prompt),
        lambda: llm.generate(prompt, stream=True).drain(),
        lambda: llm.extract(int, prompt),
        lambda: llm.count_tokens(prompt),
    ):
        with pytest.raises(ConfigurationError):
            ask()


@pytest.mark.parametrize("name", CALL)
def test_how_it_is_asked(llm: dragoman.LLM, name: str) -> None:
    wrong = {name: CALL[name]}
    for ask in (lambda: llm.generate("a", **wrong), lambda: llm.generate("a", stream=True, **wrong)):
        with pytest.raises(ConfigurationError):
            ask()


@pytest.mark.parametrize("name", VALUE)
def test_how_a_value_is_asked_for(llm: dragoman.LLM, name: str) -> None:
    with pytest.raises(ConfigurationError):
        llm.extract(int, "a", **{name: VALUE[name]})


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: type(prompt).__name__)
def test_what_is_asked_and_awaited(async_llm: AsyncLLM, prompt: Any) -> None:
    for ask in (lambda: async_llm.generate(prompt), lambda: async_llm.extract(int, prompt)):
        with pytest.raises(ConfigurationError):
            awaited(ask)


@pytest.fixture(scope="module")
def client() -> Instructor:
    return dragoman.from_provider("openai/gpt-4o", mode=Mode.JSON, **NOWHERE)


@pytest.fixture(scope="module")
def async_client() -> AsyncInstructor:
    return dragoman.from_provider("openai/gpt-4o", mode=Mode.JSON, async_client=True, **NOWHERE)


WRONG: dict[str, Any] = {**VALUE, "hooks": 5, "response_model": 5}


def _asked(client: Any, method: str, name: str) -> Any:
    wanted: dict[str, Any] = {"response_model": int, "messages": [{"role": "user", "content": "a"}], name: WRONG[name]}
    return getattr(client, method)(**wanted)


@pytest.mark.parametrize("method", CREATES)
@pytest.mark.parametrize("name", WRONG)
def test_create(client: Instructor, method: str, name: str) -> None:
    with pytest.raises(ConfigurationError):
        list(_asked(client, method, name))


@pytest.mark.parametrize("method", ["create", "create_with_completion", "create_list"])
@pytest.mark.parametrize("name", WRONG)
def test_create_awaited(async_client: AsyncInstructor, method: str, name: str) -> None:
    with pytest.raises(ConfigurationError):
        awaited(lambda: _asked(async_client, method, name))


def test_a_handler_that_nobody_can_call(client: Instructor) -> None:
    with pytest.raises(ConfigurationError, match="a handler is called"):
        client.on("completion:error", 5)  # type: ignore[arg-type]  # as said
