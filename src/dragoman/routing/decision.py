"""Who is asked next, and why not the others.

`candidates` reads a policy's order and says of each target what speaks against it; `pick` stops at the first against
which nothing does, and `routing.explanation` reads on from there. So what is explained is what is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from dragoman.routing.fitting import unfit, window_of
from dragoman.routing.health import Condition
from dragoman.routing.policies.base import Policy, Score, Situation, Step
from dragoman.routing.refusal import Refusal, seconds_until
from dragoman.routing.rules import RouteRules
from dragoman.routing.target import Target
from dragoman.routing.verdict import Elsewhere, Verdict

_NOBODY: Final[Mapping[Target, Verdict]] = {}


class Candidate(Struct, eq=False):
    """A target that a policy named, and what speaks against it.

    Attributes:
        refusal: Why it is not asked; `None` when nothing speaks against it.
        step: How the policies came to it.
        waits: Another shall be asked, if one can be: it comes back after an outage and gets its traffic by and by, or
            it fails as too many do, and would be asked in a further try.
    """

    target: Target
    refusal: Refusal | None
    situation: Situation
    step: Step | None = None
    waits: bool = False

    @property
    def path(self) -> tuple[tuple[Policy, Score], ...]:
        """The policies that named it and by what score, the nearest to it first."""
        steps: list[tuple[Policy, Score]] = []
        step = self.step
        while step is not None:
            policy, score, step = step
            steps.append((policy, score))
        return tuple(steps)

    @property
    def why(self) -> str:
        """Which policies named it, from the whole to the part, and by what."""
        return " > ".join(policy.shown(score) for policy, score in reversed(self.path))

    @property
    def score(self) -> Score:
        """By what the nearest policy ranked it."""
        return None if self.step is None else self.step[1]

    @property
    def price(self) -> float | None:
        """What the request would cost there, in dollars, by the catalog."""
        return self.situation.prices.of(self.target, self.situation.features)


class Choice(Struct, kw_only=True, eq=False):
    """Who is asked.

    Attributes:
        target: It, or `None` when nobody can be.
        candidates: Those that were looked at, in order; the one taken is the last, unless all speak against it.
        first: Whom the request would go to if everybody were healthy: the price of others is held against its price.
        anyway: The target is one that health speaks against, asked because all are like that (`Condition.begin` must be
            told).
        until: When nobody can be asked: the earliest time at which somebody may be, where one is known.
    """

    target: Target | None
    candidates: Sequence[Candidate] = ()
    first: Target | None = None
    anyway: bool = False
    until: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long `until` is from the time of the decision."""
        return None if self.until is None else seconds_until(self.until, self.candidates[0].situation.now)

    @property
    def busy(self) -> list[Target]:
        """Those that could do it, and have only too much to do."""
        return [each.target for each in self.candidates if each.refusal is not None and each.refusal.kind == "limited"]

    @property
    def awaits_probe(self) -> bool:
        """Whether one call is just finding out if somebody is back."""
        refusals = (each.refusal for each in self.candidates)
        return any(
            refusal is not None and refusal.kind == "unhealthy" and refusal.until is None for refusal in refusals
        )

    def pause(self, now: float) -> float | None:
        """Seconds before which it is of no use to look again; 0 while a call finds out if somebody is back, for its end
        is not known. `None`: it never is.
        """
        return 0.0 if self.awaits_probe else seconds_until(self.until, now)

    @property
    def fits_nobody(self) -> bool:
        """Whether all that speaks against anybody is the request itself."""
        kinds = {None if each.refusal is None else each.refusal.kind for each in self.candidates}
        return kinds == {"unfit"}

    @property
    def reasons(self) -> str:
        """Why each was not asked, for people."""
        refused = [(each.target, each.refusal) for each in self.candidates if each.refusal is not None]
        return "; ".join(f"{target.title}: {refusal.reason}" for target, refusal in refused)


def choose(
    policy: Policy,
    situation: Situation,
    rules: RouteRules,
    *,
    tried: Mapping[Target, Verdict] = _NOBODY,
    first: Target | None = None,
) -> Choice:
    """The first target in the policy's order that nothing speaks against.

    When health speaks against all that could answer, one may be asked all the same: `Board.least_bad` says which.

    Args:
        policy: Whose order is followed.
        situation: What is asked, how things stand.
        rules: What the application allows.
        tried: The targets that have failed in this call, and how; they are not asked again.
        first: `Choice.first` of the call's first choice.
    """
    return pick(candidates(policy, situation, rules, tried=tried, first=first), situation, first)


def pick(order: Iterator[Candidate], situation: Situation, first: Target | None = None) -> Choice:
    """Who of an order is taken. No more of it is read than that takes."""
    seen: list[Candidate] = []
    for candidate in order:
        seen.append(candidate)
        if candidate.refusal is None and not candidate.waits:
            if first is None:
                first = candidate.target if len(seen) == 1 else _first_of(seen)
            return Choice(target=candidate.target, candidates=seen, first=first)
    return _of_the_rest(seen, situation, first or _first_of(seen))


def _of_the_rest(seen: list[Candidate], situation: Situation, first: Target | None) -> Choice:
    """Nobody who is well and due: one that is coming back, else the least bad one, else nobody."""
    waiting = next((candidate.target for candidate in seen if candidate.refusal is None), None)
    if waiting is not None:
        return Choice(target=waiting, candidates=seen, first=first)
    sick = [candidate.target for candidate in seen if candidate.refusal and candidate.refusal.kind == "unhealthy"]
    least_bad = situation.board.least_bad(sick, situation.features, situation.now) if sick else None
    if least_bad is not None:
        return Choice(target=least_bad, candidates=seen, first=first, anyway=True)
    return Choice(target=None, candidates=seen, first=first, until=_earliest(seen))


