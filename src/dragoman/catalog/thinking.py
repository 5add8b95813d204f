"""Whether a model thinks before it answers."""

from __future__ import annotations

import re
from typing import Final

from dragoman.catalog.facts import ModelFacts

_NEVER: Final = re.compile(r"\b(gpt-3\.?5|gpt-4|chatgpt-4o|claude-(v1|2|instant|3[.-]5|3-(haiku|sonnet|opus)))")
"""Families that came before thinking.

Anthropic lists the models that think, the oldest Claude 3.7 (docs.claude.com/en/docs/about-claude/models/extended-
thinking-models, stored copy, read 2026-11-21). OpenAI's that take an effort were listed by trying, and none of these is
among them (community.openai.com/t/1371738, read 2026-11-21); refusals are reported of gpt-4o-mini
(github.com/davidmigloz/langchain_dart/issues/712) and gpt-4.1 (github.com/formulahendry/wechat-acp/issues/16).
Of 209 recorded answers by these families none thought (one counts 3 tokens of it, beside 1, 2 and 4 of other kinds).
"""


def thinks(facts: ModelFacts) -> bool | None:
    """Whether the model thinks; `None` where nothing says.

    A record without `reasoning` is no proof that it does not: sources leave it out for many that do.
    """
    if facts.reasoning is not None:
        return True
    return False if _NEVER.search(facts.id.lower()) else None
