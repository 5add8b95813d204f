"""Who is behind a target, and how each kind is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal
from functools import partial
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.calls import RetryConfig, Verbatim
from dragoman.calls.estimate import estimate
from dragoman.client.requests import fills, options_of
from dragoman.client.understood import Settled, Understood
from dragoman.errors import CallFailed, UnsupportedFeature
from dragoman.flow import Flow, Handle, events, invoke
from dragoman.http import Timeouts
from dragoman.messages import EmbeddingRequest, EmbeddingResponse, Event, LLMResponse, Message, Request, TokenCount
from dragoman.routing.made_events import pump_events
from dragoman.routing.target import Place
from dragoman.structured import Extracted, Rules
from dragoman.structured.partial import Delivery
from dragoman.structured.rules import Watcher

if TYPE_CHECKING:
    from dragoman.client.cache.base import Caching
    from dragoman.client.plan import Plan
    from dragoman.client.value_streams import IterableFlow, PartialFlow

T = TypeVar("T")

SYNC: Final = frozenset({"sync"})
ASYNC: Final = frozenset({"async"})

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

ONE_TRY: Final = RetryConfig(max_attempts=1)
"""At each target: the route tries again, there or elsewhere."""

OF_OUR_CALLS: Final = frozenset({"timeout", "retry_config", "on_loss"})
"""Options that whoever is not ours would not know, or would send to its provider."""


Answering: TypeAlias = Callable[["Plan", Request, Mapping[str, Any], Verbatim | None], Flow[LLMResponse]]
"""How a plan is asked for the answer to a whole request, with which options; as `Plan.answer` does, or more of it."""


class Ceiling(Protocol):
    """US dollars that one try of a request of so many input tokens costs at worst, `None` where that cannot be told."""

    def __call__(self, request: Request, *, input_tokens: int, today: str) -> Decimal | None: ...


class Wish(Struct, frozen=True, kw_only=True):
    """What one target is asked.

    Attributes:
        messages: The conversation.
        settled: What all calls there say alike.
        said: What this call says besides.
        limits: How long its phases may take.
        seconds: How long all may take; `None` is without end.
        model: The model that the caller named, or `None`.
        stream: Whether the caller sees the events.
        request: What is asked, where it was given as one: for what options do not say.
        answering: How the answer to a whole request is asked for, in place of `Plan.answer`.
    """

    messages: tuple[Message, ...]
    settled: Settled
    said: Mapping[str, Any]
    limits: Timeouts
    seconds: float | None = None
    model: str | None = None
    stream: bool = False
    request: Request | None = None
    answering: Answering | None = None

    @property
    def options(self) -> Mapping[str, Any]:
        """All of them: those of the call over the others."""
        limits = replace(self.limits, total=self.seconds)
        return {**self.settled.options, **self.said, "retry_config": ONE_TRY, "timeout": limits}


class Server(ABC):
    """Who is behind a target.

    Attributes:
        place: What routing needs to know of it.
        takes_requests: Whether it is sent all that a request has, and not only what options say.
    """

    place: Place
    takes_requests: bool = False

    def settled(self, options: Mapping[str, Any]) -> Settled:
        """What it makes of `options` that many calls say alike: found out once, and the same for all of them."""
        return Settled(options)

    @abstractmethod
    def generate(self, wish: Wish, watcher: Watcher | None) -> Flow[LLMResponse]: ...

    def answer(self, request: Request, wish: Wish, verbatim: Verbatim | None) -> Flow[LLMResponse]:  # noqa: ARG002  # it sends nothing as it is written
        """The answer to a whole request that somebody passes on; `wish` has its messages, and options around it."""
        if wish.answering is not None:
            raise UnsupportedFeature(f"{self!r} is no client of ours: its answers come as they are")
        return self.generate(replace(wish, said={**wish.said, **options_of(request)}), None)

    def pass_on(
        self, request: Request, settled: Settled, seconds: float | None, verbatim: Verbatim | None
    ) -> Flow[LLMResponse]:
        """`answer`, of who `takes_requests`, to a call that says no more than `request`."""
        raise NotImplementedError

    @abstractmethod
    def extract(self, wanted: type[T], wish: Wish, rules: Rules, caching: Caching | None) -> Flow[Extracted[T]]: ...

    def partial(self, wanted: type[T], wish: Wish, rules: Rules) -> PartialFlow[T]:  # noqa: ARG002  # for servers that can
        raise UnsupportedFeature(f"{self!r} cannot show a value as it grows")

    def iterable(self, wanted: Any, wish: Wish, rules: Rules, delivery: Delivery[Any]) -> IterableFlow[Any]:  # noqa: ARG002  # as above
        raise UnsupportedFeature(f"{self!r} cannot give elements one by one")

    @property
    def timeout(self) -> float | Timeouts | None:
        """Its own limits, which hold within those of the route."""
        return None

    def model_for(self, model: str) -> str:
        """Which model is asked when the caller names `model`."""
        return model

    def body(self, request: Request, options: Mapping[str, Any], *, stream: bool) -> Mapping[str, Any]:  # noqa: ARG002  # for servers whose wire is known
        """What is sent for `request`, for hooks that want to know."""
        return {"model": request.model, "messages": [message.text for message in request.messages]}

    def ceiling(
        self,
        messages: tuple[Message, ...],  # noqa: ARG002  # for servers whose prices are known
        options: Mapping[str, Any],  # noqa: ARG002  # as above
        wanted: Any,  # noqa: ARG002  # as above
    ) -> Decimal | None:
        """US dollars that one try costs at worst, `None` where that cannot be told."""
        return None

    @property
    def embeds(self) -> bool:
        """Whether its model gives embeddings, as far as is known."""
        return False

    @property
    def counts(self) -> bool:
        """Whether it counts tokens itself."""
        return False

    def embed_request(self, request: EmbeddingRequest, options: Mapping[str, Any]) -> Flow[EmbeddingResponse]:  # noqa: ARG002  # it has none
        raise UnsupportedFeature(f"{self!r} has no embeddings")

    def count_request(self, request: Request, options: Mapping[str, Any]) -> Flow[TokenCount]:  # noqa: ARG002  # it sends nothing
        return estimate(request)

    def ceiling_at(self, options: Mapping[str, Any]) -> Ceiling:  # noqa: ARG002  # nobody knows its prices
        """What one try of a whole request costs at worst, with these options."""
        return _not_known

    def release(self) -> None:  # noqa: B027  # most hold no connections
        """Give back idle connections."""


class PlanServer(Server):
    """A client of ours, asked by its plan. `usual` are options of calls that do not say otherwise."""

    takes_requests = True

    def __init__(self, plan: Plan, place: Place, usual: Mapping[str, Any] = _NOTHING) -> None:
        self._plan = plan
        self._usual = usual
        self.place = place

    def settled(self, options: Mapping[str, Any]) -> Settled:
        return self._plan.settled({**self._usual, **options})

    def generate(self, wish: Wish, watcher: Watcher | None) -> Flow[LLMResponse]:
        plan = self._plan if wish.model is None else self._plan.for_model(wish.model)
        if wish.said or plan is not self._plan:
            understood = _understood(wish)
        else:
            deadline = None if wish.seconds is None else monotonic() + wish.seconds
            understood = Understood(wish.messages, wish.settled.options, wish.settled, deadline)
        return plan.generate(understood, _NOTHING, stream=wish.stream, watcher=watcher)

    def answer(self, request: Request, wish: Wish, verbatim: Verbatim | None) -> Flow[LLMResponse]:
        plan = self._plan if wish.model is None else self._plan.for_model(wish.model)
        if wish.answering is not None:
            return wish.answering(plan, request, wish.options, verbatim)
        if not wish.said and plan is self._plan:
            return self.pass_on(request, wish.settled, wish.seconds, verbatim)
        return plan.answer(request, wish.options, verbatim=verbatim)

    def pass_on(
        self, request: Request, settled: Settled, seconds: float | None, verbatim: Verbatim | None
    ) -> Flow[LLMResponse]:
        deadline = None if seconds is None else monotonic() + seconds
        return self._plan.answer_settled(request, settled, deadline, verbatim)

    def extract(self, wanted: type[T], wish: Wish, rules: Rules, caching: Caching | None) -> Flow[Extracted[T]]:
        return self._plan.for_model(wish.model).extract(wanted, _understood(wish), _NOTHING, rules, caching)

    def partial(self, wanted: type[T], wish: Wish, rules: Rules) -> PartialFlow[T]:
        return self._plan.for_model(wish.model).partial(wanted, _understood(wish), _NOTHING, rules)

    def iterable(self, wanted: Any, wish: Wish, rules: Rules, delivery: Delivery[Any]) -> IterableFlow[Any]:
        return self._plan.for_model(wish.model).iterable(wanted, _understood(wish), _NOTHING, rules, delivery)

    @property
    def timeout(self) -> float | Timeouts | None:
        return self._plan.options({}).get("timeout")

    def model_for(self, model: str) -> str:
        return self._plan.for_model(model).model

    def body(self, request: Request, options: Mapping[str, Any], *, stream: bool) -> Mapping[str, Any]:
        return self._plan.body(request, options, stream=stream)

    def ceiling(self, messages: tuple[Message, ...], options: Mapping[str, Any], wanted: Any) -> Decimal | None:
        return self._plan.ceiling(None, {**self._usual, **options, "messages": messages}, wanted)

    @property
    def embeds(self) -> bool:
        return self._plan.embeds

    @property
    def counts(self) -> bool:
        return self._plan.counts

    def embed_request(self, request: EmbeddingRequest, options: Mapping[str, Any]) -> Flow[EmbeddingResponse]:
        return self._plan.embed_request(request, {**self._usual, **options})

    def count_request(self, request: Request, options: Mapping[str, Any]) -> Flow[TokenCount]:
        return self._plan.count_request(request, {**self._usual, **options})

    def ceiling_at(self, options: Mapping[str, Any]) -> Ceiling:
        said = {**self._usual, **options}
        return partial(self._plan.ceiling_of, options=said if fills(said) else _NOTHING)

    def release(self) -> None:
        self._plan.release()

    def __repr__(self) -> str:
        return repr(self._plan)


def _not_known(request: Request, *, input_tokens: int, today: str) -> None:
    """A `Ceiling`."""


def _understood(wish: Wish) -> Understood:
    return Understood(wish.messages, wish.options, request=wish.request)


class InAThread(Server):
    """A blocking server of an async router: what it is asked runs in a thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.place = server.place
        self.takes_requests = server.takes_requests

    def settled(self, options: Mapping[str, Any]) -> Settled:
        return self._server.settled(options)

    def generate(self, wish: Wish, watcher: Watcher | None) -> Flow[LLMResponse]:
        return in_a_thread(self._server.generate(wish, watcher), stream=wish.stream)

    def answer(self, request: Request, wish: Wish, verbatim: Verbatim | None) -> Flow[LLMResponse]:
        return in_a_thread(self._server.answer(request, wish, verbatim), stream=wish.stream)

    def pass_on(
        self, request: Request, settled: Settled, seconds: float | None, verbatim: Verbatim | None
    ) -> Flow[LLMResponse]:
        return in_a_thread(self._server.pass_on(request, settled, seconds, verbatim), stream=request.stream)

    def extract(self, wanted: type[T], wish: Wish, rules: Rules, caching: Caching | None) -> Flow[Extracted[T]]:
        return in_a_thread(self._server.extract(wanted, wish, rules, caching), stream=False)

    def partial(self, wanted: type[T], wish: Wish, rules: Rules) -> PartialFlow[T]:
        flow = self._server.partial(wanted, wish, rules)
        return replace(flow, flow=in_a_thread(flow.flow, stream=True))

    def iterable(self, wanted: Any, wish: Wish, rules: Rules, delivery: Delivery[Any]) -> IterableFlow[Any]:
        flow = self._server.iterable(wanted, wish, rules, delivery)
        return replace(flow, flow=in_a_thread(flow.flow, stream=True))

    @property
    def timeout(self) -> float | Timeouts | None:
        return self._server.timeout

    def model_for(self, model: str) -> str:
        return self._server.model_for(model)

    def body(self, request: Request, options: Mapping[str, Any], *, stream: bool) -> Mapping[str, Any]:
        return self._server.body(request, options, stream=stream)

    def ceiling(self, messages: tuple[Message, ...], options: Mapping[str, Any], wanted: Any) -> Decimal | None:
        return self._server.ceiling(messages, options, wanted)

    @property
    def embeds(self) -> bool:
        return self._server.embeds

    @property
    def counts(self) -> bool:
        return self._server.counts

    def embed_request(self, request: EmbeddingRequest, options: Mapping[str, Any]) -> Flow[EmbeddingResponse]:
        return in_a_thread(self._server.embed_request(request, options), stream=False)

    def count_request(self, request: Request, options: Mapping[str, Any]) -> Flow[TokenCount]:
        return in_a_thread(self._server.count_request(request, options), stream=False)

    def ceiling_at(self, options: Mapping[str, Any]) -> Ceiling:
        return self._server.ceiling_at(options)

    def release(self) -> None:
        self._server.release()

    def __repr__(self) -> str:
        return f"{self._server!r} in a thread"


def in_a_thread(flow: Flow[T], *, stream: bool) -> Flow[T]:
    """`flow`, whose effects are those of threads, inside an async one. Events are handed over one by one.

    A task that is cancelled leaves nothing running: the thread comes to its end as its connection is freed.
    """
    from asyncio import to_thread  # with an event loop, which few programs have

    handle: Handle[T] = Handle()
    running = events(flow, handle)

    async def handed_over() -> AsyncIterator[Event]:
        while (event := await to_thread(next, running, None)) is not None:
            yield event

    async def to_the_end() -> None:
        try:
            await to_thread(deque, running, 0)
        finally:
            handle.abort()

    yield from pump_events(handed_over, handle.abort) if stream else invoke(async_=to_the_end)
    if handle.result is None:
        raise CallFailed("it was left before it had answered")
    return handle.result
