"""A value from the text of an answer: as it stands first; only what does not fit so is looked at again.

JSON is never changed, but for JSON that stands inside a text where an object was wanted. What is no JSON may have some
in it, or may be nearly JSON. Each thing that was done is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from dragoman.messages import Loss
from dragoman.structured.finding import every_json
from dragoman.structured.output import WRAPPED, OutputType
from dragoman.structured.rules import Rules
from dragoman.structured.stringified import unstringified

T = TypeVar("T")

_ROOT: Final = "answer"
_IN_TEXT: Final = "JSON inside a text was read"


class Read(Struct, Generic[T], frozen=True):
    """A value, and what had to be repaired for it."""

    value: T
    repairs: tuple[Loss, ...] = ()


def read(output: OutputType[T], text: str, rules: Rules, *, may_close: bool = False) -> Read[T]:
    """The value in `text`. Raises `ValueError` for what is wrong with it, as near to the value as could be come.

    `may_close`: the answer is whole as far as its provider knows, so brackets missing at its end were forgotten.
    """
    try:
        return Read(_parse(output, text, rules))
    except ValueError as error:
        if _is_json(text):
            return _read_inside(output, text, (), error, rules)
        return _read_any(output, text, error, rules, may_close=may_close)


def _parse(output: OutputType[T], text: str, rules: Rules) -> T:
    return output.parse(text, context=rules.context, strict=rules.strict)


def _read_any(output: OutputType[T], text: str, error: ValueError, rules: Rules, *, may_close: bool) -> Read[T]:
    """The first JSON in `text` that fits."""
    nearest: ValueError | None = None
    for each in every_json(text, lists=output.wrapped, may_close=may_close):
        told = tuple(_repair(_ROOT, why) for why in each.repairs)
        try:
            try:
                return Read(_parse(output, each.text, rules), told)
            except ValueError as unfit:
                return _read_inside(output, each.text, told, unfit, rules)
        except ValueError as unfit:
            nearest = nearest or unfit
    raise nearest or error


def _read_inside(output: OutputType[T], text: str, told: tuple[Loss, ...], error: ValueError, rules: Rules) -> Read[T]:
    """The value in the JSON `text`, with what its texts hold in their stead. Raises `error` when that does not fit."""
    inside = unstringified(text, list(_places(output, error)))
    if inside is None:
        raise error
    again, paths = inside
    told = (*told, *(_repair(".".join(filter(None, (_ROOT, path))), _IN_TEXT) for path in paths))
    try:
        return Read(_parse(output, again, rules), told)
    except ValueError:
        raise error from None


def _places(output: OutputType[Any], error: ValueError) -> Iterator[tuple[int | str, ...]]:
    """Where something is wrong. Validation sees no object around a value that is none; it may be there."""
    from pydantic import ValidationError  # loaded long before there is an answer to it

    if isinstance(error, ValidationError):
        for details in error.errors(include_url=False, include_context=False, include_input=False):
            yield details["loc"]
            if output.wrapped:
                yield (WRAPPED, *details["loc"])


def _repair(where: str, why: str) -> Loss:
    return Loss(effect="repaired", where=where, why=why)


def _is_json(text: str) -> bool:
    """Whether the validator's own parser reads it."""
    from pydantic_core import from_json

    try:
        from_json(text)
    except ValueError:
        return False
    return True
