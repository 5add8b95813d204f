"""What may be asked for: which type is validated, what it is called, what its schema says."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Iterable, Iterator, List, Literal, NamedTuple, Optional, TypeVar  # noqa: UP035  # the older spellings are tried too

import pytest
from pydantic import AliasChoices, BaseModel, Field, RootModel
from typing_extensions import TypedDict

from dragoman.structured import output_type
from dragoman.structured.forms import name_of, validated_type

T = TypeVar("T")


class User(BaseModel):
    name: str


class Page(BaseModel, Generic[T]):
    items: list[T]


NAMES: list[tuple[Any, str]] = [
    (User, "User"),
    (Page[User], "Page_User"),
    (Page[list[int]], "Page_list_int"),
    (list[User], "list_User"),
    (List[User], "list_User"),  # noqa: UP006  # the old spelling is what is tried
    (dict[str, int], "dict_str_int"),
    (tuple[int, ...], "tuple_int"),
    (Iterable[User], "Iterable_User"),
    (int | str, "int_or_str"),
    (Optional[User], "User_or_nothing"),  # noqa: UP045  # likewise
    (Annotated[User, "said"], "User"),
    (Literal["a", "b"], "choice"),
    (RootModel[list[int]], "RootModel_list_int"),
    (type("Größe", (BaseModel,), {}), "Groe"),
    (type("人", (BaseModel,), {}), "output"),
    (type("N" * 99, (BaseModel,), {}), "N" * 64),
    (Any, "Any"),
]


@pytest.mark.parametrize(("wanted", "name"), NAMES, ids=[name for _, name in NAMES])
def test_its_name(wanted: Any, name: str) -> None:
    """Every dialect takes letters, digits, `_` and `-`, at most 64."""
    assert name_of(wanted) == name
    assert output_type(wanted).format.name == output_type(wanted).tool.name == name


@pytest.mark.parametrize(
    ("wanted", "validated"),
    [
        (Iterable[int], list[int]),
        (collections.abc.Iterable[int], list[int]),
        (Iterator[int], list[int]),
        (collections.abc.AsyncIterator[int], list[int]),
        (Iterable, list[Any]),
        (collections.abc.Iterable, list[Any]),
        (list[int], list[int]),
        (User, User),
        (Annotated[int, []], Annotated[int, []]),
    ],
)
def test_what_is_gone_through_is_a_list(wanted: Any, validated: Any) -> None:
    assert validated_type(wanted) == validated


def test_the_order_of_a_union_is_kept() -> None:
    """`int | str` and `str | int` are equal, and not the same."""
    assert int | str == str | int
    assert output_type(int | str).schema["properties"]["value"]["anyOf"][0] == {"type": "integer"}
    assert output_type(str | int).schema["properties"]["value"]["anyOf"][0] == {"type": "string"}
    assert output_type(int | str) is output_type(int | str)


def test_a_type_is_compiled_once() -> None:
    assert output_type(User) is output_type(User)
    assert output_type(User, "openai_strict") is not output_type(User)
    assert output_type(User, "openai_strict").schema is output_type(User).schema


# ---------------------------------------------------------------------- descriptions


class Google(BaseModel):
    """What was bought.

    Attributes:
        item: What it is called,
            by its maker.
        price (float): What it costs.
        count: How many.

    Examples:
        A cup for 2.5.
    """

    item: str = Field(alias="itemName")
    price: float = Field(description="Without tax")
    count: int = Field(validation_alias=AliasChoices("number", "count"))


@dataclass
class Numpy:
    """A reading.

    Parameters
    ----------
    celsius : float
        As measured.
    """

    celsius: float


class Sphinx(TypedDict):
    """A place.

    :param float north: Of the equator.
    :ivar east: Of Greenwich.
    """

    north: float
    east: float


class Named(NamedTuple):
    """A range.

    Args:
        low: The least.
    """

    low: int
    high: int = 9


class Silent(NamedTuple):
    low: int


class Parent(BaseModel):
    """A parent's own words.

    Args:
        name: Of the parent.
    """

    name: str


class Child(Parent): ...


def described(wanted: Any) -> tuple[str | None, dict[str, str | None]]:
    schema = output_type(wanted).schema
    return schema.get("description"), {name: field.get("description") for name, field in schema["properties"].items()}


@pytest.mark.parametrize(
    ("wanted", "whole", "fields"),
    [
        (
            Google,
            "What was bought.\n\nExamples:\n    A cup for 2.5.",
            {"itemName": "What it is called, by its maker.", "price": "Without tax", "number": "How many."},
        ),
        (Numpy, "A reading.", {"celsius": "As measured."}),
        (Sphinx, "A place.", {"north": "Of the equator.", "east": "Of Greenwich."}),
        (Named, "A range.", {"low": "The least.", "high": None}),
        (Silent, None, {"low": None}),
        (Child, None, {"name": None}),
    ],
)
def test_docstrings_describe_fields(wanted: Any, whole: str | None, fields: dict[str, str | None]) -> None:
    assert described(wanted) == (whole, fields)


def test_a_description_is_that_of_the_tool() -> None:
    assert output_type(Numpy).tool.description == "A reading."
    assert output_type(list[int]).tool.description == "Give the answer as list_int."


def test_fields_have_the_titles_that_their_authors_gave() -> None:
    class Titled(BaseModel):
        plain: int
        said: int = Field(title="As said")

    properties = output_type(Titled).schema["properties"]
    assert properties == {"plain": {"type": "integer"}, "said": {"title": "As said", "type": "integer"}}


# ---------------------------------------------------------------------- the object at the root


class Tree(BaseModel):
    children: list[Tree]


def test_a_named_tuple_has_names() -> None:
    output = output_type(Named)
    assert output.schema["required"] == ["low"]
    assert not output.wrapped
    assert output.parse('{"low": 1}') == Named(1, 9)
    assert type(output.parse("[1, 2]")) is Named


def test_a_type_that_contains_itself_needs_nothing_around_it() -> None:
    output = output_type(Tree)
    assert not output.wrapped
    assert output.schema["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}
    assert output.schema["$defs"].keys() == {"Tree"}
    assert output_type(RootModel[User]).schema["properties"] == {"name": {"type": "string"}}
    assert "$defs" not in output_type(RootModel[User]).schema


def test_a_default_that_is_no_json_is_no_warning() -> None:
    class Odd(BaseModel):
        when: Any = object()

    assert output_type(Odd).schema["properties"] == {"when": {}}
