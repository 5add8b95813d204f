"""The log of a call: a record of each try, what it cost, and the response or error that carries them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from dragoman.calls.attempt import Progress, add_circumstances
from dragoman.calls.call import Call
from dragoman.calls.hiding import hide, secrets_of
from dragoman.calls.prepare import Prepared
from dragoman.calls.retry import retry_after
from dragoman.catalog import Cost, cost_of, find_model
from dragoman.errors import ConnectFailed, Error, TimedOut, UnknownModel
from dragoman.messages import Attempt, LLMResponse, Usage
from dragoman.providers import Credential

_FREE: Final = Decimal(0)


class CallLog:
    """The tries of one call, in order."""

    __slots__ = ("_call", "_prepared", "_started", "_tries", "pause_seconds")

    def __init__(self, call: Call, prepared: Prepared, started: float) -> None:
        self._call = call
        self._prepared = prepared
        self._started = started
        self._tries: list[Attempt] = []
        self.pause_seconds = 0.0

    def __len__(self) -> int:
        return len(self._tries)

    def failed(self, error: Error, progress: Progress, credential: Credential | None) -> None:
        """Record a failed try, and put onto its error where it happened, what had arrived and all tries so far."""
        call = self._call
        add_circumstances(error, progress, lambda refusal: retry_after(refusal, progress.headers, call.wall_clock()))
        error.at(call.target.spec.name, call.request.model)
        _add_hint(error, call)
        hide(error, progress, secrets_of(call, credential))
        usage = error.partial.usage if error.partial else None
        cost = _cost_of_failure(error, progress)
        self._tries.append(self._record(progress, type(error).__name__, usage, cost, error))
        error.attempts = tuple(self._tries)

    def finish(self, response: LLMResponse, progress: Progress) -> LLMResponse:
        """The response with who, when, how often and how much."""
        call, headers = self._call, progress.headers
        cost = _cost(call, response.usage, response.service_tier)
        last = self._record(progress, "ok", response.usage, cost.usd, None)
        total, why_unknown = self._total_cost(cost)
        first = progress.intake.first_content_at if progress.intake else None
        return replace(
            response,
            model=response.model or call.request.model,
            provider=call.target.spec.name,
            request_id=headers.get("x-request-id") or headers.get("request-id"),
            cost=total,
            cost_note=why_unknown,
            latency_seconds=call.clock() - self._started,
            first_token_seconds=None if first is None else first - self._started,
            attempts=(*self._tries, last),
            warnings=(*response.warnings, *self._prepared.losses),
        )

    def _record(
        self, progress: Progress, outcome: str, usage: Usage | None, cost: Decimal | None, error: Error | None
    ) -> Attempt:
        return Attempt(
            target=self._call.target.name,
            outcome=outcome,
            seconds=self._call.clock() - progress.began,
            status=progress.status,
            usage=usage,
            cost=cost,
            error=error,
            waited_seconds=self.pause_seconds,
            notes=self._prepared.notes,
        )

    def _total_cost(self, last: Cost) -> tuple[Decimal | None, str | None]:
        if last.usd is None:
            return None, last.why_unknown
        costs = [attempt.cost for attempt in self._tries]
        if None in costs:
            return None, "what a failed attempt cost is not known: it was cut off, or not answered in time"
        return sum((cost for cost in costs if cost is not None), last.usd), None


def _add_hint(error: Error, call: Call) -> None:
    """What the provider's file says to do about it, where it says anything."""
    spec = call.target.spec
    if isinstance(error, ConnectFailed) and spec.unreachable_hint:
        error.hint = spec.unreachable_hint
    elif isinstance(error, UnknownModel) and spec.unknown_model_hint:
        error.hint = spec.unknown_model_hint.format(model=call.request.model)


def _cost(call: Call, usage: Usage, served_at: str | None) -> Cost:
    """At the tier that served, which may be another than was asked for; at that one where the answer does not say."""
    spec = call.target.spec
    facts = find_model(spec.prices, call.request.model) if spec.prices else None
    return cost_of(facts, usage, today=call.today(), service_tier=served_at or call.request.service_tier)


def _cost_of_failure(error: Error, progress: Progress) -> Decimal | None:
    """What a failed try cost: nothing when it was refused or never sent, unknown when it was cut off.

    The counts that a cut stream had begun with (Anthropic's first event says one token of output) are no bill.
    """
    refused = progress.status is not None and progress.status >= 300
    unsent = isinstance(error, ConnectFailed) or (isinstance(error, TimedOut) and error.phase == "connect")
    return _FREE if refused or unsent else None
