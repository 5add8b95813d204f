"""The script: answers given in advance, used before the rules, each once and in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, TypeAlias, cast

import msgspec
from msgspec import Struct

from dragoman.errors import ConfigurationError
from dragoman.messages import LLMResponse, Request
from dragoman.messages.parts import PartBase
from dragoman.testing.emulator.faults import Fault, Filter, fault_from

Step: TypeAlias = str | LLMResponse | Fault | Callable[[Request], str | LLMResponse]
"""A text, a whole answer, a fault, or a function that is given the request and answers it.

A function runs in a thread of its own, so it may wait; an `Error` that it raises is answered in the caller's dialect.
"""


class _Line(Struct):
    step: Step
    where: Filter


class Script:
    """Steps that wait for calls; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lines: list[_Line] = []

    def add(self, steps: Sequence[Step], where: Filter) -> None:
        """Raises `ConfigurationError` for what is no step."""
        for step in steps:
            _check(step)
        with self._lock:
            self._lines += [_Line(step, where) for step in steps]

    def next(self, model: str, path: str) -> Step | None:
        """The first step that is for such a call, taken out; `None` when there is none."""
        with self._lock:
            for line in self._lines:
                if line.where.lets_through(model, path):
                    self._lines.remove(line)
                    return line.step
        return None

    def clear(self) -> None:
        with self._lock:
            self._lines.clear()

    def __len__(self) -> int:
        return len(self._lines)


def _check(step: Any) -> None:
    if isinstance(step, LLMResponse):
        wrong = next((part for part in cast("Sequence[object]", step.parts) if not isinstance(part, PartBase)), None)
        if wrong is not None:
            raise ConfigurationError(
                f"parts of an answer are Text(…), ToolCall(…) and their like, not {type(wrong).__name__}: "
                'a text alone is a step, and LLMResponse("text") is an answer of it'
            )
    elif not isinstance(step, str | Fault) and not callable(step):
        raise ConfigurationError(
            f"a step of a script is a text, an LLMResponse, a Fault or a function, not {type(step).__name__}"
        )


def steps_from(values: list[Any]) -> list[Step]:
    """Steps from JSON: a text, `{"fault": {…}}`, or the fields of an `LLMResponse`.

    Raises `ConfigurationError` for what is none of them.
    """
    return [_step_from(value) for value in values]


def _step_from(value: Any) -> Step:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and "fault" in value:
        return fault_from(cast("dict[str, Any]", value["fault"]))
    try:
        return msgspec.convert(value, LLMResponse, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"not a step of a script: {error}") from None
