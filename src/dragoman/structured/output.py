"""The caller's type as a tool the model must call, and its call as a value of that type."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from dragoman.errors import ConfigurationError
from dragoman.messages import Tool, ToolCall

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

WRAPPED: Final = "value"
"""The one field of the object that stands around a type whose schema is no object."""


class OutputType(Generic[T]):
    """A type with its JSON Schema and its validator, both made by pydantic, once."""

    __slots__ = ("_adapter", "_wrapped", "name", "tool")

    def __init__(self, wanted: type[T]) -> None:
        self._adapter: TypeAdapter[T] = _adapter(wanted)
        schema = self._adapter.json_schema()
        self._wrapped = schema.get("type") != "object"
        self.name: str = _tool_name(wanted)
        self.tool = Tool(
            name=self.name,
            description=schema.get("description") or f"Give the answer as {self.name}.",
            parameters=_wrap(schema) if self._wrapped else schema,
        )

    def parse(self, call: ToolCall) -> T:
        """The value in a call's arguments. Raises `pydantic.ValidationError`."""
        if self._wrapped and set(call.arguments) == {WRAPPED}:
            return self._adapter.validate_python(call.arguments[WRAPPED])
        return self._adapter.validate_json(call.arguments_json)


def _adapter(wanted: type[T]) -> TypeAdapter[T]:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return TypeAdapter(wanted)
    except PydanticUserError as error:
        raise ConfigurationError(f"response_model: {error}") from error


def _wrap(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    return {"type": "object", "properties": {WRAPPED: inner}, "required": [WRAPPED], **definitions}


def _tool_name(wanted: Any) -> str:
    name = getattr(wanted, "__name__", "output")
    return name if name.isidentifier() and name.isascii() else "output"


@lru_cache(maxsize=256)
def _cached(wanted: type[T]) -> OutputType[T]:
    return OutputType(wanted)


def output_type(wanted: type[T]) -> OutputType[T]:
    """The `OutputType` of `wanted`, compiled once for each type that can be hashed."""
    try:
        return _cached(wanted)
    except TypeError:  # an unhashable annotation
        return OutputType(wanted)
