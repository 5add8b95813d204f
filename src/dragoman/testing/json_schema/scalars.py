"""Values that contain no others: text, numbers, members of a list, taken from the facts where they fit.

Each filler offers candidates, the best first; the first that fits the schema is the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from math import ceil, floor
from typing import Any, Final

from msgspec import Struct

from dragoman.testing.json_schema.checking import TYPES, Checker
from dragoman.testing.json_schema.facts import Facts, Kind
from dragoman.testing.json_schema.formats import FORMATS
from dragoman.testing.json_schema.merging import Flat
from dragoman.testing.json_schema.pattern import UnknownSyntax, strings_for


class Unfillable(ValueError):
    """No value was found that fits the schema."""


class Place(Struct, frozen=True, kw_only=True):
    """Where a value stands.

    `name` is the property's, `""` for none. `nth` asks for the nth different value. `eager=False` takes only facts
    that clearly belong here: the value may also be left out.
    """

    name: str = ""
    depth: int = 0
    nth: int = 0
    eager: bool = True


_ANY_TEXT: Final[tuple[Kind, ...]] = ("quoted", "name")

HINTS: Final[dict[str, tuple[Kind, ...]]] = {
    "email": ("email",),
    "mail": ("email",),
    "url": ("url",),
    "uri": ("url",),
    "link": ("url",),
    "website": ("url",),
    "homepage": ("url",),
    "phone": ("phone",),
    "date": ("date", "date-time"),
    "day": ("date",),
    "birthday": ("date",),
    "deadline": ("date", "date-time"),
    "time": ("time", "date-time"),
    "timestamp": ("date-time",),
    "ip": ("ipv4",),
    "uuid": ("uuid",),
    **dict.fromkeys(
        ("name", "author", "person", "people", "user", "customer", "company", "organization", "organisation", "team"),
        _ANY_TEXT,
    ),
    **dict.fromkeys(("city", "country", "place", "location", "address", "state", "region"), _ANY_TEXT),
}
"""A word in a property's name → the kinds of facts that belong there, the best first."""

_LONGEST: Final = 200
_TRUE: Final = frozenset({"true", "yes", "on"})
_FALSE: Final = frozenset({"false", "no", "off", "not"})


def hinted_kinds(name: str) -> tuple[Kind, ...]:
    """The kinds of facts that the last telling word of a property's name asks for."""
    for word in reversed(re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)):
        kinds = HINTS.get(word.lower()) or HINTS.get(word.lower().removesuffix("s"))
        if kinds:
            return kinds
    return ()


