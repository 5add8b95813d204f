"""`Router` and `AsyncRouter`: an `LLM` whose calls go to whichever target should have them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self, TypeVar, Unpack, cast

from dragoman.client.by_model import ByModel
from dragoman.client.chat import Prompt
from dragoman.client.hooks import Hooks
from dragoman.client.instructor import AsyncCreate, AsyncInstructor, Create, Instructor
from dragoman.client.llm import LLM, AsyncLLM, LLMBase
from dragoman.client.llm_provider import TextStream, with_total
from dragoman.client.options import AnswerOptions, GenerateOptions, MessageLike
from dragoman.client.routers.behind import Behind
from dragoman.client.routers.health_table import HealthTable, health_of
from dragoman.client.routers.looking_up import LookedUp
from dragoman.client.routers.purpose import Purpose, with_words
from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.client.value_options import ExtractOptions, split_rules
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.messages import LLMResponse
from dragoman.routing.explanation import Explanation
from dragoman.routing.health import Board, HealthRules, RetryBudgetRules
from dragoman.routing.policies import Ordered, Policy, as_member
from dragoman.routing.routing import Routing
from dragoman.routing.rules import RouteRules
from dragoman.routing.target import Target

P = TypeVar("P", bound=RoutedPlan)


class RouterOptions(GenerateOptions, total=False):
    """What a router is made with, beside the options of all its calls."""

    rules: RouteRules
    """What may be done when a target fails."""
    health: HealthRules
    """When a target is left alone, and how it comes back."""
    retry_budget: RetryBudgetRules
    """How many further tries there may be, of all calls."""
    clients: Mapping[str, Any]
    """Options of the clients made for targets that are given as text, as `create_llm` takes them."""


_OF_ROUTERS = RouterOptions.__annotations__.keys() - GenerateOptions.__annotations__.keys()


def plan_of(policy: Any, options: Mapping[str, Any], *, asynchronous: bool, kind: type[P]) -> P:
    """What decides the calls of a router. Raises `ConfigurationError` for what is no target."""
    rules: RouteRules = options.get("rules") or RouteRules()
    if rules.hedge is not None and not asynchronous:
        raise UnsupportedFeature(
            "only an async router can watch two answers at once: use the one whose name begins with Async, or leave "
            "hedge out"
        )
    looked_up = LookedUp(asynchronous=asynchronous, options=options.get("clients") or {})
    member = as_member(policy)
    tree = (member if isinstance(member, Policy) else Ordered(member)).mapped(looked_up)
    board = Board(
        tree.targets(), options.get("health") or HealthRules(), options.get("retry_budget") or RetryBudgetRules()
    )
    routing = Routing(policy=tree, board=board, rules=rules)
    defaults = {name: value for name, value in options.items() if name not in _OF_ROUTERS}
    return kind(Behind(routing, looked_up.servers, looked_up.made), defaults)


class RouterBase(LLMBase):
    """What all routers share: whom they may ask, and what they tell of it."""

    def __init__(self, plan: RoutedPlan) -> None:
        super().__init__(cast("Any", plan))
        self._hooks = Hooks()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Whom it may ask, in the order in which they were given."""
        return tuple(self._routed.behind.servers)

    @property
    def _routed(self) -> RoutedPlan:
        return cast("RoutedPlan", self._plan)

    def with_purpose(
        self,
        *,
        tenant: str | None = None,
        task: Any = None,
        tier: Any = None,
        session: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Self:
        """The same router, with its health and limits, for calls of this purpose.

        Args:
            tenant: Who asks.
            task: What is to be done; the value of an enum's member counts, here and for `tier`.
            tier: What the tenant pays for.
            session: What shall stay at one target while it can.
            labels: Any other words, for policies that go by them.
        """
        said = {"tenant": tenant, "task": task, "tier": tier, "session": session}
        return self._over(self._routed.with_purpose(with_words(self.purpose, said, labels or {})))

    @property
    def purpose(self) -> Purpose:
        """Whom its calls are for."""
        return self._routed.purpose

    def explain(
        self,
        prompt: Prompt = None,
        *,
        model: str | None = None,
        stream: bool = False,
        response_model: Any = None,
        max_retries: Any = None,
        **options: Unpack[ExtractOptions],
    ) -> Explanation:
        """Whom a call with these arguments would be sent to now, and why: by the code that decides. Nothing is sent."""
        _, rest = split_rules(options, max_retries)
        plan = self._routed.for_model(model)
        return plan.explain(prompt, rest, stream=stream, value=response_model is not None)

    def health(self) -> HealthTable:
        """How each target is. Prints as a table."""
        return health_of(self._routed.behind.routing)

    def _over(self, plan: RoutedPlan) -> Self:
        """The same router by another plan."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__, _plan=plan)
        other.__dict__.pop("instructor", None)
        return other


class Router(RouterBase, LLM):
    """An `LLM` that asks whichever of its targets should have a call, and another when that fails.

    Beside the methods of `LLM` it has those of a client in Instructor's manner (`create`, `create_partial`, …).
    One may be used by any number of threads.

    Args:
        policy: A policy of `dragoman.routing`, or one target.
        options: See `RouterOptions`.

    Raises:
        ConfigurationError: Something among the targets is none, or an option cannot be right.
        UnsupportedFeature: A target has to be awaited.
    """

    def __init__(self, policy: Any, **options: Unpack[RouterOptions]) -> None:
        super().__init__(plan_of(policy, options, asynchronous=False, kind=RoutedPlan))

    @cached_property
    def instructor(self) -> Instructor:
        """The router as a client in Instructor's manner, with `chat.completions.create` and its like, and hooks."""
        llms = ByModel(lambda model: LLM(cast("Any", self._routed.for_model(model))))
        return Instructor(None, Create(llms), provider="router", hooks=self._hooks, model="")

    @property
    def create(self):  # noqa: ANN201  # the overloads of the method
        """`Instructor.create`: a value of `response_model`."""
        return self.instructor.create

    @property
    def create_with_completion(self):  # noqa: ANN201  # as above
        """`Instructor.create_with_completion`: the value, and the response."""
        return self.instructor.create_with_completion

    @property
    def create_partial(self):  # noqa: ANN201  # as above
        """`Instructor.create_partial`: the value as it grows."""
        return self.instructor.create_partial

    @property
    def create_iterable(self):  # noqa: ANN201  # as above
        """`Instructor.create_iterable`: values one by one."""
        return self.instructor.create_iterable

    @property
    def messages(self) -> Instructor:
        """As Anthropic's SDK spells it: `messages.create`."""
        return self.instructor

    @property
    def responses(self) -> Instructor:
        """As OpenAI's SDK spells it: `responses.create`."""
        return self.instructor


class AsyncRouter(RouterBase, AsyncLLM):
    """`Router`, awaited. Its targets may be clients that block (they run in threads), and `LLMProvider`s.

    It has the methods of an `LLMProvider` too: `complete` and `stream`.
    """

    def __init__(self, policy: Any, **options: Unpack[RouterOptions]) -> None:
        super().__init__(plan_of(policy, options, asynchronous=True, kind=RoutedPlan))

    @cached_property
    def instructor(self) -> AsyncInstructor:
        """The router as a client in Instructor's manner, with `chat.completions.create` and its like, and hooks."""
        llms = ByModel(lambda model: AsyncLLM(cast("Any", self._routed.for_model(model))))
        return AsyncInstructor(None, AsyncCreate(llms), provider="router", hooks=self._hooks, model="")

    @property
    def create(self):  # noqa: ANN201  # the overloads of the method
        """`AsyncInstructor.create`: a value of `response_model`."""
        return self.instructor.create

    @property
    def create_with_completion(self):  # noqa: ANN201  # as above
        """`AsyncInstructor.create_with_completion`: the value, and the response."""
        return self.instructor.create_with_completion

    @property
    def create_partial(self):  # noqa: ANN201  # as above
        """`AsyncInstructor.create_partial`: the value as it grows."""
        return self.instructor.create_partial

    @property
    def create_iterable(self):  # noqa: ANN201  # as above
        """`AsyncInstructor.create_iterable`: values one by one."""
        return self.instructor.create_iterable

    @property
    def messages(self) -> AsyncInstructor:
        """As Anthropic's SDK spells it: `messages.create`."""
        return self.instructor

    @property
    def responses(self) -> AsyncInstructor:
        """As OpenAI's SDK spells it: `responses.create`."""
        return self.instructor

    async def complete(
        self, messages: list[MessageLike], model: str | None = None, **options: Unpack[AnswerOptions]
    ) -> LLMResponse:
        """Answer `messages` whole. `model` is asked where a target's provider has it; other targets ask their own."""
        llm = self._over(self._routed.for_model(model))
        return with_total(await AsyncLLM.generate(llm, messages=messages, stream=False, **options))

    def stream(
        self, messages: list[MessageLike], model: str | None = None, **options: Unpack[AnswerOptions]
    ) -> TextStream:
        """Answer `messages` piece by piece; each is text. `model` as in `complete`.

        Raises `ConfigurationError` where the rules let an answer begin anew: text that was given cannot be taken back.
        """
        if self._routed.behind.routing.rules.after_commit == "restart":
            raise ConfigurationError(
                "a stream of texts cannot show that it begins anew: use generate(..., stream=True), or rules with "
                "another after_commit"
            )
        llm = self._over(self._routed.for_model(model))
        return TextStream(AsyncLLM.generate(llm, messages=messages, stream=True, **options))
