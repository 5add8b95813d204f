"""A target being asked."""

from __future__ import annotations

from msgspec import Struct

from dragoman.routing.health import Permit
from dragoman.routing.target import Target


class Leg(Struct):
    """The target being asked. Where two are, it becomes the one that won.

    Attributes:
        permit: Leave to ask it, which tells its health how that ended.
        began: On the router's clock.
    """

    target: Target
    permit: Permit
    began: float
