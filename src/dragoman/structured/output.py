"""The caller's type as a schema that an answer must fit, and an answer as a value of that type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, ForwardRef, Generic, Literal, TypeVar, get_args, get_origin

from msgspec import Raw
from msgspec.json import Decoder

from dragoman.errors import ConfigurationError
from dragoman.messages import OutputFormat, Tool
from dragoman.structured.absent import without_absent
from dragoman.structured.forms import name_of, validated_type
from dragoman.structured.kept import kept_with_type
from dragoman.structured.lowering import Lowered, lowered
from dragoman.structured.never_values import refuse_never_values
from dragoman.structured.subsets import ANY, SHARED

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

WRAPPED: Final = "value"
"""The one field of the object that stands around a type whose schema is no object."""

_read_fields: Final = Decoder(dict[str, Raw]).decode


class OutputType(Generic[T]):
    """A type with its JSON Schema and its validator, both made by pydantic, once.

    `schema` is always that of an object, with every word that pydantic has for the type. `tool` and `format` say it in
    the two ways that requests have for it, each in the words of a subset (`subsets.py`); `as_tool` and `as_form` tell
    what was lost on the way there.
    """

    def __init__(self, wanted: type[T], form: str = SHARED, tool: str = ANY) -> None:
        self.wanted = wanted
        self._adapter, schema = _compiled(wanted)
        self._form, self._tool = form, tool
        self.wrapped: bool = schema.get("type") != "object"
        self.name: str = name_of(wanted)
        self.schema: dict[str, Any] = wrap(schema) if self.wrapped else schema

    @cached_property
    def as_form(self) -> Lowered:
        """The schema as it is sent as the form of an answer."""
        return lowered(self.schema, self._form)

    @cached_property
    def as_tool(self) -> Lowered:
        """The schema as it is sent as the parameters of a tool."""
        return lowered(self.schema, self._tool)

    @cached_property
    def format(self) -> OutputFormat:
        """What the answer's text must be. Strict where that can be; where it cannot, the provider's default holds."""
        sent = self.as_form
        return OutputFormat(kind="json_schema", name=self.name, schema=sent.schema, strict=sent.strict)

    @cached_property
    def tool(self) -> Tool:
        """The tool whose arguments are the value."""
        said = self.schema.get("description") or f"Give the answer as {self.name}."
        return Tool(name=self.name, description=said, parameters=self.as_tool.schema, strict=self.as_tool.strict)

    def parse(self, text: str, *, context: Mapping[str, Any] | None = None, strict: bool | None = None) -> T:
        """The value in the JSON `text`. Raises `pydantic.ValidationError`."""
        text_or_bytes = unwrapped(text) if self.wrapped else text
        try:
            return self._adapter.validate_json(text_or_bytes, context=context, strict=strict)
        except ValueError:  # pydantic.ValidationError is one
            without = without_absent(text_or_bytes, self._validated_schema)
            if without is None:
                raise
        return self._adapter.validate_json(without, context=context, strict=strict)

    @property
    def _validated_schema(self) -> dict[str, Any]:
        """The schema of what is validated: without the object around it."""
        if not self.wrapped:
            return self.schema
        return {**self.schema["properties"][WRAPPED], "$defs": self.schema.get("$defs", {})}

    def __repr__(self) -> str:
        return f"<OutputType {self.name}>"


@kept_with_type
def _compiled_once(wanted: Any) -> tuple[TypeAdapter[Any], dict[str, Any]]:
    """The validator and the JSON Schema. Raises `ConfigurationError` for what pydantic cannot make them of."""
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    from dragoman.structured.full_schema import full_schema

    try:
        adapter = TypeAdapter[Any](validated_type(wanted))
        refuse_never_values(wanted, adapter.core_schema)
        return adapter, full_schema(adapter)
    except (PydanticUserError, NameError) as error:
        raise ConfigurationError(f"response_model: {_what_to_do(wanted) or error}") from error


def _compiled(wanted: Any) -> tuple[TypeAdapter[Any], dict[str, Any]]:
    _refuse_objects(wanted)
    return _compiled_once(wanted)


NO_TYPE: Final = "response_model: None asks for no value: pass a type, or call create() without response_model"


def _refuse_objects(wanted: object) -> None:
    """Raise `ConfigurationError` for what pydantic takes for a name or a schema of its own, or says much about."""
    kind = type(wanted)
    if wanted is None:
        raise ConfigurationError(NO_TYPE)
    if issubclass(kind, str | int | float | dict | list | tuple) or any(hasattr(kind, name) for name in _MARKS):
        raise ConfigurationError(
            f"response_model: a type is wanted, such as `User` or `list[User]`, not an object of `{kind.__name__}`"
        )


def _what_to_do(wanted: Any) -> str | None:
    """What to do about a type that `wanted` names by a text, as `list["User"]` does: nobody can say where to look."""
    name = _text_in(wanted)
    if name is None:
        return None
    return (
        f"`{wanted}` names the type `{name}` by a text, and only the class itself says which one is meant: "
        f"write {name} without quotes, below the class"
    )


def _text_in(wanted: Any) -> str | None:
    if isinstance(wanted, str | ForwardRef):
        return wanted if isinstance(wanted, str) else wanted.__forward_arg__
    if get_origin(wanted) is Literal:
        return None
    arguments = get_args(wanted)[:1] if get_origin(wanted) is Annotated else get_args(wanted)
    return next((name for each in arguments if (name := _text_in(each)) is not None), None)


_MARKS: Final = ("__pydantic_fields__", "__dataclass_fields__")
"""What classes have whose objects are values."""


def wrap(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    return {"type": "object", "properties": {WRAPPED: inner}, "required": [WRAPPED], **definitions}


def unwrapped(text: str) -> str | bytes:
    """What the one field holds; `text` itself when it is no such object, for then it may be the value."""
    try:
        fields = _read_fields(text)
    except (ValueError, RecursionError):
        return text
    return bytes(fields[WRAPPED]) if fields.keys() == {WRAPPED} else text


@kept_with_type
def _output_type(wanted: Any, form: str, tool: str) -> OutputType[Any]:
    return OutputType(wanted, form, tool)


def output_type(wanted: type[T], form: str = SHARED, tool: str = ANY) -> OutputType[T]:
    """The `OutputType` of `wanted`, compiled once for each type that can be hashed, in the words of two subsets."""
    return _output_type(wanted, form, tool)
