"""One key's standing: what it has spent, what is held, who is inside. And whether one more may come in."""

from __future__ import annotations

from dragoman.errors import BudgetExceeded, Error, KeyRefused, ModelNotAllowed, RateLimited
from dragoman.gateway.store.entries import Admit
from dragoman.gateway.store.money import pico, shown
from dragoman.gateway.store.traffic import WINDOW, Traffic
from dragoman.gateway.store.virtual_key import VirtualKey


class Moment:
    """Now: seconds since 1970, which people set, and seconds of a clock that only goes on; `tick` is a whole one."""

    __slots__ = ("steady", "tick", "wall")

    def __init__(self, wall: float, steady: float) -> None:
        self.wall = wall
        self.steady = steady
        self.tick = int(steady)


class Desk:
    """A key as it is in the store, for as long as nobody else writes there. Amounts are pico-dollars.

    Attributes:
        period: Which one `spent` and `held` are of.
        held: At worst, for calls under way and for those whose cost is not known.
        inside: Calls under way.
        traffic: `None` where the key has no limits on it.
    """

    __slots__ = ("budget", "held", "inside", "key", "period", "spent", "traffic")

    def __init__(
        self, key: VirtualKey, *, period: int, spent: int, held: int, inside: int, traffic: Traffic | None
    ) -> None:
        self.key = key
        self.budget = None if key.budget is None else pico(key.budget)
        self.period = period
        self.spent = spent
        self.held = held
        self.inside = inside
        self.traffic = traffic

    def refusal(self, entry: Admit, moment: Moment) -> Error | None:
        """Why the call may not be sent now."""
        return self._right(entry, moment) or self._room(entry, moment) or self._money(entry)

    def enter(self, entry: Admit, moment: Moment) -> None:
        """It is sent."""
        self.inside += 1
        self.held += entry.worst or 0
        if self.traffic is not None:
            self.traffic.add(moment.tick, 1, entry.tokens)

    def _right(self, entry: Admit, moment: Moment) -> Error | None:
        because = self.key.refused_because(moment.wall)
        if because is not None:
            return KeyRefused(because)
        if not self.key.allows(entry.model):
            return ModelNotAllowed(f"this key may not ask for `{entry.model}`, but for {', '.join(self.key.models)}")
        return None

    def _room(self, entry: Admit, moment: Moment) -> Error | None:
        if self.key.concurrency is not None and self.inside >= self.key.concurrency:
            return _limited(f"{self.inside:,} calls of this key are under way, as many as may be at a time", 1.0)
        if self.traffic is None:
            return None
        self.traffic.advance(moment.tick)
        return self._too_many(moment) or self._too_much(entry, moment)

    def _too_many(self, moment: Moment) -> Error | None:
        most, traffic = self.key.requests_per_minute, self.traffic
        if most is None or traffic is None or traffic.requests < most:
            return None
        wait = traffic.seconds_until(requests=most - 1, tokens=traffic.tokens, now=moment.steady)
        return _limited(f"this key may begin {most:,} requests a minute, and has", wait)

    def _too_much(self, entry: Admit, moment: Moment) -> Error | None:
        most, traffic = self.key.tokens_per_minute, self.traffic
        if most is None or traffic is None or traffic.tokens + entry.tokens <= most:
            return None
        if entry.tokens > most:
            return _limited(f"about {entry.tokens:,} tokens are more than the {most:,} of this key's minute", WINDOW)
        wait = traffic.seconds_until(requests=traffic.requests, tokens=most - entry.tokens, now=moment.steady)
        used = f"{traffic.tokens:,} of this key's {most:,} tokens a minute are used"
        return _limited(f"{used}, and about {entry.tokens:,} more are wanted", wait)

    def _money(self, entry: Admit) -> Error | None:
        if self.budget is None:
            return None
        if entry.worst is None:
            return None if self.key.unpriced == "allow" else _unpriced(entry.model)
        if self.spent + self.held + entry.worst <= self.budget:
            return None
        return _exhausted(self, entry.worst)


def _limited(message: str, seconds: float) -> RateLimited:
    error = RateLimited(message, retry_after_seconds=seconds)
    error.hint = "Send less at a time, or have the key's limits raised."
    return error


def _unpriced(model: str) -> BudgetExceeded:
    error = BudgetExceeded(f"this key has a budget, and what `{model}` may cost at worst is not known")
    error.hint = "Give max_tokens, ask for a model with a known price, or allow the key unpriced models."
    return error


def _exhausted(desk: Desk, worst: int) -> BudgetExceeded:
    kind = "" if desk.key.period == "total" else f" a {desk.key.period}"
    held = f" and {shown(desk.held)} held for calls whose cost is not known yet" if desk.held else ""
    error = BudgetExceeded(
        f"this call may cost {shown(worst)}; of the key's {shown(desk.budget or 0)}{kind}, "
        f"{shown(desk.spent)} is spent{held}"
    )
    error.hint = "Lower max_tokens, or have the key's budget raised."
    return error
