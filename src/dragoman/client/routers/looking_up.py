"""What is behind a target: found out once, when a router is made."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, Final, cast

from msgspec.structs import replace

from dragoman.client.create import create_llm
from dragoman.client.instructor import AsyncInstructor
from dragoman.client.instructor.base import InstructorBase
from dragoman.client.llm import LLM, AsyncLLM, LLMBase
from dragoman.client.llm_provider import Hosted, LLMProvider
from dragoman.client.routers.foreign_server import ForeignServer, create_of
from dragoman.client.routers.instructor_server import InstructorServer, is_ours
from dragoman.client.routers.places import place_of, place_of_client
from dragoman.client.routers.provider_server import ProviderServer
from dragoman.client.routers.servers import ASYNC, SYNC, InAThread, PlanServer, Server
from dragoman.client.routers.wishes import OF_THE_CONVERSATION
from dragoman.client.wrapping.any_sdk import wrapped
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.flow import is_async
from dragoman.routing.target import Place, Target

_LIMIT_OF_ANSWERS: Final = 1024
"""Tokens, where the chapter's `ProviderConfig` says `use_anthropic_api` and the call nothing."""


class LookedUp:
    """The servers of a router's targets, and the clients that were made for it.

    Args:
        asynchronous: Whether the router is awaited.
        options: Those of clients that are made here, as `create_llm` takes them.
    """

    def __init__(self, *, asynchronous: bool, options: Mapping[str, Any]) -> None:
        self._asynchronous = asynchronous
        self._options = options
        self._names: dict[str, int] = {}
        self.servers: dict[Target, Server] = {}
        self.made: list[LLMBase] = []

    def __call__(self, given: Target) -> Target:
        """The target with its place and a name of its own. Raises `ConfigurationError` for what is none."""
        target, model = _unpacked(given)
        _check(target)
        server = self._faced(self._server(target, model), target)
        known = replace(target, place=server.place)
        known = replace(known, name=self._unique(known.title))
        self.servers[known] = server
        return known

    def _unique(self, name: str) -> str:
        """A second target of one name is told apart by a number."""
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"

    def _server(self, target: Target, model: str) -> Server:
        match target.served:
            case str() as name:
                return _of_llm(self._made(name, target.client), model)
            case LLMBase() as llm:
                return _of_llm(llm, model)
            case Hosted() as provider if type(provider).__module__ == Hosted.__module__:
                return _of_hosted(provider, model)
            case LLMProvider() as provider:
                return ProviderServer(provider, model)
            case client:
                return _of_client(client, model)

    def _made(self, name: str, options: Mapping[str, Any]) -> LLMBase:
        make = cast("Any", create_llm)  # its overloads do not take a `bool`
        llm: LLM | AsyncLLM = make(name, **{**self._options, **options}, async_client=self._asynchronous)
        self.made.append(llm)
        return llm

    def _faced(self, server: Server, target: Target) -> Server:
        """The server as this router can use it. Raises `UnsupportedFeature` for one that has to be awaited."""
        wanted = "async" if self._asynchronous else "sync"
        if wanted in server.place.faces:
            return server
        if self._asynchronous:
            return InAThread(server)
        raise UnsupportedFeature(
            f"{target!r} has to be awaited, and this router is not: use the router whose name begins with Async, or "
            "give the target as 'provider/model'"
        )


def _unpacked(target: Target) -> tuple[Target, str]:
    """What is served, told apart from the model of it that is meant: `(client, model)`, or the chapter's
    `ProviderConfig`, by its shape.
    """
    served: Any = target.served
    if isinstance(served, tuple):
        client, model = _pair(cast("tuple[Any, ...]", served))
        return replace(target, served=client), model
    if isinstance(served, str | LLMBase | LLMProvider | InstructorBase) or not _is_config(served):
        return target, ""
    retries = target.max_retries if target.max_retries is not None else getattr(served, "max_retries", None)
    name, options = target.name or served.name, target.options
    if getattr(served, "use_anthropic_api", False) is True:
        options = {"max_tokens": _LIMIT_OF_ANSWERS, **options}
    return replace(target, served=served.client, name=name, max_retries=retries, options=options), served.model


def _pair(served: tuple[Any, ...]) -> tuple[Any, str]:
    match served:
        case (client, str() as model) if not isinstance(client, str):
            return client, model
        case _:
            raise ConfigurationError(f"{served!r} is no target: a pair is (client, model)")


def _is_config(served: Any) -> bool:
    return hasattr(served, "client") and all(isinstance(getattr(served, word, None), str) for word in ("name", "model"))


def _check(target: Target) -> None:
    """Raises `ConfigurationError` for what a target says in vain."""
    said = min(OF_THE_CONVERSATION & target.options.keys(), default=None)
    if said is not None:
        raise ConfigurationError(f"{target!r}: {said}= is of the conversation, which is the same for all: say it there")
    if target.client and not isinstance(target.served, str):
        raise ConfigurationError(f"{target!r}: client= says how a client is made, and here is one already")


def _of_llm(llm: LLMBase, model: str) -> Server:
    plan = llm.plan.for_model(model or None)
    return PlanServer(plan, place_of(plan, ASYNC if isinstance(llm, AsyncLLM) else SYNC))


def _of_hosted(provider: Hosted, model: str) -> Server:
    """One of the three that come along is asked by its plan: it has all that an `LLM` has, and tries once."""
    parameters = signature(provider.complete).parameters.values()
    usual = {each.name: each.default for each in parameters if each.default is not each.empty}
    plan = provider.plan(model or usual["model"])
    return PlanServer(plan, place_of(plan, ASYNC), {name: usual[name] for name in usual if name != "model"})


def _of_client(client: Any, model: str) -> Server:
    ours = client if isinstance(client, InstructorBase) else wrapped(client)
    if ours is not None and is_ours(ours):
        return InstructorServer(ours, place_of_client(ours, model))
    awaited = isinstance(client, AsyncInstructor) or is_async(create_of(client))
    return ForeignServer(client, Place(model=model, faces=ASYNC if awaited else SYNC))
