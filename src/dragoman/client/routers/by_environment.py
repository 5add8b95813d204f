"""Clients and routers that the environment chooses."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Unpack, overload

from dragoman.client.default_registry import from_provider
from dragoman.client.instructor import Instructor
from dragoman.client.model_string import split_model
from dragoman.client.routers.router import AsyncRouter, Router, RouterOptions
from dragoman.errors import ConfigurationError
from dragoman.routing.policies import Ordered
from dragoman.routing.tables import RoutingTable, routing_from

ROUTING: Final = "DRAGOMAN_ROUTING"
"""The variable that names a routing table, or targets in order."""

_USUAL: Final = "openai/gpt-4o-mini"


def get_client(**options: Any) -> tuple[Instructor, str]:
    """A client and its model: OpenAI's `gpt-4o` where `ENV` is `production`, else `llama3.1` of Ollama on this machine.

    `options` are those of `from_provider`.
    """
    if os.environ.get("ENV") == "production":
        return from_provider("openai/gpt-4o", async_client=False, **options), "gpt-4o"
    return from_provider("ollama/llama3.1", async_client=False, **options), "llama3.1"


def create_client(**options: Any) -> tuple[Instructor, str]:
    """A client and its model, by `LLM_PROVIDER` (`openai`) and `LLM_MODEL` (`gpt-4o-mini`): any provider there is.

    Ollama is looked for at `OLLAMA_BASE_URL`. `options` are those of `from_provider`. Raises `ValueError` for a
    provider that is not known.
    """
    provider, model = split_model(_USUAL)
    provider, model = os.environ.get("LLM_PROVIDER") or provider, os.environ.get("LLM_MODEL") or model
    return from_provider(f"{provider}/{model}", async_client=False, **options), model


@overload
def router_from(
    source: str | os.PathLike[str] | Mapping[str, Any] | RoutingTable | None = None,
    *,
    async_client: Literal[False] = False,
    **options: Unpack[RouterOptions],
) -> Router: ...


@overload
def router_from(
    source: str | os.PathLike[str] | Mapping[str, Any] | RoutingTable | None = None,
    *,
    async_client: Literal[True],
    **options: Unpack[RouterOptions],
) -> AsyncRouter: ...


def router_from(
    source: str | os.PathLike[str] | Mapping[str, Any] | RoutingTable | None = None,
    *,
    async_client: bool = False,
    **options: Unpack[RouterOptions],
) -> Router | AsyncRouter:
    """A router from a routing table: a file in TOML, JSON or YAML, or what stands in one (docs/routing.md).

    Without one, `DRAGOMAN_ROUTING` says where the file is, or which targets are asked in order:
    `openai/gpt-4o, anthropic/claude-sonnet-4-6`.

    Args:
        source: The table.
        async_client: Make an `AsyncRouter`.
        options: See `RouterOptions`; they win over the table's.

    Raises:
        ConfigurationError: The table cannot be right; the message says where. Or there is none.
    """
    table = _table(source)
    said: RouterOptions = {"rules": table.rules, "health": table.health, "retry_budget": table.retry_budget}
    said.update(options)
    return AsyncRouter(table.policy, **said) if async_client else Router(table.policy, **said)


def _table(source: str | os.PathLike[str] | Mapping[str, Any] | RoutingTable | None) -> RoutingTable:
    if isinstance(source, RoutingTable):
        return source
    return routing_from(source) if source is not None else _said_by(os.environ.get(ROUTING) or "")


def _said_by(said: str) -> RoutingTable:
    if not said.strip():
        raise ConfigurationError(f"no routing table: pass one, or set `{ROUTING}` to its path or to targets in order")
    if Path(said).suffix.lower() in _SUFFIXES:
        return routing_from(said)
    return RoutingTable(policy=Ordered(*(name.strip() for name in said.split(",") if name.strip())))


_SUFFIXES: Final = frozenset({".toml", ".json", ".yaml", ".yml"})
