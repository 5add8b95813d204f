"""`null` where a field was to be left out: as if it had been.

Strict modes require every field, so that one with a default may be `null` there; models say it elsewhere too. Where
the caller's type takes no `null` there, and has a default, the field is taken away before it is validated again. An
answer that fits as it is never comes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.structured.exact_json import read_exactly, write_exactly
from dragoman.structured.schema_nodes import Node, accepts_null, resolved


def without_absent(text: str | bytes, schema: Node) -> bytes | None:
    """The JSON `text` without fields that are `null` for being left out; `None` when there are none."""
    try:
        value = read_exactly(text)
        cleaned = _cleaned(value, schema, schema.get("$defs", {}))
        return None if cleaned is value else write_exactly(cleaned)
    except (ValueError, RecursionError):
        return None


def _cleaned(value: Any, schema: Any, definitions: Mapping[str, Any]) -> Any:
    """`value` itself when there is nothing to take away."""
    if not isinstance(schema, dict):
        return value
    match value:
        case dict():
            node = _meant(cast("Node", value), cast("Node", schema), definitions)
            return _of_object(cast("Node", value), node, definitions)
        case list():
            items = cast("list[Any]", value)
            node = resolved(cast("Node", schema), definitions)
            cleaned = [_cleaned(each, _place(node, nth), definitions) for nth, each in enumerate(items)]
            return items if all(new is old for new, old in zip(cleaned, items, strict=True)) else cleaned
        case _:
            return value


def _of_object(value: Node, node: Node, definitions: Mapping[str, Any]) -> Node:
    properties: Node = node.get("properties", {})
    rest = node.get("additionalProperties")
    kept = {
        name: _cleaned(each, properties.get(name, rest), definitions)
        for name, each in value.items()
        if not (each is None and _may_be_left_out(name, node, definitions))
    }
    same = len(kept) == len(value) and all(kept[name] is each for name, each in value.items())
    return value if same else kept


def _may_be_left_out(name: str, node: Node, definitions: Mapping[str, Any]) -> bool:
    properties: Node = node.get("properties", {})
    if name not in properties or name in node.get("required", ()):
        return False
    return not accepts_null(properties[name], definitions)


def _place(node: Node, nth: int) -> Any:
    places: list[Any] = node.get("prefixItems", [])
    return places[nth] if nth < len(places) else node.get("items")


def _meant(value: Node, schema: Node, definitions: Mapping[str, Any]) -> Node:
    """The schema of an object that `value` is meant to fit: of several, the first that it could."""
    objects = [node for node in _choices(schema, definitions) if node.get("type") == "object"]
    fitting = [node for node in objects if _could_be(value, node, definitions)]
    return (fitting or objects or [{}])[0]


def _could_be(value: Node, node: Node, definitions: Mapping[str, Any]) -> bool:
    """Whether `value` has what an object must have, and its constants."""
    properties: Node = node.get("properties", {})
    if any(name not in value for name in node.get("required", ())):
        return False
    if node.get("additionalProperties") is None and not value.keys() <= properties.keys():
        return False
    constants = {name: resolved(each, definitions).get("const") for name, each in properties.items() if name in value}
    return all(value[name] == constant for name, constant in constants.items() if constant is not None)


def _choices(schema: Node, definitions: Mapping[str, Any]) -> list[Node]:
    """What a schema may be: itself, or each of its alternatives."""
    node = resolved(schema, definitions)
    for word in ("anyOf", "oneOf"):
        if word in node:
            return [choice for each in node[word] for choice in _choices(each, definitions)]
    return [node]
