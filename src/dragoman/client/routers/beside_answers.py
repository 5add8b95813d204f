"""What a router is asked for beside answers and vectors: token counts, and what an answer may cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from dragoman.client.routers.behind import Behind
from dragoman.client.routers.features import features_of_request
from dragoman.client.routers.purpose import Purpose
from dragoman.client.routers.servers import Ceiling
from dragoman.flow import Flow
from dragoman.messages import Request, TokenCount
from dragoman.routing.decision import candidates
from dragoman.routing.features import Features
from dragoman.routing.target import Target

_NOTHING: Final = Decimal(0)

OptionsAt: TypeAlias = Callable[[Target], Mapping[str, Any]]
"""The options of a call at a target."""


def count_request(behind: Behind, purpose: Purpose, request: Request, options_at: OptionsAt) -> Flow[TokenCount]:
    """Counted at the first target that can; where none does, estimated for the first that would be asked."""
    servers = behind.servers
    features = features_of_request(purpose, None, request)
    target = _preferred(behind, features, lambda each: servers[each].counts)
    target = target or _preferred(behind, features, lambda _: True) or next(iter(servers))
    return servers[target].count_request(request, options_at(target))


def ceilings_of_all(behind: Behind, options_at: OptionsAt) -> tuple[Ceiling, ...] | None:
    """What the targets ask, of calls that say nothing else; `None` where who is named depends on the call."""
    if len(behind.servers) > 1 and not behind.routing.policy.names_all:
        return None
    return tuple(server.ceiling_at(options_at(target)) for target, server in behind.servers.items())


def ceilings_of(behind: Behind, purpose: Purpose, request: Request, options_at: OptionsAt) -> Iterable[Ceiling]:
    """What the targets ask that the policy names for such a request."""
    return (behind.servers[target].ceiling_at(options_at(target)) for target in _named(behind, purpose, request))


def dearest(ceilings: Iterable[Ceiling], request: Request, input_tokens: int, today: str) -> Decimal | None:
    """What one answer costs at the dearest."""
    highest = _NOTHING
    for ceiling in ceilings:
        cost = ceiling(request, input_tokens=input_tokens, today=today)
        if cost is None:
            return None
        highest = max(highest, cost)
    return highest


def _named(behind: Behind, purpose: Purpose, request: Request) -> Iterable[Target]:
    if len(behind.servers) == 1:
        return behind.servers
    routing = behind.routing
    situation = routing.situation(features_of_request(purpose, None, request), routing.clock(), moves=False)
    return routing.policy.order(situation)


def _preferred(behind: Behind, features: Features, may: Callable[[Target], bool]) -> Target | None:
    """The first of the targets that `may` be, in the policy's order, against which nothing speaks."""
    routing = behind.routing
    situation = routing.situation(features, routing.clock(), moves=False)
    order = candidates(routing.policy, situation, routing.rules)
    return next((each.target for each in order if each.refusal is None and may(each.target)), None)
