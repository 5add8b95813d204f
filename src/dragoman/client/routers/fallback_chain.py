"""`FallbackChain`: the first target that answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Unpack

from dragoman.client.routers.router import AsyncRouter, Router, RouterOptions
from dragoman.errors import ConfigurationError
from dragoman.routing.policies import Ordered
from dragoman.routing.rules import RouteRules


def members(given: Iterable[Any]) -> list[Any]:
    """The targets of a list. Raises `ConfigurationError` for what is none, or is empty."""
    if isinstance(given, str) or not isinstance(given, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise ConfigurationError(f"targets are a list, such as ['provider/model', ...], not {given!r}")
    found = list(given)
    if not found:
        raise ConfigurationError("there is no target in the list")
    return found


_IN_ORDER: Final = RouteRules(max_price_ratio=None)
"""Who says in which order targets are asked has said that a dearer one may be."""


def _with_rules(options: RouterOptions) -> RouterOptions:
    return {**options, "rules": options.get("rules") or _IN_ORDER}


class FallbackChain(Router):
    """Targets in order: the first is asked, and when it fails, or is known to be unwell, the next.

    Args:
        targets: `"provider/model"`, an `LLM`, a client in Instructor's manner, `(client, model)`, a `Target` that says
            more, a policy; or an object with `client`, `model`, `max_retries` and `name`.
        options: See `RouterOptions`. Without `rules` a target may cost any number of times what the first does.
    """

    def __init__(self, targets: Iterable[Any], **options: Unpack[RouterOptions]) -> None:
        super().__init__(Ordered(*members(targets)), **_with_rules(options))


class AsyncFallbackChain(AsyncRouter):
    """`FallbackChain`, awaited."""

    def __init__(self, targets: Iterable[Any], **options: Unpack[RouterOptions]) -> None:
        super().__init__(Ordered(*members(targets)), **_with_rules(options))
