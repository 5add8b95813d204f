"""What one router knows of all its targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self

from dragoman.routing.features import Features
from dragoman.routing.health.account import Account
from dragoman.routing.health.condition import Condition
from dragoman.routing.health.ejections import Ejections, most_out
from dragoman.routing.health.retry_budget import RetryBudget
from dragoman.routing.health.rules import HealthRules, RetryBudgetRules
from dragoman.routing.target import Target

_NOTHING: Final[Mapping[Target, Condition]] = {}


class Board(dict[Target, Condition]):
    """The conditions of a router's targets, and its retry budget. Serves many threads and tasks.

    A dict, for it is looked into four times for each call. Nothing is put in later.

    Args:
        targets: Whose.
        rules: When they are left alone, and how they come back.
        retry_budget: How many further tries there may be.
        before: What was known of some of the targets, by the same rules. It is theirs from now on: the board that had
            them serves the calls that are under way, and no new ones.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        rules: HealthRules = HealthRules(),  # noqa: B008  # frozen
        retry_budget: RetryBudgetRules = RetryBudgetRules(),  # noqa: B008  # frozen
        before: Mapping[Target, Condition] = _NOTHING,
    ) -> None:
        self.rules = rules
        self.retry_budget = RetryBudget(retry_budget)
        super().__init__()
        ejections: Ejections[Condition] = Ejections(most_out(rules.max_ejected_share, len(set(targets))))
        accounts: dict[str | Target, tuple[Account, list[Condition]]] = {
            _account_of(target): (condition.account, []) for target, condition in before.items()
        }
        for target in dict.fromkeys(targets):
            account, siblings = accounts.setdefault(_account_of(target), (Account(rules), []))
            condition = before.get(target) or Condition(target, rules, account, siblings, ejections)
            condition.stand_among(siblings, ejections)
            siblings.append(condition)
            self[target] = condition

    def view(self, targets: Iterable[Target], retry_budget: RetryBudgetRules) -> Self:
        """A board of some of the targets: their conditions are these, the retry budget is its own."""
        view = type(self)((), self.rules, retry_budget)
        view.update((target, self[target]) for target in targets)
        return view

    def least_bad(self, group: Iterable[Target], features: Features, now: float) -> Target | None:
        """Which of a group that is refused as a whole may be asked all the same, with `begin(…, anyway=True)`.

        One that is left alone for failures of its own and for nothing else, and that would come back soonest; `None`
        when there is none, or when `max_ejected_share` allows that so many are left alone.

        Args:
            group: The targets that could do it: those that are unfit are not missed.
            features: Of the request.
            now: On the router's clock.
        """
        conditions = [self[target] for target in group]
        ejected = [(until, each) for each in conditions if (until := each.ejected()) is not None]
        if len(ejected) <= most_out(self.rules.max_ejected_share, len(conditions)):
            return None
        able = [(until, each) for until, each in ejected if each.refusal(features, now, anyway=True) is None]
        return min(able, key=lambda each: each[0])[1].target if able else None


def _account_of(target: Target) -> str | Target:
    """What its account is called; one that is not known is the target's own."""
    return target.place.account or target
