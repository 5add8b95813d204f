"""What an upstream that is down gets to bear, beside what callers would send it if each tried once."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman import errors
from dragoman.routing.policies import Ordered
from tests.routing.simulation.traffic import Traffic, World, rate_by
from tests.routing.simulation.upstreams import Answering, Failing, Upstream, steady

RATE = 50.0
MINUTE = 60.0


def refused() -> Exception:
    return errors.ConnectFailed("refused")


@dataclass(frozen=True)
class Load:
    """`sent` to the dead, of `offered` calls.

    Attributes:
        worst_minute: The greatest ratio of the two in a minute.
        per_second: What was sent, in each second.
    """

    offered: int
    sent: int
    worst_minute: float
    per_second: list[float]
    answered: float

    @property
    def ratio(self) -> float:
        return self.sent / self.offered


def dead_alone(count: int, seed: int) -> Load:
    """There is no other target."""
    dead = _dead("dead", seed)
    return _load([dead], [dead], count, seed)


def dead_first(count: int, seed: int) -> Load:
    """It is preferred to one that is well."""
    dead, well = _dead("dead", seed), Upstream("well", (0, Answering(steady(0.3))), seed=seed)
    return _load([dead, well], [dead], count, seed)


def all_dead(count: int, seed: int) -> Load:
    """There are four, all of them dead. The load is that of the one that bears most."""
    upstreams = [_dead(f"dead {number}", seed) for number in range(4)]
    return _load(upstreams, upstreams, count, seed)


def _dead(name: str, seed: int) -> Upstream:
    return Upstream(name, (0, Failing(refused, after=steady(0.05))), seed=seed)


def _load(upstreams: list[Upstream], dead: list[Upstream], count: int, seed: int) -> Load:
    world = World(Ordered(*(each.target for each in upstreams)), upstreams, seed=seed)
    (calls,) = world.run(Traffic(RATE, count))
    until = max(calls.came)
    offered = rate_by(calls.came, MINUTE, until)
    most = max(dead, key=lambda upstream: len(upstream.began))
    sent = rate_by(most.began, MINUTE, until)
    whole = len(offered) - 1  # the last minute is not whole
    return Load(
        offered=count,
        sent=len(most.began),
        worst_minute=max(one / other for one, other in zip(sent[:whole], offered[:whole], strict=True)),
        per_second=rate_by(most.began, 1, until),
        answered=calls.share_answered,
    )
