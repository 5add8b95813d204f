"""The JSON in a text that comes in pieces: the same that `structured.finding` finds in the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dragoman.structured.finding import MOST_TRIES, beginning_of
from dragoman.structured.partial.nodes import NOTHING
from dragoman.structured.partial.reader import Reader
from dragoman.structured.partial.scalars import NotJson, TooDeep


class FirstJson:
    """Reads the first JSON object, or with `lists` list, as a `Reader` reads a document.

    What begins like one and goes on as none is given up, as is what was shown of it: the next beginning is tried.
    """

    def __init__(self, make: Callable[[], Reader], *, lists: bool) -> None:
        self._make = make
        self._beginning = beginning_of(lists=lists)
        self._reader: Reader | None = None
        self._pieces: list[str] = []
        self._tries = 0

    @property
    def whole(self) -> bool:
        return self._reader is not None and self._reader.whole

    def feed(self, piece: str) -> bool:
        """Read on. Whether there is anything new to show. Raises `NotJson` when no more beginnings are tried."""
        reader = self._reader
        if reader is None:
            return self._begin(piece, 0)
        if reader.whole:
            return False
        self._pieces.append(piece)
        try:
            return self._read(reader, piece)
        except TooDeep:
            raise
        except NotJson:
            text = "".join(self._pieces)
            self._begin(text, 1)
            return True  # what had been shown is void

    def finish(self) -> bool:
        """The text is over. An object or a list shows its end itself."""
        return False

    def show(self) -> Any:
        return NOTHING if self._reader is None else self._reader.show()

    def is_complete(self, path: Sequence[str] = ()) -> bool:
        return self._reader is not None and self._reader.is_complete(path)

    def _read(self, reader: Reader, piece: str) -> bool:
        try:
            return reader.feed(piece)
        except NotJson:
            if reader.whole:  # a remark behind it
                return True
            raise

    def _begin(self, text: str, position: int) -> bool:
        """Try the beginnings in `text` from `position` on, until one is none that has failed."""
        self._reader = None
        while found := self._beginning.search(text, position):
            self._tries += 1
            if self._tries > MOST_TRIES:
                raise NotJson("there is no JSON among the first braces")
            reader, rest = self._make(), text[found.start() :]
            try:
                shown = self._read(reader, rest)
            except TooDeep:
                raise
            except NotJson:
                position = found.end()
                continue
            self._reader, self._pieces = reader, [rest]
            return shown
        self._pieces = []
        return False
