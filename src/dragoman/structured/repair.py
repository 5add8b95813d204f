"""JSON that is nearly right, made right: a comma too many, comments, Python's words, quotes of another kind.

Only for text that is no JSON. It is read once, left to right, and written again as JSON; each kind of repair is told.
What would have to be guessed (where a text without its end was meant to end) is not repaired.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeAlias

from msgspec import Struct

from dragoman.messages.json_text import encode_json


class Repaired(Struct, frozen=True):
    """Text that is JSON now, or nearly; `end` is where it ended in the text it was made from."""

    text: str
    repairs: tuple[str, ...]
    end: int


class BeyondRepair(ValueError):
    """It is not nearly JSON. `end` is how far it was: what begins before that is a part of it.

    `ran_out`: the text was over, so that more of it might make it so.
    """

    def __init__(self, end: int, *, ran_out: bool) -> None:
        super().__init__("this is not nearly JSON")
        self.end = end
        self.ran_out = ran_out


def repaired(text: str, start: int = 0, *, may_close: bool = False) -> Repaired:
    """The object or list that begins at `start`, as JSON. Raises `BeyondRepair`.

    `may_close`: brackets that are open at the end of `text` are closed, when a value stands whole before it.
    """
    return _Repair(text, start, may_close=may_close).run()


_SPACE: Final = re.compile(r"[ \t\r\n\f\v\u00a0\ufeff]*")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]+')
_PLAIN_IN_SINGLE: Final = re.compile(r"""[^'"\\\x00-\x1f]+""")
_PLAIN_IN_CURLY: Final = re.compile(r"""[^\u201d"\\\x00-\x1f]+""")
_WORD: Final = re.compile(r"[A-Za-z_$][\w$-]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.+-])|-?Infinity\b")
_MAY_GO_ON: Final = re.compile(r"[\w.+$/-]*")
"""The rest of a text that ends in the middle of a word, a number or the beginning of a comment."""
_COMMENT: Final = re.compile(r"//[^\n]*|/\*")

_QUOTES: Final = {"'": ("'", _PLAIN_IN_SINGLE), "\u201c": ("\u201d", _PLAIN_IN_CURLY), '"': ('"', _PLAIN)}
"""Opening quote → closing quote, and what may stand between them as it is."""

_WORDS: Final = {
    "true": "true", "false": "false", "null": "null", "NaN": "NaN", "Infinity": "Infinity",
    "True": "true", "False": "false", "None": "null", "undefined": "null",
}  # fmt: skip
_CLOSING: Final = {"{": "}", "[": "]"}
_ESCAPES: Final = frozenset('"\\/bfnrt')
_HEX: Final = re.compile(r"u[0-9a-fA-F]{4}")

_COMMA: Final = "a comma too many was taken out"
_NO_COMMA: Final = "a missing comma was put in"
_COMMENTS: Final = "comments were taken out"
_OTHER_QUOTES: Final = "quotes were made double"
_BARE_NAMES: Final = "names were put in quotes"
_PYTHON: Final = "Python's words were made JSON's"
_CONTROLS: Final = "control characters in texts were escaped"
_BAD_ESCAPES: Final = "escapes that JSON does not have were mended"
_UNCLOSED: Final = "missing brackets at the end were put in"


_Step: TypeAlias = Callable[[], Any]
"""Reads what may stand next, and gives the step after it."""


class _Repair:
    """One reading. `_open` holds the brackets that are open; `_step` is what may come next."""

    def __init__(self, text: str, start: int, *, may_close: bool) -> None:
        self._text = text
        self._at = start
        self._may_close = may_close
        self._out: list[str] = []
        self._repairs: dict[str, None] = {}
        self._open: list[str] = []
        self._step: _Step = self._value

    def run(self) -> Repaired:
        while True:
            self._skip()
            if self._at >= len(self._text):
                self._close_all()
                break
            self._step = self._step()
            if not self._open:
                break
        return Repaired("".join(self._out), tuple(self._repairs), self._at)

    # ------------------------------------------------------------------ what may come next

    def _value(self) -> _Step:
        first = self._text[self._at]
        if first in _CLOSING:
            self._take(first)
            self._open.append(first)
            return self._first_name if first == "{" else self._first_item
        if not self._open:
            self._fail()
        if first in _QUOTES:
            self._string()
        elif (number := _NUMBER.match(self._text, self._at)) is not None:
            self._take(number.group())
        else:
            self._literal()
        return self._after

    def _first_name(self) -> _Step:
        return self._end() if self._text[self._at] == "}" else self._name()

    def _first_item(self) -> _Step:
        return self._end() if self._text[self._at] == "]" else self._value()

    def _name(self) -> _Step:
        if self._text[self._at] in _QUOTES:
            self._string()
        else:
            word = self._word()
            self._out.append(encode_json(word).decode())
            self._note(_BARE_NAMES)
        return self._colon

    def _colon(self) -> _Step:
        if self._text[self._at] != ":":
            self._fail()
        self._take(":")
        return self._value

    def _after(self) -> _Step:
        """After a value: a comma, or the bracket that ends what it stands in."""
        first = self._text[self._at]
        if first in "}]":
            return self._end()
        if first == ",":
            self._at += 1
            return self._after_comma
        apart = self._text[self._at - 1] not in _QUOTES  # else it is more likely a quote inside a text
        if not apart or (first not in _QUOTES and first not in _CLOSING):
            self._fail()
        self._note(_NO_COMMA)
        return self._next()

    def _after_comma(self) -> _Step:
        first = self._text[self._at]
        if first in "},]":
            self._note(_COMMA)
            if first == ",":
                self._at += 1
                return self._after_comma
            return self._end()
        return self._next()

    def _next(self) -> _Step:
        self._out.append(",")
        return self._name() if self._open[-1] == "{" else self._value()

    def _end(self) -> _Step:
        if _CLOSING[self._open[-1]] != self._text[self._at]:
            self._fail()
        self._take(_CLOSING[self._open.pop()])
        return self._after

    # ------------------------------------------------------------------ what stands there

    def _literal(self) -> None:
        word = self._word()
        said = _WORDS.get(word)
        if said is None:
            self._fail()
        if said != word:
            self._note(_PYTHON)
        self._out.append(said)

    def _word(self) -> str:
        found = _WORD.match(self._text, self._at)
        if found is None:
            self._fail()
        self._at = found.end()
        return found.group()

    def _string(self) -> None:
        began = self._at
        closing, plain = _QUOTES[self._text[began]]
        if closing != '"':
            self._note(_OTHER_QUOTES)
        self._at += 1
        self._out.append('"')
        while self._at < len(self._text):
            found = plain.match(self._text, self._at)
            if found is not None:
                self._take(found.group())
            elif self._text[self._at] == closing:
                self._at += 1
                self._out.append('"')
                return
            else:
                self._odd()
        self._at = began + 1  # where it was meant to end would be a guess; what is in it may be an answer of its own
        self._fail(ran_out=True)

    def _odd(self) -> None:
        """One character, or an escape, that cannot stand in a string as it is."""
        character = self._text[self._at]
        self._at += 1
        if character == "\\":
            self._escape()
        elif character == '"':
            self._out.append('\\"')
        else:
            self._out.append(encode_json(character).decode()[1:-1])
            self._note(_CONTROLS)

    def _escape(self) -> None:
        following = self._text[self._at : self._at + 1]
        if following in _ESCAPES and following:
            self._take(following, before="\\")
        elif (code := _HEX.match(self._text, self._at)) is not None:
            self._take(code.group(), before="\\")
        else:
            self._note(_BAD_ESCAPES)
            self._take(following) if following == "'" else self._out.append("\\\\")

    # ------------------------------------------------------------------ moving on

    def _take(self, text: str, *, before: str = "") -> None:
        self._at += len(text)
        self._out.append(before + text)

    def _skip(self) -> None:
        """Past spaces and comments."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # pyright: ignore[reportOptionalMemberAccess]  # matches ""
            comment = _COMMENT.match(self._text, self._at)
            if comment is None:
                return
            ending = self._text.find("*/", comment.end()) + 2 if comment.group() == "/*" else comment.end()
            if ending < comment.end():
                self._fail(ran_out=True)
            self._at = ending
            self._note(_COMMENTS)

    def _close_all(self) -> None:
        if not self._may_close or self._step not in (
            self._after,
            self._after_comma,
            self._first_item,
            self._first_name,
        ):
            self._fail()
        self._out.extend(_CLOSING[bracket] for bracket in reversed(self._open))
        self._open.clear()
        self._note(_UNCLOSED)

    def _note(self, repair: str) -> None:
        self._repairs[repair] = None

    def _fail(self, *, ran_out: bool = False) -> NoReturn:
        at_end = _MAY_GO_ON.fullmatch(self._text, self._at)
        raise BeyondRepair(self._at, ran_out=ran_out or at_end is not None)
