"""In which order targets are asked: policies, which nest at will."""

from collections.abc import Mapping
from typing import Final

from dragoman.routing.policies.base import Member, Policy, Score, Situation, as_member
from dragoman.routing.policies.conditional import Match, Table, When, as_condition
from dragoman.routing.policies.dealing import Ordered, Random, RoundRobin, Weighted
from dragoman.routing.policies.measured import Capable, Cheapest, Fastest, LeastBusy
from dragoman.routing.policies.sticky import Sticky

OF_MEMBERS: Final[Mapping[str, type[Policy]]] = {
    "ordered": Ordered,
    "random": Random,
    "round_robin": RoundRobin,
    "weighted": Weighted,
    "least_busy": LeastBusy,
    "fastest": Fastest,
    "cheapest": Cheapest,
    "capable": Capable,
}
"""Policies that say nothing but their members, by the words for them in tables and load balancers."""

__all__ = [
    "OF_MEMBERS",
    "Capable",
    "Cheapest",
    "Fastest",
    "LeastBusy",
    "Match",
    "Member",
    "Ordered",
    "Policy",
    "Random",
    "RoundRobin",
    "Score",
    "Situation",
    "Sticky",
    "Table",
    "Weighted",
    "When",
    "as_condition",
    "as_member",
]
