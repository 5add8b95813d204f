"""One key's standing: what it has spent, what is held, who is inside. And whether one more may come in."""

from __future__ import annotations

from msgspec import Struct

from dragoman.errors import BudgetExceeded, Error, KeyRefused, ModelNotAllowed, RateLimited
from dragoman.gateway.store.entries import Admit
from dragoman.gateway.store.money import pico, shown
from dragoman.gateway.store.traffic import WINDOW, Traffic
from dragoman.gateway.store.virtual_key import VirtualKey


class Moment(Struct, eq=False):
    """Now: seconds since 1970, which people set, and seconds of a clock that only goes on; `tick` is a whole one."""

    wall: float
    steady: float
    tick: int


class Desk:
    """A key as it is in the store, for as long as nobody else writes there. Amounts are pico-dollars.

    Attributes:
        period: Which one `spent` and `held` are of.
        held: At worst, for calls under way and for those whose cost is not known.
        inside: Calls under way.
        traffic: `None` where the key has no limits on it.
        written_spent: Like the next two, what the tables say.
    """

    __slots__ = (
        "budget", "held", "inside", "key", "period", "spent", "traffic", "written_held", "written_inside",
        "written_spent",
    )  # fmt: skip

    def __init__(
        self, key: VirtualKey, *, period: int, spent: int, held: int, inside: int, traffic: Traffic | None
    ) -> None:
        self.key = key
        self.budget = None if key.budget is None else pico(key.budget)
        self.period = period
        self.spent = self.written_spent = spent
        self.held = self.written_held = held
        self.inside = self.written_inside = inside
        self.traffic = traffic

    def refusal(self, entry: Admit, now: Moment) -> Error | None:  # noqa: C901, PLR0911  # one question a limit
        """Why the call may not be sent now."""
        key, traffic = self.key, self.traffic
        if key.revoked is not None or key.expires is not None:
            because = key.refused_because(now.wall)
            if because is not None:
                return KeyRefused(because)
        if key.models and not key.allows(entry.model):
            return ModelNotAllowed(f"this key may not ask for `{entry.model}`, but for {', '.join(key.models)}")
        if key.concurrency is not None and self.inside >= key.concurrency:
            return _limited(f"{self.inside:,} calls of this key are under way, as many as may be at a time", 1.0)
        if traffic is not None:
            if traffic.tick != now.tick:
                traffic.advance(now.tick)
            if key.requests_per_minute is not None and traffic.requests >= key.requests_per_minute:
                return _too_many(key.requests_per_minute, traffic, now)
            if key.tokens_per_minute is not None and traffic.tokens + entry.tokens > key.tokens_per_minute:
                return _too_much(key.tokens_per_minute, traffic, entry, now)
        if self.budget is None:
            return None
        if entry.worst is None:
            return None if key.unpriced == "allow" else _unpriced(entry.model)
        return None if self.spent + self.held + entry.worst <= self.budget else _exhausted(self, entry.worst)

    def refusal_to_grow(self, by: int, now: Moment) -> Error | None:
        """Why a call under way may not cost `by` more."""
        because = self.key.refused_because(now.wall)
        if because is not None:
            return KeyRefused(because)
        return None if self.budget is None or self.spent + self.held + by <= self.budget else _exhausted(self, by)


def _too_many(most: int, traffic: Traffic, now: Moment) -> RateLimited:
    wait = traffic.seconds_until(requests=most - 1, tokens=traffic.tokens, now=now.steady)
    return _limited(f"this key may begin {most:,} requests a minute, and has", wait)


def _too_much(most: int, traffic: Traffic, entry: Admit, now: Moment) -> RateLimited:
    if entry.tokens > most:
        return _limited(f"about {entry.tokens:,} tokens are more than the {most:,} of this key's minute", WINDOW)
    wait = traffic.seconds_until(requests=traffic.requests, tokens=most - entry.tokens, now=now.steady)
    used = f"{traffic.tokens:,} of this key's {most:,} tokens a minute are used"
    return _limited(f"{used}, and about {entry.tokens:,} more are wanted", wait)


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
