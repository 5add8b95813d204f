"""A decision, told: who would be asked, who would not, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from dragoman.routing.decision import Candidate, Choice, candidates, pick
from dragoman.routing.policies.base import Policy, Situation
from dragoman.routing.refusal import seconds_until
from dragoman.routing.rules import RouteRules
from dragoman.routing.target import Target
from dragoman.routing.verdict import Verdict

_NOBODY: Final[Mapping[Target, Verdict]] = {}


class Explanation(Struct, frozen=True, eq=False):
    """What `choose` would decide, with all candidates and not only those before the one taken. Prints as a table."""

    choice: Choice
    candidates: tuple[Candidate, ...]

    @property
    def target(self) -> Target | None:
        """Who would be asked."""
        return self.choice.target

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, for logs and JSON."""
        return {
            "target": None if self.target is None else self.target.title,
            "anyway": self.choice.anyway,
            "until": self.choice.until,
            "candidates": [self._row(candidate) for candidate in self.candidates],
        }

    def _row(self, candidate: Candidate) -> dict[str, Any]:
        refusal = candidate.refusal
        return {
            "target": candidate.target.title,
            "taken": candidate.target is self.target,
            "why": candidate.why,
            "score": candidate.score,
            "price": candidate.price,
            "refused": None if refusal is None else refusal.kind,
            "reason": None if refusal is None else refusal.reason,
            "until": None if refusal is None else refusal.until,
            "waits": candidate.waits,
        }

    def __repr__(self) -> str:
        rows = [self._shown(candidate) for candidate in self.candidates]
        return "\n".join([self._headline(), *_aligned([("", "target", "price", "ranked by", "against it"), *rows])])

    def _headline(self) -> str:
        if self.target is None:
            seconds = self.choice.seconds
            return "nobody can be asked" if seconds is None else f"nobody can be asked for {seconds:.1f} s"
        anyway = ", although health speaks against it, as against all" if self.choice.anyway else ""
        return f"{self.target.title} would be asked{anyway}"

    def _shown(self, candidate: Candidate) -> tuple[str, ...]:
        price = "?" if candidate.price is None else f"${candidate.price:.6f}"
        mark = "→" if candidate.target is self.target else ""
        return mark, candidate.target.title, price, candidate.why, self._against(candidate)

    def _against(self, candidate: Candidate) -> str:
        refusal = candidate.refusal
        if refusal is None:
            return "it has just come back, and waits its turn" if candidate.waits else ""
        seconds = seconds_until(refusal.until, candidate.situation.now)
        until = "" if seconds is None else f" (for {seconds:.1f} s)"
        return f"{refusal.kind}: {refusal.reason}{until}"


def explain(
    policy: Policy,
    situation: Situation,
    rules: RouteRules,
    *,
    tried: Mapping[Target, Verdict] = _NOBODY,
    first: Target | None = None,
) -> Explanation:
    """What `choose` would decide now. Nobody's turn is taken by it."""
    still = replace(situation, moves=False, trail={})
    order = candidates(policy, still, rules, tried=tried, first=first)
    choice = pick(order, still, first)
    return Explanation(choice, (*choice.candidates, *order))


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
