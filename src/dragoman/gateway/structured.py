"""Structured output for everyone: an answer that was asked for by a JSON Schema fits it, whoever is asked.

What is done depends on the target that is asked, and is done anew for each that a route comes to.

target                        whole answer                                  stream
----------------------------  --------------------------------------------  --------------------------------------------
holds answers to schemas      the request as it is; checked; asked again    as it comes; checked before its last frame,
                              with what is wrong                            where a misfit is an error in its place
does not, or not to this one  asked by a tool, or in words; checked; asked  the same, whole; then streamed
                              again; the value becomes the text

A target holds answers to schemas where its provider, the wire and what the catalog knows of the model say so, and the
schema can be said there; to one that speaks the sender's own dialect the schema goes as it was written, and its
provider judges it. A tool is demanded only where the request has none of its own.

Not checked, for it is no value: an answer that calls the request's own tools, that was refused, withheld or cut off by
a limit on its length; it is given as it is. Nor are several answers (`n`) asked for in one request. Of the schema,
`format` is a remark, as it is in JSON Schema itself.

Usage, cost and attempts of an answer are those of all that was asked at its target. No further try begins after the
deadline, and none goes on after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from time import monotonic
from typing import Any, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from dragoman.calls import Target, Verbatim
from dragoman.catalog import ModelFacts
from dragoman.client.abilities import modes_of
from dragoman.client.mode import Mode
from dragoman.client.options import timeouts_of
from dragoman.client.plan import Plan
from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.client.technique import technique_for
from dragoman.client.way import is_refused, subsets_at
from dragoman.errors import AnswerCutOff, AnswerDeclined, OutputError
from dragoman.flow import Flow, emit
from dragoman.gateway.schema_check import check_of
from dragoman.messages import Event, Finish, LLMResponse, Loss, Reasoning, Request, Text, events_of
from dragoman.routing.watching import watched
from dragoman.structured import DEFAULT_RETRIES, TECHNIQUES, Again, GivenSchema, Rules, extract
from dragoman.structured.failures import total_cost, total_usage

AnyPlan: TypeAlias = Plan | RoutedPlan

_NATIVE: Final = frozenset({"json_schema", "grammar"})
"""Techniques by which a provider holds an answer to a schema."""

_UNCHECKED: Final = Loss(
    effect="changed", where="output_format", why="several answers were asked for, and none of them was checked"
)
_AT_LEAST: Final = 0.001
"""Seconds: that there are none left is for the call to say."""


def wants_value(request: Request) -> bool:
    """Whether an answer is to fit a JSON Schema."""
    form = request.output_format
    return form is not None and form.kind == "json_schema" and form.schema is not None


def validated(  # what is asked, of whom, and by when
    plan: AnyPlan,
    request: Request,
    options: Mapping[str, Any],
    deadline: float | None = None,
    *,
    verbatim: Verbatim | None = None,
    retries: int = DEFAULT_RETRIES,
) -> Flow[LLMResponse]:
    """`plan.answer`, whose answer fits the schema of `request`. As the module says.

    Args:
        plan: Who is asked.
        request: Of which `wants_value` is so.
        options: As `plan.answer` takes them.
        deadline: On the monotonic clock, beside the `timeout` of `options`.
        verbatim: The request as its sender wrote it. Its reply is forwarded where the first answer fits.
        retries: How often each target is asked again for an answer that fits.

    Raises:
        Rejected: The schema is none.
        OutputError: No answer fitted. Of a stream it comes in place of its end.
    """
    form = request.output_format
    assert form is not None  # `wants_value` was asked
    check = check_of(form.schema)
    return _asked(
        Wanted(form.schema, form.name or "output", check, deadline, retries), plan, request, options, verbatim
    )


class Wanted(Struct, frozen=True):
    """What an answer has to fit, and how long that may take."""

    schema: Any
    name: str
    check: Callable[[Any], str | None]
    deadline: float | None
    retries: int

    def at(self, target: Target, technique: str) -> GivenSchema:
        """The schema, in the words that a technique has for it there."""
        return GivenSchema(self.schema, self.name, self.check, *subsets_at(target, technique))


class Way(Struct, frozen=True):
    """How one target is asked."""

    technique: str
    output: GivenSchema

    @property
    def native(self) -> bool:
        """Whether the provider holds the answer to the schema."""
        return self.technique in _NATIVE


def _asked(
    wanted: Wanted, plan: AnyPlan, request: Request, options: Mapping[str, Any], verbatim: Verbatim | None
) -> Flow[LLMResponse]:
    """`plan` asked; over a route, each of its targets."""
    if isinstance(plan, RoutedPlan):
        return plan.answer(request, options, verbatim=verbatim, answering=partial(_asked, wanted))
    if request.n is not None and request.n > 1:
        return _unchecked(plan.answer(request, options, verbatim=verbatim))
    return _Asking(wanted, plan, request, options, verbatim).flow()


def _unchecked(flow: Flow[LLMResponse]) -> Flow[LLMResponse]:
    response = yield from flow
    return replace(response, warnings=(*response.warnings, _UNCHECKED))


class _Asking:
    """One target being asked for a value."""

    def __init__(
        self, wanted: Wanted, plan: Plan, request: Request, options: Mapping[str, Any], verbatim: Verbatim | None
    ) -> None:
        request = replace(request, model=plan.model)
        self._plan, self._request, self._verbatim = plan, request, verbatim
        self._options, self._limits = options, timeouts_of(plan.options(options).get("timeout"))
        self._retries = wanted.retries
        self._deadline = _sooner(wanted.deadline, self._limits.total)
        self._own_words = verbatim is not None and verbatim.suits(plan.target.dialect.name)
        if verbatim is not None:
            verbatim.facts_suffice = False  # what the answer says is judged
        self._way = _way(plan.target, request, wanted, own_words=self._own_words)
        self._answers: list[LLMResponse] = []

    def flow(self) -> Flow[LLMResponse]:
        """Whole, streamed as it comes, or whole and then streamed."""
        if not self._request.stream:
            return self._whole()
        return self._streamed() if self._way.native else self._streamed_once_whole()

    # ------------------------------------------------------------------ whole

    def _whole(self) -> Flow[LLMResponse]:
        technique, output = TECHNIQUES[self._way.technique], self._way.output
        request = replace(self._request, output_format=None, stream=False)
        rules = Rules(retries=Again(self._retries), deadline=self._deadline)
        try:
            found = yield from extract(self._ask, request, output, technique, rules)
        except (_NoValue, AnswerDeclined, AnswerCutOff):
            return self._of_all(self._answers[-1])
        return self._said(found.response, found.value)

    def _ask(self, shaped: Request) -> Flow[LLMResponse]:
        """First as the sender asked, where the provider holds answers to schemas; then as `shaped`."""
        first = not self._answers
        if not first:
            self._forget()
        if first and self._way.native:
            response = yield from self._plan.answer(self._first(), self._in_time(), verbatim=self._verbatim)
        else:
            response = yield from self._plan.answer(shaped, self._in_time())
        self._answers.append(response)
        if self._calls_tools(response):
            raise _NoValue
        return response

    def _first(self) -> Request:
        """The sender's request; to another dialect with the schema in its words."""
        return self._request if self._own_words else replace(self._request, output_format=self._way.output.format)

    def _calls_tools(self, response: LLMResponse) -> bool:
        """Whether it is a turn of the sender's own tools, which may be called like the value, and no answer yet."""
        return bool(self._request.tools and response.tool_calls)

    def _said(self, response: LLMResponse, value: str) -> LLMResponse:
        """The response whose text is the value: as it came where that is so already."""
        if response.content == value and not response.tool_calls:
            return response
        self._forget()
        thoughts = tuple(part for part in response.parts if isinstance(part, Reasoning))
        return replace(
            response,
            content=value,
            parts=(*thoughts, Text(value)),
            finish_reason="stop",
            raw_finish_reason=None,
            logprobs=None,
        )

    def _of_all(self, last: LLMResponse) -> LLMResponse:
        """What is no value, as it came, with what was used before."""
        if len(self._answers) == 1:
            return last
        attempts = tuple(attempt for each in self._answers for attempt in each.attempts)
        return replace(last, usage=total_usage(self._answers), cost=total_cost(self._answers), attempts=attempts)

    # ------------------------------------------------------------------ streamed

    def _streamed_once_whole(self) -> Flow[LLMResponse]:
        response = yield from self._whole()
        self._forget()
        for event in events_of(response):
            yield from emit(event)
        return response

    def _streamed(self) -> Flow[LLMResponse]:
        verbatim, ending = self._verbatim, Ending()
        if verbatim is not None:
            verbatim.holds_end = True
        flow = self._plan.answer(self._first(), self._in_time(), verbatim=verbatim)
        response = yield from watched(flow, ending)
        self._answers.append(response)
        self._refuse_misfit(response)
        if verbatim is not None:
            verbatim.let_end()
        for event in ending.held:
            yield from emit(event)
        return response

    def _refuse_misfit(self, response: LLMResponse) -> None:
        """Raise `OutputError` for a value that does not fit."""
        if self._calls_tools(response) or response.finish_reason not in (None, "stop", "tool_calls"):
            return
        if response.refusal is not None:
            return
        wrong = _misfit(self._way.output, response.content)
        if wrong is not None:
            name, where = self._way.output.name, {"provider": response.provider, "model": response.model}
            error = OutputError(f"the answer does not fit {name}: {wrong}", responses=[response], **where)
            error.attempts, error.partial = response.attempts, response
            raise error

    # ------------------------------------------------------------------ limits

    def _in_time(self) -> dict[str, Any]:
        """The options, with what is left of the time."""
        if self._deadline is None:
            return {**self._options}
        left = max(self._deadline - monotonic(), _AT_LEAST)
        return {**self._options, "timeout": replace(self._limits, total=left)}

    def _forget(self) -> None:
        """The answer is no longer what had come."""
        if self._verbatim is not None:
            self._verbatim.forget()


