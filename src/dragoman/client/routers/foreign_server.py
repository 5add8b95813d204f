"""A client of somebody else's behind a target: anything with Instructor's `create(response_model=...)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.client.routers.asyncio_limits import within
from dragoman.client.routers.servers import OF_OUR_CALLS, Server, Wish
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.flow import Flow, invoke, is_async
from dragoman.messages import LLMResponse, Message, Role, Text
from dragoman.routing.target import Place
from dragoman.structured import Again, Extracted, Rules
from dragoman.structured.rules import Watcher

if TYPE_CHECKING:
    from dragoman.client.cache.base import Caching

T = TypeVar("T")


class ForeignServer(Server):
    """A client of somebody else's with Instructor's `create`. It tries again, counts and validates by itself.

    What it used and cost is not known: a value is all that comes back. Nor can one that blocks be stopped: its own
    time limits hold.
    """

    def __init__(self, client: Any, place: Place) -> None:
        self._client = client
        self._create = create_of(client)
        self.place = place

    def generate(self, wish: Wish, watcher: Watcher | None) -> Flow[LLMResponse]:  # noqa: ARG002  # as servers have it
        raise UnsupportedFeature(f"{self!r} answers with values alone: pass response_model=")
        yield

    def extract(self, wanted: type[T], wish: Wish, rules: Rules, caching: Caching | None) -> Flow[Extracted[T]]:  # noqa: ARG002  # its answers are not ours to keep
        said = self._said(wish, rules)
        call = partial(self._create, response_model=wanted, **said)
        if is_async(self._create):
            value = yield from invoke(async_=partial(within, wish.seconds, call, repr(self)))
        else:
            value = yield from invoke(sync=call)
        return Extracted(value, LLMResponse(model=said["model"], provider=self.place.provider or None, cost=None))

    def _said(self, wish: Wish, rules: Rules) -> dict[str, Any]:
        options = {name: value for name, value in wish.options.items() if name not in OF_OUR_CALLS}
        said: dict[str, Any] = {"model": wish.model or self.place.model, **options}
        said["messages"] = [plain(message) for message in wish.messages]
        if isinstance(rules.retries, Again):
            said["max_retries"] = rules.retries.times
        if rules.context is not None:
            said["context"] = rules.context
        return said

    def __repr__(self) -> str:
        return f"<{type(self._client).__module__}.{type(self._client).__qualname__}>"


def create_of(client: Any) -> Callable[..., Any]:
    """The `create` of a client in Instructor's manner, wherever it is. Raises `ConfigurationError` for one without."""
    for path in ("create", "chat.completions.create", "messages.create", "responses.create"):
        found = client
        for name in path.split("."):
            found = getattr(found, name, None)
        if callable(found) and "response_model" in _parameters(found):
            return found
    raise ConfigurationError(f"{client!r} cannot be a target: it has no create(response_model=...)")


def _parameters(function: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return signature(function).parameters
    except (TypeError, ValueError):
        return {}


def plain(message: Message) -> dict[str, Any]:
    """A turn of text as every client takes it. Raises `UnsupportedFeature` for one of other things."""
    content = message.content
    if message.role is Role.TOOL or not (isinstance(content, str) or all(isinstance(part, Text) for part in content)):
        raise UnsupportedFeature("a client of somebody else's is told texts alone: leave out pictures and tools")
    return {"role": str(message.role.value), "content": message.text}
