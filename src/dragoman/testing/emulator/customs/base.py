"""`Customs`: what only the emulator has to know of a dialect; what every server has to is in `dialects/serving/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from msgspec import Struct

from dragoman.messages import LLMResponse, Reasoning, Request


def _anything(request: Request) -> None:
    """Where nothing is remembered and reasoning is not signed, whatever comes is fine."""


def _no_answer(request: Request) -> LLMResponse | None:
    """Every request is for a model."""


class Customs(Struct, frozen=True, kw_only=True):
    """The customs of a dialect. What is not said is as OpenAI has it.

    Attributes:
        price_list: The catalog's list for whoever speaks the dialect at home; another is used when only that one
            knows the model.
        not_here: Paths of the provider's that the emulator has nothing at: a call to one is refused in its own form.
        moderations: Where texts are judged, below the version; empty where they are not.
        own_answer: The answer to a request that asks the server itself and no model, `None` for all others.
        sign: Reasoning as the provider gives it, with what it wants back unchanged.
        check_state: Raises `Rejected` for a request that rests on what the provider remembers: the emulator does not.
        check_reasoning: Raises `Rejected` for reasoning that comes back changed or unsigned.
    """

    price_list: str = ""
    not_here: tuple[str, ...] = ()
    moderations: str = ""
    own_answer: Callable[[Request], LLMResponse | None] = _no_answer
    sign: Callable[[str], Reasoning] = Reasoning
    check_state: Callable[[Request], None] = _anything
    check_reasoning: Callable[[Request], None] = _anything


_OPENAI_LIKE: Final = Customs()


@cache
def customs_of(dialect: str) -> Customs:
    """The customs of the dialect called `dialect`."""
    module = f"{__package__}.{dialect}"
    return import_module(module).CUSTOMS if find_spec(module) else _OPENAI_LIKE