class _NoValue(Exception):
    """The model calls the sender's own tools."""


class Ending:
    """A witness that holds back the end of a stream."""

    def __init__(self) -> None:
        self.held: list[Event] = []

    def take(self, event: Event) -> Iterable[Event]:
        if isinstance(event, Finish):
            self.held.append(event)
            return ()
        return (event,)


def _misfit(output: GivenSchema, text: str) -> str | None:
    try:
        return output.misfit(text)
    except ValueError:
        return "it is no JSON"


def _way(target: Target, request: Request, wanted: Wanted, *, own_words: bool) -> Way:
    """The first of the ways that the provider does not refuse. The last is words, which nobody refuses."""
    for mode in _modes(target, request):
        technique = technique_for(target, request, mode)
        output = wanted.at(target, technique)
        if technique in _NATIVE and own_words:
            break
        if output.can_be_sent and not is_refused(technique, output):
            break
    else:
        technique = technique_for(target, request, Mode.JSON)
        output = wanted.at(target, technique)
    return Way(technique, output)


def _modes(target: Target, request: Request) -> Iterable[Mode | None]:
    provider_can = Mode.JSON_SCHEMA in modes_of((target.dialect.name,), target.spec.lacks)
    if provider_can and _may_be_held(target.facts(request.model)):
        yield Mode.JSON_SCHEMA
    if not request.tools:
        yield None  # what is right for the model


def _may_be_held(facts: ModelFacts | None) -> bool:
    """Whether the model is held to schemas, as far as is known."""
    return facts is None or "json_schema" in facts.formats or (facts.tools is None and not facts.formats)


def _sooner(deadline: float | None, seconds: float | None) -> float | None:
    limits = [deadline, None if seconds is None else monotonic() + seconds]
    return min((limit for limit in limits if limit is not None), default=None)
