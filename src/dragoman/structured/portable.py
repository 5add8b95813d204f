"""A JSON Schema in the words that providers share; the rest is said in descriptions, and validation enforces it.

Strict modes refuse words that they do not know, and each knows others: what only some enforce, such as `minimum`, is
left out for all. References: platform.openai.com/docs/guides/structured-outputs,
platform.claude.com/docs/build-with-claude/structured-outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from dragoman.messages import JsonObject


def portable(schema: JsonObject) -> JsonObject:
    """`schema` in shared words. Objects that do not say whether they are open are closed."""
    said = {_SPELLED.get(word, word): value for word, value in schema.items()}
    kept = {word: _INSIDE[word](value) for word, value in said.items() if word in _INSIDE}
    kept |= {word: value for word, value in said.items() if word in _PLAIN}
    rest = [f"{word}: {value}" for word, value in said.items() if word not in _KNOWN]
    if rest:
        kept["description"] = " ".join([*filter(None, [kept.get("description")]), f"({', '.join(rest)})"])
    if "properties" in kept:
        kept.setdefault("additionalProperties", False)
    return _alone(kept) if "$ref" in kept else kept


def closed(schema: JsonObject) -> JsonObject:
    """`schema` in its own words. Objects that do not say whether they are open are closed, here too."""
    node = {word: _closed_in(word, value) for word, value in schema.items()}
    if "properties" in node:
        node.setdefault("additionalProperties", False)
    return node


def _closed_in(word: str, value: Any) -> Any:
    """What the word of a schema holds, where that is schemas: by name, in a list, or one."""
    match value:
        case dict() if word in _BY_NAME:
            return {name: _closed(each) for name, each in cast("JsonObject", value).items()}
        case dict() if word in _SINGLE:
            return closed(cast("JsonObject", value))
        case list() if word in _LISTED:
            return [_closed(each) for each in cast("list[Any]", value)]
        case _:
            return value


def _closed(value: Any) -> Any:
    return closed(cast("JsonObject", value)) if isinstance(value, dict) else value


def can_be_strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes it: every object closed, with all of its properties required."""
    if not isinstance(schema, dict):
        return False
    node = cast("JsonObject", schema)
    if not node.keys() <= _STRICT or not node.keys() & _TYPED:
        return False
    if node.get("type") == "object" and not _is_closed(node):
        return False
    return all(map(can_be_strict, _inside(node)))


def _is_closed(node: JsonObject) -> bool:
    properties = cast("JsonObject", node.get("properties", {}))
    return node.get("additionalProperties") is False and sorted(node.get("required", ())) == sorted(properties)


def _inside(node: JsonObject) -> Iterator[Any]:
    for word in ("properties", "$defs"):
        yield from cast("JsonObject", node.get(word, {})).values()
    yield from node.get("anyOf", ())
    if "items" in node:
        yield node["items"]


def _alone(kept: JsonObject) -> JsonObject:
    """A reference with nothing beside it, which strict modes demand."""
    if len(kept) == 1:
        return kept
    return {**{word: value for word, value in kept.items() if word != "$ref"}, "anyOf": [{"$ref": kept["$ref"]}]}


def _one(value: Any) -> Any:
    return portable(cast("JsonObject", value)) if isinstance(value, dict) else value


def _each(values: list[Any]) -> list[Any]:
    return [_one(value) for value in values]


def _named(values: JsonObject) -> JsonObject:
    return {name: _one(value) for name, value in values.items()}


_INSIDE: Final[dict[str, Callable[[Any], Any]]] = {
    "properties": _named, "$defs": _named, "items": _one, "additionalProperties": _one,
    "anyOf": _each, "allOf": _each, "prefixItems": _each,
}  # fmt: skip
_BY_NAME: Final = frozenset({"properties", "$defs", "patternProperties"})
_SINGLE: Final = frozenset({"items", "additionalProperties"})
_LISTED: Final = frozenset({"anyOf", "allOf", "oneOf", "prefixItems"})
_PLAIN: Final = frozenset({"type", "required", "enum", "const", "$ref", "title", "description"})
_KNOWN: Final = _PLAIN | _INSIDE.keys() | {"discriminator"}
_SPELLED: Final = {"oneOf": "anyOf"}
_STRICT: Final = _PLAIN | {"properties", "$defs", "items", "additionalProperties", "anyOf"}
_TYPED: Final = frozenset({"type", "anyOf", "$ref", "enum", "const"})
