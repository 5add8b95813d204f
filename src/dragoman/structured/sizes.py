"""How big a schema is, in the measures that providers limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from msgspec.structs import asdict

from dragoman.messages.json_text import encode_json
from dragoman.structured.schema_nodes import ROOT, Node
from dragoman.structured.subsets import Limits


def measures(schema: Node, limits: Limits) -> dict[str, tuple[int, int]]:
    """By name: how big `schema` is, and what the limit is, for the measures that have one."""
    set_limits = {name: most for name, most in asdict(limits).items() if most is not None}
    return {name.replace("_", " "): (_MEASURES[name](schema), most) for name, most in set_limits.items()}


def _nodes(schema: Any) -> Iterator[Node]:
    """Every schema in `schema`, itself and definitions included."""
    if not isinstance(schema, dict):
        return
    node = cast("Node", schema)
    yield node
    for word in ("properties", "$defs"):
        for each in cast("Node", node.get(word, {})).values():
            yield from _nodes(each)
    for word in ("anyOf", "prefixItems", "allOf"):
        for each in node.get(word, ()):
            yield from _nodes(each)
    for word in ("items", "additionalProperties"):
        yield from _nodes(node.get(word))


def _properties(schema: Node) -> int:
    return sum(len(node.get("properties", ())) for node in _nodes(schema))


def _optional(schema: Node) -> int:
    return sum(
        len(node["properties"].keys() - {*node.get("required", ())}) for node in _nodes(schema) if "properties" in node
    )


def _unions(schema: Node) -> int:
    fields = [field for node in _nodes(schema) for field in node.get("properties", {}).values()]
    return sum("anyOf" in field or isinstance(field.get("type"), list) for field in fields)


def _enum_values(schema: Node) -> int:
    return sum(len(node.get("enum", ())) for node in _nodes(schema))


def _name_characters(schema: Node) -> int:
    texts: list[Any] = []
    for node in _nodes(schema):
        texts += [*node.get("properties", ()), *node.get("$defs", ()), *node.get("enum", ()), node.get("const", "")]
    return sum(len(str(text)) for text in texts)


def _characters(schema: Node) -> int:
    return len(encode_json(schema).decode())


def _depth(schema: Node) -> int:
    """Objects and lists inside one another; a definition inside itself counts once."""
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    known: dict[str, int] = {}

    def deepest(each: Any) -> int:
        if not isinstance(each, dict):
            return 0
        node = cast("Node", each)
        name = str(node.get("$ref", "")).removeprefix(ROOT)
        if name in definitions and name not in known:
            known[name] = 0  # while it is measured: what leads back to it counts no further
            known[name] = deepest(definitions[name])
        inside = [*node.get("properties", {}).values(), *node.get("prefixItems", ())]
        inside += [node.get("items"), node.get("additionalProperties")]
        below = max(map(deepest, inside)) + (node.get("type") in ("object", "array"))
        return max([below, known.get(name, 0), *map(deepest, node.get("anyOf", ()))])

    return deepest(schema)


_MEASURES: Final = {
    "properties": _properties,
    "depth": _depth,
    "enum_values": _enum_values,
    "name_characters": _name_characters,
    "characters": _characters,
    "optional": _optional,
    "unions": _unions,
}
