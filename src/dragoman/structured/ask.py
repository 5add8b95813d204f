"""Ask until the answer fits: read as the technique says, validated, and asked again with what was wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from time import monotonic
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.errors import Error, OutputError
from dragoman.flow import Flow, sleep
from dragoman.messages import LLMResponse, Request, Usage
from dragoman.structured.output import OutputType
from dragoman.structured.rules import Rules
from dragoman.structured.techniques import Technique, correction

T = TypeVar("T")

Ask: TypeAlias = Callable[[Request], Flow[LLMResponse]]
"""How a request is sent: the calls flow, or a route."""


class Extracted(Struct, Generic[T], frozen=True):
    """A value of the caller's type, and the response it came from.

    `response.attempts`, `usage` and `cost` cover every try, the answers that did not fit included.
    """

    value: T
    response: LLMResponse


def extract(
    ask: Ask, request: Request, output: OutputType[T], technique: Technique, rules: Rules
) -> Flow[Extracted[T]]:
    """Ask for a value of `output`, again as `rules` say when the answer does not fit.

    Raises `OutputError` with every answer when none fits, at once when the model declined or was cut off.
    """
    request, started = technique.shape(request, output), monotonic()
    answers: list[LLMResponse] = []
    while True:
        response = yield from _asked(ask, request, answers, rules)
        answers.append(response)
        try:
            value = output.parse(technique.find(response, output), context=rules.context, strict=rules.strict)
        except ValueError as error:  # pydantic.ValidationError is one
            why = _why_it_stopped(response)
            pause = None if why else rules.retries.pause(len(answers), error, monotonic() - started)
            rules.watcher.unfit(response, error, asked=len(answers), is_last=pause is None)
            if pause is None:
                raise _output_error(why or f"the answer does not fit {output.name}: {error}", answers) from error
            yield from sleep(pause)
            again = correction(technique, response, output, error)
            request = replace(request, messages=(*request.messages, *again))
        else:
            return Extracted(value, _with_all_attempts(answers))


def _asked(ask: Ask, request: Request, answers: list[LLMResponse], rules: Rules) -> Flow[LLMResponse]:
    rules.watcher.asked(request)
    try:
        response = yield from ask(request)
    except Error as error:  # the answers before it were paid for
        error.attempts = (*(attempt for answer in answers for attempt in answer.attempts), *error.attempts)
        rules.watcher.failed(error, asked=len(answers) + 1)
        raise
    rules.watcher.answered(response)
    return response


def _why_it_stopped(response: LLMResponse) -> str | None:
    """Why the same question would end in the same way, if it would."""
    if response.refusal is not None or response.finish_reason in ("refusal", "content_filter"):
        return f"the model declined: {response.refusal or response.finish_reason}"
    if response.finish_reason == "length":
        return "the answer was cut off by the token limit: raise max_tokens"
    return None


def _with_all_attempts(answers: list[LLMResponse]) -> LLMResponse:
    if len(answers) == 1:
        return answers[0]
    attempts = tuple(attempt for answer in answers for attempt in answer.attempts)
    usage = reduce(Usage.__add__, (answer.usage for answer in answers))
    costs = [answer.cost for answer in answers]
    total = None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))
    note = next((answer.cost_note for answer in answers if answer.cost_note), None)
    return replace(answers[-1], attempts=attempts, usage=usage, cost=total, cost_note=note)


def _output_error(message: str, answers: list[LLMResponse]) -> OutputError:
    last = answers[-1]
    error = OutputError(message, responses=answers, provider=last.provider, model=last.model)
    error.attempts = _with_all_attempts(answers).attempts
    return error
