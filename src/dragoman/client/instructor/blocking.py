"""`Instructor`, the blocking face.

What Instructor takes by position is named anew by each method, and by each overload: a TypedDict says names alone, and
a ParamSpec, here or shared with `AsyncInstructor`, loses the `T` that joins `response_model` to what is returned. All
else is said once, in `options.py`.
"""

from __future__ import annotations

from typing import Any, Literal, Self, TypeVar, Unpack, overload

from dragoman.client.hooks import Hooks
from dragoman.client.instructor.base import InstructorBase, in_order
from dragoman.client.instructor.options import CreateOptions, Messages, ParameterOptions
from dragoman.client.streams import Stream
from dragoman.client.value_streams import IterableStream, PartialStream
from dragoman.messages import LLMResponse
from dragoman.structured import DEFAULT_RETRIES

T = TypeVar("T")


class Instructor(InstructorBase):
    """A client that answers with values of the caller's types. Make one with `from_provider`."""

    @overload
    def create(
        self,
        response_model: type[T],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[False] = False,
        **options: Unpack[CreateOptions],
    ) -> T: ...

    @overload
    def create(  # pyright: ignore[reportOverlappingOverload]  # a list is a type too: the first that fits is meant
        self,
        response_model: type[list[T]],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[True],
        **options: Unpack[CreateOptions],
    ) -> IterableStream[T]: ...

    @overload
    def create(
        self,
        response_model: type[T],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[True],
        **options: Unpack[CreateOptions],
    ) -> PartialStream[T]: ...

    @overload
    def create(
        self,
        response_model: None = None,
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[True],
        **options: Unpack[CreateOptions],
    ) -> Stream: ...

    @overload
    def create(
        self,
        response_model: None = None,
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        *,
        stream: Literal[False] = False,
        **options: Unpack[CreateOptions],
    ) -> LLMResponse: ...

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
        """Ask for a value of `response_model`; without one, for an `LLMResponse`, or with `stream=True` a `Stream`.

        Args:
            response_model: Any type that pydantic validates.
            messages: The conversation.
            max_retries: How often to ask again when the answer does not fit: a number, a `RetryConfig`, or an object
                of tenacity's.
            context: What validators get as `info.context`.
            strict: Pydantic's strict mode; `None` leaves it to the type.
            hooks: Who else is told, in this call.
            token_budget: Ask no more once the answers together have used so many tokens.
            stream: Return a `Stream` of events.
            options: See `CreateOptions`.

        Raises:
            Error: As `LLM.generate`.
        """
        options["token_budget"] = token_budget
        told = self._told(response_model, messages, max_retries, context, strict, hooks, options)
        return self._create(stream=stream, **told)

    def create_with_completion(  # noqa: PLR0917  # in Instructor's order
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
        return self._create.with_completion(**told)

    def create_partial(  # noqa: PLR0917  # in Instructor's order
        self,
        response_model: type[T],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        context: Any = None,
        strict: bool | None = True,
        hooks: Hooks | None = None,
        **options: Unpack[ParameterOptions],
    ) -> PartialStream[T]:
        """Ask for a value of `response_model`, and see it grow: each thing that comes is the value so far.

        Fields that have not come are `None`. The last is the value itself, validated. Nothing is sent before the first
        is asked for. What a call may say besides is as in `create`, but for `token_budget` and caches.
        """
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
    ) -> IterableStream[T]:
        """Ask for values of `response_model`, one after another: each is there as soon as it is whole, validated.

        A union of types may be asked for. As `create_partial` otherwise.
        """
        told = self._told(response_model, messages, max_retries, context, strict, hooks, options)
        return self._create.iterable(**told)

    def create_list(
        self,
        response_model: type[T],
        messages: Messages = None,
        max_retries: Any = DEFAULT_RETRIES,
        **options: Unpack[CreateOptions],
    ) -> list[T]:
        """Ask for a list of values of `response_model`: `create` with `list[response_model]`."""
        response_model, messages = in_order(response_model, messages)
        return self.create(list[response_model], messages, max_retries, **options)

    def close(self) -> None:
        """Give back the connections for good. Calls in progress and later ones raise `ConfigurationError`."""
        for llm in self._llms():
            llm.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
