"""`LLM` and `AsyncLLM` asked in the same words: what a test says once and both are held to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, cast

from dragoman.client import LLM, AsyncLLM, AsyncStream, Stream, create_llm
from dragoman.messages import Event, LLMResponse, Message
from dragoman.structured import Extracted

T = TypeVar("T")


class Face(Protocol):
    """Makes clients, asks them, and waits for the answer."""

    def client(self, provider: str, model: str, **options: Any) -> LLM | AsyncLLM: ...

    def whole(self, llm: Any, prompt: Any = None, **options: Any) -> LLMResponse: ...

    def streamed(self, llm: Any, prompt: Any = None, **options: Any) -> tuple[list[Event], LLMResponse]:
        """All events, and the response at the end."""
        ...

    def first_then_leave(self, llm: Any, prompt: str) -> Event:
        """The first event of a stream that is then left."""
        ...

    def extracted(self, llm: Any, kind: type[T], prompt: str) -> Extracted[T]: ...

    def tools_run(self, llm: Any, response: LLMResponse, tools: Iterable[Any]) -> Message: ...

    def unload(self, llm: Any) -> None: ...

    def close(self, llm: Any) -> None: ...

    def end(self) -> None:
        """Close what the face itself has opened."""


class Blocking:
    """Asks an `LLM`."""

    def client(self, provider: str, model: str, **options: Any) -> LLM:
        return create_llm(provider, model, async_client=False, **options)

    def whole(self, llm: LLM, prompt: Any = None, **options: Any) -> LLMResponse:
        return llm.generate(prompt, stream=False, **options)

    def streamed(self, llm: LLM, prompt: Any = None, **options: Any) -> tuple[list[Event], LLMResponse]:
        stream = cast("Stream", llm.generate(prompt, stream=True, **options))  # options may hold no response_model
        return list(stream), stream.response

    def first_then_leave(self, llm: LLM, prompt: str) -> Event:
        with llm.generate(prompt, stream=True) as stream:
            return next(stream)

    def extracted(self, llm: LLM, kind: type[T], prompt: str) -> Extracted[T]:
        return llm.extract(kind, prompt)

    def tools_run(self, llm: LLM, response: LLMResponse, tools: Iterable[Any]) -> Message:
        return llm.run_tools(response, tools)

    def unload(self, llm: LLM) -> None:
        llm.unload()

    def close(self, llm: LLM) -> None:
        llm.close()

    def end(self) -> None:
        """Nothing was opened."""


class Awaited:
    """Asks an `AsyncLLM`, in an event loop of its own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def client(self, provider: str, model: str, **options: Any) -> AsyncLLM:
        return create_llm(provider, model, async_client=True, **options)

    def whole(self, llm: AsyncLLM, prompt: Any = None, **options: Any) -> LLMResponse:
        return self._runner.run(llm.generate(prompt, stream=False, **options))

    def streamed(self, llm: AsyncLLM, prompt: Any = None, **options: Any) -> tuple[list[Event], LLMResponse]:
        async def read() -> tuple[list[Event], LLMResponse]:
            stream = cast("AsyncStream", llm.generate(prompt, stream=True, **options))
            return [event async for event in stream], stream.response

        return self._runner.run(read())

    def first_then_leave(self, llm: AsyncLLM, prompt: str) -> Event:
        async def leave() -> Event:
            async with llm.generate(prompt, stream=True) as stream:
                return await anext(stream)

        return self._runner.run(leave())

    def extracted(self, llm: AsyncLLM, kind: type[T], prompt: str) -> Extracted[T]:
        return self._runner.run(llm.extract(kind, prompt))

    def tools_run(self, llm: AsyncLLM, response: LLMResponse, tools: Iterable[Any]) -> Message:
        return self._runner.run(llm.run_tools(response, tools))

    def unload(self, llm: AsyncLLM) -> None:
        self._runner.run(llm.unload())

    def close(self, llm: AsyncLLM) -> None:
        self._runner.run(llm.close())

    def end(self) -> None:
        self._runner.close()
