"""What one router knows of all its targets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dragoman.routing.features import Features
from dragoman.routing.health.account import Account
from dragoman.routing.health.condition import Condition
from dragoman.routing.health.ejections import Ejections, most_out
from dragoman.routing.health.retry_budget import RetryBudget
from dragoman.routing.health.rules import HealthRules, RetryBudgetRules
from dragoman.routing.target import Target


class Board(dict[Target, Condition]):
    """The conditions of a router's targets, and its retry budget. Serves many threads and tasks.

    A dict, for it is looked into four times for each call. Nothing is put in later.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        rules: HealthRules = HealthRules(),  # noqa: B008  # frozen
        retry_budget: RetryBudgetRules = RetryBudgetRules(),  # noqa: B008  # frozen
    ) -> None:
        self.rules = rules
        self.retry_budget = RetryBudget(retry_budget)
        super().__init__()
        ejections: Ejections[Condition] = Ejections(most_out(rules.max_ejected_share, len(set(targets))))
        accounts: dict[str | Target, tuple[Account, list[Condition]]] = {}
        for target in dict.fromkeys(targets):
            account, siblings = accounts.setdefault(target.place.account or target, (Account(rules), []))
            condition = Condition(target, rules, account, siblings, ejections)
            siblings.append(condition)
            self[target] = condition

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
