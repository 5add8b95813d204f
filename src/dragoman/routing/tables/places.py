"""Places: where in a document something stands, by its words and by line and column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from dragoman.errors import ConfigurationError


class Mark(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


def below(place: str, key: Any) -> str:
    """The place of `key` in what stands at `place`."""
    return f"{place}.{key}" if place else str(key)


def item(place: str, number: int) -> str:
    """The place of an item of the list at `place`."""
    return f"{place}[{number}]"


def inside(place: str, keys: Iterable[Any]) -> str:
    """The place that `keys` and numbers of items lead to from `place`."""
    for key in keys:
        place = item(place, key) if isinstance(key, int) else below(place, key)
    return place


class DocumentError(ConfigurationError):
    """Something in a document cannot be right.

    Attributes:
        place: Which word of it is meant, as `below` and `item` make them; where nothing stands, what it is missing in.
    """

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def refused(place: str, message: str, at: str | None = None) -> DocumentError:
    """An error about what stands at `place`. `at`: the word that is meant, where that is another."""
    return DocumentError(place if at is None else at, f"{place or 'the document'}: {message}")
