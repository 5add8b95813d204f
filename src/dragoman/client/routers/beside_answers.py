"""What a router is asked for beside answers: vectors, token counts, and what an answer may cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from dragoman.calls.ceiling import estimated_input
from dragoman.client.options import EmbedOptions
from dragoman.client.routers.behind import Behind
from dragoman.client.routers.features import features_of_request
from dragoman.client.routers.purpose import Purpose
from dragoman.errors import UnsupportedFeature
from dragoman.flow import Flow
from dragoman.messages import EmbeddingRequest, EmbeddingResponse, Request, TokenCount
from dragoman.routing.decision import candidates
from dragoman.routing.features import Features
from dragoman.routing.target import Target

OptionsAt: TypeAlias = Callable[[Target], Mapping[str, Any]]
"""The options of a call at a target."""


def embed_request(
    behind: Behind, purpose: Purpose, request: EmbeddingRequest, options_at: OptionsAt
) -> Flow[EmbeddingResponse]:
    """Vectors of one model always, for those of different ones mean nothing to each other: that of the first target
    which has any, asked where nothing speaks against it.
    """
    servers = behind.servers
    able = [target for target, server in servers.items() if server.embeds]
    if not able:
        raise UnsupportedFeature(f"none of {', '.join(target.title for target in servers)} has embeddings")
    alike = {target for target in able if target.place.model == able[0].place.model}
    asked = features_of_request(purpose, None, Request(model=request.model))
    target = _preferred(behind, asked, alike.__contains__) or able[0]
    options = {name: value for name, value in options_at(target).items() if name in EmbedOptions.__annotations__}
    return servers[target].embed_request(request, options)


def count_request(behind: Behind, purpose: Purpose, request: Request, options_at: OptionsAt) -> Flow[TokenCount]:
    """Counted at the first target that can; where none does, estimated for the first that would be asked."""
    servers = behind.servers
    features = features_of_request(purpose, None, request)
    target = _preferred(behind, features, lambda each: servers[each].counts)
    target = target or _preferred(behind, features, lambda _: True) or next(iter(servers))
    return servers[target].count_request(request, options_at(target))


def ceiling_of(
    behind: Behind, purpose: Purpose, request: Request, options_at: OptionsAt, input_tokens: int | None
) -> Decimal | None:
    """What one answer costs at the dearest of the targets that the policy names for such a request."""
    tokens = estimated_input(request) if input_tokens is None else input_tokens
    dearest = Decimal(0)
    for target in _named(behind, purpose, request):
        cost = behind.servers[target].ceiling_of(request, options_at(target), tokens)
        if cost is None:
            return None
        dearest = max(dearest, cost)
    return dearest


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
