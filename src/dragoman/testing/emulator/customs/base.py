"""`Customs`: all that the emulator has to know of a dialect and the codec does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, TypeAlias

from msgspec import Struct

from dragoman.catalog import providers_of
from dragoman.messages import LLMResponse, Reasoning, Request

Wire: TypeAlias = dict[str, Any]

BIRTHDAY: Final = 1_735_689_600
"""2025-01-01, as good a day as any for a model to have been made."""

_NOBODY: Final = "dragoman"


class Counting(Struct, frozen=True, kw_only=True):
    """Where tokens are counted without an answer, and how.

    Attributes:
        path: Below the version; `MODEL-NAME` stands for a model's name.
        request: Makes of the body one that the dialect reads as a request.
        reply: The body that tells a count.
    """

    path: str
    request: Callable[[Wire], Wire]
    reply: Callable[[int], Wire]


class Listing(Struct, frozen=True, kw_only=True):
    """How models are listed: the bodies for all of them and for one.

    `path` is set where it is not `/models`, which all dialects share. Headers then tell whose client is calling, or
    `parameter`, in the query of those who list so and of no others.
    """

    models: Callable[[Sequence[str]], Wire]
    model: Callable[[str], Wire]
    path: str | None = None
    parameter: str = ""


def _openai_model(name: str) -> Wire:
    owner = next(iter(providers_of(name)), _NOBODY)
    return {"id": name, "object": "model", "created": BIRTHDAY, "owned_by": owner}


def _openai_models(names: Sequence[str]) -> Wire:
    return {"object": "list", "data": [_openai_model(name) for name in names]}


def _anything(request: Request) -> None:
    """Where nothing is remembered and reasoning is not signed, whatever comes is fine."""


def _no_answer(request: Request) -> LLMResponse | None:
    """Every request is for a model."""


class Customs(Struct, frozen=True, kw_only=True):
    """The customs of a dialect. What is not said is as OpenAI has it.

    Attributes:
        price_list: The catalog's list for whoever speaks the dialect at home; another is used when only that one
            knows the model.
        request_id_header: The header that carries the id of the HTTP request.
        telling_headers: Headers that only this dialect's clients send; `{}`: those that the dialect demands. A value
            of `None` is any.
        elsewhere: Paths at which another host takes its requests; `MODEL-NAME` stands for a model's name.
        not_here: Paths of the provider's that the emulator has nothing at: a call to one is refused in its own form.
        client: What the provider's own client calls itself in `user-agent`, for dialects on the path of another.
        counting: `None`: the provider does not count.
        moderations: Where texts are judged, below the version; empty where they are not.
        own_answer: The answer to a request that asks the server itself and no model, `None` for all others.
        sign: Reasoning as the provider gives it, with what it wants back unchanged.
        check_state: Raises `Rejected` for a request that rests on what the provider remembers: the emulator does not.
        check_reasoning: Raises `Rejected` for reasoning that comes back changed or unsigned.
    """

    price_list: str = ""
    request_id_header: str = "x-request-id"
    telling_headers: Mapping[str, str | None] = {}
    elsewhere: tuple[str, ...] = ()
    not_here: tuple[str, ...] = ()
    client: str = ""
    listing: Listing = Listing(models=_openai_models, model=_openai_model)
    counting: Counting | None = None
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
