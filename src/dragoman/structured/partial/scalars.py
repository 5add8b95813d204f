"""What stands in JSON's strings, numbers and names, of a text that may end in the middle of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?").fullmatch
_HEX: Final = re.compile(r"[0-9A-Fa-f]{4}").match
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WORDS: Final[Mapping[str, Any]] = {
    "true": True, "false": False, "null": None,
    "NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf"),
}  # fmt: skip
"""The values that have names."""
_ESCAPE_LENGTH: Final = 6  # of a `\\uXXXX`


class NotJson(ValueError):
    """What came is no JSON. What had come before stays as it was."""


class TooDeep(NotJson):
    """It may be JSON, of more levels than are read here."""


def escaped(text: str, position: int) -> tuple[str, int]:
    """What the escape at `position` says, and where it ends: 0 when the piece ends before that is known."""
    if position + 1 == len(text):
        return "", 0
    letter = text[position + 1]
    if letter != "u":
        if letter not in _ESCAPES:
            raise NotJson(f"no escape: \\{letter}")
        return _ESCAPES[letter], position + 2
    code, end = _code(text, position)
    if not 0xD800 <= code < 0xDC00:
        return chr(code) if end else "", end
    return _paired(text, code, end)


def _paired(text: str, first: int, end: int) -> tuple[str, int]:
    """The character of two surrogates; the first alone where the second does not follow."""
    follows = text[end : end + 2]
    if len(follows) < 2 and "\\u".startswith(follows):
        return "", 0
    if follows != "\\u":
        return chr(first), end
    second, end_of_pair = _code(text, end)
    if not end_of_pair:
        return "", 0
    if not 0xDC00 <= second < 0xE000:
        return chr(first), end
    return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)), end_of_pair


def _code(text: str, position: int) -> tuple[int, int]:
    """The number in the escape at `position`, and where it ends: 0 when the piece ends before."""
    end = position + _ESCAPE_LENGTH
    if end > len(text):
        return 0, 0
    if not _HEX(text, position + 2):
        raise NotJson(f"no escape: {text[position:end]}")
    return int(text[position + 2 : end], 16), end


def number_of(word: str) -> int | float:
    found = _NUMBER(word)
    if found is None:
        raise NotJson(f"no value: {word}")
    try:
        return int(word) if found[1] is None and found[2] is None else float(word)
    except ValueError as error:  # it has more digits than Python reads
        raise NotJson(str(error)) from error
