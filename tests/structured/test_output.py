"""Types that answers are held to, and those that they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from dragoman.errors import ConfigurationError
from dragoman.structured import output_type


class Told(BaseModel):
    name: str


@dataclass
class Point:
    x: int


class Calling(BaseModel):
    callback: Callable[[int], int]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("Calling", "not an object of `str`"),
        ({"type": "object"}, "not an object of `dict`"),
        ([Calling], "not an object of `list`"),
        (Told(name="Ann"), "not an object of `Told`"),
        (Point(1), "not an object of `Point`"),
        (list["NoSuchType"], "NoSuchType"),  # type: ignore[name-defined]  # noqa: F821  # it is what is tested
        (Calling, "CallableSchema"),
        (object(), "schema"),
    ],
)
def test_what_is_no_type_for_an_answer_is_said_so(wanted: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"(?s)^response_model: .*{says}"):
        output_type(wanted)
