"""Vectors from a router: of one model always, for those of different models mean nothing to each other.

It is the model of the first target that has any; who has it is asked over the same route as for answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from dragoman.client.options import EmbedOptions
from dragoman.client.routers.behind import Behind
from dragoman.errors import UnsupportedFeature
from dragoman.flow import Flow
from dragoman.messages import EmbeddingResponse, LLMResponse
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.policies import Policy
from dragoman.routing.policies.base import Member, Score, Situation
from dragoman.routing.routing import Routing
from dragoman.routing.target import Target

OPTIONS: Final = frozenset(EmbedOptions.__annotations__)


def routing_of(behind: Behind) -> Routing:
    """The routing among those who give the same vectors. Raises `UnsupportedFeature` where nobody gives any."""
    servers, routing = behind.servers, behind.routing
    able = [target for target, server in servers.items() if server.embeds]
    if not able:
        raise UnsupportedFeature(f"none of {', '.join(target.title for target in servers)} has embeddings")
    first = able[0]
    model = first.place.model  # none: a router is like no other, for nobody knows which model it will ask
    alike = [target for target in able if target is first or (model and target.place.model == model)]
    return replace(routing, policy=_Among(routing.policy, alike))


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
