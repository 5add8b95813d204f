"""What a value remembers of the answer it came from: `_raw_response` and `_total_usage`, as Instructor's values do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import is_dataclass
from typing import Any, TypeVar

from dragoman.messages import Usage

T = TypeVar("T")


def remember(value: T, completion: Any, usage: Usage) -> T:
    """`value`, with both where it can hold them: neither shows in its `repr`, `==` or `model_dump()`.

    What is shared, as the members of an `Enum` are, gets neither, nor what has no place for them.
    """
    from pydantic import BaseModel  # loaded by now: it made the value

    if isinstance(value, BaseModel) or is_dataclass(value):
        with suppress(AttributeError):  # it has `__slots__`
            object.__setattr__(value, "_raw_response", completion)
            object.__setattr__(value, "_total_usage", usage)
    return value
