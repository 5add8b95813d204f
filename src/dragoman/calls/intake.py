"""What comes in from a stream: frames to events, and the response they add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from dragoman.dialects import StreamDecoder
from dragoman.errors import DecodeError, Error
from dragoman.http import Tap
from dragoman.messages import METADATA_EVENTS, Assembler, Event, LLMResponse, decode_json
from dragoman.secret import Secret


def unreadable(error: Exception, data: bytes) -> DecodeError:
    """A codec stumbled over `data`."""
    return DecodeError(f"the answer could not be read: {type(error).__name__}: {error}", data=data)


class RawFrames(Sequence[Any]):
    """The JSON of a stream's frames, decoded when looked at."""

    __slots__ = ("_frames",)

    def __init__(self, frames: list[bytes]) -> None:
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [decode_json(frame) for frame in self._frames[index]]
        return decode_json(self._frames[index])

    def __repr__(self) -> str:
        return f"<{len(self._frames)} frames>"


class Intake:
    """A stream's decoder together with what it has decoded; a response may be asked for at any time."""

    __slots__ = ("_add", "_assembler", "_clock", "_decoder", "first_content_at", "frames")

    def __init__(self, decoder: StreamDecoder, clock: Callable[[], float]) -> None:
        self._assembler = Assembler()
        self._add = self._assembler.add
        self._decoder = decoder
        self._clock = clock
        self.frames: list[bytes] = []
        self.first_content_at: float | None = None

    def feed(self, name: str, data: bytes) -> list[Event]:
        if data.startswith(b"{"):  # an end mark is not part of the body
            self.frames.append(data)
        try:
            events = self._decoder.feed(name, data)
            for event in events:  # `_taken`, where every event passes
                self._add(event)
                if self.first_content_at is None and not isinstance(event, METADATA_EVENTS):
                    self.first_content_at = self._clock()
        except Error:
            raise
        except Exception as error:
            raise unreadable(error, data) from error  # our decoder met what nobody foresaw
        return events

    def finish(self) -> list[Event]:
        return self._taken(self._decoder.finish())

    def hide(self, key: Secret) -> None:
        """Take `key` out of the frames: providers like to quote the one they refuse."""
        self.frames[:] = map(key.hide_in_bytes, self.frames)

    @property
    def tap(self) -> Tap | None:
        """What takes pieces of the body that need not be decoded."""
        return None

    @property
    def finished(self) -> bool:
        """Whether the answer is whole."""
        return self._assembler.finished

    def response(self) -> LLMResponse:
        return self._assembler.response(raw=RawFrames(self.frames))

    def _taken(self, events: list[Event]) -> list[Event]:
        for event in events:
            self._add(event)
            if self.first_content_at is None and not isinstance(event, METADATA_EVENTS):
                self.first_content_at = self._clock()
        return events
