"""What the application allows a router to do."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct

from dragoman.calls.retry import RetryConfig
from dragoman.errors import ConfigurationError

AfterCommit = Literal["raise", "continue", "restart"]


class Hedge(Struct, frozen=True, kw_only=True):
    """When a second target is asked beside one that is slow to begin. Only async routers hedge.

    Attributes:
        max_share: At most this share of the calls is asked twice.
        quantile: The second is asked when the first has taken longer than this share of its calls of late.
        min_seconds: Never sooner than this.
        min_samples: Nor before so many calls have shown how long the first usually takes.
        max_price_ratio: The second may cost at most so many times what the first does; the router's when left out.
    """

    max_share: float = 0.05
    quantile: float = 0.95
    min_seconds: float = 0.05
    min_samples: int = 20
    max_price_ratio: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.max_share <= 1 or not 0 < self.quantile < 1:
            raise ConfigurationError("Hedge: max_share and quantile are shares, between 0 and 1")
        if self.min_seconds < 0 or self.min_samples < 1:
            raise ConfigurationError("Hedge: min_seconds must not be negative and min_samples at least 1")
        _refuse_ratio("Hedge", self.max_price_ratio)


class RouteRules(Struct, frozen=True, kw_only=True):
    """What a router may do with a request.

    Attributes:
        max_price_ratio: Another target than the first choice may cost at most so many times what that costs for this
            request; `None` for no limit. It holds nothing back where either price is not known or the first is free.
        allow_declined_elsewhere: Whether a prompt that one model or provider has refused may be shown to another.
        allow_invalid_elsewhere: Whether another is asked for a value when the answers of one never fitted.
        allow: The only providers that may be asked; `None` for all.
        max_attempts: Tries in all, at all targets together.
        retry: The pauses before the same target is asked again.
        after_commit: What happens to a stream that breaks after the caller has seen some of it: the error is raised,
            another target continues the text, or the stream begins anew, which it shows.
        hedge: When to ask a second target beside a slow one.
    """

    max_price_ratio: float | None = 10.0
    allow_declined_elsewhere: bool = False
    allow_invalid_elsewhere: bool = True
    allow: frozenset[str] | None = None
    max_attempts: int = 8
    retry: RetryConfig = RetryConfig()
    after_commit: AfterCommit = "raise"
    hedge: Hedge | None = None

    def __post_init__(self) -> None:
        _refuse_ratio("RouteRules", self.max_price_ratio)
        if self.max_attempts < 1:
            raise ConfigurationError("RouteRules: max_attempts counts the first try too, so it must be at least 1")
        if self.after_commit not in get_args(AfterCommit):
            known = ", ".join(get_args(AfterCommit))
            raise ConfigurationError(f"RouteRules: after_commit={self.after_commit!r} is none. There are: {known}")
        if self.allow is not None and not self.allow:
            raise ConfigurationError("RouteRules: allow=() lets nobody be asked; leave it out to allow all")


def _refuse_ratio(of: str, ratio: float | None) -> None:
    if ratio is not None and ratio <= 0:
        raise ConfigurationError(f"{of}: max_price_ratio={ratio!r} lets nothing through; None is no limit")
