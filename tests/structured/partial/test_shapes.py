"""Values of every kind of type, from a document that is not whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, TypeVar
from uuid import UUID

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    RootModel,
    TypeAdapter,
    computed_field,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from dragoman.structured.partial import NOTHING, Reader, shape_of

T = TypeVar("T")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Cat(BaseModel):
    kind: Literal["cat"]
    name: str
    meows: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str
    barks: int


class Item(BaseModel):
    name: str
    price: Decimal


class Tree(BaseModel):
    value: int
    children: list[Tree] = []


class Page(BaseModel, Generic[T]):
    items: list[T]


@dataclass
class Point:
    x: int
    y: int = 0
    label: str = field(default="origin")


@dataclass(frozen=True, slots=True)
class Sealed:
    name: str


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Pair(NamedTuple):
    left: int
    right: str


Names = RootModel[list[str]]
Letters = RootModel[set[str]]
Length = NewType("Length", int)


def never(_: Any) -> Any:
    raise AssertionError("the caller's functions are for the whole value")


def shown(wanted: Any, text: str, *, wrapped: bool = False) -> Any:
    reader = Reader(shape_of(wanted, wrapped=wrapped))
    reader.feed(text)
    return reader.show()


SHOWN: list[tuple[Any, str, str]] = [
    # scalars: when they are whole, as what they are
    (str, '"Ad', "'Ad'"),
    (int, "12 ", "12"),
    (date, '"2026-11-2', "NOTHING"),
    (date, '"2026-11-21"', "datetime.date(2026, 11, 21)"),
    (UUID, '"12345678-1234-5678-1234-567812345678"', "UUID('12345678-1234-5678-1234-567812345678')"),
    (Decimal, '"1.10"', "Decimal('1.10')"),
    (float, "1 ", "1.0"),
    (Colour, '"re', "NOTHING"),
    (Colour, '"red"', "<Colour.RED: 'red'>"),
    (Literal["a", "ab"], '"a', "NOTHING"),
    (Length, "3 ", "3"),
    # what does not fit is not shown
    (int, '"x"', "NOTHING"),
    (int, '{"a": 1}', "NOTHING"),
    (list[int], '[1, "x", 2', "[1]"),
    (Item, '{"name": "Tea", "price": "cheap"', "PartialItem(name='Tea', price=None)"),
    (Colour, '"green"', "NOTHING"),
    (list[int], '"text"', "NOTHING"),
    (Item, "[1]", "NOTHING"),
    # containers grow
    (list[str], '["a", "b', "['a', 'b']"),
    (Sequence[int], "[1, 2", "[1]"),
    (Iterable[Item], '[{"name": "T', "[PartialItem(name='T', price=None)]"),
    (list, '[1, {"a', "[1, {}]"),
    (dict, '{"a": [1,', "{'a': [1]}"),
    (dict[str, Item], '{"tea": {"name": "T', "{'tea': PartialItem(name='T', price=None)}"),
    (Mapping[str, Any], '{"a": {"b": "c', "{'a': {'b': 'c'}}"),
    (tuple[int, ...], "[1, 2,", "(1, 2)"),
    (tuple[int, str], '[1, "x', "(1, 'x')"),
    (tuple, "[1,", "(1,)"),
    (list[date | None], '["2026-11-21", null, "2026', "[datetime.date(2026, 11, 21), None]"),
    # containers of other kinds come whole
    (set[str], '["a", "b"', "NOTHING"),
    (set[str], '["a", "a"]', "{'a'}"),
    (dict[int, str], '{"1": "a"', "NOTHING"),
    (dict[int, str], '{"1": "a"}', "{1: 'a'}"),
    # records: what has not come is None
    (Item, "{", "PartialItem(name=None, price=None)"),
    (Item, '{"price": 2.50, "na', "PartialItem(name=None, price=Decimal('2.5'))"),
    (Item, '{"other": [1, {"x": 2}], "name": "T', "PartialItem(name='T', price=None)"),
    (Tree, '{"value": 1, "children": [{"value": 2, "ch', "PartialTree(value=1, children=[PartialTree(value=2, children=None)])"),
    (Page[Item], '{"items": [{"name": "T', "PartialPage[Item](items=[PartialItem(name='T', price=None)])"),
    (Point, '{"x": 1, "la', "PartialPoint(x=1, y=None, label=None)"),
    (Sealed, '{"name": "T', "PartialSealed(name='T')"),
    (Movie, '{"title": "Se', "{'title': 'Se'}"),
    (Movie, '{"title": "Se", "year": 1995, "more": 1', "{'title': 'Se', 'year': 1995}"),
    (Pair, '{"left": 1', "Pair(left=None, right=None)"),
    (Pair, '{"left": 1, "right": "x', "Pair(left=1, right='x')"),
    (Names, '["a", "b', "PartialRootModel[list[str]](root=['a', 'b'])"),
    (Letters, '["a"]', "PartialRootModel[set[str]](root={'a'})"),
    # unions: JSON's kinds, keys and literals tell them apart
    (str | None, '"a', "'a'"),
    (Item | None, '{"name": "T', "PartialItem(name='T', price=None)"),
    (Item | None, "null", "None"),
    (str | int, '"a', "'a'"),
    (str | int, "1 ", "1"),
    (date | int, '"2026', "NOTHING"),
    (str | list[str], '["a', "['a']"),
    (str | Item, '{"name": "T', "PartialItem(name='T', price=None)"),
    (Cat | Dog, '{"name": "Rex', "NOTHING"),
    (Cat | Dog, '{"name": "Rex", "barks', "NOTHING"),
    (Cat | Dog, '{"name": "Rex", "barks": 3,', "PartialDog(kind=None, name='Rex', barks=3)"),
    (Cat | Dog, '{"kind": "dog", "name": "R', "PartialDog(kind='dog', name='R', barks=None)"),
    (Cat | Dog, '{"kind": "fish", "name": "R', "NOTHING"),
    (Annotated[Cat | Dog, Field(discriminator="kind")], '{"kind": "cat"', "PartialCat(kind='cat', name=None, meows=None)"),
    (dict[str, int] | list[int], "[1,", "[1]"),
    (list[int] | list[str], "[1,", "NOTHING"),
    (Any, '{"a": [1, {"b": "c', "{'a': [1, {'b': 'c'}]}"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "text", "expected"), SHOWN, ids=[f"{row[0]}-{row[1]}" for row in SHOWN])
def test_what_is_shown(wanted: Any, text: str, expected: str) -> None:
    assert repr(shown(wanted, text)) == expected


@pytest.mark.parametrize("rule", [AfterValidator(never), BeforeValidator(never)], ids=["after", "before"])
def test_the_callers_functions_do_not_run(rule: Any) -> None:
    """A validator may cost a call to a model. It runs once, on the whole."""

    class Checked(BaseModel):
        model_config = ConfigDict(validate_assignment=True)
        name: Annotated[str, rule]
        ages: list[Annotated[int, rule]]

        @field_validator("name")
        @classmethod
        def _never(cls, value: str) -> str:
            return never(value)

        @model_validator(mode="before")
        @classmethod
        def _never_whole(cls, value: Any) -> Any:
            return never(value)

        def model_post_init(self, _: Any) -> None:
            never(self)

    assert repr(shown(Checked, '{"name": "A", "ages": [1, 2,')) == "PartialChecked(name='A', ages=[1, 2])"


def test_rules_hold_for_what_is_whole_but_a_text_is_shown() -> None:
    class Ruled(BaseModel):
        age: int = Field(ge=0)
        name: Annotated[str, Field(min_length=5)]
        code: str = Field(pattern="^[A-Z]+$")

    assert (
        repr(shown(Ruled, '{"age": -1, "name": "Al", "code": "a1"')) == "PartialRuled(age=None, name='Al', code='a1')"
    )


def test_names_in_json_are_those_of_the_schema() -> None:
    class Named(BaseModel):
        first: str = Field(alias="firstName")
        last: str = Field(validation_alias=AliasChoices("lastName", "surname"))

    class ByName(Named):
        model_config = ConfigDict(populate_by_name=True)

    text = '{"firstName": "A", "surname": "B", "first": "C"'
    assert repr(shown(Named, text)) == "PartialNamed(first='A', last='B')"
    assert shown(ByName, '{"first": "C", "last": "D"').last == "D"
    reader = Reader(shape_of(Named))
    reader.feed('{"surname": "B", "firstName": "A')
    assert reader.is_complete(["last"])
    assert not reader.is_complete(["first"])


def test_snapshots_are_of_the_type_and_behave_like_it() -> None:
    class Person(BaseModel):
        model_config = ConfigDict(frozen=True, extra="allow")
        name: str
        home: Item
        kind: Literal["person"] = "person"
        notes: list[str] = []
        _seen: int = PrivateAttr(default=3)

        @computed_field
        @property
        def shouted(self) -> str:
            return self.name.upper()

    person = shown(Person, '{"name": "Ad')
    assert isinstance(person, Person)
    assert (person.name, person.home.price, person.kind, person.notes, person._seen) == ("Ad", None, "person", None, 3)
    assert person.shouted == "AD"
    assert person.model_fields_set == {"name"}
    assert person.model_dump(exclude={"shouted"}) == {
        "name": "Ad", "home": {"name": None, "price": None}, "kind": "person", "notes": None,
    }  # fmt: skip
    assert "shouted" not in repr(shown(Person, "{")), "a computed field may not bear what is missing"
    assert person == shown(Person, '{"name": "Ad')


def test_each_snapshot_is_its_own() -> None:
    reader = Reader(shape_of(Page[Item]))
    reader.feed('{"items": [{"name": "T", "price": 1}, {"name": "C')
    first = reader.show()
    before = repr(first)
    first_again = reader.show()
    reader.feed('up", "price": 2}]}')
    last = reader.show()
    assert repr(first) == before
    assert first == first_again
    assert first is not first_again
    assert first.items[0] is last.items[0], "what is finished is shared"
    assert first.items[1] is not last.items[1]


WRAPPED: list[tuple[str, str]] = [
    ("{", "NOTHING"),
    ('{"value": [{"name": "T', "[PartialItem(name='T', price=None)]"),
    ('[{"name": "T', "[PartialItem(name='T', price=None)]"),
    ('{"items": [1', "NOTHING"),
]


@pytest.mark.parametrize(("text", "expected"), WRAPPED)
def test_the_object_around_a_list_is_seen_through(text: str, expected: str) -> None:
    """As by `OutputType`: a model may also leave it out."""
    assert repr(shown(list[Item], text, wrapped=True)) == expected


def test_completeness_looks_through_the_object_around() -> None:
    reader = Reader(shape_of(list[Item], wrapped=True))
    reader.feed('{"value": [{"name": "Tea", "price": 1}, {"name": "C')
    complete = [path for path in ("0", "0.name", "1", "1.name") if reader.is_complete(path.split("."))]
    assert complete == ["0", "0.name"]
    reader.feed('"}]')
    assert reader.is_complete(())
    assert reader.is_complete(["1", "name"])


def test_a_member_that_was_read_too_early_is_taken_in_when_it_is_known_whose_it_is() -> None:
    class Small(BaseModel):
        kind: Literal["small"]
        born: date
        home: dict[str, str]
        path: list[int]

    class Large(BaseModel):
        kind: Literal["large"]
        born: datetime
        home: Item
        path: set[str]

    early = '{"home": {"name": "Tea", "price": 3}, "born": "2026-11-21", "path": ["1"], "kind": "'
    assert shown(Small | Large, early) is NOTHING
    large = shown(Small | Large, f'{early}large"')
    assert (large.home.price, large.born, large.path) == (Decimal(3), datetime(2026, 11, 21), {"1"})  # noqa: DTZ001  # as it was written
    small = shown(Small | Large, f'{early}small"')
    assert (small.born, small.path) == (date(2026, 11, 21), [1])


DOCUMENTS: list[tuple[Any, str]] = [
    (Item, '{"name": "Tea", "price": 1.10}'),
    (list[Cat | Dog], '[{"kind": "cat", "name": "Tom", "meows": 1}, {"name": "Rex", "barks": 2, "kind": "dog"}]'),
    (Tree, '{"value": 1, "children": [{"value": 2, "children": []}, {"value": 3, "children": [{"value": 4, "children": []}]}]}'),
    (Point, '{"x": 1, "y": 2, "label": "a"}'),
    (Movie, '{"title": "Seven", "year": 1995}'),
    (Pair, '{"left": 1, "right": "x"}'),
    (dict[str, list[date]], '{"a": ["2026-11-21"], "b": []}'),
    (tuple[int, Colour, bool | None], '[1, "blue", null]'),
    (Names, '["a", "b"]'),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "text"), DOCUMENTS, ids=[str(row[0]) for row in DOCUMENTS])
def test_the_last_snapshot_says_what_the_whole_does(wanted: Any, text: str) -> None:
    """Cut in pieces of every size; compared as Python values, for a snapshot is of a sub-class."""
    adapter = TypeAdapter(wanted)
    whole = json.loads(adapter.dump_json(adapter.validate_json(text)))
    for size in range(1, len(text)):
        reader = Reader(shape_of(wanted))
        for at in range(0, len(text), size):
            reader.feed(text[at : at + size])
        assert json.loads(TypeAdapter(Any).dump_json(reader.show())) == whole
