"""Ask until the answer fits: a forced tool call, validated, and asked again with what was wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.errors import Error, OutputError
from dragoman.flow import Flow
from dragoman.messages import LLMResponse, Message, Request, Role, ToolCall, ToolChoice, ToolResult, Usage
from dragoman.structured.output import OutputType

T = TypeVar("T")

Ask: TypeAlias = Callable[[Request], Flow[LLMResponse]]
"""How a request is sent: the calls flow, or a route."""


class Extracted(Struct, Generic[T], frozen=True):
    """A value of the caller's type, and the response it came from.

    `response.attempts`, `usage` and `cost` cover every try, the answers that did not fit included.
    """

    value: T
    response: LLMResponse


def extract(ask: Ask, request: Request, output: OutputType[T], *, max_retries: int) -> Flow[Extracted[T]]:
    """Ask for a value of `output`, again up to `max_retries` times when the answer does not fit.

    Raises `OutputError` with every answer when none fits, at once when the model declined or was cut off.
    """
    request = replace(
        request,
        tools=(*request.tools, output.tool),
        tool_choice=ToolChoice(mode="required", names=(output.name,)),
    )
    answers: list[LLMResponse] = []
    while True:
        try:
            response = yield from ask(request)
        except Error as error:  # the answers before it were paid for
            error.attempts = (*(attempt for answer in answers for attempt in answer.attempts), *error.attempts)
            raise
        answers.append(response)
        call = next((call for call in response.tool_calls if call.name == output.name), None)
        if call is None or not call.complete:
            raise _output_error(_why_no_call(response), answers)
        try:
            return Extracted(output.parse(call), _with_all_attempts(answers))
        except ValueError as error:  # pydantic.ValidationError is one
            if len(answers) > max_retries:
                raise _output_error(f"the answer does not fit {output.name}: {error}", answers) from error
            request = replace(request, messages=(*request.messages, *_correction(response, call, error)))


def _why_no_call(response: LLMResponse) -> str:
    if response.refusal is not None or response.finish_reason in ("refusal", "content_filter"):
        return f"the model declined: {response.refusal or response.finish_reason}"
    if response.finish_reason == "length":
        return "the answer was cut off by the token limit: raise max_tokens"
    return "the model answered in text instead of the form asked for"


def _correction(response: LLMResponse, call: ToolCall, error: ValueError) -> tuple[Message, Message]:
    """The answer that did not fit, and what was wrong with it, as the next two turns."""
    said = f"This does not fit. Correct it and call the tool again.\n{error}"
    results = tuple(
        ToolResult(id=each.id, name=each.name, content=said if each is call else "not run", is_error=True)
        for each in response.tool_calls
    )
    return response.message, Message(Role.TOOL, results)


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
