"""`extract` of `ask.py`, streamed: the events of each answer go to the caller, with a mark where another begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

from msgspec.structs import replace

from dragoman.errors import OutputError
from dragoman.flow import Flow, emit
from dragoman.messages import LLMResponse, Request, Restarted
from dragoman.structured.ask import Ask, Extracted, extract
from dragoman.structured.output import OutputType
from dragoman.structured.rules import Rules
from dragoman.structured.techniques import Technique

T = TypeVar("T")

Extract: TypeAlias = Callable[[Ask, Request, OutputType[Any], Technique, Rules], Flow[Extracted[Any]]]
"""`extract`, or `stream_extract`."""

UNFIT: Final = OutputError.__name__
"""The `reason` of a `Restarted` between an answer that does not fit and the next."""


def stream_extract(
    ask: Ask, request: Request, output: OutputType[T], technique: Technique, rules: Rules
) -> Flow[Extracted[T]]:
    """`extract`, where `ask` pumps the events of what it asks. Before each further answer a `Restarted` is emitted."""
    before: list[LLMResponse] = []

    def ask_again(request: Request) -> Flow[LLMResponse]:
        if before:
            last = before[-1]
            yield from emit(Restarted(target=f"{last.provider}/{last.model}", reason=UNFIT))
        response = yield from ask(replace(request, stream=True))
        before[:] = [response]
        return response

    return (yield from extract(ask_again, request, output, technique, rules))
