"""`LoadBalancer`: calls dealt out among targets that are as good as each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, Unpack, get_args

from dragoman.client.routers.fallback_chain import members
from dragoman.client.routers.router import AsyncRouter, Router, RouterOptions
from dragoman.errors import ConfigurationError
from dragoman.routing.policies import OF_MEMBERS, Ordered, Policy

Balance = Literal["random", "round_robin", "weighted", "least_busy", "fastest", "cheapest"]

_POLICIES: Final = {name: OF_MEMBERS[name] for name in get_args(Balance)}
_BY_WEIGHT: Final = frozenset({"weighted", "least_busy"})


def balanced(targets: Iterable[Any], policy: str | None, weights: Sequence[float] | None) -> Policy:
    """The policy that deals. Raises `ConfigurationError` for one that is unknown, or weights without a meaning."""
    found = members(targets)
    policy = policy or ("random" if weights is None else "weighted")
    if policy not in _POLICIES:
        raise ConfigurationError(f"policy={policy!r} is none. There are: {', '.join(_POLICIES)}")
    if weights is None:
        return _POLICIES[policy](*found)
    if policy not in _BY_WEIGHT:
        raise ConfigurationError(f"weights= mean nothing to policy={policy!r}: leave one of them out")
    if len(weights) != len(found):
        raise ConfigurationError(f"there are {len(found)} targets and {len(weights)} weights")
    return _POLICIES[policy](*(Ordered(each, weight=weight) for each, weight in zip(found, weights, strict=True)))


class LoadBalancer(Router):
    """Each call goes to one of the targets, and to another when that fails.

    Args:
        targets: As those of a `FallbackChain`.
        policy: Which one: by lot (`random`, or `weighted` where there are weights), in turn, or the one of two by lot
            that has less to do or is faster; or the cheapest for this call.
        weights: Their shares, in the order of the targets.
        options: See `RouterOptions`.
    """

    def __init__(
        self,
        targets: Iterable[Any],
        policy: Balance | None = None,
        *,
        weights: Sequence[float] | None = None,
        **options: Unpack[RouterOptions],
    ) -> None:
        super().__init__(balanced(targets, policy, weights), **options)


class AsyncLoadBalancer(AsyncRouter):
    """`LoadBalancer`, awaited."""

    def __init__(
        self,
        targets: Iterable[Any],
        policy: Balance | None = None,
        *,
        weights: Sequence[float] | None = None,
        **options: Unpack[RouterOptions],
    ) -> None:
        super().__init__(balanced(targets, policy, weights), **options)
