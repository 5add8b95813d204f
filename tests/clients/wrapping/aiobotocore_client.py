"""aiobotocore's client for Bedrock, wrapped: it is always awaited."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiobotocore.session import get_session

import dragoman
from dragoman import AsyncInstructor
from dragoman.testing import Emulator

from .contract import JOHN, SAID, Contact, emulator, running

__all__ = ["emulator", "running"]

MODEL = "anthropic.claude-3-5-sonnet-20240620-v1:0"


def client(url: str) -> Any:
    return get_session().create_client("bedrock-runtime", region_name="us-east-1", endpoint_url=url)


def test_a_value_and_the_dict_it_came_in(emulator: Emulator) -> None:
    async def ask() -> None:
        async with client(emulator.url) as raw:
            wrapped = dragoman.from_bedrock(raw)
            assert type(wrapped) is AsyncInstructor
            value, answer = await wrapped.create_with_completion(response_model=Contact, messages=SAID, model=MODEL)
            assert value == JOHN
            assert answer["usage"]["inputTokens"] == emulator.bill.usage.input_tokens

    asyncio.run(ask())


def test_a_stream(emulator: Emulator) -> None:
    async def ask() -> str:
        async with client(emulator.url) as raw:
            llm = dragoman.from_bedrock(raw).create_fn.llms[MODEL]
            return (await llm.generate("Count to 20", stream=True).drain()).content

    assert asyncio.run(ask()) == " ".join(map(str, range(1, 21)))


def test_a_refusal(emulator: Emulator) -> None:
    emulator.fault(status=401, message="no", times=None)

    async def ask() -> None:
        async with client(emulator.url) as raw:
            llm = dragoman.from_bedrock(raw).create_fn.llms[MODEL]
            for asked in (llm.generate("Hi"), llm.generate("Hi", stream=True).drain()):
                with pytest.raises(dragoman.Unauthorized):
                    await asked

    asyncio.run(ask())
