"""The caller's type as a schema that an answer must fit, and an answer as a value of that type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from msgspec import Raw
from msgspec.json import Decoder

from dragoman.errors import ConfigurationError
from dragoman.messages import OutputFormat, Tool
from dragoman.structured.portable import can_be_strict, portable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

WRAPPED: Final = "value"
"""The one field of the object that stands around a type whose schema is no object."""

_LONGEST_NAME: Final = 64
"""OpenAI takes no longer one (platform.openai.com/docs/api-reference/chat/create, read 2026-11-21)."""

_read_fields: Final = Decoder(dict[str, Raw]).decode


class OutputType(Generic[T]):
    """A type with its JSON Schema and its validator, both made by pydantic, once.

    `schema` is always that of an object. `tool` and `format` say it in the two ways that requests have for it.
    """

    __slots__ = ("_adapter", "format", "name", "schema", "tool", "wanted", "wrapped")

    def __init__(self, wanted: type[T]) -> None:
        self.wanted = wanted
        self._adapter, schema = _compiled(wanted)
        self.wrapped: bool = schema.get("type") != "object"
        self.name: str = _name(wanted)
        self.schema: dict[str, Any] = _wrap(schema) if self.wrapped else schema
        description = schema.get("description") or f"Give the answer as {self.name}."
        self.tool = Tool(name=self.name, description=description, parameters=self.schema)
        self.format = _format(self.name, self.schema)

    def parse(self, text: str, *, context: Mapping[str, Any] | None = None, strict: bool | None = None) -> T:
        """The value in the JSON `text`. Raises `pydantic.ValidationError`."""
        text_or_bytes = _unwrapped(text) if self.wrapped else text
        return self._adapter.validate_json(text_or_bytes, context=context, strict=strict)


def _compiled(wanted: type[T]) -> tuple[TypeAdapter[T], dict[str, Any]]:
    """The validator and the JSON Schema. Raises `ConfigurationError` for what pydantic cannot make them of."""
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        adapter = TypeAdapter(wanted)
        return adapter, adapter.json_schema()
    except (PydanticUserError, NameError) as error:
        raise ConfigurationError(f"response_model: {error}") from error


def _format(name: str, schema: dict[str, Any]) -> OutputFormat:
    """Strict where that can be; where it cannot, the provider's default holds."""
    shared = portable(schema)
    return OutputFormat(kind="json_schema", name=name, schema=shared, strict=can_be_strict(shared) or None)


def _wrap(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    return {"type": "object", "properties": {WRAPPED: inner}, "required": [WRAPPED], **definitions}


def _unwrapped(text: str) -> str | bytes:
    """What the one field holds; `text` itself when it is no such object, for then it may be the value."""
    try:
        fields = _read_fields(text)
    except (ValueError, RecursionError):
        return text
    return bytes(fields[WRAPPED]) if fields.keys() == {WRAPPED} else text


def _name(wanted: Any) -> str:
    name = getattr(wanted, "__name__", "output")
    return name[:_LONGEST_NAME] if name.isidentifier() and name.isascii() else "output"


@lru_cache(maxsize=256)
def _cached(wanted: type[T]) -> OutputType[T]:
    return OutputType(wanted)


def output_type(wanted: type[T]) -> OutputType[T]:
    """The `OutputType` of `wanted`, compiled once for each type that can be hashed."""
    try:
        return _cached(wanted)
    except TypeError:  # an unhashable annotation
        return OutputType(wanted)
