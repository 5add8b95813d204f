"""When a call is tried again, and after how long: a pure function of what happened."""

from __future__ import annotations

import re

import pytest

from dragoman.calls import RetryConfig
from dragoman.calls.retry import backoff, hint_of_pause, pause_before_next, retry_after, retry_after_date
from dragoman.errors import (
    ConfigurationError,
    ConnectFailed,
    ContextTooLong,
    Error,
    Overloaded,
    RateLimited,
    Rejected,
    TimedOut,
    Unauthorized,
)

PLAIN = RetryConfig(use_jitter=False)


@pytest.mark.parametrize(
    ("error", "tried", "seconds_left", "pause"),
    [
        (ConnectFailed("refused"), 1, 600, 0.5),
        (ConnectFailed("refused"), 2, 600, 1.0),
        (ConnectFailed("refused"), 3, 600, None),  # three tries in all
        (Overloaded("busy"), 1, 0.4, None),  # the pause would outlast the call
        (TimedOut("slow", phase="first_byte"), 1, 600, 0.5),
        (TimedOut("too long", phase="total"), 1, 600, None),
        (RateLimited("wait", retry_after_seconds=7), 1, 600, 7),
        (RateLimited("wait", retry_after_seconds=7), 1, 5, None),
        (RateLimited("wait", retry_after_seconds=60), 1, 600, 60),
        (RateLimited("wait", retry_after_seconds=61), 1, 600, None),  # above max_delay, and before it all is in vain
        (RateLimited("wait", retry_after_seconds=0), 1, 600, 0),
        (RateLimited("no more today", retryable=False), 1, 600, None),  # the provider says not to
        (Rejected("bad"), 1, 600, None),
        (Rejected("odd", retryable=True), 1, 600, 0.5),
        (Unauthorized("key"), 1, 600, None),
        (ContextTooLong("long"), 1, 600, None),
    ],
)
def test_pause_before_the_next_try(error: Error, tried: int, seconds_left: float, pause: float | None) -> None:
    """S0.13."""
    assert pause_before_next(error, PLAIN, tried=tried, seconds_left=seconds_left, random=lambda: 1.0) == pause


@pytest.mark.parametrize(
    ("error", "seconds_left", "hint"),
    [
        (RateLimited("wait", retry_after_seconds=3600), 600, r"asks for 3600 s .* allows 60: wait"),
        (Overloaded("busy", retry_after_seconds=7.5), 5, r"asks for 7.5 s .* timeout= leaves: wait"),
        (RateLimited("wait", retry_after_seconds=7), 600, None),
        (RateLimited("wait"), 600, None),
        (RateLimited("no more today", retry_after_seconds=3600, retryable=False), 600, None),
        (ConnectFailed("refused"), 600, None),
    ],
)
def test_a_pause_that_is_too_long_is_explained(error: Error, seconds_left: float, hint: str | None) -> None:
    said = hint_of_pause(error, PLAIN, seconds_left=seconds_left)
    assert said is None if hint is None else re.search(hint, said or "")


def test_backoff_doubles_up_to_its_limit() -> None:
    """S0.13."""
    assert [backoff(PLAIN, tried, lambda: 1.0) for tried in (1, 2, 3, 8, 40)] == [0.5, 1.0, 2.0, 60.0, 60.0]


def test_full_jitter_spreads_from_zero_to_the_bound() -> None:
    assert [backoff(RetryConfig(), 2, lambda share=share: share) for share in (0.0, 0.5, 1.0)] == [0.0, 0.5, 1.0]


NOW = 1_795_219_200.0  # Sat, 21 Nov 2026 00:00:00 GMT


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Sat, 21 Nov 2026 00:00:20 GMT", 10.0),
        ("Sun, 22 Nov 2026 00:00:20 GMT", 0.0),
        ("yesterday", 30.0),
    ],
)
def test_a_date_counts_from_the_reply_s_own(date: str, seconds: float) -> None:
    """The provider's clock may be another than ours."""
    headers = {"retry-after": "Sat, 21 Nov 2026 00:00:30 GMT", "date": date}
    assert retry_after_date(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Sat, 21 Nov 2026 00:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 23:00:00 GMT", 0.0),
        ("30", None),  # the dialects read numbers
        ("never, GMT", None),
        (None, None),
    ],
)
def test_retry_after_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_date({} if header is None else {"retry-after": header}, NOW) == seconds


def openrouter(reset: object) -> dict[str, object]:
    """The body of its 429, as recorded."""
    return {"error": {"code": 429, "message": "Rate limit", "metadata": {"headers": {"X-RateLimit-Reset": reset}}}}


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (openrouter("1795219230000"), 30.0),
        (openrouter(1795219230000), 30.0),
        (openrouter("1795219100000"), 0.0),
        (openrouter("60"), None),  # no time of day
        (openrouter("soon"), None),
        (openrouter("nan"), None),
        (openrouter(None), None),
        ({"error": "busy"}, None),
        ("busy", None),
    ],
)
def test_the_time_of_a_reset_in_the_body(body: object, seconds: float | None) -> None:
    assert retry_after(RateLimited("wait", body=body), {}, NOW) == seconds
    date = {"retry-after": "Sat, 21 Nov 2026 00:00:07 GMT"}
    assert retry_after(RateLimited("wait", body=body), date, NOW) == 7.0


@pytest.mark.parametrize("wrong", [{"max_attempts": 0}, {"initial_delay": -1}, {"exponential_base": 0.5}])
def test_a_configuration_that_cannot_be_right_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="RetryConfig"):
        RetryConfig(**wrong)
