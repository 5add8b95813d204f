"""Schemas as dictionaries: what they say, and others made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

from dragoman.messages.json_text import encode_json

Node: TypeAlias = dict[str, Any]
"""A schema that is an object; `true` and `false` are schemas too."""

ROOT: Final = "#/$defs/"
"""How a reference to a definition begins."""


def node_of(schema: Any) -> Node:
    """`schema` when it is an object; for `true` and what is none, one that says nothing."""
    return cast("Node", schema) if isinstance(schema, dict) else {}


def references(value: Any) -> list[str]:
    """The names of the definitions that a part of a schema refers to."""
    match value:
        case dict():
            node = cast("dict[str, Any]", value)
            target = node.get("$ref")
            own = [target.removeprefix(ROOT)] if isinstance(target, str) else []
            return [*own, *(name for inner in node.values() for name in references(inner))]
        case list():
            return [name for inner in cast("list[Any]", value) for name in references(inner)]
        case _:
            return []


def flat(schema: Node, definitions: Mapping[str, Any]) -> Node:
    """`schema` with what its `allOf` says beside the rest. A lone reference stays one; among others it is written out.

    What the parts say in conflict, such as two patterns, stays in `allOf`.
    """
    parts: list[Any] = schema.get("allOf", [])
    merged = {word: value for word, value in schema.items() if word != "allOf"}
    if len(parts) == 1 and not merged.keys() - _REMARKS:
        return {**cast("Node", parts[0]), **merged}
    rest: list[Any] = []
    for part in parts:
        written_out = _written_out(part, definitions)
        joined = None if written_out is None else _joined(merged, flat(written_out, definitions))
        if joined is None:
            rest.append(part)
        else:
            merged = joined
    return {**merged, "allOf": rest} if rest else merged


def resolved(schema: Any, definitions: Mapping[str, Any]) -> Node:
    """`schema` with what it refers to, and its `allOf`, written out; `{}` for one that is no object."""
    seen: set[str] = set()
    node: Node = cast("Node", schema) if isinstance(schema, dict) else {}
    while "$ref" in node and node["$ref"] not in seen:
        seen.add(node["$ref"])
        beside = {word: value for word, value in node.items() if word != "$ref"}
        node = {**definitions.get(node["$ref"].removeprefix(ROOT), {}), **beside}
    return flat(node, definitions)


def _written_out(part: Any, definitions: Mapping[str, Any]) -> Node | None:
    """What a part says; `None` for one that refers to nothing known, or is no object."""
    if not isinstance(part, dict):
        return None
    node = cast("Node", part)
    if "$ref" not in node:
        return node
    target: Any = definitions.get(str(node["$ref"]).removeprefix(ROOT))
    return {**target, **{word: value for word, value in node.items() if word != "$ref"}} if target else None


def _joined(left: Node, right: Node) -> Node | None:
    """What fits both, `None` when the words for it are in conflict."""
    joined = dict(left)
    for word, value in right.items():
        if word not in left or left[word] == value:
            joined[word] = value
        elif word == "properties" and not any(
            left[word][name] != value[name] for name in value.keys() & left[word].keys()
        ):
            joined[word] = {**left[word], **value}
        elif word == "required":
            joined[word] = [*dict.fromkeys([*left[word], *value])]
        elif word not in _REMARKS:
            return None
    return joined


def is_open(node: Mapping[str, Any]) -> bool:
    """Whether an object may have names that are not listed, so that its type counts on it."""
    extra = node.get("additionalProperties", "properties" not in node)
    return extra is not False or "patternProperties" in node


def accepts_null(schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether `null` fits a schema."""
    if not isinstance(schema, dict):
        return schema is True
    node = resolved(schema, definitions)
    if "enum" in node or "const" in node:
        return None in node.get("enum", [node.get("const", "")])
    for word in ("anyOf", "oneOf"):
        if word in node:
            return any(accepts_null(each, definitions) for each in node[word])
    types = node.get("type", "null")
    return "null" in (types if isinstance(types, list) else [types])


def closed(schema: Node) -> Node:
    """`schema` in its own words. Objects that do not say whether they are open are closed."""
    node = {word: _closed_in(word, value) for word, value in schema.items()}
    if "properties" in node:
        node.setdefault("additionalProperties", False)
    return node


def _closed_in(word: str, value: Any) -> Any:
    """What the word of a schema holds, where that is schemas: by name, in a list, or one."""
    match value:
        case dict() if word in _BY_NAME:
            return {name: _closed(each) for name, each in cast("Node", value).items()}
        case dict() if word in _SINGLE:
            return closed(cast("Node", value))
        case list() if word in _LISTED:
            return [_closed(each) for each in cast("list[Any]", value)]
        case _:
            return value


def _closed(value: Any) -> Any:
    return closed(cast("Node", value)) if isinstance(value, dict) else value


def reached(definitions: Mapping[str, Any]) -> dict[str, set[str]]:
    """By definition: all those that it leads to."""
    direct = {name: set(references(each)) for name, each in definitions.items()}
    return {name: _all_from(name, direct) for name in direct}


def _all_from(name: str, direct: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [*direct[name]]
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting += direct.get(each, ())
    return reached


def is_object(node: Node) -> bool:
    """Whether a schema is one of objects alone."""
    return node.get("type") == "object" or ("properties" in node and "type" not in node)


def json_type(value: Any) -> str:
    """The type of a value, in the words of a schema."""
    return next((name for kind, name in _TYPES.items() if type(value) is kind), "string")


def without_null(types: Any) -> Any:
    """The types of a schema but `null`."""
    names = [name for name in cast("list[str]", types) if name != "null"] if isinstance(types, list) else [types]
    return names[0] if len(names) == 1 else names


def nullable(schema: Node) -> Node:
    """`schema`, or `null`. What is said of the whole stays outside."""
    outer = {word: value for word, value in schema.items() if word in _OF_WHOLE}
    inner = {word: value for word, value in schema.items() if word not in _OF_WHOLE}
    branches: list[Node] = inner["anyOf"] if inner.keys() == {"anyOf"} else [inner]
    return {**outer, "anyOf": [*branches, {"type": "null"}]}


def alone(kept: Node) -> Node:
    """A reference with nothing beside it, which strict modes demand."""
    if len(kept) == 1:
        return kept
    return {**{word: value for word, value in kept.items() if word != "$ref"}, "anyOf": [{"$ref": kept["$ref"]}]}


def told_words(words: Node) -> str:
    """Words for a description: `(minimum: 1, maximum: 5)`."""
    texts = {word: value if isinstance(value, str) else encode_json(value).decode() for word, value in words.items()}
    return f"({', '.join(f'{word}: {text}' for word, text in texts.items())})"


_REMARKS: Final = frozenset({"title", "description", "default", "examples"})
_OF_WHOLE: Final = frozenset({"title", "description"})
_BY_NAME: Final = frozenset({"properties", "$defs", "patternProperties"})
_SINGLE: Final = frozenset({"items", "additionalProperties"})
_LISTED: Final = frozenset({"anyOf", "allOf", "oneOf", "prefixItems"})
_TYPES: Final[Mapping[type, str]] = {
    str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object", type(None): "null",
}  # fmt: skip
