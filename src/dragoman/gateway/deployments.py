"""Deployments: the targets of a configuration, each with a client of its own.

One that a new configuration has unchanged is the very same, with its client and what is known of its health. A client
is closed when neither a configuration nor a call under way can ask it any more.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple, cast
from weakref import finalize

from msgspec import Struct
from msgspec.structs import asdict, replace

from dragoman.client.llm import LLMBase
from dragoman.client.model_string import provider_and_model
from dragoman.client.options import check_options
from dragoman.client.routers.looking_up import LookedUp
from dragoman.client.routers.servers import Server
from dragoman.gateway.config import GatewayConfig
from dragoman.routing.tables.fields import located
from dragoman.routing.target import Target


class Deployment(NamedTuple):
    """A target as it is known, who is behind it, and the client that was made for it."""

    target: Target
    server: Server
    llm: LLMBase


class Deployments:
    """Those of one configuration.

    Attributes:
        all: By what makes a target another one.
        servers: By target, as it is known, who is behind it.
    """

    def __init__(self, config: GatewayConfig, before: Deployments | None = None) -> None:
        self._config = config
        self._before = {} if before is None else before.all
        self.all: dict[Hashable, Deployment] = {}
        self.servers: dict[Target, Server] = {}

    def __call__(self, given: Target) -> Target:
        """The target as it is known. Raises `ConfigurationError` for one that cannot be, with its place."""
        place = self._config.places.get(given)
        if place is None:
            return self._deployed(given)
        with self._config.document.tells(), located(place):
            return self._deployed(given)

    def lone(self, served: str) -> Deployment:
        """That of `provider/model`, which is kept by whoever asks; the configuration's own, if it has it."""
        target = self._with_options_of_its_provider(Target(served, name=served))
        return self.all.get(_identity(target)) or _made(target)

    def forget_those_before(self) -> None:
        """Nothing more is taken over."""
        self._before = {}

    def close(self) -> None:
        """Close all clients at once; calls under way end with an error."""
        for deployment in self.all.values():
            deployment.llm.plan.close()

    def _deployed(self, given: Target) -> Target:
        check_options(given.options)
        target = self._with_options_of_its_provider(given)
        identity = _identity(target)
        deployment = self.all.get(identity) or self._before.get(identity) or _made(target)
        self.all[identity] = deployment
        self.servers[deployment.target] = deployment.server
        return deployment.target

    def _with_options_of_its_provider(self, target: Target) -> Target:
        spec, _ = provider_and_model(target.served, None)
        options = self._config.providers.get(spec.name)
        return target if options is None else replace(target, client={**options, **target.client})


def _made(target: Target) -> Deployment:
    looked_up = LookedUp(asynchronous=True, options={})
    known = looked_up(target)
    ((_, server),) = looked_up.servers.items()
    (llm,) = looked_up.made
    finalize(server, llm.plan.close).atexit = False  # the process ends, and its connections with it
    return Deployment(known, server, llm)


def _identity(target: Target) -> Hashable:
    """What makes a target another one."""
    return _frozen({name: getattr(target, name) for name in Target.__struct_fields__ if name != "place"})


def _frozen(value: Any) -> Hashable:
    match value:
        case Mapping():
            items = cast("Mapping[str, Any]", value).items()
            return tuple(sorted((name, _frozen(each)) for name, each in items))
        case list():
            return tuple(_frozen(each) for each in cast("list[Any]", value))
        case Struct():
            return type(value).__name__, _frozen(asdict(value))
        case _:
            return value
