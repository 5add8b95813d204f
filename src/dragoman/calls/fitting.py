"""A request made to fit its model, by what the catalog knows of it; of an unknown model nothing is changed.

How to think is where models of one wire differ: some take a word, some a number of tokens, some do not think at all,
and most that do refuse to be told how to sample. What has to go is a loss, as what a dialect cannot express is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from dragoman.catalog import ModelFacts, thinks
from dragoman.messages import Loss, ReasoningOptions, Request

_NEUTRAL: Final[Mapping[str, float | None]] = {
    "temperature": 1,
    "top_p": 1,
    "top_k": None,
    "frequency_penalty": 0,
    "presence_penalty": 0,
}
"""Sampling parameters, and the value that asks for nothing: models that refuse the parameter take it."""


def fitted(request: Request, facts: ModelFacts | None, budgets: Mapping[str, int]) -> tuple[Request, tuple[Loss, ...]]:
    """The request as its model can take it, and what that cost. `budgets` are the dialect's `effort_budgets`."""
    options = request.reasoning
    if facts is None or options is None:
        return request, ()
    if thinks(facts) is False:
        return _without_thinking(request, options)
    if facts.reasoning is None:
        return request, ()
    losses: list[Loss] = []
    if facts.reasoning.budget and not facts.reasoning.efforts and options.effort in budgets:
        options = _by_budget(options, request.max_tokens, budgets, losses)
        request = replace(request, reasoning=options)
    if facts.reasoning.refuses_sampling and _asked(options):
        request = _unsampled(request, losses)
    return request, tuple(losses)


def _asked(options: ReasoningOptions) -> bool:
    """Whether the model is told to think."""
    if options.enabled is not None:
        return options.enabled
    return options.budget_tokens is not None or options.effort not in (None, "none")


def _without_thinking(request: Request, options: ReasoningOptions) -> tuple[Request, tuple[Loss, ...]]:
    """Who asks such a model not to think gets what they want, so that is no loss."""
    left = None if options.extra is None else ReasoningOptions(extra=options.extra)
    said = [name for name in ("effort", "budget_tokens") if getattr(options, name) not in (None, "none")]
    if options.enabled:
        said.append("enabled")
    losses = (Loss(effect="dropped", where=f"reasoning.{name}", why="this model does not think") for name in said)
    return replace(request, reasoning=left), tuple(losses)


def _by_budget(
    options: ReasoningOptions, limit: int | None, budgets: Mapping[str, int], losses: list[Loss]
) -> ReasoningOptions:
    """The effort as a number of tokens, at most half of the limit: the answer needs some too."""

    def without_effort(effect: Any, why: str, **said: int) -> ReasoningOptions:
        losses.append(Loss(effect=effect, where="reasoning.effort", why=why))
        return replace(options, effort=None, **said)

    if options.enabled is False:
        return without_effort("dropped", "thinking is switched off")
    if options.budget_tokens is not None:
        return without_effort("dropped", "a budget of tokens is given")
    budget = budgets[options.effort or ""]
    if limit is not None:
        budget = min(budget, limit // 2)
    if budget < min(budgets.values()):
        return without_effort("dropped", f"max_tokens={limit} leaves this model no room to think")
    return without_effort("changed", f"this model thinks by a budget: {budget} tokens", budget_tokens=budget)


def _unsampled(request: Request, losses: list[Loss]) -> Request:
    """The request without what would make the provider refuse it."""
    refused = [name for name, neutral in _NEUTRAL.items() if getattr(request, name) not in (None, neutral)]
    why = "this model takes no sampling parameter when it thinks"
    losses.extend(Loss(effect="dropped", where=name, why=why) for name in refused)
    return replace(request, **dict.fromkeys(refused)) if refused else request
