"""JSON in the text around it: a code block, a sentence before, a remark after; and JSON that is nearly right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Final

from dragoman.structured.repair import BeyondRepair, Repaired, repaired

_read_at: Final = JSONDecoder(strict=False).raw_decode
_read_right_at: Final = JSONDecoder().raw_decode
MOST_TRIES: Final = 50
"""So that a text full of braces costs no more than its length, this many times."""

_OBJECT: Final = re.compile(r"\{")
_OBJECT_OR_LIST: Final = re.compile(r"[{\[]")

AROUND: Final = "text around the JSON was passed over"


def beginning_of(*, lists: bool) -> re.Pattern[str]:
    """How JSON that is looked for begins."""
    return _OBJECT_OR_LIST if lists else _OBJECT


def first_json(text: str, *, lists: bool) -> str:
    """The first JSON object in `text`, with `lists` also a list; `text` itself when there is none to be found."""
    beginning = beginning_of(lists=lists)
    found = beginning.search(text)
    for _ in range(MOST_TRIES):
        if found is None:
            break
        try:
            _, end = _read_at(text, found.start())
        except (ValueError, RecursionError):
            found = beginning.search(text, found.end())
            continue
        return text[found.start() : end]
    return text


def every_json(text: str, *, lists: bool, may_close: bool) -> Iterator[Repaired]:
    """Each JSON object in `text`, with `lists` also each list, in order; one that is nearly JSON as it is made right.

    What stands inside another is none of them, nor is a part of one that cannot be made right.
    """
    beginning = beginning_of(lists=lists)
    at = 0
    for _ in range(MOST_TRIES):
        found = beginning.search(text, at)
        if found is None:
            return
        try:
            each = _json_at(text, found.start(), may_close=may_close)
        except BeyondRepair as beyond:
            at = max(beyond.end, found.end())
        else:
            yield each
            at = each.end


def _json_at(text: str, start: int, *, may_close: bool) -> Repaired:
    try:
        _, end = _read_right_at(text, start)  # strictly: the validator takes no control characters in texts
        each = Repaired(text[start:end], (), end)
    except (ValueError, RecursionError):
        each = repaired(text, start, may_close=may_close)
    around = text[:start].strip() or text[each.end :].strip()
    return Repaired(each.text, (AROUND, *each.repairs), each.end) if around else each
