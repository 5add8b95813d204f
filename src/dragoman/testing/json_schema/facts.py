"""Facts: what a prompt offers to fill a form with.

A fact is a value found in the text (a number, a quotation, a name, an address, a date …), or one that a label points
at (`age: 30`, `30 items`). Each is given out once, so that two fields get two values; labels may be asked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final, TypeAlias

Kind: TypeAlias = str
"""What a fact is: a key of `_SPECIAL`, or `number`, `quoted` or `name`."""

_SPECIAL: Final[dict[Kind, re.Pattern[str]]] = {
    "url": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s<>\"'{}|\\^`]*[^\s<>\"'{}|\\^`.,;:!?)\]]", re.IGNORECASE),
    "email": re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"),
    "uuid": re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE),
    "date-time": re.compile(r"\b\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?"),
    "date": re.compile(r"\b\d{4}-\d\d-\d\d\b"),
    "time": re.compile(r"\b\d\d:\d\d(?::\d\d)?(?:[Zz]|[+-]\d\d:\d\d)?\b"),
    "ipv4": re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
    "phone": re.compile(r"(?<![\w.])\+?\(?\d{1,4}\)?(?:[ .-]\(?\d{2,4}\)?){2,4}(?![\w.])"),
}
"""Kinds with a form of their own, tried in this order; what one has found is not looked at by the next."""

_QUOTED: Final = re.compile(
    r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|「([^」\n]+)」|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)|(?<!\w)\u2018([^\u2019\n]+)\u2019"
)
_NUMBER: Final = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\d])")
_WORD: Final = r"[^\W\d_][\w'\u2019-]*"
_NAME: Final = re.compile(rf"{_WORD}(?: {_WORD})*(?!\w|\s*:)")

_NO_NAMES: Final = frozenset(
    """a about according add address age all also an and answer any are as ask at be build but by call can city classify
    company compare compute convert could count create date describe details do does email extract find following for
    from generate get give given has have he hello hello here hi how i if in information input is it its json just let
    list make me message model my name no not now of on one or our output parse please price provide question read reply
    respond return role say she show so some summarize summarise system tell text thanks that the their then there these
    they this today tomorrow translate use user using was we what when where which who why will with write yes you
    your""".split()  # noqa: SIM905  # a list of 120 quoted words is no easier to read
)
"""Words that are capitalised at the start of a sentence and are no names."""

_NAMED_VALUE: Final = r"\W{0,3}(?:(?:is|are|was|were|of|to|at|be)\b\s*|[:=]\s*|->\s*)"
_END_OF_VALUE: Final = r"(?=[,;\n]|[.!?](?:\s|$)|\s+(?:and|but|or|with|who|which|is|was)\b|$)"


class Facts:
    """The facts of some texts, the most telling text first."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.text = "\n".join(texts)
        self._used: list[tuple[Kind, int]] = []

    # ------------------------------------------------------------------ given out once

    def take(self, kind: Kind, accept: Callable[[Any], bool]) -> Any | None:
        """The first unused fact of `kind` that `accept` likes, used from now on; `None` when there is none."""
        for index, value in enumerate(self.found.get(kind, ())):
            if (kind, index) not in self._used and accept(value):
                self._used.append((kind, index))
                return value
        return None

    def left(self, kind: Kind) -> int:
        """How many facts of `kind` are unused."""
        return len(self.found.get(kind, ())) - sum(used == kind for used, _ in self._used)

    @property
    def mark(self) -> int:
        """A point to `rewind` to; it moves when a fact is used."""
        return len(self._used)

    def rewind(self, mark: int) -> None:
        """Make the facts used since `mark` unused again."""
        del self._used[mark:]

    def use(self) -> None:
        """Note that a value came from the text without being one of the facts: by a label or a word."""
        self._used.append(("label", -1))

    # ------------------------------------------------------------------ looked up

    def position(self, word: str) -> int | None:
        """Where `word` first stands as a whole, in any case, `_` read as a space too; `None` when it does not."""
        lowered = word.lower()
        for form in (lowered, lowered.replace("_", " ")):
            found = re.search(rf"(?<!\w){re.escape(form)}(?!\w)", self._lower) if form in self._lower else None
            if found:
                return found.start()
        return None

    def mentions(self, word: str) -> bool:
        return self.position(word) is not None

    def labelled(self, name: str) -> Iterator[str]:
        """The texts that `name` labels: `city: Paris`, `the city is "Paris"`."""
        value = rf"(?:\"([^\"]+)\"|'([^']+)'|([^\s,;\n][^,;\n]*?){_END_OF_VALUE})"
        for found in re.finditer(rf"(?<!\w){_words_of(name)}[\"'`]?{_NAMED_VALUE}{value}", self.text, re.IGNORECASE):
            yield next(group for group in found.groups() if group).strip()

    def labelled_list(self, name: str) -> list[str]:
        """The items that `name` labels in a row: `tags: red, green and blue`."""
        found = re.search(rf"(?<!\w){_words_of(name)}[\"'`]?{_NAMED_VALUE}([^.;\n]+)", self.text, re.IGNORECASE)
        items = re.split(r",\s*(?:and |or )?|\s+and\s+|\s+or\s+", found[1]) if found else []
        return [text for item in items if (text := item.strip(" \t\"'`"))]

    def labelled_numbers(self, name: str) -> Iterator[int | float]:
        """The numbers that `name` labels, before or after it: `age: 30`, `aged 30`, `3 items`."""
        label, number = _words_of(name), _NUMBER.pattern
        for form in (
            rf"(?<!\w){label}\w?[\"'`]?(?:{_NAMED_VALUE}|\s+)\W{{0,2}}({number})",
            rf"({number})\s*(?:%|\w{{0,3}})\s*{label}",
        ):
            for found in re.finditer(form, self.text, re.IGNORECASE):
                yield _number(found[1])

    # ------------------------------------------------------------------ found

    @cached_property
    def _lower(self) -> str:
        return self.text.lower()

    @cached_property
    def found(self) -> dict[Kind, list[Any]]:
        """All facts by kind, in the order of the text."""
        facts: dict[Kind, list[Any]] = {}
        rest = self.text
        for kind, pattern in _SPECIAL.items():
            facts[kind] = pattern.findall(rest) if _may_have(kind, rest) else []
            for value in facts[kind]:
                rest = rest.replace(value, "\n", 1)
        facts["quoted"] = [next(text for text in found.groups() if text) for found in _QUOTED.finditer(rest)]
        facts["name"] = _names(_QUOTED.sub("\n", rest))
        facts["number"] = [_number(text) for text in _NUMBER.findall(rest)]
        return facts


