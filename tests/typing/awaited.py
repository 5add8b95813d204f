"""What users see in their editor (see `blocking.py`): `AsyncLLM`, its streams and its chats."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, assert_type

from pydantic import BaseModel

import dragoman
from dragoman import (
    AsyncChat,
    AsyncLLM,
    AsyncPartialStream,
    AsyncStream,
    BatchResults,
    EmbeddingResponse,
    Event,
    Extracted,
    LLMResponse,
    Message,
    ModelInfo,
    TokenCount,
)
from dragoman.client.value_streams import AsyncIterableStream


class Contact(BaseModel):
    name: str


llm = dragoman.create_llm("anthropic", "claude-3-5-haiku-latest", async_client=True, max_tokens=100)
assert_type(llm, AsyncLLM)

whole = assert_type(llm.generate("Hi"), Coroutine[Any, Any, LLMResponse])
value = assert_type(llm.generate("Hi", response_model=Contact), Coroutine[Any, Any, Contact])
assert_type(llm.generate("Hi", stream=True), AsyncStream)


async def main() -> None:
    assert_type(await llm.generate("Hi"), LLMResponse)
    assert_type(await llm.generate("Hi", response_model=Contact), Contact)
    assert_type(await llm.generate("Hi", response_model=list[int]), list[int])
    assert_type(await llm.extract(Contact, "Hi"), Extracted[Contact])
    assert_type(await llm.run_tools(await llm.generate("Hi"), []), Message)
    assert_type(await asyncio.gather(*[llm.generate("Hi")]), list[LLMResponse])

    async with llm.generate("Hi", stream=True) as stream:
        async for event in stream:
            assert_type(event, Event)
        assert_type(stream.response, LLMResponse)
    assert_type(await llm.generate("Hi", stream=True), AsyncStream)
    assert_type(await llm.generate("Hi", stream=True).drain(), LLMResponse)

    chat = llm.chat(system="Be brief")
    assert_type(chat, AsyncChat)
    assert_type(await chat.generate("Hi"), LLMResponse)
    assert_type(chat.generate("Hi", stream=True), AsyncStream)

    assert_type(await llm.embed(["a"]), EmbeddingResponse)
    assert_type(await llm.count_tokens("Hi"), TokenCount)
    assert_type(await llm.models(), list[ModelInfo])
    assert_type(await dragoman.async_list_models("openai"), list[ModelInfo])
    assert_type(await llm.unload(), None)
    assert_type(await llm.close(), None)

    client = dragoman.from_provider("openai/gpt-4o-mini", async_client=True)
    assert_type(client, dragoman.AsyncInstructor)
    assert_type(await client.create(Contact, input="Hi"), Contact)
    assert_type(await client.chat.completions.create(input="Hi"), LLMResponse)
    assert_type(client.create(input="Hi", stream=True), AsyncStream)
    assert_type(await client.create_with_completion(response_model=Contact, input="Hi"), tuple[Contact, Any])
    assert_type(client.create_partial(Contact, "Hi"), AsyncPartialStream[Contact])
    assert_type(client.create_iterable("Hi", Contact), AsyncIterableStream[Contact])
    assert_type(await client.create_list(Contact, "Hi", context={"a": 1}), list[Contact])
    assert_type(client.create(Contact, "Hi", stream=True), AsyncPartialStream[Contact])
    assert_type(client.create(list[Contact], "Hi", stream=True), AsyncIterableStream[Contact])
    assert_type(await client.create(Contact, "Hi", strict=False, token_budget=900), Contact)

    provider = dragoman.OpenAIProvider("sk")
    assert_type(await provider.complete([Message("user", "Hi")]), LLMResponse)
    async for text in provider.stream([Message("user", "Hi")]):
        assert_type(text, str)

    _ = llm.generate("Hi").content  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  # not awaited
    assert_type(llm.generate("Hi", stream=True, response_model=Contact), AsyncPartialStream[Contact])
    assert_type(await llm.generate("Hi", stream=True, response_model=Contact).drain(), Contact)
    iter(llm.generate("Hi", stream=True))  # pyright: ignore[reportArgumentType, reportCallIssue]  # `async for`
    assert_type(await llm.batch(["Hi"]), BatchResults[LLMResponse])
    assert_type(await llm.batch(["Hi"], response_model=Contact, journal=Path("j")), BatchResults[Contact])
