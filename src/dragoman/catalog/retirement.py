"""Models that no longer answer."""

from __future__ import annotations

import warnings
from typing import Final

from dragoman.catalog.day import utc_today
from dragoman.catalog.facts import ModelFacts
from dragoman.catalog.models import find_model

_MOST_STEPS: Final = 8
_warned: set[tuple[str, str]] = set()


class RetiredModelWarning(UserWarning):
    """A model that its provider has retired was asked for; nothing is changed, and the call will probably fail.

    Given once a process for each model, with the day of its end and what to use in its place, where that is known.
    """


def warn_if_retired(provider: str, model: str, *, today: str | None = None, stacklevel: int = 2) -> None:
    """Warn, once a process for each model, when `model` of the list `provider` is retired."""
    if (provider, model) in _warned:
        return
    facts = find_model(provider, model)
    day = today or utc_today()
    if facts is None or not facts.retired(day):
        return
    _warned.add((provider, model))
    then = successor_of(facts, day)
    use = f"; use `{then.id}`" if then else ""
    text = f"the model `{model}` of {facts.provider} was retired on {facts.retired_on}{use}"
    warnings.warn(text, RetiredModelWarning, stacklevel=stacklevel + 1)


def successor_of(facts: ModelFacts, today: str) -> ModelFacts | None:
    """What to use in its place: its successor, or that one's when it has been retired too; `None` when not known."""
    then: ModelFacts | None = facts
    for _ in range(_MOST_STEPS):
        then = find_model(facts.provider, then.successor) if then and then.successor else None
        if then is None or not then.retired(today):
            return then
    return None
