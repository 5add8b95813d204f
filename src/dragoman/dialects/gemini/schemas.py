"""Schemas in Google's own form (a part of OpenAPI 3.0: `STRING`, `nullable`) as JSON Schema, for those who read it.

We write JSON Schema ourselves, which Gemini takes under other names; what came in Google's form goes back as it came.
Reference: ai.google.dev/api/caching#Schema (read 2026-11-21).
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.spelling import camel

_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_NUMBERS: Final = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
"""64-bit integers, which protobuf's JSON may write as strings."""

_LISTS: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_ONES: Final = frozenset({"items", "additionalProperties", "not"})
_MAPS: Final = frozenset({"properties", "$defs", "defs", "definitions"})
_DROPPED: Final = frozenset({"nullable", "propertyOrdering"})


def json_schema_of(schema: Wire) -> Wire:
    """`schema` as JSON Schema. What is JSON Schema already stays as it is."""
    converted: Wire = {}
    for spelled, value in schema.items():
        name = camel(spelled)
        if name not in _DROPPED:
            converted[name] = _converted(name, value)
    return _nullable(converted) if schema.get("nullable") is True else converted


def _converted(name: str, value: Any) -> Any:
    if name == "type" and isinstance(value, str):
        return value.lower() if value.lower() in _TYPES else value
    if name in _NUMBERS and isinstance(value, str) and value.isdecimal():
        return int(value)
    if name in _MAPS and isinstance(value, dict):
        return {key: _sub(inner) for key, inner in cast("Wire", value).items()}
    if name in _LISTS and isinstance(value, list):
        return [_sub(inner) for inner in cast("list[Any]", value)]
    return _sub(value) if name in _ONES else value


def _sub(value: Any) -> Any:
    return json_schema_of(cast("Wire", value)) if isinstance(value, dict) else value


def _nullable(schema: Wire) -> Wire:
    kind, values = schema.get("type"), schema.get("enum")
    if isinstance(values, list) and None not in values:
        schema = {**schema, "enum": [*values, None]}
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    if isinstance(schema.get("anyOf"), list):
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema
