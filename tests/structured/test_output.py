"""Types that answers are held to, and those that they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from dragoman.errors import ConfigurationError
from dragoman.structured import output_type


class Calling(BaseModel):
    callback: Callable[[int], int]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("NoSuchType", "not fully defined"),
        (list["NoSuchType"], "NoSuchType"),  # type: ignore[name-defined]  # noqa: F821  # it is what is tested
        (Calling, "CallableSchema"),
        (object(), "schema"),
    ],
)
def test_what_is_no_type_for_an_answer_is_said_so(wanted: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"(?s)^response_model: .*{says}"):
        output_type(wanted)
