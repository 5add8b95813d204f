"""`Serving`: all that a server has to know of a dialect and its codec does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from msgspec import Struct

from dragoman.dialects.base import Wire
from dragoman.messages import ModelInfo

NO_SIGN: Final = b""
"""Where clients cannot read past a sign of life."""


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
    `parameter`, in the query of those who list so and of no others. `show` is the body that tells what a model can do,
    where `show_path` is asked for one by a body that names it.
    """

    models: Callable[[Sequence[ModelInfo]], Wire]
    model: Callable[[ModelInfo], Wire]
    path: str | None = None
    parameter: str = ""
    show: Callable[[ModelInfo], Wire] | None = None
    show_path: str = ""


def _openai_model(model: ModelInfo) -> Wire:
    return {"id": model.id, "object": "model", "created": model.created_at or 0, "owned_by": model.owner or ""}


def _openai_models(models: Sequence[ModelInfo]) -> Wire:
    return {"object": "list", "data": [_openai_model(model) for model in models]}


class Serving(Struct, frozen=True, kw_only=True):
    """The manners of a dialect's servers. What is not said is as OpenAI has it.

    Attributes:
        request_id_header: The header that carries the id of the HTTP request.
        telling_headers: Headers that only this dialect's clients send; `{}`: those that the dialect demands. A value
            of `None` is any.
        passed_headers: Headers of a request that are part of what is asked: they go on to a server of the same dialect.
        elsewhere: Paths at which another host takes its requests; `MODEL-NAME` stands for a model's name.
        client: What the provider's own client calls itself in `user-agent`, for dialects on the path of another.
        counting: `None`: tokens are not counted.
        prefix: What its paths begin with at home.
        events_asked_by: What stands in the query of who wants a stream as events; without it, it comes as an array in
            JSON. Empty where all streams are events.
        sign_of_life: What keeps a silent stream from being given up on; `NO_SIGN` where clients stumble over it.
    """

    request_id_header: str = "x-request-id"
    telling_headers: Mapping[str, str | None] = {}
    passed_headers: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    client: str = ""
    listing: Listing = Listing(models=_openai_models, model=_openai_model)
    counting: Counting | None = None
    prefix: str = "/v1"
    events_asked_by: str = ""
    sign_of_life: bytes = b": keep-alive\n\n"


_OPENAI_LIKE: Final = Serving()


@cache
def serving_of(dialect: str) -> Serving:
    """The manners of those who serve the dialect called `dialect`."""
    module = f"{__package__}.{dialect}"
    return import_module(module).SERVING if find_spec(module) else _OPENAI_LIKE
