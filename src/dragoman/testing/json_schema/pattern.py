"""Strings that match a regular expression: what most schemas ask for, made by walking the expression.

Understood: literals, `.`, classes, escapes, groups, alternatives, quantifiers. Anchors and look-arounds make nothing;
the caller checks the result, so a string that misses them is only a failed try.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

Piece: TypeAlias = Callable[[int, int], str]
"""Makes a part of a string: with `extra` repetitions where they are allowed, as the `nth` of several."""

_DIGITS: Final = string.digits
_LETTERS: Final = string.ascii_lowercase + string.ascii_uppercase
_WORD: Final = _LETTERS + _DIGITS + "_"
_PRINTABLE: Final = _LETTERS + _DIGITS + " " + string.punctuation
_MANY: Final = 1_000_000


def _without(left_out: str) -> str:
    return "".join(char for char in _PRINTABLE if char not in left_out)


_CLASSES: Final[dict[str, str]] = {
    "d": _DIGITS,
    "D": _without(_DIGITS),
    "w": _WORD,
    "W": _without(_WORD),
    "s": " ",
    "S": _without(" "),
}
_CONTROLS: Final[dict[str, str]] = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
_ANCHORS: Final = frozenset("bBAzZG")
_LOOKS: Final = ("?=", "?!", "?<=", "?<!")


class UnknownSyntax(ValueError):
    """The expression uses what is not understood here."""


def strings_for(pattern: str, *, nth: int = 0, min_length: int = 0) -> Iterator[str]:
    """Strings made for `pattern`, the shortest first; some may miss it where it uses look-arounds or anchors inside.

    Raises `UnknownSyntax` for what is not understood.
    """
    reader = _Reader(pattern)
    piece = reader.alternatives()
    if reader.rest:
        raise UnknownSyntax(f"`{pattern}` is not understood from `{reader.rest}` on")
    for extra in (0, 1, 2, 3, min_length):
        text = piece(extra, nth)
        yield text
        yield text + "x" * (min_length - len(text))
        yield text[-1:] * (min_length - len(text)) + text


class _Reader:
    """A recursive-descent reader of an expression."""

    def __init__(self, pattern: str) -> None:
        self.rest = pattern

    def alternatives(self) -> Piece:
        branches = [self.sequence()]
        while self._skip("|"):
            branches.append(self.sequence())
        return lambda extra, nth: branches[nth % len(branches)](extra, nth // len(branches))

    def sequence(self) -> Piece:
        pieces: list[Piece] = []
        while self.rest and self.rest[0] not in "|)":
            pieces.append(self.repeated(self.atom()))
        return lambda extra, nth: "".join([piece(extra, nth) for piece in pieces])

    def repeated(self, piece: Piece) -> Piece:
        bounds = self.quantifier()
        if bounds is None:
            return piece
        least, most = bounds
        return lambda extra, nth: "".join([piece(extra, nth + i) for i in range(min(least + extra, most))])

    def quantifier(self) -> tuple[int, int] | None:
        bounds = None
        if self.rest[:1] in ("*", "+", "?"):
            bounds = {"*": (0, _MANY), "+": (1, _MANY), "?": (0, 1)}[self._next()]
        elif self.rest.startswith("{") and (inside := self.rest[1:].partition("}")[0]).replace(",", "").isdigit():
            self.rest = self.rest[len(inside) + 2 :]
            least, comma, most = inside.partition(",")
            bounds = int(least or 0), int(most) if most else _MANY if comma else int(least)
        if bounds is not None and self.rest[:1] in ("?", "+"):  # lazy or possessive: the same strings
            self._next()
        return bounds

    def atom(self) -> Piece:
        char = self._next()
        match char:
            case "(":
                return self.group()
            case "[":
                return _one_of(self.char_class())
            case ".":
                return _one_of(_LETTERS)
            case "^" | "$":
                return _nothing
            case "\\":
                return self.escape()
            case _:
                return _one_of(char)

    def group(self) -> Piece:
        look = next((mark for mark in _LOOKS if self.rest.startswith(mark)), None)
        if look is None:
            self._group_head()
        else:
            self.rest = self.rest[len(look) :]
        inside = self.alternatives()
        if not self._skip(")"):
            raise UnknownSyntax("a group is not closed")
        return inside if look is None else _nothing

    def _group_head(self) -> None:
        if self._skip("?:") or not self._skip("?"):
            return
        self._skip("P")
        if not self._skip("<"):
            raise UnknownSyntax(f"groups of the form `(?{self.rest[:1]}` are not understood")
        self.rest = self.rest.partition(">")[2]

    def escape(self) -> Piece:
        char = self._next()
        if char in _ANCHORS:
            return _nothing
        return _one_of(self._escaped(char))

    def _escaped(self, char: str) -> str:
        """The characters that an escape stands for."""
        if char in _CLASSES:
            return _CLASSES[char]
        if char in ("x", "u"):
            width = 2 if char == "x" else 4
            code, self.rest = self.rest[:width], self.rest[width:]
            return chr(int(code, 16))
        if char.isalnum() and char not in _CONTROLS:
            raise UnknownSyntax(f"`\\{char}` is not understood")
        return _CONTROLS.get(char, char)

    def char_class(self) -> str:
        negated = self._skip("^")
        members = ""
        while not (members and self.rest.startswith("]")):
            chars = self._class_member()
            if len(chars) == 1 and self.rest.startswith("-") and not self.rest.startswith("-]"):
                self._next()
                chars = _range(chars, self._class_member())
            members += chars
        self._next()
        return _without(members) if negated else members

    def _class_member(self) -> str:
        char = self._next()
        return self._escaped(self._next()) if char == "\\" else char

    def _next(self) -> str:
        if not self.rest:
            raise UnknownSyntax("the expression ends too early")
        char, self.rest = self.rest[0], self.rest[1:]
        return char

    def _skip(self, text: str) -> bool:
        found = self.rest.startswith(text)
        if found:
            self.rest = self.rest[len(text) :]
        return found


def _nothing(extra: int, nth: int) -> str:  # noqa: ARG001  # a `Piece`
    return ""


def _one_of(chars: str) -> Piece:
    if not chars:
        raise UnknownSyntax("a class without characters")
    return lambda _, nth: chars[nth % len(chars)]


def _range(first: str, last: str) -> str:
    """The characters from `first` to `last`; a few of them are enough when there are many."""
    end = min(ord(last), ord(first) + 200)
    return "".join(map(chr, range(ord(first), end + 1)))
