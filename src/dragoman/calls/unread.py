"""Streams whose frames of text alone need not be decoded by those who only hand the text on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Final

from dragoman.calls.intake import Intake
from dragoman.dialects import StreamDecoder
from dragoman.dialects.text_frames import TextFrames
from dragoman.http import Tap
from dragoman.messages import Event, TextDelta

_TRIES: Final = 3
"""How many pieces in a row are tried as text alone, before a stream is taken for one that always says more."""


class Unread(Intake):
    """An `Intake` that is offered pieces of the body past its decoder, and takes whole frames of text alone.

    It does so behind a frame that was decoded and was text and nothing else, for others that are like it.
    """

    __slots__ = ("_before", "_between", "_decode", "_place", "_place_in", "_taps", "_tries")

    def __init__(self, decoder: StreamDecoder, clock: Callable[[], float], text: TextFrames | None) -> None:
        super().__init__(decoder, clock)
        self._before = self._between = b""
        self._place: Any = None
        self._tries = _TRIES
        self._taps = text is not None
        if text is not None:
            self._decode, self._place_in = text.decode, text.place

    @abstractmethod
    def _pass(self, piece: bytes, frames: list[bytes], read: list[Any]) -> bool:
        """Hand on a piece of the body that is these frames; false when that cannot be now."""

    @property
    def tap(self) -> Tap | None:
        return self._passed_on if self._taps else None

    def feed(self, name: str, data: bytes) -> list[Event]:
        events = super().feed(name, data)
        if self._taps:
            self._before = b""
            if events and type(event := events[-1]) is TextDelta and self._tries:
                self._learn(name, data, event)
        return events

    def _learn(self, name: str, data: bytes, event: TextDelta) -> None:  # noqa: ARG002  # for those who collect the text
        """A frame was read that brought text. Was it text alone, what is like it need not be read."""
        try:
            self._place = self._place_in(self._decode(str(data, "utf-8")))
        except ValueError:
            self._tries -= 1
        else:
            self._before = b"event: %b\ndata: " % name.encode() if name else b"data: "
            self._between = b"\n\n" + self._before

    def _passed_on(self, piece: bytes) -> bool:
        """Hand on a piece of the body, if it is whole frames of text alone."""
        before = self._before
        if not (before and piece.startswith(before) and piece.endswith(b"\n\n")) or b"\r" in piece:
            return False
        data = piece[len(before) : -2]
        try:
            if b"\n" in data:
                frames = data.split(self._between)
                read = self._all_text(frames)
            else:
                frames, read = [data], [self._decode(str(data, "utf-8"))]
                if self._place_in(read[0]) != self._place:
                    return False
        except ValueError:
            self._tries -= 1
            return False
        self._tries = _TRIES
        return bool(read) and self._pass(piece, frames, read)

    def _all_text(self, frames: list[bytes]) -> list[Any]:
        """The frames as read; none where some are not like the one before. Raises `ValueError` for what is more."""
        all_read: list[Any] = []
        for data in frames:
            if b"\n" in data:
                return []
            read = self._decode(str(data, "utf-8"))
            if self._place_in(read) != self._place:
                return []
            all_read.append(read)
        return all_read
