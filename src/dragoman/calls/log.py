"""The log of a call: a record of each try, what it cost, and the response or error that carries them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.calls.attempt import Progress, add_circumstances
from dragoman.calls.call import Terms
from dragoman.calls.purse import Purse
from dragoman.calls.redaction import redact, secrets_of
from dragoman.calls.retry import retry_after
from dragoman.catalog import Cost, cost_of
from dragoman.errors import ConnectFailed, Error, ProviderError, TimedOut, UnknownModel
from dragoman.messages import Attempt, EmbeddingResponse, LLMResponse, Loss, Usage
from dragoman.providers import Credential, ProviderSpec

_FREE: Final = Decimal(0)

RESENT: Final = (
    "the request was sent twice, for its connection was lost before any answer: what the first one cost is not known"
)

Answer = TypeVar("Answer", LLMResponse, EmbeddingResponse)


class CallLog(Struct):
    """The tries of one request, in order. `before` are those of the requests that the same call made earlier.

    What was noted and what was lost when the request was made holds for each try, and goes with the outcome.
    """

    terms: Terms
    model: str
    started: float
    notes: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    before: tuple[Attempt, ...] = ()
    tries: list[Attempt] = []
    pause_seconds: float = 0.0
    purse: Purse | None = None

    def __len__(self) -> int:
        return len(self.tries)

    def failed(self, error: Error, progress: Progress, credential: Credential | None) -> None:
        """Record a failed try, and put onto its error where it happened, what had arrived and all tries so far."""
        terms = self.terms
        add_circumstances(error, progress, lambda refusal: retry_after(refusal, progress.headers, terms.wall_clock()))
        error.at(terms.target.spec.name, self.model)
        _add_hint(error, terms.target.spec, self.model)
        redact(error, progress, secrets_of(terms, credential))
        usage = error.partial.usage if error.partial else None
        cost = _cost_of_failure(error, progress)
        self.tries.append(self._record(progress, type(error).__name__, usage, cost, error))
        error.attempts = (*self.before, *self.tries)
        error.warnings = self.losses

    def succeeded(
        self, progress: Progress, usage: Usage | None = None, cost: Decimal | None = _FREE
    ) -> tuple[Attempt, ...]:
        """All tries, with the last one, which brought the answer."""
        return (*self.before, *self.tries, self._record(progress, "ok", usage, cost, None))

    def finish(
        self,
        response: Answer,
        progress: Progress,
        *,
        service_tier: str | None = None,
        **more: Any,
    ) -> Answer:
        """The response with who, when, how often and how much, and `more` of its fields."""
        terms, headers = self.terms, progress.headers
        cost = Cost(None, RESENT) if progress.resent else _cost(terms, self.model, response.usage, service_tier)
        total, why_unknown = cost.usd, cost.why_unknown
        if self.tries or self.before:
            total, why_unknown = self._total_cost(cost)
        attempt = self._record(progress, "ok", response.usage, cost.usd, None)
        return replace(
            response,
            model=response.model or self.model,
            provider=terms.target.spec.name,
            request_id=headers.get("x-request-id") or headers.get("request-id"),
            cost=total,
            cost_note=why_unknown,
            latency_seconds=terms.clock() - self.started,
            attempts=(*self.before, *self.tries, attempt),  # `succeeded`, in a frame less
            warnings=response.warnings + self.losses,
            **more,
        )

    def _record(
        self, progress: Progress, outcome: str, usage: Usage | None, cost: Decimal | None, error: Error | None
    ) -> Attempt:
        return Attempt(
            target=self.terms.target.name,
            outcome=outcome,
            seconds=self.terms.clock() - progress.began,
            status=progress.status,
            usage=usage,
            cost=cost,
            error=error,
            waited_seconds=self.pause_seconds,
            notes=self.notes + progress.notes + ((RESENT,) if progress.resent else ()),
        )

    def _total_cost(self, last: Cost) -> tuple[Decimal | None, str | None]:
        if last.usd is None:
            return None, last.why_unknown
        costs = [attempt.cost for attempt in (*self.before, *self.tries)]
        if None in costs:
            return None, "what a failed attempt cost is not known: it was cut off, or not answered in time"
        return sum((cost for cost in costs if cost is not None), last.usd), None


def _add_hint(error: Error, spec: ProviderSpec, model: str) -> None:
    """What the provider's file says to do about it, where it says anything."""
    if isinstance(error, ConnectFailed) and spec.unreachable_hint:
        error.hint = spec.unreachable_hint
    elif isinstance(error, UnknownModel) and spec.unknown_model_hint:
        error.hint = spec.unknown_model_hint.format(model=model)


def _cost(terms: Terms, model: str, usage: Usage, service_tier: str | None) -> Cost:
    """At the tier that served, which may be another than was asked for; at that one where the answer does not say."""
    known, target = terms.known, terms.target
    if known is not None and known.target is target and model == target.model:
        facts = known.facts()
    else:
        facts = target.facts(model)
    return cost_of(facts, usage, today=terms.today(), service_tier=service_tier)


def _cost_of_failure(error: Error, progress: Progress) -> Decimal | None:
    """What a failed try cost: nothing when it was refused or never sent, unknown when it was cut off.

    A refusal may come with a good status, as the whole body; in a stream it comes after work that may be charged. The
    counts that a cut stream had begun with (Anthropic's first event says one token of output) are no bill.
    """
    if progress.resent:
        return None
    refused = (progress.status or 0) >= 300 or (isinstance(error, ProviderError) and progress.intake is None)
    unsent = isinstance(error, ConnectFailed) or (isinstance(error, TimedOut) and error.phase == "connect")
    return _FREE if refused or unsent else None
