"""What only this dialect knows: how it is kept beside a record, and how it gets back into its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.dialects.base import Wire, write_extra
from dragoman.dialects.gemini.name import NAME
from dragoman.messages import Extra, JsonObject, Loss


def restore(wire: Wire, extra: Extra | None, where: str, losses: list[Loss]) -> None:
    """Put back what only this dialect knows; an object joins the object of its name, at any depth."""
    if extra is None:
        return
    if extra.dialect not in (None, NAME):
        write_extra(wire, extra, NAME, where, losses)
        return
    unite(wire, extra.spelling)
    unite(wire, extra.fields)


def unite(wire: Wire, other: JsonObject) -> None:
    """Put the fields of `other` into `wire`, what is inside objects too. No object that was there is changed."""
    for name, value in other.items():
        there = wire.get(name)
        if isinstance(there, dict) and isinstance(value, Mapping):
            joined = dict(cast("Wire", there))
            unite(joined, cast("JsonObject", value))
            value = joined  # noqa: PLW2901  # what is written in its place
        wire[name] = value


def rest_of(wire: Wire, known: frozenset[str], name: str = "", known_inside: frozenset[str] = frozenset()) -> Wire:
    """The fields of `wire` that are not `known`, with those of the object `name` in it that are not `known_inside`."""
    rest = {field: value for field, value in wire.items() if field not in known}
    if name:
        inside = {field: value for field, value in wire[name].items() if field not in known_inside}
        if inside:
            rest[name] = inside
    return rest


def extra_of(fields: JsonObject, spelling: JsonObject | None = None) -> Extra | None:
    return Extra(fields=fields, dialect=NAME, spelling=spelling or {}) if fields or spelling else None


def own(extra: Extra | None) -> Extra | None:
    """`extra`, when it is this dialect's."""
    return extra if extra is not None and extra.dialect == NAME else None


def objects_in(value: Any) -> list[Wire]:
    """The objects in a list that a server sent; anything else is none."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Wire", item) for item in items if isinstance(item, dict)]
