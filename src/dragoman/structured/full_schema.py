"""The caller's type as JSON Schema with all that is known of it: what pydantic says, and what docstrings say of fields.

A field has no title but the one that its author gave: pydantic's own repeat the name, and every word is paid for.
A named tuple is an object here; its validator takes both that and a list.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import AliasChoices, BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind

from dragoman.structured.docstrings import read_class_docstring
from dragoman.structured.schema_nodes import ROOT, references

if TYPE_CHECKING:
    from pydantic_core import core_schema

T = TypeVar("T")


def full_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """The schema of what `adapter` validates. Where the whole is a reference, what it refers to is written out."""
    schema = adapter.json_schema(schema_generator=_Generator)
    seen: set[str] = set()
    while "$ref" in schema and schema["$ref"] not in seen:
        seen.add(schema["$ref"])
        beside = {word: value for word, value in schema.items() if word != "$ref"}
        schema = {**schema["$defs"][schema["$ref"].removeprefix(ROOT)], **beside}
    return _without_unused(schema)


def _without_unused(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` with those definitions only that it refers to."""
    definitions = schema.pop("$defs", {})
    used: dict[str, None] = {}
    waiting = [*references(schema)]
    while waiting:
        name = waiting.pop()
        if name not in used and name in definitions:
            used[name] = None
            waiting += references(definitions[name])
    kept = {name: definition for name, definition in definitions.items() if name in used}
    return {"$defs": kept, **schema} if kept else schema


class _Generator(GenerateJsonSchema):
    """Pydantic's, in the ways that the module says."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012  # pydantic's is so

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # of none
        return False

    def arguments_schema(self, schema: core_schema.ArgumentsSchema) -> JsonSchemaValue:
        return super().arguments_schema({**schema, "metadata": {}})

    def call_schema(self, schema: core_schema.CallSchema) -> JsonSchemaValue:
        """As pydantic before 2.14 has a named tuple."""
        cls: Any = schema["function"]
        return _described({**super().call_schema(schema), "title": cls.__name__}, cls)

    def named_tuple_schema(self, schema: Any) -> JsonSchemaValue:
        """As later ones have it."""
        fields: dict[str, Any] = {field["name"]: field["schema"] for field in schema["fields"]}
        required = [name for name, field in fields.items() if field["type"] != "default"]
        properties = {name: self.generate_inner(field) for name, field in fields.items()}
        cls: Any = schema["cls"]
        found = {"type": "object", "properties": properties, "required": required, "title": cls.__name__}
        return _described(found, cls)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _described(super().model_schema(schema), schema["cls"])

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _described(super().dataclass_schema(schema), schema["cls"])

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        return _described(super().typed_dict_schema(schema), schema.get("cls"))


def _described(schema: JsonSchemaValue, cls: type[Any] | None) -> JsonSchemaValue:
    """`schema` with what the docstring of `cls` says; what its author says elsewhere holds."""
    whole = _docstring(cls)
    text, of_field = read_class_docstring(whole)
    if text and schema.get("description", whole) == whole:
        schema["description"] = text
    if of_field and cls is not None:
        names = _names_in_json(cls)
        said = {names.get(name, name): description for name, description in of_field.items()}
        schema["properties"] = {
            name: {**field, "description": said[name]} if name in said and "description" not in field else field
            for name, field in cast("dict[str, Any]", schema.get("properties", {})).items()
        }
    return schema


def _docstring(cls: type[Any] | None) -> str:
    """What was written for the class: neither its parent's docstring, nor the signature that Python makes up."""
    said = vars(cls).get("__doc__") if cls is not None else None
    if not isinstance(said, str) or cls is None or said.startswith(f"{cls.__name__}("):
        return ""
    return inspect.cleandoc(said)


def _names_in_json(cls: type[Any]) -> dict[str, str]:
    """What the fields of `cls` are called in JSON, where they are not called as in Python."""
    fields: Mapping[str, Any] = {}
    if issubclass(cls, BaseModel):
        fields = cls.model_fields
    elif is_dataclass(cls):
        fields = getattr(cls, "__pydantic_fields__", {})
    aliases = {name: _first(getattr(field, "validation_alias", None)) for name, field in fields.items()}
    return {name: alias for name, alias in aliases.items() if isinstance(alias, str)}


def _first(alias: Any) -> Any:
    return alias.choices[0] if isinstance(alias, AliasChoices) else alias
