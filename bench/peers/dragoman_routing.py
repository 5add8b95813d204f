"""What dragoman's routing adds: the same call with and without a chain of three, and decisions among 100 targets."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

from bench.peers.base import Adapter
from bench.peers.dragoman_openai import Peer as Plain
from bench.peers.dragoman_openai import answer
from bench.work import SYSTEM, Answer, question

LABEL = "dragoman"
ENVIRONMENT = "dragoman"
LEFT_OUT = frozenset[str]()

PROVIDERS = ("openai", "anthropic", "google", "mistral", "groq", "deepinfra", "openrouter")
"""Whose models in the catalog are the targets, until there are 100."""


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        from dragoman.client.routers.router import Router

        self.client = Plain(url)
        self.chain_of_three = Router(self.policy(async_client=False))
        self.decisions = {name: decision(name) for name in POLICIES}

    def policy(self, *, async_client: bool) -> Any:
        from dragoman.routing.policies import Ordered

        return Ordered(*(self.client.client(async_client=async_client) for _ in range(3)))

    def close(self) -> None:
        self.client.close()
        self.chain_of_three.close()

    async def open_async(self) -> None:
        from dragoman.client.routers.router import AsyncRouter

        await self.client.open_async()
        self.async_chain = AsyncRouter(self.policy(async_client=True))

    async def close_async(self) -> None:
        await self.client.close_async()
        await self.async_chain.close()

    def call(self) -> Answer:
        return self.client.call()

    async def call_async(self) -> Answer:
        return await self.client.call_async()

    def chain(self) -> Answer:
        return answer(self.chain_of_three.generate(question(), system=SYSTEM))

    async def chain_async(self) -> Answer:
        return answer(await self.async_chain.generate(question(), system=SYSTEM))

    def choose(self, policy: str) -> Any:
        return self.decisions[policy]()


def decision(name: str) -> Callable[[], Any]:
    """Chooses among 100 targets with limits, prices and windows, for a stream of a session; of a new one each time
    where the name says so.
    """
    from msgspec.structs import replace

    from dragoman.routing.decision import choose
    from dragoman.routing.features import Features
    from dragoman.routing.health import Board
    from dragoman.routing.routing import Routing

    policy = POLICIES[name](targets())
    routing = Routing(policy=policy, board=Board(policy.targets()), random=Random(1).random)
    features = Features(
        tenant="acme",
        tier="premium",
        session="s-81",
        prompt_characters=4000,
        input_tokens=1000,
        output_tokens=500,
        needs=frozenset({"stream"}),
    )
    sessions = (replace(features, session=f"s-{number}") for number in count()) if name in NEW_EACH_TIME else None
    if sessions is None:
        return lambda: choose(policy, routing.situation(features, time.monotonic()), routing.rules)
    return lambda: choose(policy, routing.situation(next(sessions), time.monotonic()), routing.rules)


def targets() -> list[Any]:
    from dragoman import catalog
    from dragoman.routing.target import Limits, Place, Target

    known = [(provider, facts) for provider in PROVIDERS for facts in catalog.models(provider)]
    fitting = [(provider, facts) for provider, facts in known if facts.kind == "chat" and facts.context_tokens]
    limits = Limits(concurrency=100, requests_per_minute=1e6, tokens_per_minute=1e9)
    return [
        Target(
            f"{provider}/{facts.id}",
            limits=limits,
            place=Place(provider=provider, model=facts.id, account=provider, facts=facts),
        )
        for provider, facts in fitting[:100]
    ]


def one(kind: str) -> Callable[[list[Any]], Any]:
    """A policy of this kind over all of them."""

    def make(given: list[Any]) -> Any:
        from dragoman.routing import policies

        return getattr(policies, kind)(*given)

    return make


def nested(given: list[Any]) -> Any:
    """All kinds in one tree: by tier and by length, then a session's group, then by load, latency, price, …"""
    from dragoman.routing.policies import (
        Capable,
        Cheapest,
        Fastest,
        LeastBusy,
        Ordered,
        Random,
        RoundRobin,
        Sticky,
        Table,
        Weighted,
        When,
    )

    kinds: list[Any] = [LeastBusy, Fastest, Weighted, RoundRobin, Random, Cheapest, Capable, Ordered]
    groups = [kind(*given[at * 12 : (at + 1) * 12]) for at, kind in enumerate(kinds)]
    rest = Cheapest(*given[96:])
    long = When([({"prompt_characters_above": 1000}, Sticky(*groups[:5]))], default=groups[5])
    return Ordered(Table("tier", {"premium": long}, default=groups[6]), groups[7], rest)


POLICIES: dict[str, Callable[[list[Any]], Any]] = {
    "ordered": one("Ordered"),
    "weighted": one("Weighted"),
    "least_busy": one("LeastBusy"),
    "fastest": one("Fastest"),
    "cheapest": one("Cheapest"),
    "capable": one("Capable"),
    "sticky": one("Sticky"),
    "sticky_new": one("Sticky"),
    "nested": nested,
}

NEW_EACH_TIME = {"sticky_new"}
"""Whose every request is the first of its session."""
