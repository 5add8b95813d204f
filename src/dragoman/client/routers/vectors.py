"""Vectors from a router: of one model always, for those of different models mean nothing to each other.

It is that of the first target whose model embeds; who has it is asked over the same route as for answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from dragoman.catalog import has_list, models
from dragoman.catalog.day import utc_today
from dragoman.client.options import EmbedOptions
from dragoman.client.routers.behind import Behind
from dragoman.client.routers.beside_answers import dearest
from dragoman.client.routers.features import features_of_request
from dragoman.client.routers.purpose import Purpose
from dragoman.errors import UnsupportedFeature
from dragoman.flow import Flow
from dragoman.messages import EmbeddingResponse, LLMResponse, Request
from dragoman.providers import ProviderSpec, built_in_names, get_spec
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.features import Features
from dragoman.routing.policies import Policy
from dragoman.routing.policies.base import Member, Score, Situation
from dragoman.routing.routing import Routing
from dragoman.routing.target import Target

OPTIONS: Final = frozenset(EmbedOptions.__annotations__)

_ANY: Final = Request(model="")
"""A call for vectors, as policies see it: they know nothing of its inputs."""

_PRICED: Final = Request(model="", max_tokens=1)
"""The same, as price lists do: what it writes is not sold."""


def features_of(purpose: Purpose) -> Features:
    """What policies may know of a call for vectors."""
    return features_of_request(purpose, None, _ANY)


def routing_of(behind: Behind) -> Routing:
    """The routing among those who give the same vectors. Raises `UnsupportedFeature` where nobody gives any."""
    servers, routing = behind.servers, behind.routing
    able = [target for target, server in servers.items() if server.embeds]
    if not able:
        raise _nobody(list(servers))
    first = able[0]
    model = first.place.model  # none: a router is like no other, for nobody knows which model it will ask
    alike = [target for target in able if target is first or (model and target.place.model == model)]
    return replace(routing, policy=_Among(routing.policy, alike))


def ceiling_of(behind: Behind, purpose: Purpose, input_tokens: int) -> Decimal | None:
    """US dollars that one call of so many tokens at most costs at worst, at the dearest target that it may come to;
    `None` where that cannot be told of one. Raises as `routing_of`.
    """
    routing = routing_of(behind)
    situation = routing.situation(features_of(purpose), routing.clock(), moves=False)
    ceilings = (behind.servers[target].ceiling_at({}) for target in routing.policy.order(situation))
    return dearest(ceilings, _PRICED, input_tokens, routing.today())


def models_of(spec: ProviderSpec) -> list[str]:
    """The models of a provider that the catalog knows to embed, and that answer today, as `provider/model`."""
    if spec.embeddings is None or not has_list(spec.catalog_list):
        return []
    today = utc_today()
    known = (facts for facts in models(spec.catalog_list) if facts.kind == "embedding" and not facts.retired(today))
    return [f"{spec.name}/{facts.id}" for facts in known]


def _nobody(targets: Sequence[Target]) -> UnsupportedFeature:
    """It names the models of the same providers that embed."""
    built_in = built_in_names()
    asked = [name for name in dict.fromkeys(target.place.provider for target in targets) if name in built_in]
    those = [model for name in asked for model in models_of(get_spec(name))]
    error = UnsupportedFeature(f"none of {', '.join(target.title for target in targets)} has embeddings")
    error.hint = f"These have: {', '.join(those)}." if those else "Name a model that embeds as one of the targets."
    return error


def asking(ask: Callable[[Target, Allowance], Flow[EmbeddingResponse]]) -> Asking[EmbeddingResponse]:
    """What is wanted of whichever target answers: each asked by `ask`."""
    return Asking(ask=ask, response_of=_account_of, with_response=_with_account)


def _account_of(response: EmbeddingResponse) -> LLMResponse:
    """What a route goes by, as an answer has it."""
    return LLMResponse(
        model=response.model,
        usage=response.usage,
        cost=response.cost,
        cost_note=response.cost_note,
        attempts=response.attempts,
        latency_seconds=response.latency_seconds,
    )


def _with_account(response: EmbeddingResponse, account: LLMResponse) -> EmbeddingResponse:
    return replace(
        response,
        cost=account.cost,
        cost_note=account.cost_note,
        attempts=account.attempts,
        latency_seconds=account.latency_seconds,
    )


class _Among(Policy):
    """A policy's order, of some of its targets; where it names none of them, theirs."""

    def __init__(self, policy: Policy, targets: Sequence[Target]) -> None:
        super().__init__(policy)
        self._among = targets

    def ranked(self, situation: Situation) -> Iterable[tuple[Member, Score]]:  # noqa: ARG002  # as policies have it
        return ((member, None) for member in self.members)

    def order(self, situation: Situation) -> Iterator[Target]:
        named = False
        for target in super().order(situation):
            if target in self._among:
                named = True
                yield target
        if not named:
            yield from self._among
