"""`Create` and `AsyncCreate`: the functions behind a client in Instructor's manner, its `create_fn`.

They know no client: what a client has by default, and who listens to it, comes with each call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.client.answered import value_of
from dragoman.client.by_model import AnyLLM, ByModel
from dragoman.client.cache.base import BaseCache, Caching
from dragoman.client.hooks import Hooks, HookWatcher
from dragoman.client.instructor.completions import Completions, Noting
from dragoman.client.instructor.conversation import made_ready
from dragoman.client.instructor.options import body_fields, own_names
from dragoman.client.instructor.plainly import without_what_values_have
from dragoman.client.instructor.remembering import remember, tell_callers_words
from dragoman.client.instructor.verbatim import Verbatim
from dragoman.client.llm import LLM, AsyncLLM
from dragoman.client.plan import Plan
from dragoman.client.retries import most_tries
from dragoman.client.streams import AsyncStream, Stream
from dragoman.client.value_flows import is_many
from dragoman.client.value_options import split_rules
from dragoman.client.value_streams import (
    AsyncIterableStream,
    AsyncPartialStream,
    IterableFlow,
    IterableStream,
    PartialFlow,
    PartialStream,
)
from dragoman.errors import AnswerCutOff, CallFailed, ConfigurationError
from dragoman.flow import Flow, async_run, run
from dragoman.messages import LLMResponse
from dragoman.structured import Extracted, Rules
from dragoman.structured.partial import Delivery
from dragoman.structured.rules import Both

T = TypeVar("T")


class Found(Struct, Generic[T], frozen=True):
    """A value, the response it came from, and what the provider answered, as the caller knows it."""

    value: T
    response: LLMResponse
    completion: Any


class Asked(Struct, frozen=True, kw_only=True):
    """A call, understood."""

    plan: Plan
    options: Mapping[str, Any]
    rules: Rules
    completions: Completions
    caching: Caching | None

    def response(self, *, stream: bool) -> Flow[LLMResponse]:
        return self.plan.generate(None, self.options, stream=stream, watcher=self.rules.watcher)

    def partial(self, wanted: type[T]) -> PartialFlow[T]:
        growing = self.plan.partial(wanted, None, self.options, self.rules)
        return PartialFlow(self._told(growing.flow), growing.listening)

    def iterable(self, wanted: Any, delivery: Delivery[Any] | None = None) -> IterableFlow[Any]:
        coming = self.plan.iterable(wanted, None, self.options, self.rules, delivery)
        return IterableFlow(self._told(coming.flow), coming.listening, coming.delivery)

    def value(self, wanted: type[T]) -> Flow[Found[T]]:
        return self._found(self._told(self.plan.extract(wanted, None, self.options, self.rules, self.caching)))

    def _told(self, extracting: Flow[T]) -> Flow[T]:
        """`extracting`, whose failure is told in the caller's words."""
        try:
            return (yield from extracting)
        except (CallFailed, AnswerCutOff) as error:
            asked = {"model": self.plan.model, **self.options}
            tell_callers_words(error, self.completions.of, partial(self.plan.said, options=self.options), asked)
            raise

    def _found(self, extracting: Flow[Extracted[T]]) -> Flow[Found[T]]:
        extracted = yield from extracting
        completion = self.completions.of_all(extracted.response)
        value = remember(extracted.value, completion, extracted.response.usage)
        return Found(value, extracted.response, completion)


