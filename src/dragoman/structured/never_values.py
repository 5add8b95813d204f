"""What pydantic validates, and no answer of a model's may become: a call of the caller's function, a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from dragoman.errors import ConfigurationError


def refuse_never_values(wanted: object, schema: Mapping[str, Any]) -> None:
    """Raise `ConfigurationError` where pydantic would run a function with the answer, or wants a class.

    `schema` is the type's core schema. Pydantic has a call in it for a function, and for a named tuple, a class.
    """
    for node in _nodes(schema):
        function = node.get("function")
        if node.get("type") == "call" and not isinstance(getattr(function, "__self__", function), type):
            name = getattr(function, "__name__", repr(function))
            raise ConfigurationError(
                f"response_model: `{name}` is a function, and would be run with what the model says: pass a type with "
                f"fields for its parameters and call it yourself, or pass tools=[{name}] and see response.tool_calls"
            )
    if schema.get("type") == "is-subclass":
        raise ConfigurationError(f"response_model: {wanted} wants a class, which no JSON is: pass the class itself")


_NO_SCHEMAS: Final = ("metadata", "serialization", "default")


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    """Every object in a core schema. It has no circles: what refers to itself does so by name."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            fields = cast("dict[str, Any]", each)
            if isinstance(fields.get("type"), str):
                yield fields
            waiting += [inside for name, inside in fields.items() if name not in _NO_SCHEMAS]
        elif isinstance(each, list | tuple):
            waiting += cast("list[Any]", each)
