"""Where every word of a text stands. Asked for when something in it is refused, and not before.

TOML and JSON are read by one scanner, YAML by PyYAML. The texts are known to be well formed by then, but for words that
stand twice.
"""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, cast

from dragoman.routing.tables.places import Mark, below, item

Marks = dict[str, Mark]
"""By place: where its key, or the item of a list, begins."""


class Scanner:
    """Reads one text, and notes where its keys and items begin.

    Attributes:
        marks: By place.
        twice: The first word that stands a second time in its mapping, and where.
    """

    def __init__(self, text: str, keys: Callable[[str], list[str]]) -> None:
        """`keys` tells the words of a key, as it is written: there are several where it has dots."""
        self._text = text
        self._keys = keys
        self._at = 0
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.marks: Marks = {}
        self.twice: tuple[str, Mark] | None = None

    def value(self, place: str) -> None:
        """A value, from where the scanner stands."""
        self._space()
        match self._text[self._at]:
            case "{":
                self._at += 1
                self._entries(place)
            case "[":
                self._at += 1
                self._items(place)
            case _:
                self._pass(_STRING if self._text[self._at] in "\"'" else _SCALAR)

    def _entries(self, place: str) -> None:
        while not self._ends("}"):
            self.entry(place)

    def _items(self, place: str) -> None:
        number = 0
        while not self._ends("]"):
            self.marks[item(place, number)] = self._mark()
            self.value(item(place, number))
            number += 1

    def entry(self, place: str) -> None:
        """A key and its value, in the mapping at `place`."""
        self.value(self._key(place))

    def _key(self, place: str) -> str:
        mark, found = self._mark(), self._pass(_KEY)
        *before, last = self._keys(found)
        for word in before:
            place = below(place, word)
            self.marks.setdefault(place, mark)
        place = below(place, last)
        if place in self.marks and self.twice is None:
            self.twice = last, mark
        self.marks[place] = mark
        self._pass(_SEPARATOR)
        return place

    def tables(self) -> None:
        """A whole text in TOML."""
        place, numbers = "", dict[str, int]()
        while not self._ends(""):
            header = _HEADER.match(self._text, self._at)
            if header is None:
                self.entry(place)
                continue
            place = self._table(header, numbers)

    def _table(self, header: re.Match[str], numbers: dict[str, int]) -> str:
        """The place of the table that begins here. `numbers`: of the lists of tables, which item is being read."""
        mark, place = self._mark(), ""
        self._at = header.end()
        words = self._keys(header["key"])
        for depth, word in enumerate(words, start=1):
            place = below(place, word)
            self.marks.setdefault(place, mark)
            if header["list"] and depth == len(words):
                numbers[place] = numbers.get(place, -1) + 1
            if place in numbers:
                place = item(place, numbers[place])
                self.marks.setdefault(place, mark)
        return place

    def _ends(self, end: str) -> bool:
        self._space()
        if self._at < len(self._text) and not (end and self._text.startswith(end, self._at)):
            return False
        self._at += len(end)
        return True

    def _space(self) -> None:
        self._pass(_SPACE)

    def _pass(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        assert found is not None  # the text is well formed
        self._at = found.end()
        return found[0]

    def _mark(self) -> Mark:
        line = bisect_right(self._lines, self._at)
        return Mark(line, self._at - self._lines[line - 1] + 1)


_SPACE: Final = re.compile(r"(?:[\s,]|#[^\n]*)*")
_STRING: Final = re.compile(
    r"""
    \"{3} (?:[^\\]|\\.)*? \"{3,5}   # the text may end in quotes of its own
    | '{3} .*? '{3,5}
    | "(?:[^"\\]|\\.)*"
    | '[^']*'
    """,
    re.DOTALL | re.VERBOSE,
)
_SCALAR: Final = re.compile(r"[^,\]}\n#]+")
_ONE_KEY: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY: Final = re.compile(rf"{_ONE_KEY}(?:[ \t]*\.[ \t]*{_ONE_KEY})*")
_SEPARATOR: Final = re.compile(r"\s*[:=]")
_HEADER: Final = re.compile(rf"(?P<list>\[)?\[[ \t]*(?P<key>{_KEY.pattern})[ \t]*\](?(list)\])")


def of_toml(text: str) -> Marks:
    scanner = Scanner(text, _toml_keys)
    scanner.tables()
    return scanner.marks


def _toml_keys(written: str) -> list[str]:
    words: list[str] = []
    found: Any = tomllib.loads(f"{written} = {_END}")
    while found != _END:
        ((word, found),) = cast("dict[str, Any]", found).items()
        words.append(word)
    return words


_END: Final = 0


def of_json(text: str) -> Marks:
    return _scanned_json(text).marks


def twice_in_json(text: str) -> tuple[str, Mark] | None:
    """A word that stands twice in one mapping, and where it does the second time."""
    return _scanned_json(text).twice


def _scanned_json(text: str) -> Scanner:
    scanner = Scanner(text, lambda written: [json.loads(written)])
    scanner.value("")
    return scanner


def of_yaml(text: str) -> Marks:
    yaml: Any = import_module("yaml")
    marks: Marks = {}
    node = yaml.compose(text, yaml.SafeLoader)
    if node is not None:
        _note(node, "", marks)
    return marks


def _note(node: Any, place: str, marks: Marks) -> None:
    """The marks of what is in `node`; what `<<` brings stands where it was written first."""
    if node.id == "mapping":
        for key, value in node.value:
            merged = key.tag == "tag:yaml.org,2002:merge"
            for where in value.value if merged and value.id == "sequence" else [value]:
                inside = place if merged else below(place, key.value)
                if not merged:
                    marks[inside] = mark_of(key.start_mark)
                _note(where, inside, marks)
    elif node.id == "sequence":
        for number, each in enumerate(node.value):
            marks[item(place, number)] = mark_of(each.start_mark)
            _note(each, item(place, number), marks)


def mark_of(mark: Any) -> Mark:
    """One of PyYAML's, which counts from 0."""
    return Mark(mark.line + 1, mark.column + 1)
