"""A target: one place a request can go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeAlias, cast

from msgspec import Struct

from dragoman.catalog import ModelFacts, find_model
from dragoman.dialects import Dialect
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.flow import Flow, invoke, is_async
from dragoman.http import AsyncTransport, Origin, Transport
from dragoman.messages import Request
from dragoman.providers import Credential, ProviderSpec, Quirk, join_path
from dragoman.secret import Secret

Key: TypeAlias = Secret | Callable[[], str] | Callable[[], Awaitable[str]] | None
"""A key, or a function that gives a fresh one for each call."""


class Target(Struct, frozen=True, kw_only=True):
    """Provider, model, dialect, address, key and transport together.

    `headers` are sent with each request, after those of the dialect and the key. `query` is put after the path.
    `settings` are the provider's (a region, an account), and `quirks` those of its that this dialect has.
    """

    spec: ProviderSpec
    model: str
    dialect: Dialect
    origin: Origin
    prefix: str
    transport: Transport | AsyncTransport
    key: Key = None
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    settings: Mapping[str, str] = {}
    quirks: tuple[Quirk, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.spec.name}/{self.model}" if self.model else self.spec.name

    @property
    def place(self) -> str:
        """Where requests go, for people to read."""
        if self.spec.engine is not None:
            return "in this process"
        return f"at {self.origin}{self.prefix}" if self.spec.make_transport is None else "by a transport of its own"

    def facts(self, model: str) -> ModelFacts | None:
        """What the catalog knows of `model` where the prices of whoever serves it are."""
        listed = self.spec.listed(model)
        return None if listed is None else find_model(*listed)

    def path(self, request: Request) -> str:
        return self.at(self.path_in(self.dialect, request))

    def path_in(self, dialect: Dialect, request: Request) -> str:
        """Where `request` goes in another dialect of the provider's, below the prefix."""
        return self.spec.paths.get(dialect.name, dialect.path)(request)

    def at(self, path: str) -> str:
        """The whole path, with the query, of what stands at `path` below the prefix."""
        whole = join_path(self.prefix, path)
        return f"{whole}{'&' if '?' in whole else '?'}{self.query}" if self.query else whole

    def __repr__(self) -> str:
        return f"<Target {self.name} {self.place} as {self.dialect.name}>"


def credential_for(target: Target) -> Flow[Credential | None]:
    """The credential for a call; a key function is asked for a fresh key."""
    key = target.key
    if callable(key):
        key = _checked((yield from _fresh_key(key)))
    return (yield from target.spec.auth.find(target.spec.name, key, target.settings))


def _checked(key: object) -> Secret:
    """What a key function gave, if it is a key."""
    match key:
        case Secret():
            return key
        case str() if key:
            return Secret(key)
        case Coroutine():
            cast("Coroutine[Any, Any, Any]", key).close()
            raise UnsupportedFeature(
                "api_key is an async function, and the call is synchronous: use `create_llm(..., async_client=True)`"
            )
        case _:
            given = "an empty text" if isinstance(key, str) else f"a value of type {type(key).__name__}"
            raise ConfigurationError(f"the function given as api_key returned {given} in place of a key")


def _fresh_key(function: Callable[[], str] | Callable[[], Awaitable[str]]) -> Flow[object]:
    if is_async(function):
        return (yield from invoke(async_=cast("Callable[[], Awaitable[object]]", function)))
    return (yield from invoke(sync=cast("Callable[[], object]", function)))
