"""What was tried for one call, over all targets: for the response or the error that comes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from dragoman.errors import CallFailed, Error, FallbackExhausted
from dragoman.messages import Attempt, LLMResponse
from dragoman.routing.target import Target

UNKNOWN_COST: Final = "what an attempt cost is not known: it was cut off, or not answered in time"


class Tries(Struct):
    """The attempts of one call, in the order in which they ended; and what each target failed with."""

    attempts: list[Attempt] = []
    errors: list[tuple[Target, Exception]] = []

    def __len__(self) -> int:
        return len(self.errors)

    def failed(self, target: Target, error: Exception, seconds: float) -> None:
        """`target` came to nothing. Its own record of it counts, where it keeps one."""
        self.errors.append((target, error))
        own = error.attempts if isinstance(error, Error) else ()
        self.attempts.extend(own or (Attempt(target=target.title, outcome=_name(error), seconds=seconds, error=error),))

    def left(self, target: Target, seconds: float, why: str) -> None:
        """`target` was left before it had answered, as another was quicker. What it charges for that is not known."""
        self.attempts.append(Attempt(target=target.title, outcome="abandoned", seconds=seconds, notes=(why,)))

    def finish(self, response: LLMResponse, seconds: float) -> LLMResponse:
        """`response` as what all attempts came to, of which there were some; `seconds` since the call began."""
        cost, note = self._cost(response)
        return replace(
            response,
            attempts=(*self.attempts, *response.attempts),
            cost=cost,
            cost_note=note,
            latency_seconds=seconds,
        )

    def _cost(self, response: LLMResponse) -> tuple[Decimal | None, str | None]:
        costs = [attempt.cost for attempt in self.attempts]
        if response.cost is None:
            return None, response.cost_note
        if None in costs:
            return None, UNKNOWN_COST
        return sum((cost for cost in costs if cost is not None), response.cost), None

    def complete(self, error: Exception) -> None:
        """Have `error` tell of all attempts, where it can."""
        if isinstance(error, Error):
            error.attempts = tuple(self.attempts)

    def exhausted(self, why_not: str) -> FallbackExhausted:
        """Every target has failed. `why_not` says why nothing more was tried, in a line."""
        targets = {id(target): target for target, _ in self.errors}
        last = self.errors[-1][1]
        error = FallbackExhausted(
            f"All {len(targets)} providers failed. Last error: {_line(last)}",
            errors=[failure for _, failure in self.errors],
            n_attempts=len(self.errors),
        )
        error.hint = "\n  ".join((*(f"{target.title}: {_line(failure)}" for target, failure in self.errors), why_not))
        error.attempts = tuple(self.attempts)
        error.partial = last.partial if isinstance(last, Error) else None
        if isinstance(last, CallFailed):
            error.total_usage, error.last_completion = last.total_usage, last.last_completion
            error.failed_attempts = last.failed_attempts
        return error


def _name(error: Exception) -> str:
    return type(error).__name__


def _line(error: Exception) -> str:
    """The first line of what it says."""
    return (str(error).splitlines() or [""])[0] or _name(error)
