"""A gateway's own credential, and what it allows. The token that a caller sends is in none of this."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import translate
from functools import lru_cache
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

from dragoman.errors import ConfigurationError

Period: TypeAlias = Literal["total", "day", "month"]
Unpriced: TypeAlias = Literal["refuse", "allow"]

DAY: Final = 86_400


class VirtualKey(Struct, frozen=True, kw_only=True):
    """Who calls, and what they may.

    Attributes:
        id: Names it everywhere but in what the caller sends; not secret.
        name: For people.
        tenant: On whose behalf; routes may depend on it.
        tier: Routes may depend on it.
        models: Patterns (`openai/*`, `gpt-4o*`) of the public names it may ask for; none: all.
        requests_per_minute: In no window of a minute do more begin.
        tokens_per_minute: Likewise, as far as is known before a call; what it used beyond that counts when it is over.
        concurrency: Calls at once.
        budget: US dollars in each `period`, days and months being those of UTC.
        unpriced: Whether a key with a budget may ask for models whose price is not known.
        created: Seconds since 1970, like the next two.
        expires: From when on it is refused.
        revoked: Since when it has been.
        ending: The last characters of its token, by which people tell their keys apart.
    """

    id: str
    name: str
    tenant: str | None = None
    tier: str | None = None
    models: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None
    budget: Decimal | None = None
    period: Period = "total"
    unpriced: Unpriced = "refuse"
    created: float = 0.0
    expires: float | None = None
    revoked: float | None = None
    ending: str = ""

    def allows(self, model: str) -> bool:
        """Whether it may ask for the public name `model`."""
        return not self.models or _pattern(self.models).match(model) is not None

    def refused_because(self, now: float) -> str | None:
        """Why nobody may call with it at `now`; `None`: they may."""
        if self.revoked is not None:
            return "this key was revoked"
        return "this key has expired" if self.expires is not None and now >= self.expires else None

    def period_at(self, now: float) -> int:
        """The number of the period that `now` is in; no two kinds share one."""
        return NUMBERS[self.period](now)

    def check(self) -> None:
        """Raise `ConfigurationError` for what cannot be meant."""
        _check_words(self)
        for name in ("requests_per_minute", "tokens_per_minute", "concurrency"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                raise ConfigurationError(f"`{name}` of a key must be at least 1, not {limit}: revoke it to forbid all")
        if self.budget is not None and not (self.budget.is_finite() and 0 <= self.budget <= 1_000_000):
            raise ConfigurationError(f"`budget` of a key must be US dollars from 0 to 1,000,000, not {self.budget}")


def _check_words(key: VirtualKey) -> None:
    if not key.name.strip():
        raise ConfigurationError("a key needs a name")
    for name, words in (("period", get_args(Period)), ("unpriced", get_args(Unpriced))):
        if getattr(key, name) not in words:
            raise ConfigurationError(f"`{name}` of a key is one of {', '.join(words)}, not {getattr(key, name)!r}")


@lru_cache(maxsize=1024)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, globs)))


def _total(_: float) -> int:
    return 0


def day_of(now: float) -> int:
    """Days since 1970, of UTC."""
    return int(now // DAY)


def _month(now: float) -> int:
    date = datetime.fromtimestamp(now, UTC)
    return date.year * 100 + date.month


NUMBERS: Final[Mapping[Period, Callable[[float], int]]] = {"total": _total, "day": day_of, "month": _month}
"""The number of each kind of period. It is the same for all of a day of UTC."""
