"""`Partial[T]`: the classes of values that are not whole."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, get_type_hints

import pytest
from pydantic import BaseModel, Field, RootModel, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from dragoman.structured.partial import MakeFieldsOptional, Partial, PartialLiteralMixin, wanted_of
from dragoman.structured.partial.classes import optional_field

from ...drive import MODES


class Home(BaseModel):
    """Where someone lives."""

    city: str


class Person(BaseModel):
    """Who someone is."""

    name: str = Field(alias="fullName", description="all of it", min_length=2)
    home: Home
    age: int | None = None
    kind: Literal["person"] = "person"


class Tree(BaseModel):
    value: int
    left: Tree | None = None
    children: list[Tree] = []
    branch: Branch | None = None


@dataclasses.dataclass
class Branch:
    tree: Tree
    length: int


Tree.model_rebuild()


class Movie(TypedDict):
    title: str
    cast: list[Person]


def test_it_is_a_sub_class_made_once() -> None:
    assert Partial[Person] is Partial[Person]
    assert issubclass(Partial[Person], Person)
    assert Partial[Partial[Person]] is Partial[Person]
    assert issubclass(Partial[Person].get_partial_model(), Partial[Person])
    assert Partial[Person].__name__ == "PartialPerson"
    assert Partial[Person].__doc__ == Person.__doc__
    assert Partial[Person].__module__ == Person.__module__


def test_its_own_fields_are_as_they_were() -> None:
    """What is asked for is a whole T."""
    assert Partial[Person].model_json_schema()["required"] == ["fullName", "home"]
    assert Partial[Person].model_fields["name"].description == "all of it"
    with pytest.raises(ValidationError, match="2 validation errors"):
        Partial[Person].model_validate({})


def test_in_a_partial_value_every_field_may_be_missing() -> None:
    made = Partial[Person].get_partial_model()
    assert repr(made()) == "PartialPerson(name=None, home=PartialHome(city=None), age=None, kind='person')"
    assert made.model_validate({"fullName": "Ada", "home": {"city": "London"}}).home.city == "London"
    assert made.model_fields["name"].description == "all of it"
    with pytest.raises(ValidationError, match="at least 2 characters"):
        made.model_validate({"fullName": "A"})
    assert MakeFieldsOptional[Person] is made


def test_the_callers_own_class_stays_as_it_was() -> None:
    before = repr(Person.model_fields), dir(Person)
    assert Partial[Person].get_partial_model()
    assert (repr(Person.model_fields), dir(Person)) == before


def test_types_that_hold_themselves() -> None:
    made = Partial[Tree].get_partial_model()
    value = made.model_validate({"left": {"children": [{"value": 3}]}, "branch": {"tree": {"left": {}}}})
    assert type(value.left.children[0]) is made
    assert isinstance(value.branch, Branch)
    assert type(value.branch.tree.left) is made
    assert value.model_dump()["left"]["children"][0] == {"value": 3, "left": None, "children": None, "branch": None}


OTHERS: list[tuple[Any, str, str]] = [
    (list[Person], "[{}]", "[PartialPerson(name=None, home=PartialHome(city=None), age=None, kind='person')]"),
    (dict[str, Home], '{"a": {}}', "{'a': PartialHome(city=None)}"),
    (Home | Person, '{"city": "x"}', "PartialHome(city='x')"),
    (Home | None, "null", "None"),
    (Annotated[list[Home], "a note"], "[{}]", "[PartialHome(city=None)]"),
    (Branch, '{"length": 1}', "PartialBranch(tree=None, length=1)"),
    (Movie, '{"cast": [{}]}', "{'cast': [PartialPerson(name=None, home=PartialHome(city=None), age=None, kind='person')]}"),
    (int, "1", "1"),
    (Literal["a"], '"a"', "'a'"),
    (tuple[Home, ...], "[{}]", "(PartialHome(city=None),)"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "text", "expected"), OTHERS, ids=[str(row[0]) for row in OTHERS])
def test_other_types(wanted: Any, text: str, expected: str) -> None:
    partial = Partial[wanted]
    assert repr(TypeAdapter(partial).validate_json(text)) == expected
    assert wanted_of(partial) == wanted


def test_which_type_it_was() -> None:
    assert wanted_of(Partial[Person]) is Person
    assert wanted_of(Partial[Person].get_partial_model()) is Person

    class Special(Partial[Person]):  # type: ignore[misc]  # a class made at run time
        pass

    assert [wanted_of(other) for other in (Person, int, list[Person], Special, None)] == [None] * 5


def test_in_an_annotation() -> None:
    def show(person: Partial[Person]) -> None: ...

    assert get_type_hints(show)["person"] is Partial[Person]


def test_a_default_is_not_said_twice() -> None:
    class Box(BaseModel):
        items: list[str] = Field(default_factory=list)

    assert Partial[Box].get_partial_model()().items is None
    annotation, field = optional_field(Box.model_fields["items"])
    assert (annotation, field.default, field.default_factory) == (list[str] | None, None, None)


def test_a_model_that_is_one_value() -> None:
    made = Partial[RootModel[list[Home]]].get_partial_model()
    assert made.model_validate([{}]).root[0].city is None


def test_classes_made_by_several_threads_are_the_same() -> None:
    class Inner(BaseModel):
        value: int

    class Outer(BaseModel):
        one: Inner
        more: list[Inner]

    barrier, made = threading.Barrier(4), list[Any]()

    def make() -> None:
        barrier.wait()
        made.append(Partial[Outer].get_partial_model())

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1


# ---------------------------------------------------------------------- from pieces of JSON


def from_chunks(mode: str, wanted: Any, chunks: list[str | bytes]) -> list[Any]:
    if mode == "sync":
        return list(Partial[wanted].model_from_chunks(chunks))

    async def pieces() -> AsyncIterator[str | bytes]:
        for chunk in chunks:
            yield chunk

    async def main() -> list[Any]:
        return [value async for value in Partial[wanted].model_from_chunks_async(pieces())]

    import asyncio

    return asyncio.run(main())


@pytest.mark.parametrize("mode", MODES)
def test_a_value_after_each_piece(mode: str) -> None:
    values = from_chunks(mode, Person, ["\n", '{"fullName": "A', b"d\xc3", b'\xa9", "home": ', '{"city": "L"}}'])
    assert [(type(value).__name__, value.name, value.home.city) for value in values] == [
        ("PartialPerson", None, None),
        ("PartialPerson", "A", None),
        ("PartialPerson", "Ad", None),
        ("PartialPerson", "Adé", None),
        ("Person", "Adé", "L"),
    ]


@pytest.mark.parametrize("mode", MODES)
def test_a_whole_value_is_validated(mode: str) -> None:
    with pytest.raises(ValidationError, match="home"):
        from_chunks(mode, Person, ['{"fullName": "Ada"', "}"])


def test_the_mixin_of_old_code_changes_nothing() -> None:
    class Old(BaseModel, PartialLiteralMixin):
        state: Literal["on", "off"]

    values = list(Partial[Old].model_from_chunks(['{"state": "o', 'n"', "}"]))
    assert [value.state for value in values] == [None, "on", "on"]