_SIGNS: Final[dict[Kind, str]] = {"url": "://", "email": "@", "uuid": "-", "date-time": ":", "date": "-", "time": ":"}


def _may_have(kind: Kind, text: str) -> bool:
    """A cheap look before the expensive one."""
    return _SIGNS.get(kind, "") in text


def _names(text: str) -> list[str]:
    """Runs of capitalised words; words that only begin a sentence are left out at either end."""
    names: list[str] = []
    for run in _NAME.findall(text):
        current: list[str] = []
        for word in [*run.split(" "), ""]:
            if word[:1].isupper() and re.split("['\u2019]", word.lower())[0] not in _NO_NAMES:
                current.append(word.removesuffix("'s").removesuffix("\u2019s"))
            elif current:
                names.append(" ".join(current))
                current = []
    return names


def _number(text: str) -> int | float:
    plain = text.replace(",", "")
    return int(plain) if plain.lstrip("+-").isdigit() else float(plain)


def _words_of(name: str) -> str:
    """`firstName` and `first_name` as a pattern that also finds `First name`, and for `rating` also `rated`."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W_A-Za-z]+", name) or [name]
    stem = re.sub(r"(?:ing|ed|e|s)$", "", words[-1]) if len(words[-1]) > 4 else words[-1]
    ending = r"\w{0,3}" if stem != words[-1] else ""
    return r"[\s_-]?".join(map(re.escape, [*words[:-1], stem])) + ending
