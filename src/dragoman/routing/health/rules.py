"""When a target is taken out, for how long, and how it comes back. One table of defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from dragoman.errors import ConfigurationError
from dragoman.routing.verdict import Failure


class Trip(Struct, frozen=True, kw_only=True):
    """What takes a target out, for one class of failure. `None`: that does not.

    Attributes:
        consecutive: So many failures of the class with no success between them.
        share: So large a share of the calls in the window, 0 to 1.
        of_at_least: The share counts from so many calls on.
        open_seconds: How long the target is left alone the first time; twice as long each time that it comes back and
            fails again.
        max_open_seconds: And no longer than this.
    """

    consecutive: int | None = None
    share: float | None = None
    of_at_least: int = 10
    open_seconds: float = 5.0
    max_open_seconds: float = 120.0

    def __post_init__(self) -> None:
        if self.consecutive is not None and self.consecutive < 1:
            raise ConfigurationError("Trip: consecutive must be at least 1; leave it out for no such rule")
        if self.share is not None and not 0 < self.share <= 1:
            raise ConfigurationError(f"Trip: share={self.share!r} must be above 0 and at most 1")
        if not 0 < self.open_seconds <= self.max_open_seconds:
            raise ConfigurationError("Trip: open_seconds must be above 0 and at most max_open_seconds")


TRIPS: Final[Mapping[Failure, Trip]] = {
    "network": Trip(consecutive=3, share=0.5),
    "slow": Trip(consecutive=3, share=0.5, open_seconds=10),
    "server": Trip(consecutive=5, share=0.5),
    "overloaded": Trip(consecutive=3, share=0.5),
    "rate": Trip(
        consecutive=1, open_seconds=2
    ),  # the next call would be refused as well: the limit is a matter of time
    "model": Trip(consecutive=2, open_seconds=60, max_open_seconds=600),
    "malformed": Trip(consecutive=3, share=0.5),
    "foreign": Trip(consecutive=5, share=0.5),
    "auth": Trip(consecutive=1, open_seconds=60, max_open_seconds=600),  # here and below: of all targets with that key
    "credit": Trip(consecutive=1, open_seconds=300, max_open_seconds=3600),
}
"""By class of failure; classes that are not here say nothing about health."""

OF_ACCOUNTS: Final[frozenset[Failure]] = frozenset({"auth", "credit"})
"""Counted for all targets with one key together, in a row only: they do not pass, so a share would say nothing."""


def _known() -> str:
    return "classes that do: " + ", ".join(f"`{failure}`" for failure in TRIPS)


class HealthRules(Struct, frozen=True, kw_only=True):
    """When targets are taken out, and how they come back.

    Attributes:
        trips: By class of failure, what differs from `TRIPS`.
        window_seconds: Over which the shares are counted, to within half of it.
        slow_start_seconds: How long a target that has come back takes to get its full share.
        max_ejected_share: No larger share of the targets is left alone for failures of their own; of more that fail,
            those that come back soonest are asked all the same. A provider's `Retry-After` is obeyed even then.
        max_retry_after_seconds: A longer `Retry-After` is not believed, and counts as this.
    """

    trips: Mapping[Failure, Trip] = {}
    window_seconds: float = 30.0
    slow_start_seconds: float = 20.0
    max_ejected_share: float = 0.5
    max_retry_after_seconds: float = 3600.0

    def __post_init__(self) -> None:
        if not 0 <= self.max_ejected_share <= 1:
            raise ConfigurationError(f"HealthRules: max_ejected_share={self.max_ejected_share!r} must be from 0 to 1")
        if self.window_seconds <= 0 or self.slow_start_seconds < 0 or self.max_retry_after_seconds < 0:
            raise ConfigurationError("HealthRules: window_seconds must be above 0, and no time negative")
        for failure, trip in self.trips.items():
            if failure not in TRIPS:
                raise ConfigurationError(f"HealthRules: `{failure}` says nothing about health; {_known()}")
            if failure in OF_ACCOUNTS and trip.share is not None:
                raise ConfigurationError(f"HealthRules: `{failure}` is counted by account, and has no share")

    def trip(self, failure: Failure) -> Trip | None:
        """What takes a target out for `failure`; `None`: nothing does."""
        return self.trips.get(failure) or TRIPS.get(failure)


class RetryBudgetRules(Struct, frozen=True, kw_only=True):
    """How many further tries (again here, elsewhere, hedges) there may be.

    Attributes:
        share: Of the calls begun in the window, 0 to 1.
        window_seconds: The sliding window.
        minimum_per_second: So many are allowed all the same, so that a client with few calls may try again at all.
    """

    share: float = 0.2
    window_seconds: float = 60.0
    minimum_per_second: float = 0.5

    def __post_init__(self) -> None:
        if self.share < 0 or self.minimum_per_second < 0 or self.window_seconds <= 0:
            raise ConfigurationError("RetryBudgetRules: window_seconds must be above 0, and nothing negative")
