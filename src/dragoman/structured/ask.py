"""Ask until the answer fits: read as the technique says, validated, and asked again with what was wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic
from typing import Final, Generic, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.errors import CallerError, CallFailed, Error, FailedAttempt
from dragoman.exceptions import ResponseParsingError
from dragoman.flow import Flow, sleep
from dragoman.messages import Attempt, LLMResponse, Loss, Request
from dragoman.structured.async_validators import check_validators, validated
from dragoman.structured.explaining import without_values
from dragoman.structured.failures import Failed, total_cost, total_usage
from dragoman.structured.history import correction
from dragoman.structured.output import OutputType
from dragoman.structured.reading import read
from dragoman.structured.rules import Rules
from dragoman.structured.techniques import Technique

T = TypeVar("T")

Ask: TypeAlias = Callable[[Request], Flow[LLMResponse]]
"""How a request is sent: the calls flow, or a route."""


class Extracted(Struct, Generic[T], frozen=True):
    """A value of the caller's type, and the response it came from.

    `response.attempts`, `usage` and `cost` cover every try, the answers that did not fit included;
    `response.warnings` say what had to be repaired.
    """

    value: T
    response: LLMResponse


def extract(
    ask: Ask, request: Request, output: OutputType[T], technique: Technique, rules: Rules
) -> Flow[Extracted[T]]:
    """Ask for a value of `output`, again as `rules` say when the answer does not fit.

    Raises `OutputError` with every answer when none fits, at once when the model declined or was cut off.
    """
    asking = Asking(request, output, technique, rules)
    yield from asking.begin()
    while True:
        response = yield from asking.send(ask)
        try:
            return (yield from asking.extracted(response))
        except ValueError as error:
            yield from asking.again(response, error)


class Asking(Generic[T]):
    """One value being asked for: what was sent and answered so far, and what follows from an answer.

    `extract` takes its steps in their order; a stream of partial values takes the same ones around its events.
    """

    __slots__ = (
        "_asked", "_attempts", "_failed", "_output", "_responses", "_rules", "_said_by_caller", "_started",
        "_technique", "request",
    )  # fmt: skip

    def __init__(self, request: Request, output: OutputType[T], technique: Technique, rules: Rules) -> None:
        self.request = technique.shape(request, output)
        self._output = output
        self._said_by_caller = len(self.request.messages)
        self._technique = technique
        self._rules = rules
        self._started = monotonic()
        self._asked = 0
        self._attempts: list[Attempt] = []
        self._responses: list[LLMResponse] = []
        self._failed: list[FailedAttempt] = []

    def begin(self) -> Flow[None]:
        """Raises `UnsupportedFeature` for validators that this kind of call cannot run, before anything is paid for."""
        yield from check_validators(self._output)

    def send(self, ask: Ask) -> Flow[LLMResponse]:
        """Ask with `request`. What is raised has the attempts that were paid for before."""
        while True:
            self._asked += 1
            yield from self._rules.retries.before(self._asked)
            self._rules.watcher.asked(self.request)
            try:
                response = yield from ask(self.request)
            except Error as error:
                pause = yield from self._pause(error)
                self._rules.watcher.failed(error, asked=self._asked, is_last=pause is None)
                self._complete(error)
                if pause is None:
                    raise
                yield from sleep(pause)
            else:
                self._attempts.extend(response.attempts)
                self._responses.append(response)
                self._rules.watcher.answered(response)
                return response

    def extracted(self, response: LLMResponse) -> Flow[Extracted[T]]:
        """The value in `response`. Raises `ValueError` when it does not fit."""
        text = self._technique.find(response, self._output)
        if self._output.wrapped and response.finish_reason == "length" and text.rstrip()[-1:] not in _CLOSED:
            raise ResponseParsingError("the answer was cut off", raw_response=response)  # 42 may have been 4211
        found = read(self._output, text, self._rules, may_close=response.finish_reason in _WHOLE)
        value = yield from validated(self._output, found.value, self._rules.context)
        told = (*found.repairs, *self._technique.ignored(response, self._output))
        return Extracted(value, self._of_all_attempts(response, told))

    def again(self, response: LLMResponse, error: ValueError) -> Flow[None]:
        """Have `request` ask for a better answer than `response`, when its time has come.

        Raises `OutputError` when it shall not be asked again.
        """
        shown = without_values(error)
        self._failed.append(FailedAttempt(self._asked, shown, response))
        failed = Failed(self._output.name, self._failed, self._asked, self.request, self._rules.token_budget)
        final = failed.early()
        pause = None if final is not None else (yield from self._pause(error))
        self._rules.watcher.unfit(response, error, asked=self._asked, is_last=pause is None)
        if pause is None:
            final = final or failed.at_last()
            final.attempts = tuple(self._attempts)
            raise final from shown
        yield from sleep(pause)
        turns = correction(self._technique, response, self._output, error)
        self.request = replace(self.request, messages=(*self.request.messages, *turns))

    def _pause(self, error: Exception) -> Flow[float | None]:
        if isinstance(error, CallerError):  # to be mended, not to be tried again
            return None
        now = monotonic()
        pause = yield from self._rules.retries.pause(self._asked, error, now - self._started)
        deadline = self._rules.deadline
        return None if pause and deadline is not None and now + pause >= deadline else pause

    def _complete(self, error: Error) -> None:
        """Have `error` tell of the whole of the call, and not of its last part alone."""
        self._attempts.extend(error.attempts)
        error.attempts = tuple(self._attempts)
        error.failed_attempts = tuple(self._failed)
        if isinstance(error, CallFailed):
            error.n_attempts = self._asked
            error.total_usage = total_usage(self._responses)
            error.last_completion = next(reversed(self._responses), None)
            error.messages = self.request.messages

    def _of_all_attempts(self, response: LLMResponse, told: tuple[Loss, ...]) -> LLMResponse:
        """`response` as what the whole of the call came to."""
        warnings = (*filter(self._is_the_callers, response.warnings), *told)
        if warnings != response.warnings:
            response = replace(response, warnings=warnings)
        if len(self._attempts) == len(response.attempts):
            return response
        note = next((each.cost_note for each in self._responses if each.cost_note), None)
        return replace(
            response,
            attempts=tuple(self._attempts),
            usage=total_usage(self._responses),
            cost=total_cost(self._responses),
            cost_note=note,
        )

    def _is_the_callers(self, loss: Loss) -> bool:
        """Whether it is about what the caller said, and not about what was added to have a better answer."""
        turn = _TURN.match(loss.where)
        return turn is None or int(turn.group(1)) < self._said_by_caller


_TURN: Final = re.compile(r"messages\[(\d+)\]")
_CLOSED: Final = ("}", "]", '"')
_WHOLE: Final = frozenset({"stop", "tool_calls"})
"""Reasons to stop after which nothing is missing, as far as the provider knows."""
