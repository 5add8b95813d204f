"""A request made to fit its model, by what the catalog knows of it; of an unknown model nothing is changed.

How to think is where models of one wire differ: some take a word, some a number of tokens, some do not think at all,
and most that do refuse to be told how to sample. What has to go is a loss, as what a dialect cannot express is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from dragoman.catalog import ModelFacts, ReasoningFacts, thinks
from dragoman.messages import EFFORTS, Loss, ReasoningOptions, Request

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
    options = _in_its_words(options, facts.reasoning, losses)
    if facts.reasoning.budget and not facts.reasoning.efforts and options.effort in budgets:
        options = _by_budget(options, request.max_tokens, budgets, losses)
    elif facts.reasoning.efforts and not facts.reasoning.budget and options.budget_tokens is not None and budgets:
        options = _by_effort(options, options.budget_tokens, facts.reasoning, budgets, losses)
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


def _in_its_words(options: ReasoningOptions, known: ReasoningFacts, losses: list[Loss]) -> ReasoningOptions:
    """The effort as a word that the model has, where its words are known."""
    off = options.enabled is False or (options.enabled is None and options.effort == "none")
    if off and _always_thinks(known):
        return _least_thinking(options, known, losses)
    effort = options.effort
    if off or effort in (None, "none", *known.efforts) or effort not in EFFORTS or not known.efforts:
        return options
    nearest = min(known.efforts, key=lambda word: _distance(word, effort))
    losses.append(Loss(effect="changed", where="reasoning.effort", why=f"this model's nearest effort is `{nearest}`"))
    return replace(options, effort=nearest)


def _distance(word: str, effort: str) -> tuple[int, int]:
    """How far a word is from an effort; of two alike that is less which is nearer to `high`, as DeepSeek has it
    (api-docs.deepseek.com/guides/thinking_mode: medium and xhigh are `high` there).
    """
    place = EFFORTS.index
    return abs(place(word) - place(effort)), abs(place(word) - place("high"))


def _always_thinks(known: ReasoningFacts) -> bool:
    """Whether the model has words for how hard to think, and none for not to."""
    return bool(known.efforts) and "none" not in known.efforts and not known.can_disable


def _least_thinking(options: ReasoningOptions, known: ReasoningFacts, losses: list[Loss]) -> ReasoningOptions:
    where, least = "reasoning.enabled" if options.enabled is False else "reasoning.effort", known.efforts[0]
    losses.append(Loss(effect="changed", where=where, why=f"this model always thinks: `{least}` is the least"))
    return replace(options, effort=least, enabled=None, budget_tokens=None)


def _by_effort(
    options: ReasoningOptions, budget: int, known: ReasoningFacts, budgets: Mapping[str, int], losses: list[Loss]
) -> ReasoningOptions:
    """The budget as the least of the model's efforts that stands for as many tokens, or as `high`."""
    where = "reasoning.budget_tokens"
    off = options.enabled is False or options.effort == "none"
    if off or options.effort is not None:
        why = "thinking is switched off" if off else "an effort is given, and this model takes no budget"
        losses.append(Loss(effect="dropped", where=where, why=why))
        return replace(options, budget_tokens=None)
    enough = (word for word in known.efforts if budgets.get(word, 0) >= budget)
    effort = next(enough, "high" if "high" in known.efforts else known.efforts[-1])
    losses.append(Loss(effect="changed", where=where, why=f"this model thinks by an effort: `{effort}`"))
    asleep = known.can_disable and "none" not in known.efforts
    return replace(options, effort=effort, budget_tokens=None, enabled=True if asleep else options.enabled)


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
