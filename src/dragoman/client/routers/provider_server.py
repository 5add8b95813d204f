"""An `LLMProvider` behind a target: the application's own, or one of the three that come along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from inspect import Parameter, signature
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from dragoman.catalog import ModelFacts, find_model, has_list
from dragoman.client.llm_provider import LLMProvider
from dragoman.client.routers.asyncio_limits import within
from dragoman.client.routers.servers import ASYNC, OF_OUR_CALLS, Server, Wish
from dragoman.client.sending import watched
from dragoman.errors import ConfigurationError, UnknownProvider, UnsupportedFeature
from dragoman.flow import Flow, invoke
from dragoman.messages import Event, Finish, LLMResponse, Loss, Request, ResponseStart, TextDelta
from dragoman.providers import get_spec
from dragoman.routing.made_events import pump_events
from dragoman.routing.target import Place
from dragoman.structured import TECHNIQUES, Extracted, Rules, extract, output_type
from dragoman.structured.rules import Watcher

if TYPE_CHECKING:
    from dragoman.client.cache.base import Caching

T = TypeVar("T")


class ProviderServer(Server):
    """An `LLMProvider`. It is told messages, a model and what its methods take; the rest is a warning.

    One that has the name of a provider in the catalog is taken to have that one's models.
    """

    def __init__(self, provider: LLMProvider, model: str = "") -> None:
        self._provider = provider
        self._list = _catalog_list(provider.name)
        usual = signature(provider.complete).parameters.get("model")
        if not model and usual is not None and isinstance(usual.default, str):
            model = usual.default
        self.place = Place(provider=provider.name, model=model, facts=self._facts(model), faces=ASYNC)

    def model_for(self, model: str) -> str:
        known = not has_list(self._list) or self._facts(model) is not None
        return model if known else self.place.model or model

    def generate(self, wish: Wish, watcher: Watcher | None) -> Flow[LLMResponse]:
        asking = self._streamed(wish) if wish.stream else self._completed(wish)
        return asking if watcher is None else watched(asking, self._request(wish), watcher)

    def _completed(self, wish: Wish) -> Flow[LLMResponse]:
        said, losses = self._said(self._provider.complete, wish)
        call = partial(self._provider.complete, **said)
        response: LLMResponse = yield from invoke(async_=partial(within, wish.seconds, call, repr(self)))
        return self._named(response, losses)

    def extract(self, wanted: type[T], wish: Wish, rules: Rules, caching: Caching | None) -> Flow[Extracted[T]]:  # noqa: ARG002  # its answers are not ours to keep
        """It has no tools and no forms of answers: it is asked for JSON in words, and the answer is validated."""

        def ask(request: Request) -> Flow[LLMResponse]:
            return self.generate(replace(wish, messages=request.messages), None)

        request, until = self._request(wish), None if wish.seconds is None else monotonic() + wish.seconds
        technique, rules = TECHNIQUES["json_text"], replace(rules, deadline=until)
        return (yield from extract(ask, request, output_type(wanted), technique, rules))

    def _request(self, wish: Wish) -> Request:
        return Request(model=wish.model or self.place.model, messages=wish.messages)

    def _facts(self, model: str) -> ModelFacts | None:
        return find_model(self._list, model) if model else None

    def _streamed(self, wish: Wish) -> Flow[LLMResponse]:
        said, losses = self._said(self._provider.stream, wish)
        pieces: list[str] = []
        stream = aiter(self._provider.stream(**said))
        until = None if wish.seconds is None else monotonic() + wish.seconds

        async def told() -> AsyncIterator[Event]:
            yield ResponseStart(model=said["model"])
            async for piece in _until(until, stream, repr(self)):
                pieces.append(piece)
                yield TextDelta(piece)
            yield Finish()

        yield from pump_events(told, getattr(stream, "abort", _nothing))
        return self._named(LLMResponse("".join(pieces), said["model"]), losses)

    def _said(self, method: Any, wish: Wish) -> tuple[dict[str, Any], tuple[Loss, ...]]:
        """The arguments of a method, and what of the options it does not take."""
        model = wish.model or self.place.model
        if not model:
            raise ConfigurationError(f"{self!r} has no model of its own: pass model=, or give (provider, model)")
        parameters = signature(method).parameters.values()
        takes_all = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters)
        names = {parameter.name for parameter in parameters}
        options = {name: value for name, value in wish.options.items() if name not in OF_OUR_CALLS}
        taken = {name: value for name, value in options.items() if takes_all or name in names}
        why = f"`{self._provider.name}` is a provider that does not take it"
        losses = tuple(Loss(effect="dropped", where=name, why=why) for name in options if name not in taken)
        if losses and wish.options.get("on_loss") == "error":
            raise UnsupportedFeature("; ".join(map(str, losses)))
        return {"messages": list(wish.messages), "model": model, **taken}, losses

    def _named(self, response: LLMResponse, losses: tuple[Loss, ...]) -> LLMResponse:
        named = replace(response, warnings=(*response.warnings, *losses)) if losses else response
        return named if named.provider else replace(named, provider=self._provider.name)

    def __repr__(self) -> str:
        return repr(self._provider)


async def _until(until: float | None, stream: AsyncIterator[str], who: str) -> AsyncIterator[str]:
    """What comes of `stream`, which is let go of at the end. Raises `TimedOut` for what comes after `until`."""
    try:
        while True:
            seconds = None if until is None else max(until - monotonic(), 0)
            piece = await within(seconds, partial(anext, stream, None), who)
            if piece is None:
                return
            yield piece
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


def _nothing() -> None:
    """A stream of the application's own is let go of when its reader is."""


def _catalog_list(name: str) -> str:
    try:
        return get_spec(name).catalog_list
    except UnknownProvider:
        return name
