"""How deep the shallowest value of a schema is: the way out of schemas that contain themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any, Final, cast

from dragoman.testing.json_schema.checking import Checker, Schema


class Depths:
    """The least nesting any value of a schema needs; `inf` when every value would contain itself.

    Found by going round: references start at `inf` and sink until nothing changes.
    """

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._of_reference: dict[str, float] = dict.fromkeys(_references(checker.root), inf)
        for _ in range(len(self._of_reference) + 1):
            before = dict(self._of_reference)
            for reference in before:
                self._of_reference[reference] = self.of(checker.resolve(reference))
            if before == self._of_reference:
                break

    def of(self, schema: Schema) -> float:
        if isinstance(schema, bool):
            return 0 if schema else inf
        parts = [self._of_reference[schema["$ref"]]] if "$ref" in schema else []
        parts += [self.of(part) for part in schema.get("allOf", ())]
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                parts.append(min(map(self.of, schema[keyword]), default=inf))
        parts.append(self._of_content(schema))
        return max(parts)

    def _of_content(self, schema: Mapping[str, Any]) -> float:
        """What the object or array itself needs inside. A schema that also allows other types may need less."""
        inside = [self.of(schema["properties"].get(name, True)) for name in schema.get("required", ()) if _has(schema)]
        inside += [self.of(item) for item in _needed_items(schema)]
        if schema.get("minProperties") and "properties" not in schema:
            inside.append(self.of(schema.get("additionalProperties", True)))
        return 1 + max(inside) if inside else 0


def _has(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema


def _needed_items(schema: Mapping[str, Any]) -> Iterator[Schema]:
    least, places = schema.get("minItems", 0), schema.get("prefixItems", ())
    yield from places[:least]
    if least > len(places):
        yield schema.get("items", True)


_NO_SCHEMAS: Final = frozenset({"const", "enum", "default", "examples", "required"})


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            if key == "$ref" and isinstance(value, str):
                yield value
            elif key not in _NO_SCHEMAS:
                yield from _references(value)
    elif isinstance(node, list):
        for item in cast("list[Any]", node):
            yield from _references(item)