class Scalars:
    """Fills the parts of a schema that hold no others."""

    def __init__(self, checker: Checker, facts: Facts) -> None:
        self._checker = checker
        self._facts = facts

    def _first_fitting(self, candidates: Iterator[Any], flat: Flat) -> Any:
        for candidate in islice(candidates, 2000):
            if self._checker.fits(candidate, flat):
                return candidate
        raise Unfillable("no value was found that fits the schema")

    # ------------------------------------------------------------------ members, true and false

    def member(self, flat: Flat, place: Place) -> Any:
        """A member of `enum`: one that the text mentions, else the first."""
        members = [member for member in flat["enum"] if self._checker.fits(member, flat)]
        if not members:
            raise Unfillable("an enum without members that fit")
        mentioned = sorted(
            (member for member in members if isinstance(member, str) and member and self._facts.mentions(member)),
            key=lambda member: self._precedence(member, place.name),
        )
        ordered = [*mentioned, *(member for member in members if member not in mentioned)]
        if place.nth < len(mentioned):
            self._facts.use()
        return ordered[place.nth % len(ordered)]

    def _precedence(self, member: str, name: str) -> tuple[bool, int, int]:
        """What the field's label points at goes first, then what is said first, then the longer of two."""
        spoken = member.lower().replace("_", " ")
        labelled = name and any(text.lower().replace("_", " ") == spoken for text in self._facts.labelled(name))
        return not labelled, self._facts.position(member) or 0, -len(member)

    def boolean(self, flat: Flat, place: Place) -> bool:
        """What a label says, else true."""
        for text in self._facts.labelled(place.name) if place.name else ():
            word = text.lower().partition(" ")[0]
            if word in _TRUE | _FALSE:
                self._facts.use()
                return word in _TRUE
        return self._first_fitting(iter((place.nth % 2 == 0, place.nth % 2 != 0)), flat)

    # ------------------------------------------------------------------ numbers

    def integer(self, flat: Flat, place: Place) -> int:
        return int(self._number({**flat, "type": "integer"}, place, TYPES["integer"]))

    def number(self, flat: Flat, place: Place) -> int | float:
        return self._number(flat, place, TYPES["number"])

    def _number(self, flat: Flat, place: Place, is_kind: Callable[[Any], bool]) -> int | float:
        def fits(value: Any) -> bool:
            return is_kind(value) and self._checker.fits(value, flat)

        if place.name and place.nth == 0:
            for value in self._facts.labelled_numbers(place.name):
                if fits(value):
                    self._facts.take("number", lambda fact: fact == value)  # noqa: B023  # called at once
                    self._facts.use()
                    return value
        if place.eager and (fact := self._facts.take("number", fits)) is not None:
            return fact
        return self._first_fitting(_given(flat, place.nth, _numbers_in(flat, self._checker, place.nth)), flat)

    # ------------------------------------------------------------------ text

    def string(self, flat: Flat, place: Place) -> str:
        return self._first_fitting(self._texts(flat, place), flat)

    def _texts(self, flat: Flat, place: Place) -> Iterator[str]:
        known = FORMATS.get(flat.get("format", ""))
        if place.name and place.nth == 0:
            yield from self._labelled(flat, place)
        kinds = (known.kind,) if known and known.kind else hinted_kinds(place.name)
        if not kinds and place.eager and known is None:
            kinds = _ANY_TEXT
        for kind in kinds:
            fact = self._facts.take(kind, lambda fact: self._checker.fits(fact, flat))
            if fact is not None:
                yield fact
        yield from _given(flat, place.nth, self._made(flat, place, known.make if known else None))

    def _labelled(self, flat: Flat, place: Place) -> Iterator[str]:
        for text in self._facts.labelled(place.name):
            if self._checker.fits(text, flat):
                for kind in _ANY_TEXT:
                    self._facts.take(kind, lambda fact: fact == text)  # noqa: B023  # called at once
                self._facts.use()
                yield text

    def _made(self, flat: Flat, place: Place, make: Callable[[int], str] | None) -> Iterator[str]:
        """Text that no fact gave: made for the format, the pattern, or cut out of what the prompt says."""
        least, most = flat.get("minLength", 0), flat.get("maxLength", _LONGEST)
        if make is not None:
            for n in range(place.nth, place.nth + 50):
                yield make(n)
        if "pattern" in flat:
            yield from _patterned(flat["pattern"], place.nth, least)
        text = " ".join(self._facts.text.split()) or place.name or "text"
        mark = f" {place.nth + 1}" if place.nth else ""
        yield _sized(text, mark, least, min(most, max(_LONGEST, least)))
        yield _sized(place.name or "text", mark, least, most)


def _given(flat: Flat, nth: int, made: Iterator[Any]) -> Iterator[Any]:
    """What the schema itself offers, then what was made."""
    if nth == 0 and "default" in flat:
        yield flat["default"]
    yield from flat.get("examples", ())[nth : nth + 1]
    yield from made


def _patterned(pattern: str, nth: int, least: int) -> Iterator[str]:
    try:
        yield from strings_for(pattern, nth=nth, min_length=least)
    except UnknownSyntax as error:
        raise Unfillable(str(error)) from error


def _sized(text: str, mark: str, least: int, most: int) -> str:
    """`text` and `mark` in `least` to `most` characters: cut, or said again."""
    room, least = max(most - len(mark), 0), min(least, most)
    text = text[:room].rstrip() or text[:room]
    while text and len(text) + len(mark) < least:
        text = f"{text} {text}"[:room] if len(text) < room else text.ljust(room, ".")
    return text + mark[:most]


def _numbers_in(flat: Flat, checker: Checker, nth: int) -> Iterator[int | float]:
    """The nth of the numbers that fit `flat`, the plainest first; where there are not so many, an earlier one."""
    fitting = list(islice((number for number in _plain_numbers(flat) if checker.fits(number, flat)), nth + 1))
    return iter(fitting[-1:])


def _plain_numbers(flat: Flat) -> Iterator[int | float]:
    low = max((flat[key] for key in ("minimum", "exclusiveMinimum") if key in flat), default=None)
    high = min((flat[key] for key in ("maximum", "exclusiveMaximum") if key in flat), default=None)
    step = flat.get("multipleOf", 1)
    start = ceil(low / step) if low is not None else min(0, floor(high / step)) if high is not None else 1
    for k in range(500):
        yield _times(step, start + k)
        yield _times(step, start - k - 1)
    if flat.get("type") != "integer":
        yield from _between(low, high)


def _times(step: float, count: int) -> int | float:
    product = step * count
    return int(product) if isinstance(product, float) and product.is_integer() and abs(product) < 2**53 else product


def _between(low: float | None, high: float | None) -> Iterator[float]:
    bottom = low if low is not None else (high or 0) - 1
    top = high if high is not None else bottom + 1
    for n in range(2, 200):
        yield bottom + (top - bottom) / n
        yield top - (top - bottom) / n
