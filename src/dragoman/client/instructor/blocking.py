"""`Instructor`, the blocking face."""

from __future__ import annotations

from typing import Any, Literal, Self, TypeVar, Unpack, cast, overload

from dragoman.client.hooks import Hooks
from dragoman.client.instructor.base import InstructorBase
from dragoman.client.instructor.creating import Create
from dragoman.client.instructor.options import CreateOptions, Messages, ParameterOptions
from dragoman.client.streams import Stream
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
        hooks: Hooks | None = None,
        **options: Unpack[CreateOptions],
    ) -> T: ...

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
    ) -> Stream: ...

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
        values = {"max_retries": max_retries, "context": context, "strict": strict, "token_budget": token_budget}
        return self.create_fn(stream=stream, **self._told(response_model, messages, hooks, {**options, **values}))

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
        values = {"max_retries": max_retries, "context": context, "strict": strict}
        told = self._told(response_model, messages, hooks, {**options, **values})
        return cast("Create", self.create_fn).with_completion(**told)

    def close(self) -> None:
        """Give back the connections for good. Calls in progress and later ones raise `ConfigurationError`."""
        for llm in cast("Create", self.create_fn).llms.end():
            llm.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
