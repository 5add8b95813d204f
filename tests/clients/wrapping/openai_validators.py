"""Validators that ask by openai's clients, as they are and wrapped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import openai
import pytest
from pydantic import AfterValidator, BaseModel

import dragoman
from dragoman import LLMResponse, Mode, async_field_validator, llm_validator, openai_moderation
from dragoman.errors import ConfigurationError
from dragoman.testing import Emulator
from dragoman.validation import Validator

from .contract import SAID, emulator, running

__all__ = ["emulator", "running"]

MODEL = "gpt-4o-mini"

JUDGES: dict[str, Callable[[], Any]] = {
    "OpenAI()": openai.OpenAI,
    "from_openai(OpenAI())": lambda: dragoman.from_openai(openai.OpenAI(), mode=Mode.JSON),
    "from_provider": lambda: dragoman.from_provider(f"openai/{MODEL}", mode=Mode.JSON),
}
RUDE, POLITE = '{"is_valid": false, "reason": "it is rude"}', '{"is_valid": true}'


def letter_of(validate: Callable[[str], str]) -> type[BaseModel]:
    class Letter(BaseModel):
        text: Annotated[str, AfterValidator(validate)]

    return Letter


def answer(text: str, judge: str) -> LLMResponse:
    """In the way that the client asks for a verdict: one that was not told another, by a tool."""
    if judge != "OpenAI()":
        return LLMResponse(text)
    call = dragoman.ToolCall(id="call_1", name="Validator", arguments_json=text)
    return LLMResponse(parts=(call,), finish_reason="tool_calls")


@pytest.mark.parametrize("judge", JUDGES)
def test_a_model_judges_what_a_wrapped_client_was_answered(emulator: Emulator, judge: str) -> None:
    letter = letter_of(llm_validator("is polite", client=JUDGES[judge](), model=MODEL))
    client = dragoman.from_openai(openai.OpenAI(), mode=Mode.JSON)
    emulator.script('{"text": "damn"}', answer(RUDE, judge), '{"text": "dear"}', answer(POLITE, judge))
    assert client.create(response_model=letter, messages=SAID, model=MODEL).text == "dear"
    assert "it is rude" in emulator.requests[2].request.messages[-1].text
    assert [seen.wire["model"] for seen in emulator.requests] == [MODEL] * 4


@pytest.mark.parametrize("judge", JUDGES)
def test_a_model_judges_what_an_awaited_client_was_answered(emulator: Emulator, judge: str) -> None:
    letter = letter_of(llm_validator("is polite", client=JUDGES[judge](), allow_override=True))
    better = '{"is_valid": false, "reason": "it is rude", "fixed_value": "dear"}'

    async def ask() -> Any:
        async with openai.AsyncOpenAI() as raw:
            client = dragoman.from_openai(raw, mode=Mode.JSON)
            return await client.create(response_model=letter, messages=SAID, model=MODEL)

    emulator.script('{"text": "damn"}', answer(better, judge))
    assert asyncio.run(ask()).text == "dear"


def test_a_model_that_is_awaited_judges(emulator: Emulator) -> None:
    """The way that `llm_validator` points to: a validator that awaits the client itself."""

    async def ask() -> Any:
        async with openai.AsyncOpenAI() as raw:
            client = dragoman.from_openai(raw, mode=Mode.JSON)

            class Letter(BaseModel):
                text: str

                @async_field_validator("text")
                async def is_polite(cls, value: str) -> str:
                    said = [{"role": "user", "content": value}]
                    verdict: Validator = await client.create(response_model=Validator, messages=said, model=MODEL)
                    if not verdict.is_valid:
                        raise ValueError(verdict.reason)
                    return value

            return await client.create(response_model=Letter, messages=SAID, model=MODEL)

    emulator.script('{"text": "damn"}', RUDE, '{"text": "dear"}', POLITE)
    assert asyncio.run(ask()).text == "dear"
    assert "it is rude" in emulator.requests[2].request.messages[-1].text


MODERATORS: dict[str, Callable[[], Any]] = {
    "OpenAI()": openai.OpenAI,
    "from_openai(OpenAI())": lambda: dragoman.from_openai(openai.OpenAI()),
}


@pytest.mark.parametrize("moderator", MODERATORS)
def test_moderation_of_what_was_answered(emulator: Emulator, moderator: str) -> None:
    letter = letter_of(openai_moderation(MODERATORS[moderator]()))
    client = dragoman.from_openai(openai.OpenAI(), mode=Mode.JSON)
    emulator.script('{"text": "graphic violence"}', '{"text": "dear"}')
    assert client.create(response_model=letter, messages=SAID, model=MODEL).text == "dear"
    paths = [seen.path for seen in emulator.requests]
    assert paths == ["/v1/chat/completions", "/v1/moderations"] * 2
    assert "it was flagged for violence, violence_graphic" in emulator.requests[2].request.messages[-1].text


BLOCKING: dict[str, Callable[[Any], Any]] = {
    "llm_validator": lambda client: llm_validator("is polite", client),
    "openai_moderation": openai_moderation,
}


@pytest.mark.parametrize("name", BLOCKING)
def test_what_has_to_be_awaited_is_refused(emulator: Emulator, name: str) -> None:
    async def refused() -> None:
        async with openai.AsyncOpenAI() as raw:
            for client in (raw, dragoman.from_openai(raw)):
                with pytest.raises(ConfigurationError, match="async_field_validator"):
                    BLOCKING[name](client)

    asyncio.run(refused())
