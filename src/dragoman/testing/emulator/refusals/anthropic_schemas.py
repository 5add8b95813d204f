"""What Claude's providers refuse of a schema that answers are to be held to, in their own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dragoman.testing.json_schema.parts import parts, references

_NOT_SUPPORTED: Final = {
    "integer": ("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
    "number": ("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
    "string": ("maxLength", "minLength"),
    "array": ("maxItems",),
}
_MOST_OPTIONAL: Final = 24

SOURCES: Final = (
    "github.com/agentjido/req_llm/issues/302 (2025-12-28), github.com/vectorize-io/hindsight/issues/1289 (2026-04-27), "
    "github.com/ax-llm/ax/issues/458 (2025-11-28), github.com/BerriAI/litellm/issues/35808 (2026-08-04), "
    "github.com/ghostlobster/memorize-everything/issues/93 (2026-05-01), "
    "github.com/egonSchiele/agency-lang/issues/487 (2026-07-10), github.com/elie222/inbox-zero/issues/2323 (2026-04-20)"
)


def faults(schema: Any) -> Iterator[str]:
    """What is wrong with `schema`."""
    for _, node in parts(schema):
        yield from _faults(node)
    yield from _circles(schema.get("$defs") or {})


def too_optional(schemas: list[Any]) -> Iterator[str]:
    """What is wrong with all schemas of a request together."""
    nodes = [node for schema in schemas for _, node in parts(schema)]
    optional = sum(name not in node.get("required", ()) for node in nodes for name in node.get("properties", ()))
    if optional > _MOST_OPTIONAL:
        yield (
            f"Schemas contains too many optional parameters ({optional}), which would make grammar compilation "
            "inefficient. Reduce the number of optional parameters in your tool schemas "
            f"(limit: {_MOST_OPTIONAL})."
        )


def _faults(node: dict[str, Any]) -> Iterator[str]:
    kind = node.get("type")
    if kind == "object" and node.get("additionalProperties") is not False:
        yield _open(node.get("additionalProperties"))
    words = [word for word in _NOT_SUPPORTED.get(str(kind), ()) if word in node]
    if len(words) == 1:
        yield f"For '{kind}' type, property '{words[0]}' is not supported"
    elif words:
        yield f"For '{kind}' type, properties {', '.join(words)} are not supported"
    if kind == "array" and node.get("minItems", 0) not in (0, 1):
        yield "For 'array' type, 'minItems' values other than 0 or 1 are not supported"


def _open(extra: object) -> str:
    if extra is None:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    said = "true" if extra is True else "object"
    why = f"'additionalProperties: {said}' is not supported. Please set 'additionalProperties' to false"
    return f"For 'object' type, {why}"


def _circles(definitions: dict[str, Any]) -> Iterator[str]:
    for name in definitions:
        circle = _circle(name, name, definitions, ())
        if circle:
            yield (
                f"Circular reference detected in schema definitions: {' -> '.join(circle)}. Self-referencing or "
                "mutually-referencing definitions are not supported."
            )


def _circle(name: str, to: str, definitions: dict[str, Any], before: tuple[str, ...]) -> tuple[str, ...]:
    """The way from the definition `name` back to the one called `to`, empty when there is none."""
    if name in before:
        return ()
    for each in sorted(references(definitions.get(name))):
        if each == to:
            return (*before, name, to)
        way = _circle(each, to, definitions, (*before, name))
        if way:
            return way
    return ()
