"""Whether a value fits a JSON Schema: draft 2020-12, as far as models of requests and answers use it.

One function a keyword, found in a table. `$ref` must point into the same schema. What is not in the table is an
annotation and does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from dragoman.testing.json_schema.formats import has_format

Schema: TypeAlias = Mapping[str, Any] | bool
"""A schema: an object, or `True` (anything) or `False` (nothing)."""


class UnknownReference(ValueError):
    """A `$ref` points nowhere in its schema."""


class Checker:
    """Checks values against the parts of one schema. Raises `UnknownReference` for a broken `$ref`."""

    __slots__ = ("root",)

    def __init__(self, root: Schema) -> None:
        self.root = root

    def fits(self, value: Any, schema: Schema | None = None) -> bool:
        """Whether `value` fits `schema`, a part of the root schema (the root itself when not given)."""
        schema = self.root if schema is None else schema
        if isinstance(schema, bool):
            return schema
        for keyword, wanted in schema.items():
            check = _KEYWORDS.get(keyword)
            if check is not None and not check(self, value, wanted, schema):
                return False
        return True

    def resolve(self, reference: str) -> Schema:
        """The part of the root schema that `#/a/b` names."""
        here: Any = self.root
        for step in reference.removeprefix("#").split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            try:
                here = cast("list[Any]", here)[int(key)] if isinstance(here, list) else here[key]
            except (KeyError, ValueError, IndexError, TypeError):
                raise UnknownReference(f"the schema has no `{reference}`") from None
        return here


def same(left: Any, right: Any) -> bool:
    """Equality as JSON has it: `true` is not 1, 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        ours, theirs = cast("dict[str, Any]", left), cast("dict[str, Any]", right)
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(left, list) and isinstance(right, list):
        items, others = cast("list[Any]", left), cast("list[Any]", right)
        return len(items) == len(others) and all(map(same, items, others))
    return left == right


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str] | None:
    """A schema's pattern for `re`, or `None` for what only other engines read."""
    pattern = pattern.replace(r"\z", r"\Z").replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")
    try:
        return re.compile(pattern)
    except re.error:
        return None


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


# ---------------------------------------------------------------------- one function a keyword

Check: TypeAlias = Callable[[Checker, Any, Any, Mapping[str, Any]], bool]
"""Checks a value against one keyword's value; the last argument is the schema it stands in."""


def _type(_: Checker, value: Any, wanted: Any, __: Any) -> bool:
    names = cast("list[str]", wanted) if isinstance(wanted, list) else [wanted]
    return any(name in TYPES and TYPES[name](value) for name in names)


def _one_of(checker: Checker, value: Any, branches: Sequence[Schema], _: Any) -> bool:
    return sum(checker.fits(value, branch) for branch in branches) == 1


def _if(checker: Checker, value: Any, condition: Schema, schema: Mapping[str, Any]) -> bool:
    return checker.fits(value, schema.get("then" if checker.fits(value, condition) else "else", True))


def _multiple_of(_: Checker, value: Any, step: float, __: Any) -> bool:
    if not is_number(value):
        return True
    quotient = value / step
    return int(quotient) == quotient


def _pattern(_: Checker, value: Any, pattern: str, __: Any) -> bool:
    if not isinstance(value, str):
        return True
    expression = compiled(pattern)
    return expression is not None and expression.search(value) is not None


def _properties(checker: Checker, value: Any, fields: Mapping[str, Schema], _: Any) -> bool:
    return not isinstance(value, dict) or all(
        name not in value or checker.fits(value[name], schema) for name, schema in fields.items()
    )


