"""In which order targets are asked: policies, which nest at will."""

from dragoman.routing.policies.base import Member, Policy, Score, Situation, as_member
from dragoman.routing.policies.conditional import Match, Table, When, as_condition
from dragoman.routing.policies.dealing import Ordered, Random, RoundRobin, Weighted
from dragoman.routing.policies.measured import Capable, Cheapest, Fastest, LeastBusy
from dragoman.routing.policies.sticky import Sticky

__all__ = [
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
