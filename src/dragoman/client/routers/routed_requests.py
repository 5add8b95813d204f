"""`RoutedRequests`: what requests in canonical form mean to a router: a gateway's, or another router's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from decimal import Decimal
from functools import partial
from math import inf
from time import monotonic
from types import MappingProxyType
from typing import Any, Self, TypeVar

from msgspec.structs import replace

from dragoman.calls import Verbatim
from dragoman.calls.ceiling import estimated_input
from dragoman.client.options import check_options, options_over, timeouts_of
from dragoman.client.routers import beside_answers, vectors
from dragoman.client.routers.behind import Behind
from dragoman.client.routers.features import at_most, features_of_request
from dragoman.client.routers.limits import seconds_within
from dragoman.client.routers.purpose import Purpose
from dragoman.client.routers.servers import Answering
from dragoman.client.routers.wishes import OF_THE_CONVERSATION, Call, Wishes, as_it_is, retold
from dragoman.client.understood import Settled
from dragoman.errors import ConfigurationError
from dragoman.flow import Flow
from dragoman.messages import EmbeddingRequest, EmbeddingResponse, LLMResponse, Request, TokenCount
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.route import route
from dragoman.routing.routing import Routing
from dragoman.routing.rules import RouteRules
from dragoman.routing.straight import straight
from dragoman.routing.target import Place, Target

T = TypeVar("T")


class RoutedRequests:
    """A router's targets and rules, its options, and whom its calls are for; asked by who has a whole request."""

    def __init__(
        self,
        behind: Behind,
        defaults: Mapping[str, Any],
        purpose: Purpose = Purpose(),  # noqa: B008  # frozen
        model: str | None = None,
    ) -> None:
        check_options(defaults)
        self.behind = behind
        self.purpose = purpose
        self._defaults = dict(defaults)
        self._wishes = Wishes(behind, self._defaults)
        self._model = model or None
        self._ceilings = beside_answers.ceilings_of_all(behind, self._options_at({}))
        self._limit = timeouts_of(defaults.get("timeout")).total
        self._words = {name: defaults[name] for name in OF_THE_CONVERSATION & defaults.keys()}
        self._is_plain = not self._words and defaults.get("retry_config") is None
        rules = behind.routing.rules
        self._of_one_target = {stream: _of_one_target(rules, stream=stream) for stream in (False, True)}

    provider = "router"
    routed = True

    @property
    def model(self) -> str:
        """The model that calls name; otherwise the names of the targets."""
        return self._model or " | ".join(target.title for target in self.behind.servers)

    def with_purpose(self, purpose: Purpose) -> Self:
        """The same plan for other calls."""
        return self._with(purpose, self._model)

    def for_model(self, model: str | None) -> Self:
        """The same plan, with calls that name `model`."""
        return self if model is None or model == self._model else self._with(self.purpose, model)

    def _with(self, purpose: Purpose, model: str | None) -> Self:
        other = copy(self)
        other.__dict__.update(purpose=purpose, _model=model or None)
        return other

    # ------------------------------------------------------------------ answers

    def answer(
        self,
        request: Request,
        options: Mapping[str, Any],
        *,
        verbatim: Verbatim | None = None,
        answering: Answering | None = None,
    ) -> Flow[LLMResponse]:
        """The flow of one call that is made for somebody else (`Plan.answer`). `request.stream` says whether its events
        are seen.

        Where the answer of several targets may become one, by going on, beginning anew or hedging, nothing of it is
        kept for `verbatim`. `answering` is how each target is asked, in place of `Plan.answer`.
        """
        stream = request.stream
        if verbatim is not None and not self._of_one_target[stream]:
            verbatim.keeps = False
        if self._is_plain and not options and answering is None:
            flow = self._answer_straight(request, verbatim)
            if flow is not None:
                return flow
        call = self._call_for(request, options, value=answering is not None)
        ask = partial(self._ask, call, verbatim, answering)
        return self._route(call, Asking(ask=ask, stream=stream))

    def _answer_straight(self, request: Request, verbatim: Verbatim | None) -> Flow[LLMResponse] | None:
        """`answer`, where nothing but `request` is said, by way of `straight`; `None` where that is no way for it."""
        first, routing = self.behind.first, self.behind.routing
        if first is None or self._model is not None or self.behind.closed:
            return None
        features = partial(features_of_request, self.purpose, None, request)
        length = inf if _takes_a_look(request) else at_most(request.messages)
        if not (first.surely_takes(length, request.max_tokens, stream=request.stream) or first.takes(features())):
            return None
        asking = Asking(ask=partial(self._ask_plainly, request, verbatim), stream=request.stream)
        return straight(routing, first, features, asking, self._limit)

    def _call_for(self, request: Request, options: Mapping[str, Any], *, value: bool) -> Call:
        """A call that is made for somebody else."""
        whole = self.options(options) if options or self.behind.closed else self._defaults
        return Call(
            features=partial(features_of_request, self.purpose, self._model, request, value=value),
            length=inf if value or _takes_a_look(request) else at_most(request.messages),
            output_tokens=request.max_tokens,
            messages=request.messages,
            said={**self._words, **options} if options else self._words,
            timeout=whole.get("timeout"),
            limit=timeouts_of(whole.get("timeout")).total if options else self._limit,
            retry=whole.get("retry_config"),
            stream=request.stream,
            request=request,
        )

    def _ask(
        self,
        call: Call,
        verbatim: Verbatim | None,
        answering: Answering | None,
        target: Target,
        allowance: Allowance,
    ) -> Flow[LLMResponse]:
        """Ask one target for the answer to the request that `call` was made of."""
        request = call.request
        assert request is not None  # `_call_for` was given it
        server, wish, told = self._wishes.wish(call, target, allowance, self._model)
        wish = wish if answering is None else replace(wish, answering=answering)
        if allowance.so_far:
            flow = server.answer(replace(request, messages=wish.messages), wish, None)
        else:
            flow = server.answer(request, wish, verbatim)
        return flow if told is as_it_is else retold(flow, told)

    def _ask_plainly(
        self, request: Request, verbatim: Verbatim | None, target: Target, allowance: Allowance
    ) -> Flow[LLMResponse]:
        """`_ask`, where nothing but `request` is said: most targets are told no more."""
        usual = self._wishes.usual_at(target)
        if allowance.so_far or not usual.server.takes_requests:
            return self._ask(self._call_for(request, {}, value=False), verbatim, None, target, allowance)
        return usual.server.pass_on(request, usual.settled, usual.seconds_of(allowance), verbatim)

    def answer_settled(
        self, request: Request, settled: Settled, deadline: float | None, verbatim: Verbatim | None
    ) -> Flow[LLMResponse]:
        """`answer`, of a call that says no more than what is settled; `deadline` is on the monotonic clock."""
        limits = timeouts_of(settled.options.get("timeout"))
        left = None if deadline is None else deadline - monotonic()
        limits = replace(limits, total=seconds_within(limits.total, left))
        return self.answer(request, {**settled.options, "timeout": limits}, verbatim=verbatim)

    # ------------------------------------------------------------------ vectors, counts, money

    @property
    def embeds(self) -> bool:
        """Whether the model of any of its targets gives embeddings."""
        return any(server.embeds for server in self.behind.servers.values())

    @property
    def counts(self) -> bool:
        """Whether any of its targets counts tokens itself."""
        return any(server.counts for server in self.behind.servers.values())

    def embed_request(self, request: EmbeddingRequest, options: Mapping[str, Any]) -> Flow[EmbeddingResponse]:
        """The flow of a call for embeddings made for somebody else. Always of one model (`vectors`)."""
        if self.behind.closed:
            self._refuse_closed()
        said = {name: value for name, value in options.items() if name in vectors.OPTIONS}
        whole, options_at = {**self._defaults, **said}, self._options_at(said)
        call = Call(
            features=partial(vectors.features_of, self.purpose),
            length=inf,
            output_tokens=None,
            messages=(),
            said=said,
            timeout=whole.get("timeout"),
            limit=timeouts_of(whole.get("timeout")).total,
            retry=whole.get("retry_config"),
            stream=False,
        )

        def ask(target: Target, allowance: Allowance) -> Flow[EmbeddingResponse]:
            server, wish, _ = self._wishes.wish(call, target, allowance, None)
            its = {name: value for name, value in options_at(target).items() if name in vectors.OPTIONS}
            once = {name: wish.options[name] for name in ("retry_config", "timeout")}
            return server.embed_request(request, {**its, **once})

        asking = vectors.asking(ask)
        return _routed(_ruled(vectors.routing_of(self.behind), call, asking), call, asking)

    def embed_ceiling_of(self, request: Request, *, input_tokens: int) -> Decimal | None:  # noqa: ARG002  # as `ceiling_of`
        """`ceiling_of`, of a call for embeddings: of so many tokens, whatever else it says."""
        return vectors.ceiling_of(self.behind, self.purpose, input_tokens)

    def count_request(self, request: Request, options: Mapping[str, Any]) -> Flow[TokenCount]:
        """The flow that counts the tokens of another's `request`, at a target that can."""
        return beside_answers.count_request(self.behind, self.purpose, request, self._options_at(options))

    def ceiling_of(
        self,
        request: Request,
        options: Mapping[str, Any] = MappingProxyType({}),
        input_tokens: int | None = None,
        today: str | None = None,
    ) -> Decimal | None:
        """US dollars that one answer to another's `request` costs at worst, at the dearest target that the policy names
        for it; `None` where that cannot be told of one. `input_tokens`: `estimated_input`, where it is known already.
        """
        tokens = estimated_input(request) if input_tokens is None else input_tokens
        ceilings = None if options else self._ceilings
        if ceilings is None:
            ceilings = beside_answers.ceilings_of(self.behind, self.purpose, request, self._options_at(options))
        return beside_answers.dearest(ceilings, request, tokens, today or self.behind.routing.today())

    def _options_at(self, said: Mapping[str, Any]) -> Callable[[Target], Mapping[str, Any]]:
        return lambda target: {**self._defaults, **target.options, **said}

    # ------------------------------------------------------------------ the way

    def _route(self, call: Call, asking: Asking[T]) -> Flow[T]:
        """The flow; its time runs from when it does."""
        behind = self.behind
        routing, first = behind.routing, behind.first
        if call.retry is not None or routing.rules.hedge is not None:
            routing = _ruled(routing, call, asking)
        if first is not None and self._model is None:
            fits = first.surely_takes(call.length, call.output_tokens, stream=call.stream)
            if fits or first.takes(call.features()):
                return straight(routing, first, call.features, asking, call.limit)
        return _routed(routing, call, asking)

    def options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The router's options with a call's over them. Raises `ConfigurationError` for what is wrong."""
        self._refuse_closed()
        return options_over(self._defaults, options)

    def settled(self, options: Mapping[str, Any]) -> Settled:
        """What many calls say alike, checked. A target's own options come between the router's and these."""
        check_options(options)
        return Settled(options)

    def _refuse_closed(self) -> None:
        if self.behind.closed:
            raise ConfigurationError("this router is closed: make a new one")

    # ------------------------------------------------------------------ for those who ask through it

    def place(self, faces: frozenset[str]) -> Place:
        """A router may be another router's target. What its own targets are is its own affair."""
        return Place(provider=self.provider, model="", account=f"router-{id(self.behind)}", faces=faces)

    def body(self, request: Request, options: Mapping[str, Any], *, stream: bool) -> Mapping[str, Any]:
        """What `request` is on the wire, at the first target that has its model."""
        servers = list(self.behind.servers.values())
        server = next((each for each in servers if each.place.model == request.model), servers[0])
        return server.body(request, options, stream=stream)

    def release(self) -> None:
        """Give back idle connections."""
        for server in self.behind.servers.values():
            server.release()

    def close(self) -> None:
        """Close the clients that the router has made, and not those it was given."""
        self.behind.close()

    def __repr__(self) -> str:
        return f"{self.behind.routing.policy!r}{' closed' if self.behind.closed else ''}"


def _routed(routing: Routing, call: Call, asking: Asking[T]) -> Flow[T]:
    deadline = None if call.limit is None else routing.clock() + call.limit
    return (yield from route(routing, call.features(), asking, deadline))


def _takes_a_look(request: Request) -> bool:
    """Whether it takes a look to tell what `request` needs: it asks for more than text."""
    return bool(request.tools or request.output_format or request.reasoning)


def _of_one_target(rules: RouteRules, *, stream: bool) -> bool:
    """Whether what a caller sees comes from one target alone."""
    return rules.hedge is None and not (stream and rules.after_commit != "raise")


def _ruled(routing: Routing, call: Call, asking: Asking[Any]) -> Routing:
    """The routing by the rules of this call. Values that are seen growing are not hedged: one is shown, not two."""
    rules = routing.rules
    hedge = None if asking.stream and not asking.continues else rules.hedge
    if call.retry is None and hedge is rules.hedge:
        return routing
    return replace(routing, rules=replace(rules, retry=call.retry or rules.retry, hedge=hedge))
