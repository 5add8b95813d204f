"""`Refusals`: what a provider refuses although the codec of its dialect can read it.

A rule is here because such a refusal was recorded, reported with its body, or is in the provider's own reference; its
`source` says which. What nobody has seen refused is no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec import Struct

from dragoman.catalog import find_model, providers_of
from dragoman.messages import Request
from dragoman.testing.emulator.customs import customs_of

Wire: TypeAlias = dict[str, Any]


class Refusal(Struct, frozen=True):
    """How a provider says no: its status and its body."""

    message: str
    status: int
    body: Wire


Find: TypeAlias = Callable[[Wire, Request], Iterable[Refusal]]
"""Finds what is refused in a body, which has been read as a request."""


class Refused(Exception):
    """Ends the handling of a request that is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Rule(Struct, frozen=True):
    """One kind of request that is refused, in words for people, where that is known from, and how it is found."""

    refuses: str
    source: str
    find: Find


class Refusals(Struct, frozen=True, kw_only=True):
    """What one provider refuses, the home of a dialect.

    Attributes:
        unknown_model: What it says to the name of a model that it does not have.
        models: Where its models are listed: in the catalog's list of the dialect's `home`, in `any` list, as for a
            dialect that everybody serves, or in `none`, for nobody can say which there are.
        further: Models that the catalog lacks.
        own_names: How names begin that users give themselves.
        rules: What else it refuses, the first match told.
    """

    unknown_model: Callable[[str], Refusal]
    models: Literal["home", "any", "none"] = "any"
    further: frozenset[str] = frozenset()
    own_names: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    def find(self, wire: Wire, request: Request) -> Iterator[Refusal]:
        """Everything that is refused in a request."""
        for rule in self.rules:
            yield from rule.find(wire, request)


def knows(dialect: str, model: str, today: str) -> bool:
    """Whether the home of a dialect may have a model of this name on a day."""
    said = refusals_of(dialect)
    if said.models == "none" or not model or model in said.further or model.startswith(said.own_names):
        return True
    lists = (customs_of(dialect).price_list,) if said.models == "home" else providers_of(model)
    return any(is_served(name, model, today) for name in lists)


def is_served(provider: str, model: str, today: str) -> bool:
    """Whether a list of the catalog has the model, and it is not retired."""
    facts = find_model(provider, model)
    return facts is not None and not facts.retired(today)


def _no_such_model(name: str) -> Refusal:
    message = f"The model `{name}` does not exist"
    return Refusal(message, 404, {"error": {"message": message}})


_NOTHING: Final = Refusals(unknown_model=_no_such_model, models="none")


@cache
def refusals_of(dialect: str) -> Refusals:
    """What is refused at the home of the dialect called `dialect`; nothing where we know of nothing."""
    module = f"{__package__}.{dialect}"
    return import_module(module).REFUSALS if find_spec(module) else _NOTHING


# ---------------------------------------------------------------------- what several of them look for


def unknown_fields(known: frozenset[str], refuse: Callable[[str, Any], Refusal]) -> Find:
    """Fields of the body beside those that are known."""

    def find(wire: Wire, _: Request) -> Iterator[Refusal]:
        return (refuse(name, value) for name, value in wire.items() if name not in known)

    return find


def outside(field: str, least: float, most: float, refuse: Callable[[float], Refusal]) -> Find:
    """A number outside the range of its field."""

    def find(wire: Wire, _: Request) -> Iterator[Refusal]:
        value = wire.get(field)
        if isinstance(value, int | float) and not least <= value <= most:
            yield refuse(value)

    return find


def objects(value: object) -> list[tuple[int, Wire]]:
    """The objects of a list, with their places in it."""
    found: list[object] = cast("list[object]", value) if isinstance(value, list) else []
    return [(place, cast("Wire", each)) for place, each in enumerate(found) if isinstance(each, dict)]