def additional(value: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """The names in `value` that neither `properties` nor `patternProperties` of `schema` speaks of."""
    patterns = [compiled(pattern) for pattern in schema.get("patternProperties", ())]
    return [
        name
        for name in value
        if name not in schema.get("properties", ()) and not any(each and each.search(name) for each in patterns)
    ]


def _additional_properties(checker: Checker, value: Any, rest: Schema, schema: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or all(
        checker.fits(value[name], rest) for name in additional(cast("dict[str, Any]", value), schema)
    )


def _pattern_properties(checker: Checker, value: Any, patterns: Mapping[str, Schema], _: Any) -> bool:
    if not isinstance(value, dict):
        return True
    fields = cast("dict[str, Any]", value)
    return all(
        checker.fits(fields[name], schema)
        for pattern, schema in patterns.items()
        for name in fields
        if (expression := compiled(pattern)) is None or expression.search(name)
    )


def _items(checker: Checker, value: Any, each: Schema, schema: Mapping[str, Any]) -> bool:
    if not isinstance(value, list):
        return True
    rest = cast("list[Any]", value)[len(schema.get("prefixItems", ())) :]
    return all(checker.fits(item, each) for item in rest)


def _prefix_items(checker: Checker, value: Any, places: Sequence[Schema], _: Any) -> bool:
    return not isinstance(value, list) or all(
        checker.fits(item, place) for item, place in zip(cast("list[Any]", value), places, strict=False)
    )


def _contains(checker: Checker, value: Any, wanted: Schema, schema: Mapping[str, Any]) -> bool:
    if not isinstance(value, list):
        return True
    found = sum(checker.fits(item, wanted) for item in cast("list[Any]", value))
    return schema.get("minContains", 1) <= found <= schema.get("maxContains", found)


def _unique(items: Any) -> bool:
    return not any(same(items[i], items[j]) for i in range(len(items)) for j in range(i))


def _dependent(_: Checker, value: Any, needs: Mapping[str, Sequence[str]], __: Any) -> bool:
    return not isinstance(value, dict) or all(
        other in value for name, others in needs.items() if name in value for other in others
    )


def _limit(kind: type | tuple[type, ...], measure: Callable[[Any], Any], holds: Callable[[Any, Any], bool]) -> Check:
    """A keyword that bounds a measure of values of one kind."""

    def check(_: Checker, value: Any, limit: Any, __: Any) -> bool:
        return not isinstance(value, kind) or isinstance(value, bool) or holds(measure(value), limit)

    return check


_NUMBER: Final = (int, float)


def _itself(value: Any) -> Any:
    return value


_KEYWORDS: Final[dict[str, Check]] = {
    "$ref": lambda checker, value, reference, _: checker.fits(value, checker.resolve(reference)),
    "type": _type,
    "const": lambda _, value, wanted, __: same(value, wanted),
    "enum": lambda _, value, members, __: any(same(value, member) for member in members),
    "allOf": lambda checker, value, branches, _: all(checker.fits(value, branch) for branch in branches),
    "anyOf": lambda checker, value, branches, _: any(checker.fits(value, branch) for branch in branches),
    "oneOf": _one_of,
    "not": lambda checker, value, schema, _: not checker.fits(value, schema),
    "if": _if,
    "minimum": _limit(_NUMBER, _itself, lambda number, limit: number >= limit),
    "maximum": _limit(_NUMBER, _itself, lambda number, limit: number <= limit),
    "exclusiveMinimum": _limit(_NUMBER, _itself, lambda number, limit: number > limit),
    "exclusiveMaximum": _limit(_NUMBER, _itself, lambda number, limit: number < limit),
    "multipleOf": _multiple_of,
    "minLength": _limit(str, len, lambda length, limit: length >= limit),
    "maxLength": _limit(str, len, lambda length, limit: length <= limit),
    "pattern": _pattern,
    "format": lambda _, value, name, __: not isinstance(value, str) or has_format(value, name),
    "minItems": _limit(list, len, lambda length, limit: length >= limit),
    "maxItems": _limit(list, len, lambda length, limit: length <= limit),
    "uniqueItems": lambda _, value, wanted, __: not (wanted and isinstance(value, list)) or _unique(value),
    "items": _items,
    "prefixItems": _prefix_items,
    "contains": _contains,
    "minProperties": _limit(dict, len, lambda length, limit: length >= limit),
    "maxProperties": _limit(dict, len, lambda length, limit: length <= limit),
    "required": lambda _, value, names, __: not isinstance(value, dict) or all(name in value for name in names),
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "propertyNames": lambda checker, value, schema, _: (
        not isinstance(value, dict) or all(checker.fits(name, schema) for name in cast("dict[str, Any]", value))
    ),
    "dependentRequired": _dependent,
}
