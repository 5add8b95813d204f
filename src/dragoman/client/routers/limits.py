"""How long one target may take, within the time of the whole route."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dragoman.client.options import timeouts_of
from dragoman.http import Timeouts

AT_LEAST: Final = 0.001
"""Seconds: that there are none left is for the route to say."""


def limits_at(route: float | Timeouts | None, own: float | Timeouts | None, left: float | None) -> Timeouts:
    """Those of one target: what is `left` of the route's time, and of each of its `own` limits no more than it has."""
    said = [timeouts_of(limits) for limits in (route, own) if limits is not None]
    phases = [limits for limits in (route, own) if isinstance(limits, Timeouts)] or said or [Timeouts()]
    totals = [left, *([] if own is None else [timeouts_of(own).total])]
    return Timeouts(
        connect=_least(limits.connect for limits in phases),
        first_byte=_least(limits.first_byte for limits in phases),
        between_chunks=_least(limits.between_chunks for limits in phases),
        total=_least(None if total is None else max(total, AT_LEAST) for total in totals),
    )


def seconds_within(own: float | None, left: float | None) -> float | None:
    """How long a target may take, of what is `left` of the route's time."""
    if left is None or (own is not None and own <= left):
        return own
    return max(left, AT_LEAST)


def _least(seconds: Iterable[float | None]) -> float | None:
    return min((each for each in seconds if each is not None), default=None)
