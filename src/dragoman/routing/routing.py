"""What a router decides by, whatever is asked of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import random

from msgspec import Struct, field

from dragoman.calls.call import utc_today
from dragoman.routing.features import Features
from dragoman.routing.health import Board
from dragoman.routing.hedge_share import HedgeShare
from dragoman.routing.policies import Policy, Situation
from dragoman.routing.prices import Prices
from dragoman.routing.rules import RouteRules


def _no_days() -> dict[str, Prices]:
    return {}


class Routing(Struct, frozen=True, kw_only=True):
    """What a router decides by: shared by all its calls.

    Attributes:
        policy: Who is preferred.
        board: What is known of each target's health.
        rules: What may be done when a target fails.
        clock: Seconds on a clock that never goes back.
        random: A number from 0 up to 1.
        today: The day prices are looked up for, ISO.
        hedges: How many calls there were, and how many were hedged.
        days: The prices of the day.
    """

    policy: Policy
    board: Board
    rules: RouteRules = RouteRules()
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random
    today: Callable[[], str] = utc_today
    hedges: HedgeShare = field(default_factory=HedgeShare)
    days: dict[str, Prices] = field(default_factory=_no_days)

    def situation(self, features: Features, now: float, *, moves: bool = True) -> Situation:
        """How things stand for a request. `moves`: whether policies that take turns do."""
        prices = self.days.get(self.today()) or self.prices()
        return Situation(features=features, board=self.board, prices=prices, now=now, random=self.random, moves=moves)

    def prices(self) -> Prices:
        """What targets cost today."""
        today = self.today()
        found = self.days.get(today)
        if found is None:
            self.days.clear()
            found = self.days[today] = Prices(today)
        return found
