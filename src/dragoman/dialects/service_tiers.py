"""Service tiers: each dialect has a few, and words of its own for them. A word that is in no list is a host's: who asks
by it is not contradicted.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from dragoman.dialects.base import Wire
from dragoman.messages import USUAL_TIERS, Loss

_KNOWN: Final = USUAL_TIERS | {"auto", "flex", "scale", "priority", "fast", "batch", "reserved"}


class Tiers(Struct, frozen=True, kw_only=True):
    """The words of a dialect: for the usual tier, and for others. `closed`: its clients take no other."""

    usual: str
    others: frozenset[str] = frozenset()
    closed: bool = False

    def write(self, tier: str | None, wire: Wire, name: str, losses: list[Loss]) -> None:
        """Say it in the field `name`, where there is something to say."""
        word = self.word_for(tier, losses)
        if word is not None:
            wire[name] = word

    def word_for(self, tier: str | None, losses: list[Loss]) -> str | None:
        """`tier` as this dialect calls it; `None` where there is nothing to say, or no word for it."""
        if tier is None or tier == self.usual or tier in self.others or not (self.closed or tier in _KNOWN):
            return tier
        if tier in USUAL_TIERS:
            return self.usual
        if tier != "auto" or self.closed:  # asked for, that leaves it to the provider, as no word does
            losses.append(Loss(effect="dropped", where="service_tier", why=f"this dialect has no tier `{tier}`"))
        return None


OPENAI: Final = Tiers(usual="default", others=frozenset({"auto", "flex", "scale", "priority", "fast"}))
CHAT: Final = Tiers(usual="default", others=OPENAI.others | {"on_demand"})
"""Groq speaks it too."""
ANTHROPIC: Final = Tiers(usual="standard_only", others=frozenset({"auto"}))
"""Mistral has the same."""
ANTHROPIC_TOLD: Final = Tiers(usual="standard", others=frozenset({"priority", "batch"}), closed=True)
GEMINI: Final = Tiers(usual="standard", others=frozenset({"flex", "priority"}))
GEMINI_TOLD: Final = Tiers(usual="standard", others=GEMINI.others, closed=True)
BEDROCK: Final = Tiers(usual="default", others=frozenset({"flex", "priority", "reserved"}))
BEDROCK_TOLD: Final = Tiers(usual="default", others=BEDROCK.others, closed=True)
