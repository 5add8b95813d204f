"""Schemas in the words that providers share, and which of them strict modes take."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from dragoman.structured import output_type
from dragoman.structured.portable import can_be_strict, closed, portable

REF = {"$ref": "#/$defs/A"}
OPEN = {"type": "object", "additionalProperties": {"type": "integer"}}

NODES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("shared words stay", {"type": "string", "title": "T", "enum": ["a"]}, {"type": "string", "title": "T", "enum": ["a"]}),
    ("others are told", {"type": "integer", "minimum": 1, "maximum": 5},
     {"type": "integer", "description": "(minimum: 1, maximum: 5)"}),
    ("after what is told", {"type": "string", "format": "date", "description": "When"},
     {"type": "string", "description": "When (format: date)"}),
    ("`oneOf` is `anyOf`", {"oneOf": [REF, {"type": "null"}], "discriminator": {"propertyName": "kind"}},
     {"anyOf": [REF, {"type": "null"}]}),
    ("a reference alone stays", REF, REF),
    ("beside others it is wrapped", {**REF, "description": "Who"}, {"description": "Who", "anyOf": [REF]}),
    ("objects are closed", {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}},
     {"type": "object", "properties": {"a": {"type": "integer", "description": "(minimum: 1)"}},
      "additionalProperties": False}),
    ("those that say they are open stay open", OPEN, OPEN),
    ("a property may be called like a word", {"type": "object", "properties": {"minimum": {"type": "integer"}}},
     {"type": "object", "properties": {"minimum": {"type": "integer"}}, "additionalProperties": False}),
    ("all that is inside", {"$defs": {"A": {"type": "array", "items": {"type": "string", "pattern": "x"}}}},
     {"$defs": {"A": {"type": "array", "items": {"type": "string", "description": "(pattern: x)"}}}}),
    ("anything is allowed", {"type": "array", "items": True}, {"type": "array", "items": True}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "shared"), [row[1:] for row in NODES], ids=[row[0] for row in NODES])
def test_a_schema_in_shared_words(schema: dict[str, Any], shared: dict[str, Any]) -> None:
    assert portable(schema) == shared
    assert portable(shared) == shared


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    colour: Annotated[Colour, Field(description="Of the coat")]


class Home(BaseModel):
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]]
    owner: str | None


class Optional(BaseModel):
    name: str
    age: int = 3


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Node(BaseModel):
    children: list[Node]


@pytest.mark.parametrize(
    ("wanted", "strict"),
    [
        (Cat, True),
        (Home, True),
        (Node, True),
        (list[Dog], True),
        (int, True),
        (Optional, False),  # OpenAI wants every property
        (Open, False),
        (dict[str, int], False),
        (tuple[int, str], False),
        (list[Any], False),
    ],
)
def test_what_strict_modes_take(wanted: Any, strict: bool) -> None:
    output = output_type(wanted)
    assert output.format.strict is (True if strict else None)
    assert output.format.schema == portable(output.schema)


def test_no_schema_is_strict_that_says_nothing() -> None:
    assert not can_be_strict({})
    assert not can_be_strict(True)
    assert not can_be_strict({"description": "anything"})


def test_the_tool_has_the_schema_as_it_is() -> None:
    assert output_type(Cat).tool.parameters == TypeAdapter(Cat).json_schema()


A = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
CLOSED = {**A, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (A, CLOSED),
        (OPEN, OPEN),
        ({"oneOf": [A, {"type": "null"}]}, {"oneOf": [CLOSED, {"type": "null"}]}),
        ({"type": "array", "items": A, "maxItems": 3}, {"type": "array", "items": CLOSED, "maxItems": 3}),
        ({"$defs": {"B": A}, "$ref": "#/$defs/B"}, {"$defs": {"B": CLOSED}, "$ref": "#/$defs/B"}),
        ({"additionalProperties": A}, {"additionalProperties": CLOSED}),
        ({"enum": [{"properties": {}}]}, {"enum": [{"properties": {}}]}),
        (
            {"type": "object", "properties": {"properties": A}},
            {"type": "object", "properties": {"properties": CLOSED}, "additionalProperties": False},
        ),
    ],
)
def test_objects_are_closed_and_all_words_stay(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    """For models that are held to the whole schema."""
    assert closed(schema) == expected
