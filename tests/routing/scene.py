"""A board whose conditions are written down, and situations on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random as Dice
from typing import Any

from dragoman.catalog import ModelFacts, Price, PriceList
from dragoman.routing.features import Features
from dragoman.routing.policies import Policy, Situation
from dragoman.routing.prices import Prices
from dragoman.routing.refusal import Refusal
from dragoman.routing.target import Place, Target

TODAY = "2026-11-21"
NO_FEATURES = Features()


@dataclass
class Health:
    """How one target stands."""

    in_flight: int = 0
    seconds: float | None = None
    started: float = 1.0
    refused: Refusal | None = None

    def refusal(self, features: Features, now: float) -> Refusal | None:
        return self.refused

    def latency(self, now: float, *, whole: bool = False) -> float | None:
        return self.seconds

    def share(self, now: float) -> float:
        return self.started

    def spared(self, now: float) -> bool:
        return False

    @property
    def well(self) -> bool:
        return self.started == 1.0


@dataclass
class Scene:
    """A board. Whoever is not mentioned is well and idle."""

    health: dict[Target, Health] = field(default_factory=dict)
    last_resort: Target | None = None

    def __getitem__(self, target: Target) -> Health:
        return self.health.setdefault(target, Health())

    def least_bad(self, group: Iterable[Target], features: Features, now: float) -> Target | None:
        return self.last_resort if self.last_resort in list(group) else None

    def situation(self, features: Features = NO_FEATURES, *, seed: int = 1, **fields: Any) -> Situation:
        dice: Callable[[], float] = fields.pop("random", Dice(seed).random)
        return Situation(features=features, board=self, prices=Prices(TODAY), now=100.0, random=dice, **fields)

    def order(self, policy: Policy, features: Features = NO_FEATURES, **fields: Any) -> list[str]:
        """The names of the targets, in the order in which they would be asked."""
        return [target.name for target in policy.order(self.situation(features, **fields))]


def targets(names: str, **fields: Any) -> list[Target]:
    """A target for each letter."""
    return [Target(f"made/{name}", name=name, **fields) for name in names]


def model(name: str, into: float | None = None, out: float | None = None, **facts: Any) -> Target:
    """A target whose model costs so many dollars per million tokens."""
    prices = {"input": Price(into), "output": Price(out)} if into is not None and out is not None else None
    rows = (PriceList(prices=prices),) if prices else ()
    place = Place(provider="made", model=name, facts=ModelFacts(id=name, provider="made", prices=rows, **facts))
    return Target(f"made/{name}", name=name, place=place)


UNWELL = Refusal(kind="unhealthy", reason="it failed three times in a row", until=107.0)
FULL = Refusal(kind="limited", reason="8 calls are in flight and 8 are allowed", until=101.5)
