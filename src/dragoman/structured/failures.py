"""What a call for a value is told when there is none: each try, what was wrong with it, what it used and cost.

The text has no word of the answers, for it is logged; they are in `responses` and `failed_attempts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

from msgspec import Struct

from dragoman.errors import AnswerCutOff, AnswerDeclined, FailedAttempt, OutputError, RetriesExhausted
from dragoman.exceptions import TokenBudgetError, TokenBudgetExceeded, TokenUsageUnavailableError
from dragoman.messages import LLMResponse, Request, Usage
from dragoman.structured.explaining import explained


class Failed(Struct, frozen=True):
    """What there is to tell: the type's name, the answers that did not fit, how often was asked, and with what."""

    name: str
    attempts: Sequence[FailedAttempt]
    asked: int
    request: Request
    token_budget: int | None

    def early(self) -> OutputError | None:
        """The error that ends the call whatever tries are left, if there is one."""
        last = self._responses[-1]
        if last.refusal is not None or last.finish_reason in ("refusal", "content_filter"):
            why = "the provider withheld the answer" if last.finish_reason == "content_filter" else "the model declined"
            return AnswerDeclined(f"{why}, so there is no {self.name}", **self._facts(), **self._of_the_call())
        if last.finish_reason == "length":
            return AnswerCutOff(
                f"the answer was cut off by the token limit, so there is no {self.name}", **self._facts()
            )
        return None if self.token_budget is None else self._budget_error(self.token_budget)

    def at_last(self) -> OutputError:
        """The error when it may not be asked again."""
        return RetriesExhausted(self._told(""), **self._facts(), **self._of_the_call())

    def _budget_error(self, budget: int) -> TokenBudgetError | None:
        kind, why = TokenBudgetExceeded, f"token_budget={budget} is spent, and "
        used = [response.usage.tokens for response in self._responses]
        if None in used:
            kind, why = TokenUsageUnavailableError, "the provider does not say how many tokens were used, and "
        elif sum(count for count in used if count is not None) < budget:
            return None
        return kind(self._told(why), budget=budget, **self._facts(), **self._of_the_call())

    @property
    def _responses(self) -> list[LLMResponse]:
        return [attempt.completion for attempt in self.attempts if attempt.completion is not None]

    def _told(self, why: str) -> str:
        tries = "1 try" if self.asked == 1 else f"{self.asked} tries"
        spent = _spent(total_usage(self._responses), total_cost(self._responses))
        lines = [f"{why}the answer does not fit {self.name} ({tries}, {spent}):"]
        for attempt in self.attempts:
            wrong = explained(attempt.exception, values=False).replace("\n", "\n     ")
            used: LLMResponse | Any = attempt.completion
            lines.append(f"  {attempt.attempt_number}. {wrong} [{_spent(used.usage, used.cost)}]")
        return "\n".join(lines)

    def _facts(self) -> dict[str, Any]:
        last = self._responses[-1]
        return {
            "responses": self._responses,
            "failed_attempts": tuple(self.attempts),
            "provider": last.provider,
            "model": last.model,
        }

    def _of_the_call(self) -> dict[str, Any]:
        return {
            "n_attempts": self.asked,
            "total_usage": total_usage(self._responses),
            "messages": self.request.messages,
        }


def total_usage(responses: Sequence[LLMResponse]) -> Usage:
    """What several answers used together."""
    return reduce(Usage.__add__, (response.usage for response in responses), Usage())


def total_cost(responses: Sequence[LLMResponse]) -> Decimal | None:
    """What they cost together; unknown when one is."""
    costs = [response.cost for response in responses]
    return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))


def _spent(usage: Usage, cost: Decimal | None) -> str:
    tokens = "tokens unknown" if usage.tokens is None else f"{usage.tokens:,} tokens"
    return f"{tokens}, {'cost unknown' if cost is None else f'${cost:f}'}"
