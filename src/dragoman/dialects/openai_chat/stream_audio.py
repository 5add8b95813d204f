"""The sound of a streamed answer: bytes and transcript in pieces, the rest said once."""

from __future__ import annotations

from base64 import b64decode, b64encode

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.response import decode_audio
from dragoman.errors import DecodeError
from dragoman.messages import Audio


class StreamedAudio:
    """Adds the pieces up."""

    __slots__ = ("_data", "_rest", "_transcript")

    def __init__(self) -> None:
        self._data: list[str] = []
        self._transcript: list[str] = []
        self._rest: Wire = {}

    def add(self, delta: Wire) -> None:
        for name, value in delta.items():
            if name == "data" and isinstance(value, str):
                self._data.append(value)
            elif name == "transcript" and isinstance(value, str):
                self._transcript.append(value)
            else:
                self._rest[name] = value

    def take(self) -> Audio | None:
        """The sound, when there is one; afterwards there is none."""
        whole = {**self._rest, "data": _joined(self._data), "transcript": "".join(self._transcript)}
        self.__init__()
        return decode_audio(whole)


def _joined(pieces: list[str]) -> str:
    """Each piece is encoded by itself, so padding may stand in the middle."""
    if not any(piece.endswith("=") for piece in pieces[:-1]):
        return "".join(pieces)
    try:
        return b64encode(b"".join([b64decode(piece) for piece in pieces])).decode()
    except ValueError:
        raise DecodeError("the sound in the stream is not base64") from None
