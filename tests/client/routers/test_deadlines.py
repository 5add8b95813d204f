"""How long a target may take: what is left of the route's time, within limits of its own."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import Timeouts
from dragoman.client.routers.limits import limits_at


@pytest.mark.parametrize(
    ("route", "own", "left", "wanted"),
    [
        (None, None, None, {"total": None}),
        (10.0, None, 7.0, {"total": 7.0}),
        (10.0, 5.0, 7.0, {"total": 5.0}),
        (10.0, 30.0, 7.0, {"total": 7.0}),
        (10.0, Timeouts(first_byte=0.5), 7.0, {"first_byte": 0.5, "total": 7.0}),
        (Timeouts(between_chunks=2.0), 30.0, 9.0, {"between_chunks": 2.0, "total": 9.0}),
        (Timeouts(first_byte=1.0), Timeouts(first_byte=0.5), None, {"first_byte": 0.5, "total": 600.0}),
        (Timeouts(connect=1.0), Timeouts(connect=3.0), None, {"connect": 1.0, "total": 600.0}),
        (10.0, None, 0.0, {"total": 0.001}),
    ],
)
def test_the_smaller_limit_holds(route: Any, own: Any, left: float | None, wanted: dict[str, float]) -> None:
    limits = limits_at(route, own, left)
    assert {name: getattr(limits, name) for name in wanted} == wanted
