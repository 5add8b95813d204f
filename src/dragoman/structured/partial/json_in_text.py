"""The JSON in a text that comes in pieces: what `structured.reading` will choose in the whole, as far as can be told.

What was shown is void when something goes before it: JSON in the next code block, or behind the end of thoughts that
had no beginning. When it cannot be told any more which JSON is the answer, nothing is shown. What fits is not known
here: the whole text has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from json import JSONDecoder
from typing import Any, Final

from dragoman.structured.finding import MARKS, MOST_TRIES, Fences, json_at
from dragoman.structured.partial.nodes import NOTHING
from dragoman.structured.partial.reader import Reader
from dragoman.structured.partial.scalars import NotJson, TooDeep
from dragoman.structured.repair import BeyondRepair

_MAY_BE_MARK: Final = re.compile(r"(?:<[/a-z]{0,11}|`{1,2})\Z")
_CLOSING: Final = re.compile(r"[}\]]")
_read: Final = JSONDecoder(strict=False).raw_decode
_NONE_YET: Final = -1
"""Before the first code block (1), and before prose (0): the block of the last JSON that is whole."""
_AT_LEAST_A_PART: Final = 1
"""Changes of a reader that has shown more than an open bracket."""


class JsonInText:
    """Reads the JSON object, or with `lists` list, that may be the answer, as a `Reader` reads a document."""

    def __init__(self, make: Callable[[], Reader], *, lists: bool) -> None:
        self._make = make
        self._marks = MARKS[lists]
        self._fences = Fences()
        self._step: Callable[[str], str] = self._outside
        self._held = self._closing = ""
        self._reader = Reader()
        self._pieces: list[str] = []
        self._shown: Reader | None = None
        self._block = _NONE_YET
        self._part_is_over = False
        self._tries = self._mended = self._size = self._mend_at = 0
        self._changed = False
        self.restarts = 0
        """How often what was shown became void."""

    @property
    def whole(self) -> bool:
        return self._shown is not None and self._shown.whole

    def feed(self, piece: str) -> bool:
        """Read on. Whether there is anything new to show. Raises `NotJson` when no more beginnings are tried."""
        self._changed = False
        while piece:
            piece = self._step(piece)
        return self._changed

    def finish(self) -> bool:
        """The text is over. An object or a list shows its end itself."""
        return False

    def show(self) -> Any:
        return NOTHING if self._shown is None else self._shown.show()

    def is_complete(self, path: Sequence[str] = ()) -> bool:
        return self._shown is not None and self._shown.is_complete(path)

    # ------------------------------------------------------------------ steps: each says what it has not read

    def _outside(self, text: str) -> str:
        text, self._held = self._held + text, ""
        at = 0
        while (mark := self._marks.search(text, at)) and mark["fence"] and mark.end() < len(text):
            self._fences.meet(mark["language"])
            at = mark.end()
        if mark is None:
            cut = _MAY_BE_MARK.search(text, at)
            self._held = cut.group() if cut else ""
            return ""
        if mark["fence"]:
            self._held = _shortest(mark)
            return ""
        self._count()
        if mark["json"]:
            self._begin()
            return text[mark.start() :]
        if mark["end"]:
            self._part_is_over = True
        else:
            self._closing, self._step = f"</{mark['tag']}>", self._thoughts
        return text[mark.end() :]

    def _thoughts(self, text: str) -> str:
        text, self._held = self._held + text, ""
        before, closing, after = text.partition(self._closing)
        if not closing:
            self._held = before[1 - len(self._closing) :]
            return ""
        self._step = self._outside
        return after

    def _json(self, text: str) -> str:
        self._pieces.append(text)
        try:
            changed = self._reader.feed(text)
        except TooDeep:
            raise
        except NotJson:
            changed = True
            if not self._reader.whole:
                return self._no_json()
        self._changed |= changed and self._reader is self._shown
        if not self._reader.whole:
            return ""
        return self._found(_behind("".join(self._pieces)))

    def _mending(self, text: str) -> str:
        """What began like JSON and is none may be nearly JSON. What stands in it is no answer, either way.

        It is looked at when it may be over, until that has been so often, and whenever it has doubled.
        """
        self._pieces.append(text)
        self._size += len(text)
        if self._mended < MOST_TRIES and _CLOSING.search(text):
            self._mended += 1
            return self._mend()
        return self._mend() if self._size >= self._mend_at else ""

    # ------------------------------------------------------------------ what becomes of one

    def _begin(self) -> None:
        """Show what begins here, if it goes before all that was whole."""
        if self._part_is_over:
            self._part_is_over, self._block = False, _NONE_YET
        self._reader = Reader()
        if self._goes_first():
            self._take_back()
            self._shown = self._reader = self._make()
        self._pieces = []
        self._step = self._json

    def _goes_first(self) -> bool:
        return self._fences.block > self._block

    def _found(self, rest: str) -> str:
        """It is whole. One more beside another, before the next code block, and nobody knows which it is."""
        if self._fences.block == self._block:
            self._take_back()
        self._block = max(self._block, self._fences.block)
        self._step = self._outside
        return rest

    def _no_json(self) -> str:
        if self._reader is self._shown:
            self._take_back()
        self._step = self._mending
        return self._mend()

    def _mend(self) -> str:
        text = "".join(self._pieces)
        try:
            mended = json_at(text, 0, may_close=False)
        except BeyondRepair as beyond:
            if beyond.ran_out:
                self._pieces, self._size, self._mend_at = [text], len(text), 2 * len(text)
                return ""
            self._step = self._outside
            return text[max(beyond.end, 1) :]
        if self._goes_first():
            self._shown = self._reader = self._make()
            self._reader.feed(mended.text)
            self._changed = True
        return self._found(text[mended.end :])

    def _take_back(self) -> None:
        """What was shown is void."""
        if self._shown is None:
            return
        self.restarts += self._shown.changes > _AT_LEAST_A_PART
        self._shown = None
        self._changed = True

    def _count(self) -> None:
        """As in the whole: each beginning of JSON or thoughts, and each end of thoughts without a beginning."""
        self._tries += 1
        if self._tries > MOST_TRIES:
            self._take_back()
            raise NotJson("there is no JSON among the first braces")


def _shortest(fence: re.Match[str]) -> str:
    """What says the same as a code fence that may go on, however long it is already."""
    gap = " " if fence.end("fence") < fence.start("language") else ""
    return f"```{gap}{fence['language']}"


def _behind(text: str) -> str:
    """What follows the JSON that `text` begins with."""
    try:
        return text[_read(text)[1] :]
    except ValueError as error:  # a number of more digits than Python reads
        raise NotJson(str(error)) from error
