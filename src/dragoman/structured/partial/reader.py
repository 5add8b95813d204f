"""JSON as it comes, in pieces that may be cut anywhere: at every moment the value so far, and what of it is whole.

A piece costs its own length: nothing is read twice. A snapshot (`show`) makes the containers anew that are still open,
and shares what is finished. Strings are shown as they grow; numbers once something follows them, for 12 may become 123.
What a place becomes is said by its `Node`: plain Python values, or the caller's types.

What counts as JSON is what `json.JSONDecoder(strict=False)` takes, by which `structured.finding` finds it in text.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from dragoman.structured.partial.nodes import NOTHING, RAW, SKIP, Node
from dragoman.structured.partial.scalars import WORDS, NotJson, TooDeep, escaped, number_of

MOST_LEVELS: Final = 200
"""How deep containers may lie in each other: pydantic reads no deeper."""

_PLAIN_RUN: Final = re.compile(r'[^"\\]*').match
_SPACES: Final = re.compile(r"[ \t\n\r]*").match
_WORD_RUN: Final = re.compile(r"[-+.0-9A-Za-z]*").match


class _Open:
    """A container that is not finished: `key` is the place in it that is being read, by name or number."""

    __slots__ = ("is_object", "key", "members", "node")

    def __init__(self, node: Node, *, is_object: bool) -> None:
        self.node = node
        self.is_object = is_object
        self.members: Any = {} if is_object else []
        self.key: Any = None if is_object else 0

    def place(self) -> Node:
        return self.node.entry(self.key, self.members) if self.is_object else self.node.item(self.key)

    def put(self, value: Any) -> None:
        """Take a finished value; `NOTHING` leaves no trace."""
        if not self.is_object:
            self.key += 1
            if value is not NOTHING:
                self.members.append(value)
        elif value is not NOTHING:
            self.members[self.key] = value
        else:
            self.members.pop(self.key, None)  # of two under one name, the later counts

    def show(self, child: Any) -> Any:
        """The container so far, made anew, with the unfinished `child` in it."""
        members = self.members.copy()
        if not self.is_object:
            if child is not NOTHING:
                members.append(child)
            return self.node.array(members, whole=False)
        if child is not NOTHING:
            members[self.key] = child
        return self.node.object(members, whole=False)

    def close(self) -> Any:
        return (self.node.object if self.is_object else self.node.array)(self.members, whole=True)


class Reader:
    """Reads one document. `feed` it, then `finish` it; `show` may be asked at any time."""

    __slots__ = (
        "_bytes",
        "_held",
        "_keeper",
        "_kept",
        "_kept_from",
        "_kept_level",
        "_pieces",
        "_root",
        "_stack",
        "_step",
        "changes",
        "node",
        "restarts",
        "whole",
    )  # fmt: skip

    def __init__(self, node: Node = RAW) -> None:
        self.node = node
        self._stack: list[_Open] = []
        self._root: Any = NOTHING
        self._step: Callable[[str, int], int] = self._value
        self._pieces: list[str] = []
        self._held = ""
        self._bytes: Any = None
        self._kept: list[str] | None = None
        self._kept_from = self._kept_level = 0
        self._keeper = node
        self.changes = 0
        """How often the value has changed to the eye."""
        self.whole = False
        """Whether the document is complete."""
        self.restarts = 0
        """It never begins anew."""

    def feed(self, piece: str | bytes) -> bool:
        """Read on. Whether there is anything new to show. Raises `NotJson`."""
        text = piece if isinstance(piece, str) else self._decoded(piece)
        before = self.changes
        if self._held:
            text, self._held = self._held + text, ""
        self._kept_from = position = 0
        length = len(text)
        while position < length:
            position = self._step(text, position)
        if self._kept is not None:
            self._kept.append(text[self._kept_from : length - len(self._held)])
        return self.changes > before

    def finish(self) -> bool:
        """The text is over: a number that stood alone is whole now. Whether there is anything new to show."""
        if not self._stack and self._pieces and self._step == self._word:
            self._finish_word()
            return True
        return False

    def show(self) -> Any:
        """The value so far, a fresh one at each call; `NOTHING` when there is none."""
        if not self._stack:
            return self._growing() if self._root is NOTHING else self._root
        child = self._growing()
        for opened in reversed(self._stack):
            child = opened.show(child)
        return child

    def is_complete(self, path: Sequence[str] = ()) -> bool:
        """Whether what lies at `path` has come whole. The empty path is the document."""
        rest = list(path)
        for level, opened in enumerate(self._stack, 1):
            is_read = level < len(self._stack) or not opened.is_object or self._step in self._in_member
            if opened.is_object and opened.key == opened.node.wraps:
                if not is_read:
                    return _lies_in(opened.members.get(opened.key, NOTHING), rest)
                continue
            if not rest:
                return False
            names = opened.node.spellings(rest.pop(0))
            if not (is_read and str(opened.key) in names):
                return _lies_in(_member(opened, names), rest)
        return not self._stack and _lies_in(self._root, rest)

    @property
    def _in_member(self) -> tuple[Callable[[str, int], int], ...]:
        """The steps within a member whose name is known."""
        return self._colon, self._value, self._string, self._word

    def _decoded(self, piece: bytes) -> str:
        if self._bytes is None:
            self._bytes = getincrementaldecoder("utf-8")()
        try:
            return cast("str", self._bytes.decode(piece))
        except UnicodeDecodeError as error:
            raise NotJson(f"not UTF-8: {error}") from error

    def _growing(self) -> Any:
        """The unfinished string, when a value is being read that is one."""
        if self._step != self._string:
            return NOTHING
        if len(self._pieces) > 1:
            self._pieces[:] = ["".join(self._pieces)]
        return self._place().growing(self._pieces[0] if self._pieces else "")

    def _place(self) -> Node:
        return self._stack[-1].place() if self._stack else self.node

    # ------------------------------------------------------------------ steps: each says how far it has read

    def _value(self, text: str, position: int) -> int:
        position = _SPACES(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]  # it matches nothing, too
        if position == len(text):
            return position
        match text[position]:
            case '"':
                self._step = self._string
                self.changes += 1
            case "{":
                self._open(position, is_object=True)
            case "[":
                self._open(position, is_object=False)
            case _:
                self._step = self._word
                return self._word(text, position)
        return position + 1

    def _first_item(self, text: str, position: int) -> int:
        position = _SPACES(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]  # as above
        if position < len(text):
            if text[position] == "]":
                return self._close(text, position)
            self._step = self._value
        return position

    def _key_or_end(self, text: str, position: int) -> int:
        position = _SPACES(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]  # as above
        if position < len(text):
            if text[position] == "}":
                return self._close(text, position)
            self._step = self._key
        return position

    def _key(self, text: str, position: int) -> int:
        return self._sign(text, position, '"', self._name)

    def _colon(self, text: str, position: int) -> int:
        return self._sign(text, position, ":", self._value)

    def _sign(self, text: str, position: int, sign: str, then: Callable[[str, int], int]) -> int:
        position = _SPACES(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]  # as above
        if position == len(text):
            return position
        if text[position] != sign:
            raise NotJson(f"`{sign}` was to come, not {text[position]!r}")
        self._step = then
        return position + 1

    def _after(self, text: str, position: int) -> int:
        """After a member: the next one, or the end of the container."""
        position = _SPACES(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]  # as above
        if position == len(text):
            return position
        is_object = self._stack[-1].is_object
        match text[position]:
            case ",":
                self._step = self._key if is_object else self._value
                return position + 1
            case "}" if is_object:
                return self._close(text, position)
            case "]" if not is_object:
                return self._close(text, position)
            case other:
                raise NotJson(f"the next member was to come, or the end, not {other!r}")

    def _end(self, text: str, position: int) -> int:
        position = _SPACES(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]  # as above
        if position < len(text):
            raise NotJson(f"the document is over, but {text[position]!r} follows")
        return position

    def _name(self, text: str, position: int) -> int:
        position = self._run(text, position)
        if position < len(text):  # at the quotation mark
            self._stack[-1].key = self._taken()
            self._step = self._colon
            position += 1
        return position

    def _string(self, text: str, position: int) -> int:
        begun = position
        position = self._run(text, position)
        if position > begun:
            self.changes += 1
        if position < len(text):
            self._put(self._place().scalar(self._taken(), None))
            position += 1
        return position

    def _run(self, text: str, position: int) -> int:
        """Read inside a string, up to its closing mark or the end of the piece; a cut escape is held back."""
        pieces, length = self._pieces, len(text)
        while True:
            end = _PLAIN_RUN(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]  # as above
            if end > position:
                pieces.append(text[position:end])
            if end == length or text[end] == '"':
                return end
            said, position = escaped(text, end)
            if not position:
                self._held = text[end:]
                return length
            pieces.append(said)

    def _word(self, text: str, position: int) -> int:
        """A number or a literal; the end of the piece may be in the middle of it."""
        end = _WORD_RUN(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]  # as above
        if end == position and not self._pieces:
            raise NotJson(f"a value was to come, not {text[position]!r}")
        self._pieces.append(text[position:end])
        if end < len(text) or "".join(self._pieces) in WORDS:
            self._finish_word()
        return end

    def _finish_word(self) -> None:
        word = self._taken()
        place = self._place()
        self._put(place.scalar(WORDS[word] if word in WORDS else number_of(word), word))

    # ------------------------------------------------------------------ what is read is put in its place

    def _taken(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return text

    def _put(self, value: Any) -> None:
        self.changes += 1
        if self._stack:
            self._stack[-1].put(value)
            self._step = self._after
        else:
            self._root, self.whole, self._step = value, True, self._end

    def _open(self, position: int, *, is_object: bool) -> None:
        if len(self._stack) == MOST_LEVELS:
            raise TooDeep(f"more than {MOST_LEVELS} containers in each other")
        node = self._place()
        if node.keeps_text and self._kept is None:
            self._kept, self._kept_from, self._kept_level, self._keeper = [], position, len(self._stack), node
            node = SKIP
        self._stack.append(_Open(node, is_object=is_object))
        self._step = self._key_or_end if is_object else self._first_item
        self.changes += 1

    def _close(self, text: str, position: int) -> int:
        opened = self._stack.pop()
        if self._kept is not None and len(self._stack) == self._kept_level:
            self._kept.append(text[self._kept_from : position + 1])
            kept, self._kept = "".join(self._kept), None
            self._put(self._keeper.text(kept))
        else:
            self._put(opened.close())
        return position + 1


def _member(opened: _Open, names: Sequence[str]) -> Any:
    """The finished member under one of `names`."""
    if not opened.is_object:
        index = next((int(name) for name in names if name.isdecimal()), -1)
        return opened.members[index] if 0 <= index < len(opened.members) else NOTHING
    return next((opened.members[name] for name in names if name in opened.members), NOTHING)


def _lies_in(value: Any, path: Sequence[str]) -> bool:
    """Whether there is something at `path` in a finished value."""
    if value is NOTHING:
        return False
    for name in path:
        match value:
            case dict():
                found = cast("dict[str, Any]", value).get(name, NOTHING)
            case list() | tuple():
                items = cast("Sequence[Any]", value)
                found = items[int(name)] if name.isdecimal() and int(name) < len(items) else NOTHING
            case _:
                said = getattr(value, "model_fields_set", None)
                found = getattr(value, name, NOTHING) if said is None or name in said else NOTHING
        if found is NOTHING:
            return False
        value = found
    return True
