"""`Plan`: what both faces of a client hold, and the flow that each call becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from msgspec.structs import replace

from dragoman.calls import (
    Call,
    EmbeddingCall,
    Known,
    RetryConfig,
    Target,
    Terms,
    Verbatim,
    count_tokens,
    embed,
    generate,
    known_of,
    list_models,
)
from dragoman.calls.call import utc_today
from dragoman.calls.ceiling import ceiling, ceiling_at
from dragoman.calls.prepare import prepare, refuse_losses
from dragoman.client.inputs import conversation_of, embedding_inputs
from dragoman.client.options import (
    BUDGETS,
    OF_ALL_CALLS,
    CallOptions,
    EmbedOptions,
    check_options,
    options_over,
    timeouts_of,
)
from dragoman.client.requests import SAYING, fills, own_request, passed_on, request_of, with_the_rest
from dragoman.client.sending import sent, watched
from dragoman.client.target import with_model
from dragoman.client.tools import tools_of
from dragoman.client.understood import Settled, Understood
from dragoman.client.value_options import refuse_beside_a_value
from dragoman.dialects import get_dialect
from dragoman.dialects.embeddings import get_embedding_codec
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.flow import Flow, invoke
from dragoman.http import AsyncTransport, Transport
from dragoman.messages import (
    EmbeddingRequest,
    EmbeddingResponse,
    Extra,
    LLMResponse,
    Message,
    ModelInfo,
    Request,
    TokenCount,
    decode_json,
)
from dragoman.secret import Secret
from dragoman.structured import TECHNIQUES, Ask, Extracted, Rules, extract, stream_extract

if TYPE_CHECKING:
    from dragoman.client.cache.base import Caching
    from dragoman.client.value_streams import IterableFlow, PartialFlow
    from dragoman.client.way import Way
    from dragoman.structured.partial import Delivery
    from dragoman.structured.rules import Watcher

T = TypeVar("T")

_EMBEDDING_FIELDS: Final = frozenset({"dimensions", "input_type", "dtype", "encoding", "truncate", "user"})
"""Options that are fields of `EmbeddingRequest` under the same name."""

_RETRIES: Final = RetryConfig()

_CONVERSATIONS: Final = ("messages", "contents", "input")
"""What dialects call the conversation."""


def _deadline_of(options: Mapping[str, Any]) -> float | None:
    """When all must be over, of a call that begins now."""
    limit = timeouts_of(options.get("timeout")).total
    return None if limit is None else monotonic() + limit


class Plan:
    """A target and the client's default options. It decides what a call means; drivers do it."""

    __slots__ = ("_closed", "_defaults", "_known", "_target", "_usual")

    routed = False
    """Whether others than its target may be asked."""

    def __init__(self, target: Target, defaults: Mapping[str, Any]) -> None:
        check_options(defaults)
        self._target = target
        self._defaults = dict(defaults)
        self._closed = False
        self._known: Known | None = None
        self._usual: Call | None = None

    @property
    def provider(self) -> str:
        return self._target.spec.name

    @property
    def model(self) -> str:
        return self._target.model

    @property
    def target(self) -> Target:
        """Where it asks."""
        return self._target

    def for_model(self, model: str | None) -> Plan:
        """The same plan for another of the provider's models; this one where the provider is known not to have it."""
        target = self._target if model is None else with_model(self._target, model)
        return self if target is self._target else self._with(target)

    def generate(
        self, prompt: Any, options: Mapping[str, Any], *, stream: bool, watcher: Watcher | None = None
    ) -> Flow[LLMResponse]:
        """The flow of one call, of which `watcher` is told.

        Raises `ConfigurationError` at once for options that cannot be right.
        """
        if isinstance(prompt, Understood) and prompt.settled is not None:
            options, call = prompt.options, self._settled_call(prompt, prompt.settled)
        else:
            options, request = self._asked(prompt, options)
            call = self._call(request, options)
        asked = replace(call, request=replace(call.request, stream=True)) if stream else call
        sending = sent(asked, options)
        return sending if watcher is None else watched(sending, call.request, watcher)

    def answer(
        self, request: Request, options: Mapping[str, Any], *, verbatim: Verbatim | None = None
    ) -> Flow[LLMResponse]:
        """The flow of one call that is made for somebody else: `request` goes to this plan's model, and `options` say
        what it leaves open. As its sender wrote it, where `verbatim` can be passed on.
        """
        options = self.options(options)
        self._refuse_unless_chats()
        asked, filled = passed_on(request, self._target.model, options)
        call = self._call(asked, options, verbatim=verbatim, filled=filled)
        return generate(call) if call.sends_verbatim else sent(call, options)

    def answer_settled(
        self, request: Request, settled: Settled, deadline: float | None, verbatim: Verbatim | None
    ) -> Flow[LLMResponse]:
        """`answer`, of a call that says no more than what is settled."""
        if self._closed:
            self._refuse_closed()
        call, filled = settled.passing or self._settle_passing(request, settled), ()
        if settled.fills:
            request, filled = passed_on(request, self._target.model, settled.options)
        elif request.model != self._target.model or request.include_usage is not None:
            request = replace(request, model=self._target.model, include_usage=None)
        call = replace(call, request=request, filled=filled, deadline=deadline, verbatim=verbatim)
        return generate(call) if call.sends_verbatim else sent(call, settled.options)

    def _settle_passing(self, request: Request, settled: Settled) -> Call:
        self._refuse_unless_chats()
        settled.fills = fills(settled.options)
        settled.passing = self._call(replace(request, messages=()), settled.options)
        return settled.passing

    def extract(  # what is asked, by which rules, and where its answer may be
        self,
        wanted: type[T],
        prompt: Any,
        options: Mapping[str, Any],
        rules: Rules,
        caching: Caching | None = None,
    ) -> Flow[Extracted[T]]:
        """The flow of a call for a value of `wanted`. Raises `ConfigurationError` at once, as `generate` does."""
        from dragoman.client.way import way_for  # with the modes, which few programs need

        options, request = self._value_request(prompt, options)
        way = way_for(self._target, request, options.get("mode"), wanted)
        return self._extract(request, way, options, rules, caching)

    def ceiling(self, prompt: Any, options: Mapping[str, Any], wanted: Any = None) -> Decimal | None:
        """US dollars that one request of such a call costs at worst, `None` where that cannot be told."""
        options = self.options(options)
        request, target = self._request(prompt, options), self._target
        if wanted is not None:
            from dragoman.client.way import way_for

            way = way_for(target, request, options.get("mode"), wanted)
            request, target = TECHNIQUES[way.technique].shape(request, way.output), way.target
        return ceiling(replace(self._call(request, options), target=target))

    def partial(self, wanted: type[T], prompt: Any, options: Mapping[str, Any], rules: Rules) -> PartialFlow[T]:
        """The flow of a call for a value of `wanted` that is seen growing, and who hears it. Raises as `extract`."""
        from dragoman.client.value_flows import growing_way, partial_flow

        options, request = self._value_request(prompt, options)
        way = growing_way(self._target, request, options.get("mode"), wanted)
        return partial_flow(wanted, way, self._stream_extract(request, way, options, rules), rules)

    def iterable(
        self,
        wanted: Any,
        prompt: Any,
        options: Mapping[str, Any],
        rules: Rules,
        delivery: Delivery[Any] | None = None,
    ) -> IterableFlow[Any]:
        """The flow of a call for a list, and where its elements come out as they come in. Raises as `extract`.

        `wanted` is the type of an element, or `Iterable` of it. They come out at `delivery`, where one is given.
        """
        from dragoman.client.value_flows import element_of, growing_way, iterable_flow

        options, request = self._value_request(prompt, options)
        element = element_of(wanted)
        way = growing_way(self._target, request, options.get("mode"), list[element])
        return iterable_flow(element, way, self._stream_extract(request, way, options, rules), rules, delivery)

    def _value_request(self, prompt: Any, options: Mapping[str, Any]) -> tuple[Mapping[str, Any], Request]:
        """What is said in all, and the request, in which the form of the answer is not said yet."""
        options, request = self._asked(prompt, options)
        refuse_beside_a_value(options)
        return options, request

    def _extract(
        self,
        request: Request,
        way: Way[T],
        options: Mapping[str, Any],
        rules: Rules,
        caching: Caching | None,
    ) -> Flow[Extracted[T]]:
        """One deadline holds over all that is asked; it runs from when the flow does."""
        technique, rules = TECHNIQUES[way.technique], replace(rules, deadline=_deadline_of(options))
        ask = self._asking(way, options, rules.deadline)
        if caching is None:
            return way.told((yield from extract(ask, request, way.output, technique, rules)))
        from dragoman.client.cache.answers import cached  # few programs keep answers

        first = replace(self._call(technique.shape(request, way.output), options, rules.deadline), target=way.target)
        return way.told((yield from cached(caching, first, ask, request, way.output, technique, rules)))

    def _stream_extract(
        self, request: Request, way: Way[T], options: Mapping[str, Any], rules: Rules
    ) -> Flow[Extracted[T]]:
        """`_extract`, with the events of what is asked."""
        technique, rules = TECHNIQUES[way.technique], replace(rules, deadline=_deadline_of(options))
        ask = self._asking(way, options, rules.deadline)
        return way.told((yield from stream_extract(ask, request, way.output, technique, rules)))

    def _asking(self, way: Way[Any], options: Mapping[str, Any], deadline: float | None) -> Ask:
        """How requests for one value are sent, all under one deadline. Raises `LossRefused` for what the way loses.

        What is said after the first to have a better answer is ours, and is put as the dialect can.
        """
        refuse_losses(Terms(**self._terms(options)), way.losses, way.target.model)
        asked = count()

        def ask(request: Request) -> Flow[LLMResponse]:
            call = replace(self._call(request, options, deadline), target=way.target)
            return sent(replace(call, on_loss="warn") if next(asked) else call, options)

        return ask

    def body(self, request: Request, options: Mapping[str, Any], *, stream: bool) -> dict[str, Any]:
        """What `request` becomes on the wire; the model is in it, also where the wire names it elsewhere."""
        options = self.options(options)
        call = replace(self._call(replace(request, stream=stream), options), target=self._in_mode(options))
        return {"model": request.model, **decode_json(prepare(call).body)}

    def said(self, messages: Sequence[Message], options: Mapping[str, Any]) -> list[Any]:
        """`messages` as the wire has them: `messages`, or what the dialect calls so. It may have `system` elsewhere."""
        target = self._in_mode({**self._defaults, **options})
        wire = target.dialect.encode_request(Request(model=target.model, messages=tuple(messages))).wire
        found: list[list[Any]] = [wire[name] for name in _CONVERSATIONS if name in wire]
        return found[0] if found else []

    def _in_mode(self, options: Mapping[str, Any]) -> Target:
        """The target, in the dialect that a mode says."""
        mode = options.get("mode")
        if mode is None:
            return self._target
        from dragoman.client.technique import in_wire_of  # with the modes, which few programs need

        return in_wire_of(mode, self._target)

    def witness(self) -> Any:
        """A transport for one call that tells afterwards what the SDK made of it; `None` where there is no SDK."""
        make = getattr(self._target.transport, "witness", None)
        return None if make is None else make()

    def through(self, transport: Transport | AsyncTransport) -> Plan:
        """The same plan with another transport, for one call: it is not closed."""
        return self._with(replace(self._target, transport=transport))

    def _with(self, target: Target) -> Plan:
        other = Plan(target, {})
        other._defaults, other._closed = self._defaults, self._closed
        return other

    def embed(self, inputs: Any, options: Mapping[str, Any]) -> Flow[EmbeddingResponse]:
        """The flow of a call for embeddings. Raises `UnsupportedFeature` where the provider has none."""
        options = self._call_options(options, EmbedOptions)
        request = EmbeddingRequest(model=self.model, inputs=embedding_inputs(inputs))
        return embed(self._embedding_call(request, options))

    @property
    def embeds(self) -> bool:
        """Whether its model gives vectors, by the catalog; of one that is not there, whether its provider does."""
        spec = self._target.spec
        if spec.embeddings_for(self.model) is None:
            return False
        facts = self.known.facts() if spec.chats else None  # who answers no prompts only embeds
        return facts is None or facts.kind == "embedding"

    def embed_request(self, request: EmbeddingRequest, options: Mapping[str, Any]) -> Flow[EmbeddingResponse]:
        """The flow of a call for embeddings made for somebody else. `options` say what `request` leaves open."""
        return embed(self._embedding_call(request, self._call_options(options, EmbedOptions)))

    def _embedding_call(self, request: EmbeddingRequest, options: Mapping[str, Any]) -> EmbeddingCall:
        spec, model = self._target.spec, self.model
        codec = spec.embeddings_for(model)
        if codec is None:
            raise UnsupportedFeature("this provider has no embeddings", provider=spec.name, model=model)
        open_fields = (name for name in _EMBEDDING_FIELDS & options.keys() if getattr(request, name) is None)
        fields = {name: options[name] for name in open_fields}
        if options.get("extra_body"):
            fields["extra"] = (Extra(fields=options["extra_body"]), *request.extra)
        request = replace(request, model=model, **fields)
        return EmbeddingCall(request=request, codec=get_embedding_codec(codec), **self._terms(options))

    def count_tokens(self, prompt: Any, options: Mapping[str, Any]) -> Flow[TokenCount]:
        """The flow that counts what `generate` would send."""
        options = self.options(options)
        return count_tokens(self._call(self._request(prompt, options), options))

    @property
    def counts(self) -> bool:
        """Whether its provider counts tokens; others are estimated."""
        return self._target.spec.counting is not None

    def count_request(self, request: Request, options: Mapping[str, Any]) -> Flow[TokenCount]:
        """The flow that counts the tokens of another's `request`."""
        options = self.options(options)
        asked, _ = passed_on(request, self.model, options)
        return count_tokens(self._call(asked, options))

    def ceiling_of(
        self, request: Request, options: Mapping[str, Any], input_tokens: int | None = None, today: str | None = None
    ) -> Decimal | None:
        """`ceiling`, of another's `request`; `options` are checked, and the rest is as in `calls.ceiling`."""
        said = {**self._defaults, **options} if options else self._defaults
        if not SAYING.isdisjoint(said):
            request, _ = passed_on(request, self._target.model, said)
        known = self._known or self.known
        return ceiling_at(self._target, request, utc_today() if today is None else today, input_tokens, known)

    @property
    def known(self) -> Known:
        """What is known of its target before any call."""
        known = self._known
        if known is None:
            known = self._known = known_of(self._target)
        return known

    def models(self, options: Mapping[str, Any]) -> Flow[list[ModelInfo]]:
        """The flow that lists the provider's models."""
        return list_models(Terms(**self._terms(self._call_options(options, CallOptions))))

    def _call_options(self, options: Mapping[str, Any], kind: type) -> Mapping[str, Any]:
        """A call's `options` over those of the client's that hold for every kind of call."""
        self._refuse_closed()
        check_options(options, kind)
        return {**{name: self._defaults[name] for name in OF_ALL_CALLS & self._defaults.keys()}, **options}

    def _refuse_closed(self) -> None:
        if self._closed:
            raise ConfigurationError("this client is closed: make a new one with create_llm")

    def options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The client's defaults with a call's `options` over them. Raises `ConfigurationError` for what is wrong."""
        self._refuse_closed()
        return options_over(self._defaults, options)

    def settled(self, options: Mapping[str, Any]) -> Settled:
        """What many calls say alike: `options` over the client's own, checked."""
        check_options(options)
        return Settled({**self._defaults, **options})

    def _settled_call(self, prompt: Understood, settled: Settled) -> Call:
        self._refuse_closed()
        if settled.call is None:
            call = self._call(self._request(prompt, settled.options), settled.options)
            settled.call = replace(call, request=replace(call.request, messages=()))
        request = replace(settled.call.request, messages=conversation_of(prompt, settled.options))
        return replace(settled.call, request=request, deadline=prompt.deadline)

    def _asked(self, prompt: Any, options: Mapping[str, Any]) -> tuple[Mapping[str, Any], Request]:
        """What is said in all, and the request."""
        if isinstance(prompt, Understood):
            self._refuse_closed()
            options = prompt.options
        else:
            options = self.options(options)
        return options, self._request(prompt, options)

    def unload(self) -> Flow[None]:
        """The flow that frees what the model holds: at its server, where the provider has a way to, and here."""
        spec = self._target.spec
        if spec.engine is not None:
            yield from invoke(sync=self.release)  # it waits until the memory is free
            return
        try:
            if spec.unload is not None:
                yield from generate(self._at_home(spec.unload(self._target.model)))
        finally:
            self.release()

    def _at_home(self, request: Request) -> Call:
        """A call in the provider's own dialect, whichever one the client speaks."""
        target = self._target
        own = replace(target, dialect=get_dialect(target.spec.dialect_for(target.model)), quirks=())
        return replace(self._call(request, self._defaults), target=own)

    def release(self) -> None:
        """Give back the idle connections; the next call takes new ones."""
        self._target.transport.release()

    def close(self) -> None:
        """Give back the connections for good; calls in progress end with an error."""
        self._closed = True
        self._target.transport.close()

    def _refuse_unless_chats(self) -> None:
        if not self._target.spec.chats:
            raise UnsupportedFeature("this provider answers no prompts: call `embed`", provider=self.provider)

    def _request(self, prompt: Any, options: Mapping[str, Any]) -> Request:
        self._refuse_unless_chats()
        if isinstance(prompt, Request):
            return own_request(prompt, self._target.model, options)
        tools = tools_of(options.get("tools") or ())
        request = request_of(self._target.model, conversation_of(prompt, options), tools, options)
        if isinstance(prompt, Understood) and prompt.request is not None:
            return with_the_rest(request, prompt.request)
        return request

    def _call(
        self, request: Request, options: Mapping[str, Any], deadline: float | None = None, **passing: Any
    ) -> Call:
        """`passing`: the fields of a `Call` that is passed on for somebody."""
        if options is self._defaults:  # as most calls are: only what is asked is new
            usual = self._usual
            if usual is None:
                usual = self._usual = self._made(Request(model=self._target.model), options, None)
            return replace(usual, request=request, deadline=deadline, **passing)
        return self._made(request, options, deadline, **passing)

    def _made(self, request: Request, options: Mapping[str, Any], deadline: float | None, **passing: Any) -> Call:
        limits = {name: options[name] for name in BUDGETS & options.keys()}
        return Call(request=request, deadline=deadline, **limits, **passing, **self._terms(options))

    def _terms(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of `Terms` that `options` say."""
        return {
            "target": self._target,
            "known": self.known,
            "retry": options.get("retry_config") or _RETRIES,
            "timeouts": timeouts_of(options.get("timeout")),
            "on_loss": options.get("on_loss") or "warn",
            "headers": tuple(cast("Mapping[str, str | Secret]", options.get("headers") or {}).items()),
        }

    def __repr__(self) -> str:
        target = self._target
        return f"{target.name} {target.place}{' closed' if self._closed else ''}"
