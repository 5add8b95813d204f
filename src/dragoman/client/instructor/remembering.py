"""What values and errors remember of the answers they came from, in the provider's words, as those of Instructor do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

from dragoman.errors import AnswerCutOff, CallFailed, FailedAttempt
from dragoman.messages import LLMResponse, Message, Usage

T = TypeVar("T")


def remember(value: T, completion: Any, usage: Usage) -> T:
    """`value`, with both where it can hold them: neither shows in its `repr`, `==` or `model_dump()`.

    A list becomes a `ListResponse`, which can. What is shared, as the members of an `Enum` are, gets neither, nor what
    has no place for them.
    """
    if type(value) is list:
        from dragoman.client.dsl.list_response import ListResponse  # with pydantic, which made the value

        return cast("T", ListResponse(cast("list[Any]", value), raw_response=completion, total_usage=usage))
    from dataclasses import is_dataclass  # both are loaded by now: pydantic made the value

    from pydantic import BaseModel

    if isinstance(value, BaseModel) or is_dataclass(value):
        with suppress(AttributeError):  # it has `__slots__`
            object.__setattr__(value, "_raw_response", completion)
            object.__setattr__(value, "_total_usage", usage)
    return value


def tell_callers_words(
    error: CallFailed | AnswerCutOff,
    completion_of: Callable[[LLMResponse], Any],
    messages_of: Callable[[Sequence[Message]], Any],
    asked: Mapping[str, Any],
) -> None:
    """Have `error` give its answers as the provider wrote them, the conversation likewise, and what was `asked`.

    Each answer has its own usage; `total_usage` is of all. Our own responses stay in `responses`.
    """
    if isinstance(error.last_completion, LLMResponse):
        error.last_completion = completion_of(error.last_completion)
    error.failed_attempts = tuple(_told(each, completion_of) for each in error.failed_attempts or ())
    if isinstance(error, CallFailed):
        error.messages = messages_of(error.messages or ())
        error.create_kwargs = asked


def _told(attempt: FailedAttempt, completion_of: Callable[[LLMResponse], Any]) -> FailedAttempt:
    if not isinstance(attempt.completion, LLMResponse):
        return attempt
    return attempt._replace(completion=completion_of(attempt.completion))
