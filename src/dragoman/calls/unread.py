"""Streams whose frames of text alone need not be decoded by those who only hand the text on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from dragoman.calls.intake import Intake
from dragoman.dialects import StreamDecoder
from dragoman.dialects.text_frames import TextFrames, around_text, read_string
from dragoman.http import Tap
from dragoman.messages import Event, TextDelta

_TRIES: Final = 3
"""How many pieces in a row are tried as text alone, before a stream is taken for one that always says more."""

_FAILURE: Final = "error"
"""The name of frames that decoders take for a failure, whatever they hold."""

_END: Final = b"\n\n"
_NEVER: Final = 2**62
_QUOTED: Final = b'"%b"'.__mod__

Outlet: TypeAlias = Callable[[bytes, list[str]], bool]
"""Hands on a piece of a body, which is frames of these texts, behind all that came before; false when it cannot now."""


class TextTap:
    """Takes pieces of a body that are whole frames of text alone, and like one that was decoded.

    Those that are the same bytes but for the text are not even read by their type.

    Attributes:
        outlet: Where they go.
        between: What stands between two frames, from the end of one's data to the beginning of the other's.
    """

    __slots__ = (
        "_after", "_before", "_inside", "_lead", "_learns", "_least", "_place", "_row", "_seam", "_tries", "between",
        "outlet",
    )  # fmt: skip

    def __init__(self, row: TextFrames[Any], outlet: Outlet) -> None:
        self._row = row
        self.outlet = outlet
        self.between = b""
        self._lead = self._before = self._after = self._seam = b""
        self._inside, self._least = slice(0), _NEVER
        self._place: object = None
        self._learns = True
        self._tries = _TRIES

    def close(self) -> None:
        """Take none until there is something that it may be like."""
        self._lead, self._least = b"", _NEVER

    def open(self, name: str, data: bytes) -> bool:
        """A frame was decoded that brought text. Was it text alone, what is like it need not be."""
        if not self._tries or name == _FAILURE:
            return False
        try:
            self._place = self._row.place(self._row.decode(str(data, "utf-8")))
        except ValueError:
            self._tries -= 1
            return False
        self._lead = b"event: %b\ndata: " % name.encode() if name else b"data: "
        self.between = _END + self._lead
        self._learns = True
        return True

    def take(self, piece: bytes) -> bool:
        """Hand on a piece of the body, if it is whole frames of text alone."""
        if len(piece) >= self._least and piece.startswith(self._before) and piece.endswith(self._after):
            try:
                texts = list(map(read_string, map(_QUOTED, piece[self._inside].split(self._seam))))
            except ValueError:
                pass
            else:
                self._learns = True
                return self.outlet(piece, texts)
        return self._read(piece)

    def _read(self, piece: bytes) -> bool:
        """`take`, for what is not as the last frame was but for the text."""
        lead = self._lead
        if not (lead and piece.startswith(lead) and piece.endswith(_END)) or b"\r" in piece:
            return False
        try:
            texts = self._texts_in(piece[len(lead) : -2].split(self.between))
        except ValueError:
            self._tries -= 1
            return False
        self._tries = _TRIES
        return bool(texts) and self.outlet(piece, texts)

    def _texts_in(self, frames: list[bytes]) -> list[str]:
        """What frames say; nothing where some are not like the one before. Raises `ValueError` for what is more."""
        row = self._row
        texts: list[str] = []
        for data in frames:
            if b"\n" in data:
                return []
            read = row.decode(str(data, "utf-8"))
            if row.place(read) != self._place:
                return []
            texts.append(row.text(read))
            if self._learns:
                self._learn(data, read)
        return texts

    def _learn(self, data: bytes, read: Any) -> None:
        """Note what stands around the text of a frame, once until another has had the same."""
        around = around_text(self._row, data, read)
        if around is None:
            return
        before, after = self._before, self._after = self._lead + around[0] + b'"', b'"' + around[1] + _END
        self._inside, self._least = slice(len(before), -len(after)), len(before) + len(after)
        self._seam = after + before
        self._learns = False


class Unread(Intake):
    """An `Intake` that may have a tap for frames of text alone, which it opens behind one of them."""

    __slots__ = ("_text_tap",)

    def __init__(self, decoder: StreamDecoder, clock: Callable[[], float], tap: TextTap | None) -> None:
        super().__init__(decoder, clock)
        self._text_tap = tap

    @property
    def tap(self) -> Tap | None:
        return None if self._text_tap is None else self._text_tap.take

    def feed(self, name: str, data: bytes) -> list[Event]:
        events = super().feed(name, data)
        tap = self._text_tap
        if tap is not None:
            tap.close()
            if events and type(event := events[-1]) is TextDelta and tap.open(name, data):
                self._opened(tap, event)
        return events

    def _opened(self, tap: TextTap, event: TextDelta) -> None:
        """Text that goes by from now on goes on with that of `event`."""
