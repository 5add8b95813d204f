"""Several schemas as one: what `$ref` with siblings and `allOf` mean, written out.

The result may be wider than the parts together (two patterns become one); whoever fills it checks the value against
the schema as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Final, TypeAlias, cast

from dragoman.testing.json_schema.checking import Checker, Schema, UnknownReference

Flat: TypeAlias = dict[str, Any]
"""A schema without `$ref` and `allOf` at its top."""

NOTHING: Final[Flat] = {"enum": []}
"""The schema `false`, as an object."""


def flatten(checker: Checker, schema: Schema, *, seen: tuple[str, ...] = ()) -> Flat:
    """`schema` with its reference and its `allOf` merged in. Raises `UnknownReference`, also for a circle."""
    if isinstance(schema, bool):
        return {} if schema else NOTHING
    flat: Flat = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    reference = schema.get("$ref")
    if reference is not None:
        if reference in seen:
            raise UnknownReference(f"`{reference}` is defined by itself")
        flat = merge(flat, flatten(checker, checker.resolve(reference), seen=(*seen, reference)))
    for part in schema.get("allOf", ()):
        flat = merge(flat, flatten(checker, part, seen=seen))
    return flat


def merge(left: Flat, right: Flat) -> Flat:
    """A schema for what fits both, as far as the keywords can be joined; else `left`'s word holds."""
    merged = dict(left)
    for keyword, value in right.items():
        merged[keyword] = _JOIN.get(keyword, _first)(left[keyword], value) if keyword in left else value
    return merged


def _first(left: Any, _: Any) -> Any:
    return left


def _properties(left: Mapping[str, Schema], right: Mapping[str, Schema]) -> dict[str, Schema]:
    both = {name: _both(left[name], right[name]) for name in left if name in right}
    return {**left, **right, **both}


def _both(left: Schema, right: Schema) -> Schema:
    return {"allOf": [left, right]}


def _branches(left: list[Schema], right: list[Schema]) -> list[Schema]:
    return [_both(ours, theirs) for ours, theirs in product(left, right)]


def _types(left: str | list[str], right: str | list[str]) -> list[str]:
    ours, theirs = _as_list(left), _as_list(right)
    common = [name for name in ours if name in theirs]
    if "integer" not in common and "integer" in (*ours, *theirs) and {"integer", "number"} <= {*ours, *theirs}:
        common.append("integer")
    return common


def _as_list(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _members(left: list[Any], right: list[Any]) -> list[Any]:
    return [member for member in left if member in right]


def _required(left: list[str], right: list[str]) -> list[str]:
    return list(dict.fromkeys((*left, *right)))


_higher: Final = cast("Callable[[Any, Any], Any]", max)
_lower: Final = cast("Callable[[Any, Any], Any]", min)

_JOIN: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "properties": _properties,
    "patternProperties": _properties,
    "required": _required,
    "type": _types,
    "enum": _members,
    "anyOf": _branches,
    "oneOf": _branches,
    "items": _both,
    "additionalProperties": _both,
    "propertyNames": _both,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), _higher),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), _lower),
}
