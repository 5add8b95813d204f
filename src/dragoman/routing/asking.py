"""How something is asked of a target. What it is — an answer, a value, a stream of either — routing does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from dragoman.flow import Flow
from dragoman.messages import LLMResponse
from dragoman.routing.target import Target

T = TypeVar("T")


class Allowance(Struct, frozen=True, kw_only=True):
    """What a target may do with a call.

    Attributes:
        seconds: How long it may take; `None` is without end.
        so_far: The text that another has begun and it is to go on from; `""` to begin.
    """

    seconds: float | None = None
    so_far: str = ""


class Asking(Struct, Generic[T], frozen=True, kw_only=True):
    """What is wanted of whichever target answers.

    Attributes:
        ask: The flow that asks a target, once.
        response_of: The response in what it comes to; `None` where the target gives none. Left out where it comes to
            a response; so is what follows.
        with_response: The same result with another response.
        stream: Whether the caller sees the events of the answer.
        continues: Whether an answer may be gone on from by another target: of values it may not.
        seen: Whether the caller has seen anything, where that is not the events: of a value that grows, or elements.
    """

    ask: Callable[[Target, Allowance], Flow[T]]
    response_of: Callable[[T], LLMResponse | None] | None = None
    with_response: Callable[[T, LLMResponse], T] | None = None
    stream: bool = False
    continues: bool = True
    seen: Callable[[], bool] | None = None
