"""`LLMRouter`: a provider, and another for when it fails."""

from __future__ import annotations

from typing import Any, Final, TypeVar, Unpack

from msgspec.structs import replace

from dragoman.calls import RetryConfig
from dragoman.client.routers.routed_plan import Call, RoutedPlan
from dragoman.client.routers.router import AsyncRouter, RouterBase, RouterOptions, plan_of
from dragoman.errors import ConfigurationError, FallbackExhausted
from dragoman.flow import Flow
from dragoman.routing.asking import Asking
from dragoman.routing.policies import Ordered
from dragoman.routing.rules import RouteRules
from dragoman.routing.target import Target

T = TypeVar("T")

_PAUSES: Final = RetryConfig(max_attempts=1, initial_delay=1.0)
"""Up to 1 s before the second try, 2 before the third. Nobody is asked again once both have failed."""


class _TwoPlan(RoutedPlan):
    """A plan whose failure is told in the words of the seed."""

    def _route(self, call: Call, asking: Asking[T]) -> Flow[T]:
        try:
            return (yield from super()._route(call, asking))
        except FallbackExhausted as error:
            error.message = f"All providers failed. {error.message.partition(' failed. ')[2]}"
            raise


class LLMRouter(AsyncRouter):
    """An `LLMProvider`, asked again when it fails, and a second one after it.

    `await router.complete(messages, model)` and `async for text in router.stream(messages, model)`; it has all other
    methods of an `AsyncRouter` as well. `model` is asked where a provider has it: the other asks its own.

    Args:
        primary: Who is asked: an `LLMProvider`, or whatever may stand in a `FallbackChain`.
        fallback: Who is asked once, when every try of the first has failed.
        max_retries: How often the first is asked again.
        options: See `RouterOptions`.

    Raises:
        FallbackExhausted: A `RuntimeError`: both have failed.
    """

    def __init__(
        self, primary: Any, fallback: Any = None, max_retries: int = 2, **options: Unpack[RouterOptions]
    ) -> None:
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
            raise ConfigurationError(f"max_retries= is how often to ask again, at least 0, not {max_retries!r}")
        self.primary, self.fallback, self.max_retries = primary, fallback, max_retries
        first = primary if isinstance(primary, Target) else Target(primary)
        chain = Ordered(replace(first, max_attempts=max_retries + 1), *([] if fallback is None else [fallback]))
        options.setdefault("rules", RouteRules(max_attempts=max_retries + 2, retry=_PAUSES, max_price_ratio=None))
        RouterBase.__init__(self, plan_of(chain, options, asynchronous=True, kind=_TwoPlan))
