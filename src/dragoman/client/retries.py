"""How often to ask again for a value that does not fit, as callers say it."""

from __future__ import annotations

from collections.abc import Callable
from random import random
from typing import Any, cast

from msgspec import Struct

from dragoman.calls import RetryConfig
from dragoman.calls.retry import backoff
from dragoman.client.tenacious import Tenacious, is_tenacity
from dragoman.errors import ConfigurationError
from dragoman.flow import Flow
from dragoman.structured import DEFAULT_RETRIES, Again
from dragoman.structured.rules import Retries, is_about_the_answer


class Patiently(Struct, frozen=True):
    """Ask again for an answer that fits, after the pauses of `config`, as often as it allows. `random` gives 0 to 1."""

    config: RetryConfig
    random: Callable[[], float] = random

    def before(self, asked: int) -> Flow[None]:  # noqa: ARG002  # each time is like the others
        """There is nothing to prepare."""
        yield from ()

    def pause(self, asked: int, error: Exception, seconds: float) -> Flow[float | None]:  # noqa: ARG002  # the number decides
        """The pause of `config`, while there are tries left."""
        yield from ()
        if asked >= self.config.max_attempts or not is_about_the_answer(error):
            return None
        return backoff(self.config, asked, self.random)


def retries_of(max_retries: object) -> Retries:
    """How it is asked again, from what a caller says. Made for one call.

    A number counts the tries after the first, `RetryConfig.max_attempts` all of them. A tenacity object decides by
    itself, also whether to try again after a call that failed. Raises `ConfigurationError`.
    """
    if isinstance(max_retries, RetryConfig):
        return Patiently(max_retries)
    if is_tenacity(max_retries):
        return Tenacious(cast("Any", max_retries))
    return Again(_number(max_retries))


def most_tries(max_retries: object) -> int | None:
    """How often the model is asked at most, where what the caller says tells it."""
    if isinstance(max_retries, RetryConfig):
        return max_retries.max_attempts
    return None if is_tenacity(max_retries) else _number(max_retries) + 1


def _number(max_retries: object) -> int:
    if max_retries is None:
        return DEFAULT_RETRIES
    if isinstance(max_retries, bool) or not isinstance(max_retries, int):
        raise ConfigurationError(
            f"max_retries= is a number, a RetryConfig or a tenacity object, not {type(max_retries).__name__}"
        )
    if max_retries < 0:
        raise ConfigurationError(f"max_retries= is how often to ask again, so it must be at least 0, not {max_retries}")
    return max_retries


def refuse_retries(max_retries: object) -> None:
    """Raise `ConfigurationError` for a number of retries where no value is asked for."""
    if max_retries is not None:
        raise ConfigurationError(
            "max_retries= asks again for a response_model=; for tries of the call itself pass "
            "retry_config=RetryConfig(max_attempts=...)"
        )
