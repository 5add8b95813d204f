"""A value from the text of an answer: as it stands first; only what does not fit so is looked at again.

JSON is never changed, but for JSON that stands inside a text where an object was wanted. What is no JSON may have some
in it, or may be nearly JSON. Of those in code blocks the last that fits is read; where none does, the one in prose.
Where several different ones fit that stand together, none is: which is the answer would be a guess. All of it is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from dragoman.exceptions import ResponseParsingError
from dragoman.messages import Loss
from dragoman.structured.finding import AROUND, Candidate, every_json, in_turn
from dragoman.structured.output import WRAPPED, OutputType
from dragoman.structured.rules import Rules
from dragoman.structured.stringified import unstringified

T = TypeVar("T")

_ROOT: Final = "answer"
_IN_TEXT: Final = "JSON inside a text was read"
_IN_BLOCK: Final = "of several in the text, that of the last code block that fits was read"
_FITS: Final = "of several in the text, the one that fits was read"
_SEVERAL: Final = (
    "the text has several different JSON values that fit, and which of them is the answer cannot be told: "
    "answer with one alone"
)


class Read(Struct, Generic[T], frozen=True):
    """A value, and what had to be repaired for it."""

    value: T
    repairs: tuple[Loss, ...] = ()


def read(output: OutputType[T], text: str, rules: Rules, *, may_close: bool = False, mend: bool = True) -> Read[T]:
    """The value in `text`. Raises `ValueError` for what is wrong with it, as near to the value as could be come.

    `may_close`: the answer is whole as far as its provider knows, so brackets missing at its end were forgotten.
    `mend`: what is nearly JSON, and JSON inside a text, is read too.
    """
    try:
        return Read(_parse(output, text, rules))
    except ValueError as error:
        if _is_json(text):
            if not mend:
                raise
            return _read_inside(output, text, (), error, rules)
        found = every_json(text, lists=output.wrapped, may_close=may_close)
        if not mend:
            found = [each for each in found if not {*each.repairs} - {AROUND}]
        return _read_any(output, found, error, rules, mend=mend)


def _parse(output: OutputType[T], text: str, rules: Rules) -> T:
    return output.parse(text, context=rules.context, strict=rules.strict)


def _read_any(
    output: OutputType[T], found: Sequence[Candidate], error: ValueError, rules: Rules, *, mend: bool
) -> Read[T]:
    """The one of `found` that fits, of the first that stand together. Raises `ValueError` when it cannot be told."""
    nearest: ValueError | None = None
    for group in in_turn(found):
        fits, unfit = _fitting(output, group, rules, mend=mend)
        nearest = nearest or unfit
        if len(fits) > 1:
            raise ResponseParsingError(_SEVERAL)
        for said, only in fits.items():
            others = any(_said(each.text) != said for each in found)
            return Read(only.value, (*_told_of_choice(group[0], others=others), *only.repairs))
    raise nearest or error


def _fitting(
    output: OutputType[T], group: Sequence[Candidate], rules: Rules, *, mend: bool
) -> tuple[dict[str, Read[T]], ValueError | None]:
    """What fits, by what it says, and what is wrong with the first that does not."""
    fits: dict[str, Read[T]] = {}
    wrong: ValueError | None = None
    for each in group:
        said = _said(each.text)
        try:
            fits[said] = fits.get(said) or _read_one(output, each, rules, mend=mend)
        except ValueError as unfit:
            wrong = wrong or unfit
    return fits, wrong


def _read_one(output: OutputType[T], each: Candidate, rules: Rules, *, mend: bool) -> Read[T]:
    told = tuple(_repair(_ROOT, why) for why in each.repairs)
    try:
        return Read(_parse(output, each.text, rules), told)
    except ValueError as unfit:
        if not mend:
            raise
        return _read_inside(output, each.text, told, unfit, rules)


def _said(text: str) -> str:
    """The same for what says the same in JSON."""
    from pydantic_core import from_json

    try:
        return json.dumps(from_json(text), sort_keys=True)
    except ValueError:
        return text


def _told_of_choice(chosen: Candidate, *, others: bool) -> tuple[Loss, ...]:
    return (_repair(_ROOT, _IN_BLOCK if chosen.block else _FITS),) if others else ()


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
