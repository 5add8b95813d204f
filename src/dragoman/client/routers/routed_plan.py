"""`RoutedPlan`: what a call means to a router. It has the methods of a `Plan`, and sends each call over a route."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from functools import partial
from math import inf
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from msgspec.structs import replace

from dragoman.calls import Verbatim
from dragoman.calls.ceiling import estimated_input
from dragoman.client.inputs import conversation_of, embedding_inputs
from dragoman.client.options import EmbedOptions, check_options, timeouts_of
from dragoman.client.requests import spelled_out
from dragoman.client.retries import retries_of
from dragoman.client.routers import beside_answers, vectors
from dragoman.client.routers.behind import Behind
from dragoman.client.routers.features import DEMANDS, at_most, features_of, features_of_request
from dragoman.client.routers.following import Following
from dragoman.client.routers.limits import seconds_within
from dragoman.client.routers.purpose import Purpose
from dragoman.client.routers.servers import Answering
from dragoman.client.routers.wishes import OF_THE_CONVERSATION, Call, Wishes, as_it_is, beside_the_conversation, retold
from dragoman.client.understood import Settled, Understood
from dragoman.client.value_streams import IterableFlow, PartialFlow
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.flow import Flow
from dragoman.messages import (
    EmbeddingRequest,
    EmbeddingResponse,
    LLMResponse,
    Message,
    Request,
    TokenCount,
)
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.explanation import Explanation, explain
from dragoman.routing.route import route
from dragoman.routing.routing import Routing
from dragoman.routing.rules import RouteRules
from dragoman.routing.straight import straight
from dragoman.routing.target import Place, Target
from dragoman.structured import Extracted, Rules
from dragoman.structured.partial import Delivery
from dragoman.structured.rules import Watcher

if TYPE_CHECKING:
    from dragoman.client.cache.base import Caching

T = TypeVar("T")


class RoutedPlan:
    """A router's targets and rules, its options, and whom its calls are for."""

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

    # ------------------------------------------------------------------ calls

    def generate(
        self, prompt: Any, options: Mapping[str, Any], *, stream: bool, watcher: Watcher | None = None
    ) -> Flow[LLMResponse]:
        """The flow of one call. Raises `ConfigurationError` at once for options that cannot be right."""
        if isinstance(prompt, Request):
            return self.answer(replace(prompt, stream=stream), options)
        call = self._call(prompt, options, stream=stream, value=False)

        def ask(target: Target, allowance: Allowance) -> Flow[LLMResponse]:
            server, wish, told = self._wishes.wish(call, target, allowance, self._model)
            flow = server.generate(wish, watcher)
            return flow if told is as_it_is else retold(flow, told)

        return self._route(call, Asking(ask=ask, stream=stream))

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
        fits = (first.streams or not request.stream) and first.room.holds(length, request.max_tokens)
        if not fits and not first.takes(features()):
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

    def extract(
        self,
        wanted: type[T],
        prompt: Any,
        options: Mapping[str, Any],
        rules: Rules,
        caching: Caching | None = None,
    ) -> Flow[Extracted[T]]:
        """The flow of a call for a value of `wanted`. Raises `ConfigurationError` at once, as `generate` does."""
        call = self._call(prompt, options, stream=False, value=True)

        def ask(target: Target, allowance: Allowance) -> Flow[Extracted[T]]:
            server, wish, told = self._wishes.wish(call, target, allowance, self._model)
            found = yield from server.extract(wanted, wish, _rules_at(target, rules), caching)
            return _with_response(found, told(found.response))

        return self._route(call, self._asking_value(ask, stream=False))

    def partial(self, wanted: type[T], prompt: Any, options: Mapping[str, Any], rules: Rules) -> PartialFlow[T]:
        """The flow of a call for a value of `wanted` that is seen growing, and who hears it. Raises as `extract`."""
        call = self._call(prompt, options, stream=True, value=True)
        following = Following()

        def ask(target: Target, allowance: Allowance) -> Flow[Extracted[T]]:
            server, wish, told = self._wishes.wish(call, target, allowance, self._model)
            flow = server.partial(wanted, wish, _rules_at(target, rules))
            following.follow(flow.listening)
            found = yield from flow.flow
            return _with_response(found, told(found.response))

        return PartialFlow(self._route(call, self._asking_value(ask, stream=True, seen=following.seen)), following)

    def iterable(
        self,
        wanted: Any,
        prompt: Any,
        options: Mapping[str, Any],
        rules: Rules,
        delivery: Delivery[Any] | None = None,
    ) -> IterableFlow[Any]:
        """The flow of a call for a list, and where its elements come out as they come in. Raises as `extract`."""
        call = self._call(prompt, options, stream=True, value=True)
        ours: Delivery[Any] = Delivery() if delivery is None else delivery
        following = Following(ours.seen)

        def ask(target: Target, allowance: Allowance) -> Flow[Extracted[list[Any]]]:
            server, wish, told = self._wishes.wish(call, target, allowance, self._model)
            ours.begin()
            flow = server.iterable(wanted, wish, _rules_at(target, rules), ours)
            following.follow(flow.listening)
            found = yield from flow.flow
            return _with_response(found, told(found.response))

        return IterableFlow(
            self._route(call, self._asking_value(ask, stream=True, seen=following.seen)), following, ours
        )

    @property
    def embeds(self) -> bool:
        """Whether any of its targets has embeddings."""
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
            features=partial(features_of_request, self.purpose, None, Request(model=request.model)),
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

    def explain(self, prompt: Any, options: Mapping[str, Any], *, stream: bool, value: bool) -> Explanation:
        """Whom such a call would be sent to now, and why. Nothing is sent."""
        call = self._call(prompt, options, stream=stream, value=value)
        routing = self.behind.routing
        return explain(routing.policy, routing.situation(call.features(), routing.clock(), moves=False), routing.rules)

    def _route(self, call: Call, asking: Asking[T]) -> Flow[T]:
        """The flow; its time runs from when it does."""
        behind = self.behind
        routing, first = behind.routing, behind.first
        if call.retry is not None or routing.rules.hedge is not None:
            routing = _ruled(routing, call, asking)
        if first is not None and self._model is None:
            fits = (first.streams or not call.stream) and first.room.holds(call.length, call.output_tokens)
            if fits or first.takes(call.features()):
                return straight(routing, first, call.features, asking, call.limit)
        return _routed(routing, call, asking)

    def _asking_value(
        self,
        ask: Callable[[Target, Allowance], Flow[Extracted[T]]],
        *,
        stream: bool,
        seen: Callable[[], bool] | None = None,
    ) -> Asking[Extracted[T]]:
        return Asking(
            ask=ask, response_of=_response_of, with_response=_with_response, stream=stream, continues=False, seen=seen
        )

    # ------------------------------------------------------------------ what is asked

    def _call(self, prompt: Any, said: Mapping[str, Any], *, stream: bool, value: bool) -> Call:
        if self.behind.closed:
            self._refuse_closed()
        request: Request | None = None
        if isinstance(prompt, Understood):
            request, said = prompt.request, prompt.options
        elif said:
            check_options(said)
        options = {**self._defaults, **said} if said else self._defaults
        if isinstance(prompt, Request):
            request, said = prompt, spelled_out(prompt, said)
            prompt, options = None, {**options, **said}
        messages = conversation_of(prompt, options)
        is_text = not value and DEMANDS.isdisjoint(options)
        return Call(
            features=partial(features_of, self.purpose, self._model, messages, options, stream=stream, value=value),
            length=at_most(messages) if is_text else inf,
            output_tokens=options.get("max_tokens"),
            messages=messages,
            said=beside_the_conversation(said) if said else said,
            timeout=options.get("timeout"),
            limit=timeouts_of(options["timeout"]).total if "timeout" in said else self._limit,
            retry=options.get("retry_config"),
            stream=stream,
            request=request,
        )

    def options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The router's options with a call's over them. Raises `ConfigurationError` for what is wrong."""
        self._refuse_closed()
        if not options:
            return self._defaults
        check_options(options)
        return {**self._defaults, **options}

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

    def said(self, messages: Sequence[Message], options: Mapping[str, Any]) -> list[Any]:  # noqa: ARG002  # as plans have it
        """`messages` in OpenAI's form, for there is no one wire that they go over."""
        return get_dialect("openai_chat").encode_request(Request(model="", messages=tuple(messages))).wire["messages"]

    def ceiling(self, prompt: Any, options: Mapping[str, Any], wanted: Any = None) -> Decimal | None:
        """US dollars that one try costs at worst, at the dearest target; `None` where that cannot be told of one."""
        call = self._call(prompt, options, stream=False, value=wanted is not None)
        costs = [
            server.ceiling(call.messages, {**self._wishes.usual, **target.options, **call.said}, wanted)
            for target, server in self.behind.servers.items()
        ]
        return None if None in costs else max(cost for cost in costs if cost is not None)

    def witness(self) -> None:
        """There is no one SDK behind it."""

    def embed(self, inputs: Any, options: Mapping[str, Any]) -> Flow[EmbeddingResponse]:
        """The flow of a call for embeddings. Raises `UnsupportedFeature` where no target has any."""
        check_options(options, EmbedOptions)
        return self.embed_request(EmbeddingRequest(model=self._model or "", inputs=embedding_inputs(inputs)), options)

    def count_tokens(self, prompt: Any, options: Mapping[str, Any]) -> NoReturn:  # noqa: ARG002  # as plans have it
        """Each model counts for itself."""
        raise UnsupportedFeature("each target counts tokens in its own way: ask the one you mean")

    def models(self, options: Mapping[str, Any]) -> NoReturn:  # noqa: ARG002  # as plans have it
        """Each provider has its own list."""
        raise UnsupportedFeature("a router has no list of models: ask one of its targets, or list_models(provider)")

    def unload(self) -> Flow[None]:
        """Give back idle connections."""
        yield from ()
        self.release()

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


def _response_of(found: Extracted[Any]) -> LLMResponse:
    return found.response


def _with_response(found: Extracted[T], response: LLMResponse) -> Extracted[T]:
    return found if response is found.response else replace(found, response=response)


def _rules_at(target: Target, rules: Rules) -> Rules:
    """With as many tries for a value that fits as the target has of its own."""
    return rules if target.max_retries is None else replace(rules, retries=retries_of(target.max_retries))


def _ruled(routing: Routing, call: Call, asking: Asking[Any]) -> Routing:
    """The routing by the rules of this call. Values that are seen growing are not hedged: one is shown, not two."""
    rules = routing.rules
    hedge = None if asking.stream and not asking.continues else rules.hedge
    if call.retry is None and hedge is rules.hedge:
        return routing
    return replace(routing, rules=replace(rules, retry=call.retry or rules.retry, hedge=hedge))
