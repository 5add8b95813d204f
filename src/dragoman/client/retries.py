"""How often to ask again for a value that does not fit, as callers say it."""

from __future__ import annotations

from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.structured import DEFAULT_RETRIES, Again
from dragoman.structured.rules import Retries


def retries_of(max_retries: object) -> Retries:
    """How it is asked again, from what a caller says."""
    return Again(checked_retries(max_retries))


def checked_retries(max_retries: object) -> int:
    """The number. Raises `UnsupportedFeature` for what Instructor takes here besides, `ConfigurationError` below 0."""
    if max_retries is None:
        return DEFAULT_RETRIES
    if isinstance(max_retries, bool) or not isinstance(max_retries, int):
        raise UnsupportedFeature(
            f"max_retries= is a number, not {type(max_retries).__name__}; how long to wait between the tries of a call "
            "is said by retry_config=RetryConfig(...)"
        )
    if max_retries < 0:
        raise ConfigurationError(f"max_retries= is how often to ask again, so it must be at least 0, not {max_retries}")
    return max_retries


def refuse_stream(*, stream: bool) -> None:
    """Raise `UnsupportedFeature` when a value of the caller's type is to be streamed."""
    if stream:
        raise UnsupportedFeature("response_model= and stream=True do not go together yet: leave one of them out")


def refuse_retries(max_retries: object) -> None:
    """Raise `ConfigurationError` for a number of retries where no value is asked for."""
    if max_retries is not None:
        raise ConfigurationError(
            "max_retries= asks again for a response_model=; for tries of the call itself pass "
            "retry_config=RetryConfig(max_attempts=...)"
        )
