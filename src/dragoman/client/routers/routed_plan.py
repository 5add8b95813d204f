"""`RoutedPlan`: what a call means to a router. It has the methods of a `Plan`, and sends each call over a route."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from msgspec.structs import replace

from dragoman.client.inputs import conversation_of, embedding_inputs
from dragoman.client.options import EmbedOptions, check_options, timeouts_of
from dragoman.client.requests import spelled_out
from dragoman.client.retries import retries_of
from dragoman.client.routers.features import DEMANDS, at_most, features_of
from dragoman.client.routers.following import Following
from dragoman.client.routers.routed_requests import RoutedRequests
from dragoman.client.routers.wishes import Call, as_it_is, beside_the_conversation, retold
from dragoman.client.understood import Understood
from dragoman.client.value_streams import IterableFlow, PartialFlow
from dragoman.dialects import get_dialect
from dragoman.errors import UnsupportedFeature
from dragoman.flow import Flow
from dragoman.messages import EmbeddingRequest, EmbeddingResponse, LLMResponse, Message, Request
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.explanation import Explanation, explain
from dragoman.routing.target import Target
from dragoman.structured import Extracted, Rules
from dragoman.structured.partial import Delivery
from dragoman.structured.rules import Watcher

if TYPE_CHECKING:
    from dragoman.client.cache.base import Caching

T = TypeVar("T")


class RoutedPlan(RoutedRequests):
    """A router for who calls it as a client."""

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

    def explain(self, prompt: Any, options: Mapping[str, Any], *, stream: bool, value: bool) -> Explanation:
        """Whom such a call would be sent to now, and why. Nothing is sent."""
        call = self._call(prompt, options, stream=stream, value=value)
        routing = self.behind.routing
        return explain(routing.policy, routing.situation(call.features(), routing.clock(), moves=False), routing.rules)

    def ceiling(self, prompt: Any, options: Mapping[str, Any], wanted: Any = None) -> Decimal | None:
        """US dollars that one try costs at worst, at the dearest target; `None` where that cannot be told of one."""
        call = self._call(prompt, options, stream=False, value=wanted is not None)
        costs = [
            server.ceiling(call.messages, {**self._wishes.usual, **target.options, **call.said}, wanted)
            for target, server in self.behind.servers.items()
        ]
        return None if None in costs else max(cost for cost in costs if cost is not None)

    def embed(self, inputs: Any, options: Mapping[str, Any]) -> Flow[EmbeddingResponse]:
        """The flow of a call for embeddings. Raises `UnsupportedFeature` where no target has any."""
        check_options(options, EmbedOptions)
        return self.embed_request(EmbeddingRequest(model=self._model or "", inputs=embedding_inputs(inputs)), options)

    def unload(self) -> Flow[None]:
        """Give back idle connections."""
        yield from ()
        self.release()

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

    def said(self, messages: Sequence[Message], options: Mapping[str, Any]) -> list[Any]:  # noqa: ARG002  # as plans have it
        """`messages` in OpenAI's form, for there is no one wire that they go over."""
        return get_dialect("openai_chat").encode_request(Request(model="", messages=tuple(messages))).wire["messages"]

    def witness(self) -> None:
        """There is no one SDK behind it."""

    # ------------------------------------------------------------------ what a router has not

    def count_tokens(self, prompt: Any, options: Mapping[str, Any]) -> NoReturn:  # noqa: ARG002  # as plans have it
        """Each model counts for itself."""
        raise UnsupportedFeature("each target counts tokens in its own way: ask the one you mean")

    def models(self, options: Mapping[str, Any]) -> NoReturn:  # noqa: ARG002  # as plans have it
        """Each provider has its own list."""
        raise UnsupportedFeature("a router has no list of models: ask one of its targets, or list_models(provider)")


def _response_of(found: Extracted[Any]) -> LLMResponse:
    return found.response


def _with_response(found: Extracted[T], response: LLMResponse) -> Extracted[T]:
    return found if response is found.response else replace(found, response=response)


def _rules_at(target: Target, rules: Rules) -> Rules:
    """With as many tries for a value that fits as the target has of its own."""
    return rules if target.max_retries is None else replace(rules, retries=retries_of(target.max_retries))
