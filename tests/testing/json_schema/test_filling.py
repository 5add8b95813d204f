"""Forms filled in: always valid, whoever checks, and with what the prompt says."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel, Field, TypeAdapter

from dragoman.structured.lowering import lowered
from dragoman.testing.json_schema import Facts, Unfillable, fill_schema

from .schemas import prompts, types


def fill(kind: Any, prompt: str = "") -> Any:
    """A form of a Python type, filled in, and read by pydantic."""
    adapter = TypeAdapter(kind)
    return adapter.validate_json(json.dumps(fill_schema(adapter.json_schema(), Facts([prompt]))))


CALM: Any = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
"""The same examples each time: a run that fails must fail again."""


def check_filling(kind: Any, prompt: str) -> None:
    adapter = TypeAdapter(kind)
    schema = adapter.json_schema()
    value = fill_schema(schema, Facts([prompt]))
    jsonschema.Draft202012Validator(schema).validate(value)
    adapter.validate_json(json.dumps(value))


@given(kind=types, prompt=prompts)
@settings(max_examples=250, **CALM)
def test_valid_for_whatever_pydantic_can_ask_for(kind: Any, prompt: str) -> None:
    check_filling(kind, prompt)


@pytest.mark.soak
@pytest.mark.timeout(0)
@given(kind=types, prompt=prompts)
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_valid_for_ever_new_types(kind: Any, prompt: str) -> None:
    check_filling(kind, prompt)


@given(kind=types, prompt=prompts)
@settings(max_examples=50, **CALM)
def test_the_same_form_and_prompt_give_the_same_value(kind: Any, prompt: str) -> None:
    schema = TypeAdapter(kind).json_schema()
    assert fill_schema(schema, Facts([prompt])) == fill_schema(schema, Facts([prompt]))


# ---------------------------------------------------------------------- what the prompt says


class Contact(BaseModel):
    name: str
    age: int
    email: str | None = None


class Review(BaseModel):
    rating: float
    recommended: bool
    released: date | None
    sentiment: Literal["positive", "negative", "very_negative"]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Links(BaseModel):
    homepage: str
    published: date
    server: Annotated[str, Field(json_schema_extra={"format": "ipv4"})]


ADA = Contact(name="Ada", age=36)
FROM_PROMPTS: list[tuple[Any, str, Any]] = [
    (Contact, "John Smith is 30 years old, john@x.org", Contact(name="John Smith", age=30, email="john@x.org")),
    (Contact, "Extract: name: Ada, born 1815, age 36", ADA),
    (Contact, 'My "name" is "Ada" and I am of age 36', ADA),
    (Contact, "Extract the person: 36 and Ada", ADA),
    (Contact, "名前は「さくら」、17", Contact(name="さくら", age=17)),
    (list[Contact], "John is 25, Jane Doe is 30.", [Contact(name="John", age=25), Contact(name="Jane Doe", age=30)]),
    (list[str], "Name three: 'red', 'green', 'blue'", ["red", "green", "blue"]),
    (list[int], "Sort 3, 1,000 and -2", [3, 1000, -2]),
    (int, "What is 17?", 17),
    (float, "It costs $1,299.99.", 1299.99),
    (Decimal, "In 'red', it costs $1,299.99.", Decimal("1299.99")),
    (Annotated[int, Field(ge=100)], "Between 7 and 250", 250),
    (Literal["red", "dark green"], "I like dark green best", "dark green"),
    (Pet, "I have a dog called Rex", Dog(kind="dog", name="Rex")),
    (Pet, "A cat with 9 lives", Cat(kind="cat", lives=9)),
    (int | str, "It is 42", 42),
    (int | None, "Nothing to see", None),
    (list[Contact] | None, "Ada is 36, Bob is 41", [ADA, Contact(name="Bob", age=41)]),
    (list[Contact] | None, "nothing to see", None),
    (
        Review,
        "Rated 8.5. Recommended: no. Released 2023-09-22. Sentiment: very negative",
        Review(rating=8.5, recommended=False, released=date(2023, 9, 22), sentiment="very_negative"),
    ),
    (
        Links,
        "See https://example.org/a?b=1, out since 2024-02-03, at 192.0.2.7.",
        Links(homepage="https://example.org/a?b=1", published=date(2024, 2, 3), server="192.0.2.7"),
    ),
]


@pytest.mark.parametrize(("kind", "prompt", "value"), FROM_PROMPTS, ids=[row[1][:30] for row in FROM_PROMPTS])
def test_values_come_from_the_prompt(kind: Any, prompt: str, value: Any) -> None:
    assert fill(kind, prompt) == value


class Booking(BaseModel):
    day: date
    guests: int = Field(ge=2, le=6)
    code: str = Field(pattern=r"^[A-Z]{3}\d, \d$")
    tags: list[str] = Field(min_length=2, description="What it is about")


def test_what_descriptions_tell_is_heeded() -> None:
    form = lowered(Booking.model_json_schema(), "shared").schema
    assert "format" not in form["properties"]["day"]
    value = fill_schema(form, Facts(["Book 'Ritz' for 9 people from 2026-12-24"]))
    booking = Booking.model_validate(value)
    assert booking.day == date(2026, 12, 24)


@pytest.mark.parametrize("said", ["(minLength: many)", "(format: no-such)", "(see: above)", "(minimum: 3"])
def test_words_in_brackets_are_words(said: str) -> None:
    schema = {"type": "string", "description": f"A name {said}"}
    assert fill_schema(schema, Facts(["It is 'Ada'."])) == "Ada"


def test_two_fields_get_two_facts() -> None:
    class Route(BaseModel):
        start: str
        end: str

    assert fill(Route, "From Rome to Paris") == Route(start="Rome", end="Paris")


def test_what_is_labelled_is_for_one_field() -> None:
    class Book(BaseModel):
        title: str
        author: str

    assert fill(Book, "title: 'Emma', by 'Jane'") == Book(title="Emma", author="Jane")


def test_a_list_that_is_labelled_is_taken_whole() -> None:
    class Tagged(BaseModel):
        tags: list[str]

    assert fill(Tagged, "Tags: red, green and blue.") == Tagged(tags=["red", "green", "blue"])


def test_a_field_that_may_be_left_out_is_left_out_without_a_fact() -> None:
    schema = {"type": "object", "properties": {"size": {"type": "integer"}, "email": {"type": "string"}}}
    assert fill_schema(schema, Facts(["write to a@b.org"])) == {"email": "a@b.org"}


# ---------------------------------------------------------------------- shapes that are hard


class Node(BaseModel):
    name: str
    children: list[Node] = []
    parent: Node | None = None


class Tree(BaseModel):
    left: Tree | int
    right: Tree | int


class Chain(BaseModel):
    next: Chain


@pytest.mark.parametrize("kind", [Node, Tree, list[Tree], dict[str, Node]])
def test_schemas_that_contain_themselves_come_to_an_end(kind: Any) -> None:
    fill(kind, "Ada, Bob, 1, 2 and 3")


SCHEMAS: list[Any] = [
    {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    {"allOf": [{"type": "object", "properties": {"a": {"minimum": 3}}}, {"required": ["a"], "properties": {"a": {"type": "integer", "maximum": 4}}}]},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"type": "string", "minLength": 3}}},
    {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 1}}},
    {"type": ["string", "null"], "maxLength": 0},
    {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
    {"enum": [None, 1, "x"], "type": "string"},
    {"type": "object", "minProperties": 2, "additionalProperties": {"type": "boolean"}},
    {"type": "object", "patternProperties": {"^x-[a-z]$": {"type": "integer"}}, "additionalProperties": False, "minProperties": 3},
    {"type": "object", "propertyNames": {"enum": ["a", "b"]}, "minProperties": 2},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "multipleOf": 0.01, "minimum": 0.1},
    {"type": "integer", "minimum": 2**60},
    {"type": "string", "pattern": r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"},
    {"type": "string", "pattern": "[a-z]{2}", "minLength": 9, "maxLength": 9},
    {"minimum": 3, "maximum": 3},
    {"required": ["surprise"]},
    {"not": {"type": "string"}, "type": ["string", "integer"]},
    {"if": {"type": "string"}, "then": {"minLength": 3}, "type": "string", "maxLength": 5},
    {"type": "string", "contentMediaType": "application/json", "contentSchema": {"type": "array", "minItems": 1}},
    {"type": "array", "contains": {"const": "x"}, "items": {"const": "x"}},
    {},
    True,
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@pytest.mark.parametrize("prompt", ["", "Ada Lovelace, 36, and 3.5 'x'"])
def test_schemas_written_by_hand(schema: Any, prompt: str) -> None:
    jsonschema.validate(fill_schema(schema, Facts([prompt])), schema, jsonschema.Draft202012Validator)


UNFILLABLE: list[Any] = [
    False,
    {"enum": []},
    {"type": "integer", "minimum": 5, "maximum": 4},
    {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3},
    {"$ref": "#/$defs/nowhere"},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
    {"type": "string", "pattern": r"^\p{Lu}+$"},
    {"type": "string", "minLength": 3, "maxLength": 2},
    {"type": "widget"},
    {"type": "object", "properties": ["a"]},
    Chain.model_json_schema(),
]


@pytest.mark.parametrize("schema", UNFILLABLE, ids=lambda schema: str(schema)[:60])
def test_what_cannot_be_filled_in_is_said_so(schema: Any) -> None:
    with pytest.raises(Unfillable):
        fill_schema(schema, Facts(["Ada, 36"]))
