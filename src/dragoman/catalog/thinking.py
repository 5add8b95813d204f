"""Whether a model thinks before it answers."""

from __future__ import annotations

import re
from typing import Final

from dragoman.catalog.facts import ModelFacts

_NEVER: Final = re.compile(r"\b(gpt-3\.?5|gpt-4|chatgpt-4o|claude-(v1|2|instant|3[.-]5|3-(haiku|sonnet|opus)))")
"""Families that came before thinking. From memory, not from a page: both makers' guides on reasoning should say it."""


def thinks(facts: ModelFacts) -> bool | None:
    """Whether the model thinks; `None` where nothing says.

    A record without `reasoning` is no proof that it does not: sources leave it out for many that do.
    """
    if facts.reasoning is not None:
        return True
    return False if _NEVER.search(facts.id.lower()) else None
