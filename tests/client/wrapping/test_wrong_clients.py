"""What cannot be wrapped is refused by a typed error that says what is taken, and what to do instead."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import MagicMock

import pytest
from pydantic import BaseModel

import dragoman
from dragoman.client.wrapping.from_sdk import Meant
from dragoman.exceptions import ClientError
from dragoman.testing import Emulator


class Contact(BaseModel):
    name: str
    age: int


def client_of(module: str, name: str = "Client", **attributes: Any) -> Any:
    """An object whose class says that it is defined in `module`."""
    return type(name, (), {"__module__": module, **attributes})()


@pytest.mark.parametrize(
    ("function", "given", "said"),
    [
        (
            "from_openai",
            object(),
            "an `OpenAI`, `AsyncOpenAI` or `AzureOpenAI` client of the `openai` package is taken",
        ),
        ("from_openai", MagicMock(), "not a `unittest.mock.MagicMock`"),
        ("from_openai", client_of("anthropic", "Anthropic"), "not a `anthropic.Anthropic`"),
        ("from_anthropic", None, "an `Anthropic`"),
        ("from_groq", "gsk_key", "a `Groq` or `AsyncGroq` client"),
        ("from_cohere", client_of("cohere_tools"), "not a `cohere_tools.Client`"),
        ("from_bedrock", "us-east-1", "a `bedrock-runtime` client of `boto3`"),
        ("from_xai", client_of("xai_sdk.sync.client"), r"gRPC.*OpenAI\(base_url=\"https://api.x.ai/v1\""),
        ("from_genai", client_of("google.generativeai.generative_models", "GenerativeModel"), r"genai\.Client\(\)"),
        ("from_vertexai", client_of("vertexai.generative_models", "GenerativeModel"), r"genai\.Client\(vertexai=True"),
        ("from_mistral", dict, "not the class `builtins.dict`"),
        ("from_litellm", "gpt-4o", "a function such as `litellm.completion` is taken"),
    ],
)
def test_what_is_taken_is_said(function: str, given: Any, said: str) -> None:
    for kind in (TypeError, ClientError, dragoman.ConfigurationError):
        with pytest.raises(kind, match=said):
            getattr(dragoman, function)(given)


def test_one_of_the_other_kind() -> None:
    meant = Meant(packages=("cohere",), takes="a client", provider="cohere")
    with pytest.raises(TypeError, match="blocks: leave out use_async=True"):
        meant.wrapped(client_of("cohere.client"), None, None, {}, use_async=True)
    with pytest.raises(TypeError, match="is always awaited"):
        meant.wrapped(client_of("cohere.client", "AsyncClient"), None, None, {}, use_async=False)


def test_a_client_without_the_method() -> None:
    """It is of a version that is too old, or of another service."""
    client = dragoman.from_openai(client_of("openai", "OpenAI"), model="gpt-4o-mini")
    with pytest.raises(dragoman.ConfigurationError, match=r"has no `chat.completions.create`"):
        client.create(response_model=int, messages="1?")


def test_a_mode_that_the_sdk_does_not_have() -> None:
    with pytest.raises(dragoman.ConfigurationError, match="Responses API"):
        dragoman.from_groq(client_of("groq", "Groq"), mode=dragoman.Mode.RESPONSES_TOOLS)


@pytest.mark.parametrize("use_async", [False, True])
def test_gemini_without_a_client(use_async: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """X26: then it is our own transport, with the key of the environment."""
    said = [{"role": "user", "content": "John is 42 years old"}]
    with Emulator() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        client = dragoman.from_gemini(use_async=use_async, model="gemini-2.5-flash")
        value = client.create(response_model=Contact, messages=said)
        if use_async:
            value = asyncio.run(value)
    assert value == Contact(name="John", age=42)


@pytest.mark.parametrize("use_async", [False, True])
def test_gemini_without_a_client_keeps_answers_and_streams_beside(use_async: bool) -> None:
    """A cache of the client's is for whole values, and in nobody's way."""
    client = dragoman.from_gemini(use_async=use_async, model="gemini-2.5-flash", cache=dragoman.AutoCache())
    assert "cache" not in client.kwargs
    client.create_partial(Contact, "John is 42 years old").abort()
