"""`AsyncInstructor`, the awaited face. Why its methods name what they take, `blocking.py` says."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Literal, Self, TypeVar, Unpack, overload

from dragoman.client.hooks import Hooks
from dragoman.client.instructor.base import InstructorBase, in_order
from dragoman.client.instructor.options import CreateOptions, Messages, ParameterOptions
from dragoman.client.streams import AsyncStream
from dragoman.client.value_streams import AsyncIterableStream, AsyncPartialStream
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
        **options: Unpack[CreateOptions],
    ) -> Coroutine[Any, Any, T]: ...

    @overload
    def create(  # pyright: ignore[reportOverlappingOverload]  # a list is a type too: the first that fits is meant
        self,
        response_model: type[list[T]],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[True],
        **options: Unpack[CreateOptions],
    ) -> AsyncIterableStream[T]: ...

    @overload
    def create(
        self,
        response_model: type[T],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[True],
        **options: Unpack[CreateOptions],
    ) -> AsyncPartialStream[T]: ...

    @overload
    def create(
        self,
        response_model: None = None,
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[True],
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
        options["token_budget"] = token_budget
        told = self._told(response_model, messages, max_retries, context, strict, hooks, options)
        return self._create(stream=stream, **told)

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
        told = self._told(response_model, messages, max_retries, context, strict, hooks, options)
        return await self._create.with_completion(**told)

    def create_partial(  # noqa: PLR0917  # in Instructor's order
        self,
        response_model: type[T],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        context: Any = None,
        strict: bool | None = True,
        hooks: Hooks | None = None,
        **options: Unpack[ParameterOptions],
    ) -> AsyncPartialStream[T]:
        """Ask for a value of `response_model`, and see it grow: as `Instructor.create_partial`, for `async for`."""
        told = self._told(response_model, messages, max_retries, context, strict, hooks, options)
        return self._create.partial(**told)

    def create_iterable(  # noqa: PLR0917  # in Instructor's order
        self,
        messages: Messages = None,
        response_model: type[T] | None = None,
        max_retries: Any = DEFAULT_RETRIES,
        context: Any = None,
        strict: bool | None = True,
        hooks: Hooks | None = None,
        **options: Unpack[ParameterOptions],
    ) -> AsyncIterableStream[T]:
        """Ask for values of `response_model`, one after another: as `Instructor.create_iterable`, for `async for`."""
        told = self._told(response_model, messages, max_retries, context, strict, hooks, options)
        return self._create.iterable(**told)

    async def create_list(
        self,
        response_model: type[T],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        **options: Unpack[CreateOptions],
    ) -> list[T]:
        """Ask for a list of values of `response_model`: `create` with `list[response_model]`, to be awaited."""
        response_model, messages = in_order(response_model, messages)
        return await self.create(list[response_model], messages, max_retries, **options)

    async def close(self) -> None:
        """Give back the connections for good: as `Instructor.close`, to be awaited. Nothing is waited for."""
        for llm in self._llms():
            await llm.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
