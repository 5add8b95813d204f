"""JSON in the text around it: a code block, a sentence before, a remark after."""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import Final

_read_at: Final = JSONDecoder(strict=False).raw_decode
_MOST_TRIES: Final = 50
"""So that a text full of braces costs no more than its length, this many times."""

_OBJECT: Final = re.compile(r"\{")
_OBJECT_OR_LIST: Final = re.compile(r"[{\[]")


def first_json(text: str, *, lists: bool) -> str:
    """The first JSON object in `text`, with `lists` also a list; `text` itself when there is none to be found."""
    beginning = _OBJECT_OR_LIST if lists else _OBJECT
    found = beginning.search(text)
    for _ in range(_MOST_TRIES):
        if found is None:
            break
        try:
            _, end = _read_at(text, found.start())
        except (ValueError, RecursionError):
            found = beginning.search(text, found.end())
            continue
        return text[found.start() : end]
    return text
