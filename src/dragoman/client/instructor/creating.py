"""`Create` and `AsyncCreate`: the functions behind a client in Instructor's manner, its `create_fn`.

They know no client: what a client has by default, and who listens to it, comes with each call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct

from dragoman.client.by_model import AnyLLM, ByModel
from dragoman.client.hooks import Hooks, HookWatcher
from dragoman.client.instructor.options import own_names
from dragoman.client.llm import LLM, AsyncLLM
from dragoman.client.plan import Plan, value_of
from dragoman.client.retries import most_tries, refuse_stream
from dragoman.client.streams import AsyncStream, Stream
from dragoman.client.value_options import split_rules
from dragoman.errors import ConfigurationError
from dragoman.flow import Flow, async_run, run
from dragoman.messages import LLMResponse
from dragoman.structured import Extracted, Rules

T = TypeVar("T")


class Asked(Struct, frozen=True):
    """A call, understood."""

    plan: Plan
    options: Mapping[str, Any]
    rules: Rules

    def response(self, *, stream: bool) -> Flow[LLMResponse]:
        return self.plan.generate(None, self.options, stream=stream)

    def value(self, wanted: type[T]) -> Flow[Extracted[T]]:
        return self.plan.extract(wanted, None, self.options, self.rules)


class Creating(Generic[AnyLLM]):
    """What both share.

    Args:
        llms: Who is asked, by model.
    """

    def __init__(self, llms: ByModel[AnyLLM]) -> None:
        self.llms = llms

    def asked(self, messages: Any, options: Mapping[str, Any]) -> Asked:
        """What a call means. Raises `ConfigurationError` for what cannot be right."""
        given = own_names({**options, "messages": messages})
        hooks, max_retries, model = given.pop("hooks", None), given.pop("max_retries", None), given.pop("model", None)
        if model is None:
            raise ConfigurationError("which model? Pass model=, here or where the client is made")
        if isinstance(given.get("messages"), str):
            given["messages"] = [{"role": "user", "content": given["messages"]}]
        plan = self.llms[model].plan
        rules, rest = split_rules(given, max_retries, hooks and _watcher(hooks, max_retries))
        return Asked(plan, rest, rules)


def _watcher(hooks: Hooks, max_retries: Any) -> HookWatcher:
    return HookWatcher(
        hooks,
        kwargs_of=lambda request: {"model": request.model},
        completion_of=lambda response: response,
        max_attempts=most_tries(max_retries),
    )


class Create(Creating[LLM]):
    """`create_fn` of an `Instructor`."""

    def __call__(
        self, response_model: Any = None, messages: Any = None, *, stream: bool = False, **options: Any
    ) -> Any:
        asked = self.asked(messages, options)
        if response_model is None:
            return Stream(asked.response(stream=True)) if stream else run(asked.response(stream=False))
        refuse_stream(stream=stream)
        return value_of(run(asked.value(response_model)))

    def with_completion(self, response_model: Any, messages: Any = None, **options: Any) -> tuple[Any, Any]:
        found = run(self.asked(messages, options).value(response_model))
        return found.value, found.response


class AsyncCreate(Creating[AsyncLLM]):
    """`create_fn` of an `AsyncInstructor`."""

    def __call__(
        self, response_model: Any = None, messages: Any = None, *, stream: bool = False, **options: Any
    ) -> Any:
        asked = self.asked(messages, options)
        if response_model is None:
            return AsyncStream(asked.response(stream=True)) if stream else async_run(asked.response(stream=False))
        refuse_stream(stream=stream)
        return self._value(asked.value(response_model))

    @staticmethod
    async def _value(extracting: Flow[Extracted[T]]) -> T:
        return value_of(await async_run(extracting))

    async def with_completion(self, response_model: Any, messages: Any = None, **options: Any) -> tuple[Any, Any]:
        found = await async_run(self.asked(messages, options).value(response_model))
        return found.value, found.response
