"""What OpenAI refuses of a schema that answers are to be held to, in its own words. Of several faults it tells one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from dragoman.testing.json_schema.parts import Way, parts

_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)  # github.com/BuilderIO/agent-native/pull/3085 (2026-08-18)
_NOT_PERMITTED: Final = (
    "default",  # github.com/567-labs/instructor/issues/1074 (2024-10-13)
    "uniqueItems",  # github.com/mastra-ai/mastra/issues/23321
    "propertyNames", "patternProperties",  # github.com/TanStack/ai/issues/976 (2026-07-21)
    "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas",  # its guide to structured outputs
)  # fmt: skip
_LOOKS_AROUND: Final = re.compile(r"\(\?<?[=!]")
_SAYS_TYPE: Final = ("type", "anyOf", "$ref", "enum", "const")

SOURCES: Final = (
    "recorded: gpt-4o-mini, status 400; github.com/moeru-ai/xsai/issues/202 (2025-07-31), "
    "github.com/camel-ai/camel/issues/3001 (2025-08-10), github.com/can1357/oh-my-pi/issues/206 (2026-02-28), "
    "github.com/existential-birds/daydream/issues/304 (2026-08-05)"
)


def faults(schema: Any, what: str) -> Iterator[str]:
    """What is wrong with `schema`, which stands in `what`: `function 'f'` or `response_format 'name'`."""
    if schema.get("type") != "object" or "anyOf" in schema:
        got = schema.get("type")
        yield f"Invalid schema for {what}: schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{got}\"'."
    for way, node in parts(schema):
        for fault in _faults(node):
            yield f"Invalid schema for {what}: In context={way}, {fault}"
        if _LOOKS_AROUND.search(str(node.get("pattern", ""))):
            yield f"Invalid JSON schema: regex lookaround is not supported. Found at {_path(way)}.pattern."


def _faults(node: dict[str, Any]) -> Iterator[str]:
    if not any(word in node for word in _SAYS_TYPE):
        yield "schema must have a 'type' key."
    if "$ref" in node and len(node) > 1:
        yield f"$ref cannot have keywords {set(node) - {'$ref'}}."
    yield from (f"'{word}' is not permitted." for word in _NOT_PERMITTED if word in node)
    if "format" in node and node["format"] not in _FORMATS:
        yield f"'{node['format']}' is not a valid format."
    if node.get("type") == "object":
        yield from _faults_of_object(node)


def _faults_of_object(node: dict[str, Any]) -> Iterator[str]:
    if node.get("additionalProperties") is not False:
        yield "'additionalProperties' is required to be supplied and to be false."
    why = "'required' is required to be supplied and to be an array including every key in properties."
    for name in node.get("properties", ()):
        if name not in node.get("required", ()):
            yield f"{why} Missing '{name}'."


def _path(way: Way) -> str:
    return ".".join(("$", *way))