def candidates(
    policy: Policy,
    situation: Situation,
    rules: RouteRules,
    *,
    tried: Mapping[Target, Verdict] = _NOBODY,
    first: Target | None = None,
) -> Iterator[Candidate]:
    """Every target in the policy's order, once, with what speaks against it."""
    judge = _Judge(situation, rules, tried, first)
    board, trail = situation.board, situation.trail
    seen: set[Target] = set()
    for target in policy.order(situation):
        if target in seen:
            continue
        seen.add(target)
        condition = board[target]
        refusal = judge.refusal(target, condition)
        waits = refusal is None and not condition.well and _shall_wait(condition, situation, further=bool(tried))
        yield Candidate(target, refusal, situation, trail.get(target), waits)


def seconds_to_others(order: Iterable[Candidate]) -> float | None:
    """Until one of them may be asked whom only its health or its limits spoke against, or nothing; 0: nobody knows how
    soon. `None`: there is none, or each would fail however long one waits.
    """
    waits: list[float] = []
    for each in order:
        refusal, situation = each.refusal, each.situation
        if refusal is None:
            return 0.0
        if refusal.kind in ("unhealthy", "limited") and not situation.board[each.target].given_up:
            waits.append(seconds_until(refusal.until, situation.now) or 0.0)
    return min(waits, default=None)


def may_go_elsewhere(elsewhere: Elsewhere, rules: RouteRules) -> bool:
    """Whether another target may be asked after an error that says `elsewhere`."""
    match elsewhere:
        case "if_declined_may":
            return rules.allow_declined_elsewhere
        case "if_invalid_may":
            return rules.allow_invalid_elsewhere
        case _:
            return elsewhere != "no"


# ---------------------------------------------------------------------- what speaks against a target


class _Judge(Struct):
    """Says what speaks against a target, for one decision."""

    situation: Situation
    rules: RouteRules
    tried: Mapping[Target, Verdict]
    first: Target | None

    def refusal(self, target: Target, condition: Condition) -> Refusal | None:
        rules, features = self.rules, self.situation.features
        found = (
            (None if rules.allow is None else self._forbidden(target, rules.allow))
            or unfit(target, features)
            or (self._after_failures(target) if self.tried else None)
        )
        if found is not None:
            return found
        first = self.first = (
            self.first or target
        )  # the first that could do it sets the price, whether or not it is asked
        if target is not first and rules.max_price_ratio is not None:
            found = self._too_dear(target, first, rules.max_price_ratio)
        return found or condition.refusal(features, self.situation.now)

    def _forbidden(self, target: Target, allow: frozenset[str]) -> Refusal | None:
        if target.place.provider in allow:
            return None
        return Refusal(kind="excluded", reason=f"only {', '.join(sorted(allow))} may be asked")

    def _after_failures(self, target: Target) -> Refusal | None:
        """What the failures of this call so far say."""
        if target in self.tried:
            return Refusal(kind="tried", reason=f"it has failed in this call ({self.tried[target].failure})")
        for other, verdict in self.tried.items():
            if not may_go_elsewhere(verdict.elsewhere, self.rules):
                return Refusal(kind="excluded", reason=_STAYS[verdict.elsewhere].format(other.title))
            if verdict.elsewhere == "larger_window" and (reason := self._no_larger(target, other)):
                return Refusal(kind="unfit", reason=reason)
        return None

    def _no_larger(self, target: Target, other: Target) -> str | None:
        """Why a request that overflowed `other` has no better chance here: one whose size is not known has none."""
        model = self.situation.features.model
        window, overflowed = window_of(target, model), window_of(other, model)
        if window is None:
            return f"its window is not known to be larger than that of {other.title}, which overflowed"
        if overflowed is not None and window <= overflowed:
            return f"its window is no larger than that of {other.title}, which overflowed"
        return None

    def _too_dear(self, target: Target, first: Target, ratio: float) -> Refusal | None:
        found = self.situation.prices.beyond(ratio, target, first, self.situation.features)
        if found is None:
            return None
        price, usual = found
        reason = f"at ${price:.3g} it costs {price / usual:.3g} times what {first.title} does; {ratio:g} is allowed"
        return Refusal(kind="excluded", reason=reason)


_STAYS: Final[dict[Elsewhere, str]] = {
    "if_declined_may": "{} declined it, and allow_declined_elsewhere is off",
    "if_invalid_may": "the answers of {} did not fit, and allow_invalid_elsewhere is off",
    "no": "the failure at {} would be the same anywhere",
}


def _shall_wait(condition: Condition, situation: Situation, *, further: bool) -> bool:
    """Whether another is asked before it: it comes back by and by, or fails and was asked only as many others do."""
    share = condition.share(situation.now)
    return (share < 1 and situation.random() >= share) or (further and condition.spared(situation.now))


def _first_of(seen: list[Candidate]) -> Target | None:
    """The first that could do it and may."""
    for each in seen:
        if each.refusal is None or each.refusal.kind not in ("unfit", "excluded"):
            return each.target
    return None


def _earliest(seen: list[Candidate]) -> float | None:
    times = [each.refusal.until for each in seen if each.refusal is not None and each.refusal.until is not None]
    return min(times, default=None)
