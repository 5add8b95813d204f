"""When to try again, and how long to wait before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from msgspec import Struct

from dragoman.errors import ConfigurationError, Error, ProviderError


class RetryConfig(Struct, frozen=True, kw_only=True):
    """How often and how patiently a call is tried at its target.

    Attributes:
        max_attempts: Tries in all, the first included.
        initial_delay: Upper bound of the first pause, in seconds.
        exponential_base: What that bound is multiplied by for each further pause.
        max_delay: No pause is longer, in seconds; a provider that asks for more is not tried again.
        use_jitter: Choose each pause at random between 0 and its bound ("full jitter"), so that callers spread out.
    """

    max_attempts: int = 3
    initial_delay: float = 0.5
    max_delay: float = 60.0
    exponential_base: float = 2.0
    use_jitter: bool = True

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ConfigurationError("RetryConfig: max_attempts counts the first try too, so it must be at least 1")
        if self.initial_delay < 0 or self.max_delay < 0 or self.exponential_base < 1:
            raise ConfigurationError("RetryConfig: delays must not be negative and exponential_base at least 1")


def pause_before_next(
    error: Error, config: RetryConfig, *, tried: int, seconds_left: float, random: Callable[[], float]
) -> float | None:
    """Seconds to wait before the next try after `tried` tries, or `None` when there shall be none.

    The provider's `Retry-After` is obeyed, or there is no next try: one before that time would be refused. Nor is a
    pause begun that would outlast the call.
    """
    if not error.retryable or tried >= config.max_attempts:
        return None
    asked = error.retry_after_seconds if isinstance(error, ProviderError) else None
    if asked is not None and asked > config.max_delay:
        return None
    pause = backoff(config, tried, random) if asked is None else asked
    return pause if pause < seconds_left else None


def hint_of_pause(error: Error, config: RetryConfig, *, seconds_left: float) -> str | None:
    """What to do about a pause that the provider asks for and that is too long for this call; `None` for others."""
    asked = error.retry_after_seconds if isinstance(error, ProviderError) and error.retryable else None
    if asked is None:
        return None
    if asked > config.max_delay:
        longest = f"retry_config=RetryConfig(max_delay=...) allows {config.max_delay:g}"
        return f"The provider asks for {asked:g} s before the next try, and {longest}: wait, or allow more."
    if asked >= seconds_left:
        return f"The provider asks for {asked:g} s before the next try, more than timeout= leaves: wait, or allow more."
    return None


def backoff(config: RetryConfig, tried: int, random: Callable[[], float]) -> float:
    """The pause after `tried` tries: exponential, with full jitter."""
    bound = min(config.initial_delay * config.exponential_base ** (tried - 1), config.max_delay)
    return bound * random() if config.use_jitter else bound


def retry_after(error: ProviderError, headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from `now` to the time of day that a provider names, at least 0; `None` when it names none."""
    by_date = retry_after_date(headers, now)
    return _after_reset(error.body, now) if by_date is None else by_date


def _after_reset(body: Any, now: float) -> float | None:
    """OpenRouter has no `Retry-After`: its 429 quotes `X-RateLimit-Reset`, in milliseconds since 1970, in the body
    (`error.metadata.headers`).
    """
    for name in ("error", "metadata", "headers"):
        body = cast("Mapping[str, Any]", body).get(name) if isinstance(body, dict) else None
    reset = cast("Mapping[str, Any]", body).get("X-RateLimit-Reset") if isinstance(body, dict) else None
    try:
        seconds = float(reset) / 1000 if isinstance(reset, str | int | float) else 0.0
    except ValueError:
        return None
    return max(seconds - now, 0.0) if _SOME_DAY < seconds < 2 * now else None


_SOME_DAY: Final = 1e9
"""September 2001: a smaller number is no time of day."""


def retry_after_date(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to a `Retry-After` given as a date (RFC 9110 §10.2.3), at least 0; `None` for other forms.

    They count from the reply's own date, for the provider's clock may be another than ours; from `now` without one.
    """
    until = _seconds_at(headers.get("retry-after"))
    if until is None:
        return None
    said = _seconds_at(headers.get("date"))
    return max(until - (now if said is None else said), 0.0)


def _seconds_at(date: str | None) -> float | None:
    """A date of HTTP's as seconds since 1970."""
    if date is None or not date.endswith("GMT"):
        return None
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
