"""All the schemas inside a schema, each with the way to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias, cast

Way: TypeAlias = tuple[str, ...]
"""Keys from the root, places in lists as digits, as OpenAI tells them: `('properties', 'pets', 'items')`."""

_BY_NAME: Final = ("properties", "$defs", "definitions", "patternProperties")
_SINGLE: Final = ("items", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contains")
_LISTED: Final = ("anyOf", "oneOf", "allOf", "prefixItems")


def parts(schema: Any, way: Way = ()) -> Iterator[tuple[Way, dict[str, Any]]]:
    """Every object schema in `schema`, itself first; `true` and `false` are left out."""
    if not isinstance(schema, dict):
        return
    node = cast("dict[str, Any]", schema)
    yield way, node
    for word in _BY_NAME:
        for name, each in cast("dict[str, Any]", node.get(word) or {}).items():
            yield from parts(each, (*way, word, name))
    for word in _SINGLE:
        yield from parts(node.get(word), (*way, word))
    for word in _LISTED:
        for place, each in enumerate(node.get(word) or ()):
            yield from parts(each, (*way, word, str(place)))


def references(schema: Any) -> set[str]:
    """The names of the definitions that `schema` refers to."""
    return {str(node["$ref"]).rpartition("/")[2] for _, node in parts(schema) if "$ref" in node}
