"""JSON in the text around it: a code block, a sentence before, a remark after, thoughts; and JSON that is nearly right.

A text may hold more than one: a draft and its correction, an example and the answer. What a model says to itself in
`<think>` is passed over; what stands in code blocks goes before prose, and in a later block before an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from json import JSONDecoder
from typing import Final

from dragoman.structured.repair import BeyondRepair, Repaired, repaired

_read_right_at: Final = JSONDecoder().raw_decode
MOST_TRIES: Final = 50
"""So that a text full of braces costs no more than its length, this many times."""

AROUND: Final = "text around the JSON was passed over"

_THOUGHTS: Final = r"<(?P<end>/?)(?P<tag>think(?:ing)?|thought|reasoning)>"
_FENCE: Final = r"(?P<fence>`{3,}+)[ \t]*+(?P<language>[\w+-]{0,20}+)"
_JSON_WORDS: Final = frozenset({"json", "jsonc", "json5"})


class TooMany(ValueError):
    """There is more that may be JSON than is looked at."""

    def __init__(self) -> None:
        super().__init__("the text has so many braces that no answer was looked for behind them")


class Candidate(Repaired, frozen=True):
    """JSON that stands in a text, in its `block`-th code block, or in none (0), and in which `part` of it.

    A part ends where thoughts end that had no beginning in the text. They may have been thoughts, or prose about them.
    """

    part: int
    block: int


class Fences:
    """Which code block a reading is in. Blocks in other languages than JSON hold what is quoted, as prose does."""

    def __init__(self) -> None:
        self.block = 0
        self._blocks = 0
        self._is_open = False

    def meet(self, language: str) -> None:
        """Three backticks, and the word behind them. A block in a block begins with a word for JSON."""
        language = language.lower()
        self._is_open = not self._is_open or language in _JSON_WORDS
        self.block = 0
        if self._is_open and (not language or language in _JSON_WORDS):
            self._blocks += 1
            self.block = self._blocks


def _marks(*, lists: bool) -> re.Pattern[str]:
    begins = r"[{\[]" if lists else r"\{"
    return re.compile(rf"(?P<json>{begins})|{_THOUGHTS}|{_FENCE}")


MARKS: Final = {lists: _marks(lists=lists) for lists in (False, True)}
"""What a text is searched for, with `lists` or without: how JSON begins, code blocks and thoughts."""


def every_json(text: str, *, lists: bool, may_close: bool) -> list[Candidate]:
    """Each JSON object in `text`, with `lists` also each list, in order; one that is nearly JSON as it is made right.

    What stands inside another is none of them, nor is a part of one that cannot be made right. Raises `TooMany`.
    """
    found: list[Candidate] = []
    fences, at, tries, part = Fences(), 0, 0, 0
    while mark := MARKS[lists].search(text, at):
        at = mark.end()
        if mark["fence"]:
            fences.meet(mark["language"])
            continue
        tries += 1
        if tries > MOST_TRIES:
            raise TooMany
        if mark["end"]:  # what begins it may have been put before the answer
            part += 1
        elif mark["tag"]:
            at = _end_of_thoughts(text, mark)
        else:
            each, at = _tried(text, mark.start(), may_close=may_close)
            if each is not None:
                found.append(Candidate(each.text, each.repairs, each.end, part, fences.block))
    return found


def _end_of_thoughts(text: str, mark: re.Match[str]) -> int:
    """Where the answer goes on; the end of the text when it ends in thoughts."""
    closing = f"</{mark['tag']}>"
    end = text.find(closing, mark.end())
    return len(text) if end < 0 else end + len(closing)


def _tried(text: str, start: int, *, may_close: bool) -> tuple[Repaired | None, int]:
    """The JSON that begins at `start`, if it can be read, and how far it was."""
    try:
        each = json_at(text, start, may_close=may_close)
    except BeyondRepair as beyond:
        return None, max(beyond.end, start + 1)
    return each, each.end


def json_at(text: str, start: int, *, may_close: bool) -> Repaired:
    """The JSON that begins at `start`, made right if need be. Raises `BeyondRepair`."""
    try:
        _, end = _read_right_at(text, start)  # strictly: the validator takes no control characters in texts
        each = Repaired(text[start:end], (), end)
    except (ValueError, RecursionError):
        each = repaired(text, start, may_close=may_close)
    around = text[:start].strip() or text[each.end :].strip()
    return Repaired(each.text, (AROUND, *each.repairs), each.end) if around else each


def in_turn(found: Sequence[Candidate]) -> list[list[Candidate]]:
    """Those that stand together, in the order in which they are asked whether they fit.

    The last part of the text goes first. In it each code block, from the last on, and then all prose.
    """
    groups: dict[tuple[int, int], list[Candidate]] = {}
    for each in found:
        groups.setdefault((each.part, each.block), []).append(each)
    return [groups[place] for place in sorted(groups, reverse=True)]
