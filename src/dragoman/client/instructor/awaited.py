"""`AsyncInstructor`, the awaited face."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Literal, Self, TypeVar, Unpack, cast, overload

from dragoman.client.hooks import Hooks
from dragoman.client.instructor.base import InstructorBase
from dragoman.client.instructor.creating import AsyncCreate
from dragoman.client.instructor.options import CreateOptions, Messages, ParameterOptions
from dragoman.client.streams import AsyncStream
from dragoman.messages import LLMResponse
from dragoman.structured import DEFAULT_RETRIES

T = TypeVar("T")


class AsyncInstructor(InstructorBase):
    """`Instructor`, awaited: the same methods with the same arguments.

    Make one with `from_provider(..., async_client=True)`.
    """

    @overload
    def create(
        self,
        response_model: type[T],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[False] = False,
        hooks: Hooks | None = None,
        **options: Unpack[CreateOptions],
    ) -> Coroutine[Any, Any, T]: ...

    @overload
    def create(
        self,
        response_model: None = None,
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[True],
        hooks: Hooks | None = None,
        **options: Unpack[CreateOptions],
    ) -> AsyncStream: ...

    @overload
    def create(
        self,
        response_model: None = None,
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[False] = False,
        hooks: Hooks | None = None,
        **options: Unpack[CreateOptions],
    ) -> Coroutine[Any, Any, LLMResponse]: ...

    def create(  # noqa: PLR0917  # in Instructor's order
        self,
        response_model: Any = None,
        messages: Any = None,
        max_retries: Any = DEFAULT_RETRIES,
        context: Any = None,
        strict: bool | None = True,
        hooks: Hooks | None = None,
        token_budget: int | None = None,
        *,
        stream: bool = False,
        **options: Any,
    ) -> Any:
        """Ask for a value, a response or a stream: as `Instructor.create`, to be awaited."""
        values = {"max_retries": max_retries, "context": context, "strict": strict, "token_budget": token_budget}
        return self.create_fn(stream=stream, **self._told(response_model, messages, hooks, {**options, **values}))

    async def create_with_completion(  # noqa: PLR0917  # in Instructor's order
        self,
        messages: Messages = None,
        response_model: type[T] | None = None,
        max_retries: Any = DEFAULT_RETRIES,
        context: Any = None,
        strict: bool | None = True,
        hooks: Hooks | None = None,
        **options: Unpack[ParameterOptions],
    ) -> tuple[T, Any]:
        """Ask for a value of `response_model`, and get what the provider answered with it."""
        values = {"max_retries": max_retries, "context": context, "strict": strict}
        told = self._told(response_model, messages, hooks, {**options, **values})
        return await cast("AsyncCreate", self.create_fn).with_completion(**told)

    async def close(self) -> None:
        """Give back the connections for good: as `Instructor.close`, to be awaited. Nothing is waited for."""
        for llm in cast("AsyncCreate", self.create_fn).llms.end():
            await llm.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