class Creating(Generic[AnyLLM]):
    """What both share.

    Args:
        llms: Who is asked, by model.
        verbatim: The SDK's own method, for calls without a `response_model`; `None` where there is no SDK.
        cache: Where answers are kept; streams are not.
        cache_ttl: For how many seconds.
        taken: Arguments of the SDK's with each call that elsewhere belong to the client, or look like ours misspelt.
    """

    def __init__(
        self,
        llms: ByModel[AnyLLM],
        *,
        verbatim: Verbatim | None = None,
        cache: BaseCache | None = None,
        cache_ttl: int | None = None,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        self.llms = llms
        self._taken = taken
        self._verbatim = verbatim
        self._cache, self._cache_ttl = _checked_cache(cache), _checked_ttl(cache_ttl)

    def asked(self, messages: Any, options: Mapping[str, Any], *, stream: bool = False) -> Asked:
        """What a call means. Raises `ConfigurationError` for what cannot be right."""
        given = made_ready(own_names({**options, "messages": messages}))
        hooks, max_retries = given.pop("hooks", None), given.pop("max_retries", None)
        caching = self._caching(given.pop("cache", None), given.pop("cache_ttl", None), stream=stream)
        plan, completions = _witnessed(self.llms[_model(given)].plan)
        rules, rest = split_rules(body_fields(given, self._taken), max_retries)
        if hooks:
            rules = _heard(rules, hooks, partial(plan.body, options=rest, stream=stream), completions.of, max_retries)
        if completions.sdk is not None:
            rules = replace(rules, watcher=Both(Noting(completions), rules.watcher))
        return Asked(plan=plan, options=rest, rules=rules, completions=completions, caching=caching)

    def plainly(self, messages: Any, options: Mapping[str, Any], *, stream: bool) -> Asked:
        """What a call for no value means, on our own transport. It is asked once."""
        return self.asked(messages, {**without_what_values_have(messages, options), "max_retries": 0}, stream=stream)

    def _caching(self, cache: Any, ttl: Any, *, stream: bool) -> Caching | None:
        if stream:
            return _no_caching(cache, ttl)
        cache = self._cache if cache is None else _checked_cache(cache)
        if cache is None and ttl is not None:
            raise ConfigurationError("cache_ttl= says how long to keep an answer, and there is no cache=")
        ttl = self._cache_ttl if ttl is None else _checked_ttl(ttl)
        return None if cache is None else Caching(cache=cache, ttl=ttl)


def _model(given: dict[str, Any]) -> str:
    model = given.pop("model", None)
    if model is None:
        raise ConfigurationError("which model? Pass model=, here or where the client is made")
    return model


def _witnessed(plan: Plan) -> tuple[Plan, Completions]:
    """The plan for one call, and what says afterwards what the provider answered."""
    transport = plan.witness()
    return (plan, Completions()) if transport is None else (plan.through(transport), Completions(transport))


def _heard(
    rules: Rules,
    hooks: Hooks,
    kwargs_of: Callable[..., Mapping[str, Any]],
    completion_of: Callable[[LLMResponse], Any],
    max_retries: object,
) -> Rules:
    attempts = most_tries(max_retries)
    watcher = HookWatcher(hooks, kwargs_of=kwargs_of, completion_of=completion_of, max_attempts=attempts)
    return replace(rules, watcher=watcher)


def _no_caching(cache: object, ttl: object) -> None:
    """Of a stream. The cache of the client is for its other calls."""
    if cache is not None or ttl is not None:
        raise ConfigurationError("cache= and cache_ttl= are of use for whole values: a stream is not kept")


def _checked_cache(cache: Any) -> BaseCache | None:
    if cache is not None and not isinstance(cache, BaseCache):
        raise ConfigurationError(
            f"cache= is an AutoCache, a DiskCache or a BaseCache of yours, not {type(cache).__name__}"
        )
    return cache


def _checked_ttl(ttl: Any) -> int | None:
    if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, int) or ttl < 1):
        raise ConfigurationError(f"cache_ttl= must be a whole number of seconds, at least 1, not {ttl!r}")
    return ttl


class Create(Creating[LLM]):
    """`create_fn` of an `Instructor`."""

    def __call__(
        self, response_model: Any = None, messages: Any = None, *, stream: bool = False, **options: Any
    ) -> Any:
        if response_model is None:
            return self._plainly(messages, options, stream=stream)
        if stream:
            return (self.iterable if is_many(response_model) else self.partial)(response_model, messages, **options)
        return value_of(run(self.asked(messages, options).value(response_model)))

    def _plainly(self, messages: Any, options: Mapping[str, Any], *, stream: bool) -> Any:
        if self._verbatim is not None:
            return self._verbatim.call(messages, options, stream=stream)
        asked = self.plainly(messages, options, stream=stream)
        return Stream(asked.response(stream=True)) if stream else run(asked.response(stream=False))

    def with_completion(self, response_model: Any, messages: Any = None, **options: Any) -> tuple[Any, Any]:
        found = run(self.asked(messages, options).value(response_model))
        return found.value, found.completion

    def partial(self, response_model: Any, messages: Any = None, **options: Any) -> PartialStream[Any]:
        return PartialStream(self.asked(messages, options, stream=True).partial(response_model))

    def iterable(self, response_model: Any, messages: Any = None, **options: Any) -> IterableStream[Any]:
        return IterableStream(self.asked(messages, options, stream=True).iterable(response_model))


class AsyncCreate(Creating[AsyncLLM]):
    """`create_fn` of an `AsyncInstructor`."""

    def __call__(
        self, response_model: Any = None, messages: Any = None, *, stream: bool = False, **options: Any
    ) -> Any:
        if response_model is None:
            return self._plainly(messages, options, stream=stream)
        if stream:
            return (self.iterable if is_many(response_model) else self.partial)(response_model, messages, **options)
        return self._value(self.asked(messages, options).value(response_model))

    def _plainly(self, messages: Any, options: Mapping[str, Any], *, stream: bool) -> Any:
        if self._verbatim is not None:
            return self._verbatim.call_awaited(messages, options, stream=stream)
        asked = self.plainly(messages, options, stream=stream)
        return AsyncStream(asked.response(stream=True)) if stream else async_run(asked.response(stream=False))

    @staticmethod
    async def _value(finding: Flow[Found[T]]) -> T:
        return value_of(await async_run(finding))

    async def with_completion(self, response_model: Any, messages: Any = None, **options: Any) -> tuple[Any, Any]:
        found = await async_run(self.asked(messages, options).value(response_model))
        return found.value, found.completion

    def partial(self, response_model: Any, messages: Any = None, **options: Any) -> AsyncPartialStream[Any]:
        return AsyncPartialStream(self.asked(messages, options, stream=True).partial(response_model))

    def iterable(self, response_model: Any, messages: Any = None, **options: Any) -> AsyncIterableStream[Any]:
        return AsyncIterableStream(self.asked(messages, options, stream=True).iterable(response_model))
