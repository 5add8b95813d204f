"""`Call`: what to ask, where, and within which limits. `Terms`: the same without what is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from random import random
from typing import Final, Literal

from msgspec import Struct

from dragoman.calls.known import Known
from dragoman.calls.retry import RetryConfig
from dragoman.calls.target import Target
from dragoman.calls.verbatim import Verbatim
from dragoman.dialects.forwarding import forwarding_in
from dragoman.http import Timeouts
from dragoman.messages import Request
from dragoman.secret import Secret


def utc_today() -> str:
    """The day prices are looked up for, ISO."""
    return _iso_date(time.time() // _DAY)


_DAY: Final = 86_400


@lru_cache(maxsize=2)
def _iso_date(days_since_1970: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(days_since_1970 * _DAY))


class Terms(Struct, frozen=True, kw_only=True):
    """Where something is asked, and within which limits. Clocks and dice are passed in: a test needs neither.

    Attributes:
        on_loss: What to do when the dialect cannot express all of the request: `"warn"` puts it on the response,
            `"error"` refuses before anything is sent.
        headers: Further headers for this call; they replace the target's of the same name.
        deadline: A `clock` value after which the call has no more time, on top of `timeouts.total`.
        clock: Seconds on a clock that never goes back, the one `HttpRequest.deadline` is measured on.
        wall_clock: Seconds since 1970, to read dates with.
        today: The day prices are looked up for, ISO.
        random: A number from 0 to 1, for jitter.
        known: What is known of the target, where somebody has found it out. Of another target it says nothing.
    """

    target: Target
    retry: RetryConfig = RetryConfig()
    timeouts: Timeouts = Timeouts()
    on_loss: Literal["warn", "error"] = "warn"
    headers: tuple[tuple[str, str | Secret], ...] = ()
    deadline: float | None = None
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    today: Callable[[], str] = utc_today
    random: Callable[[], float] = random
    known: Known | None = None

    def __repr__(self) -> str:
        """Without headers and messages: they hold keys and prompts."""
        return f"<{type(self).__name__} {self.target!r}>"

    def deadline_from(self, started: float) -> float | None:
        """When there is no more time for what began at `started`, on the same clock."""
        total, until = self.timeouts.total, self.deadline
        if total is None:
            return until
        return started + total if until is None else min(until, started + total)


class Call(Terms, frozen=True, kw_only=True):
    """One call of a model that answers.

    Attributes:
        max_input_tokens: The most that its input may be, by an estimate; longer ones are refused before they are sent.
        context_budget: The most that input and answer may be together; `max_tokens` is lowered to what is left.
        verbatim: The request as its sender wrote it, where somebody passes it on.
        filled: The fields of the request that its sender left open, and somebody else has filled.
    """

    request: Request
    max_input_tokens: int | None = None
    context_budget: int | None = None
    verbatim: Verbatim | None = None
    filled: tuple[str, ...] = ()

    @property
    def sends_verbatim(self) -> bool:
        """Whether the target can be sent the request as it is written."""
        verbatim, dialect = self.verbatim, self.target.dialect.name
        suits = verbatim is not None and verbatim.dialect == dialect and forwarding_in(dialect) is not None
        return suits and "messages" not in self.filled

    @property
    def keeps_reply(self) -> bool:
        """Whether the sender can have the reply as it comes."""
        verbatim, dialect = self.verbatim, self.target.dialect.name
        keeps = verbatim is not None and verbatim.keeps and verbatim.dialect == dialect
        return keeps and forwarding_in(dialect) is not None
