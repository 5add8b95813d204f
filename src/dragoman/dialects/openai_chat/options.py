"""How hard to think and what schema to answer in, as far as OpenAI's two APIs say it alike."""

from __future__ import annotations

from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.checks import checked
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.messages import ReasoningOptions

SCHEMA_TYPES: Final[dict[str, type]] = {"name": str, "schema": dict, "description": str, "strict": bool}
"""The fields of a format with a schema."""


def schema_fields(wire: Wire, where: str) -> Wire:
    """The fields of a schema in `wire`, as arguments for an `OutputFormat`. Raises `Rejected`."""
    given = {name: kind for name, kind in SCHEMA_TYPES.items() if wire.get(name) is not None}
    return {name: checked(wire[name], (kind,), f"{where}.{name}") for name, kind in given.items()}


def encode_effort(options: ReasoningOptions, losses: Losses) -> str | None:
    """The word for how hard to think, where there is one to be sent."""
    effort: str | None = options.effort
    if options.enabled is False:
        if effort not in (None, "none"):
            losses.dropped("reasoning.effort", "thinking is switched off")
        effort = "none"
    elif options.enabled and effort == "none":
        losses.dropped("reasoning.effort", "thinking is switched on")
        effort = None
    if options.enabled and effort is None:
        losses.dropped("reasoning.enabled", "this dialect asks for an effort; models that think do so by default")
    if options.budget_tokens is not None:
        losses.dropped("reasoning.budget_tokens", "this dialect asks for an effort, not for a number of tokens")
    return effort
