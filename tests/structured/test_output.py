"""Types that answers are held to, and those that they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ForwardRef, Literal, NamedTuple

import pytest
from pydantic import BaseModel

from dragoman.errors import ConfigurationError
from dragoman.structured import output_type


class Told(BaseModel):
    name: str


@dataclass
class Point:
    x: int


def delete(name: str) -> str:
    """What must not run, whatever a model says."""
    raise AssertionError(name)


class Deleter:
    def remove(self, name: str) -> str:
        return delete(name)


class Deleting(BaseModel):
    done: delete  # type: ignore[valid-type]  # it is what is tested


class Pair(NamedTuple):
    x: int
    y: int = 2


def test_a_named_tuple_is_called_and_is_a_class() -> None:
    assert output_type(Pair).parse('{"x": 1}') == Pair(1)


class Calling(BaseModel):
    callback: Callable[[int], int]


BY_TEXT: Any = "NoSuchType"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("Calling", "not an object of `str`"),
        ({"type": "object"}, "not an object of `dict`"),
        ([Calling], "not an object of `list`"),
        (Told(name="Ann"), "not an object of `Told`"),
        (Point(1), "not an object of `Point`"),
        (list[BY_TEXT], "names the type `NoSuchType` by a text.*: write NoSuchType without quotes, below the class"),
        (dict[str, ForwardRef(BY_TEXT)], "write NoSuchType without quotes"),
        (Annotated[list[BY_TEXT], "of people"], "write NoSuchType without quotes"),
        (dict[Literal["a"], Calling], "CallableSchema"),  # whose text is a value
        (Calling, "CallableSchema"),
        (object(), "schema"),
        (None, "None asks for no value"),
        (type[Told], "pass the class itself"),
        (delete, r"`delete` is a function, .*tools=\[delete\]"),
        (list[delete], "`delete` is a function"),  # type: ignore[valid-type]  # as above
        (Deleting, "`delete` is a function"),
        (Deleter().remove, "`remove` is a function"),
    ],
)
def test_what_is_no_type_for_an_answer_is_said_so(wanted: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"(?s)^response_model: .*{says}"):
        output_type(wanted)
