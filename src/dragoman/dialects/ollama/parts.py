"""What a turn holds, on its way out: one string of text, pictures beside it, thinking, calls.

A turn's pictures are shown to the model before its text, wherever they stand here. Names and media types are labels
that no model sees: they are not sent and not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from dragoman.dialects.base import Wire, merge_extra
from dragoman.dialects.documents import document_text
from dragoman.dialects.losses import lose_marks
from dragoman.dialects.ollama.tool_calls import encode_call
from dragoman.dialects.ollama.wire import NAME
from dragoman.messages import (
    Audio,
    Document,
    Extra,
    Image,
    Loss,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Video,
)


class Turn:
    """A message under construction. Parts are added in order; `wire` gives what they come to.

    `pictures_first`: they are for the model to look at, and a text before one is worth a word.
    """

    __slots__ = ("_calls", "_fields", "_images", "_losses", "_pictures_first", "_texts", "_thinking")

    def __init__(self, losses: list[Loss], *, pictures_first: bool = False) -> None:
        self._losses = losses
        self._pictures_first = pictures_first
        self._texts: list[str] = []
        self._thinking: list[str] = []
        self._images: list[str] = []
        self._calls: list[Wire] = []
        self._fields: list[Extra] = []

    def add_all(self, parts: Iterable[tuple[int, Part]], where: str) -> None:
        """`parts` come with their places in the message at `where`."""
        for number, part in parts:
            self.add(part, f"{where}.content[{number}]")

    def add(self, part: Part, where: str) -> None:
        self._ADD[type(part)](self, part, where)

    def wire(self, role: str) -> Wire:
        wire: Wire = {"role": role, "content": "".join(self._texts)}
        named = (("thinking", "".join(self._thinking)), ("images", self._images), ("tool_calls", self._calls))
        wire.update({name: value for name, value in named if value})
        for fields in self._fields:
            merge_extra(wire, fields, NAME, "", self._losses)
        return wire

    # ------------------------------------------------------------------ parts

    def _text(self, part: Text, where: str) -> None:
        self._texts.append(part.text)
        if part.citations:
            why = "text has no sources here"
            self._losses.append(Loss(effect="dropped", where=f"{where}.citations", why=why))
        lose_marks(part, where, self._losses)

    def _refusal(self, part: Refusal, where: str) -> None:
        self._changed(where, "a refusal is the text it was")
        self._texts.append(part.text)
        lose_marks(part, where, self._losses)

    def _reasoning(self, part: Reasoning, where: str) -> None:
        """Thinking is plain text here and bound to no model: only what another provider wants back with it is lost."""
        if part.payload and part.dialect != NAME:
            why = "only who gave it takes it back"
            self._losses.append(Loss(effect="dropped", where=f"{where}.payload", why=why))
        self._thinking.append(part.text)
        lose_marks(part, where, self._losses)

    def _call(self, part: ToolCall, where: str) -> None:
        self._calls.append(encode_call(part, where, self._losses))

    def _image(self, part: Image, where: str) -> None:
        data = part.data if part.data is not None or part.url is None else Image.from_url(part.url).data
        if data is None:
            why = "pictures are sent as bytes: give it with Image.from_path, from_bytes or from_base64"
            self._dropped(where, why)
            return
        self._images.append(data)
        if self._texts and self._pictures_first:
            self._changed(where, "pictures are shown before all of a turn's text")
        if part.detail is not None:
            why = "pictures are shown in one resolution"
            self._losses.append(Loss(effect="dropped", where=f"{where}.detail", why=why))
        lose_marks(part, where, self._losses)

    def _document(self, part: Document, where: str) -> None:
        text = document_text(part)
        if text is None:
            self._dropped(where, "files cannot be sent: give the model their text")
            return
        self._changed(where, "there are no documents here: sent as text")
        self._texts.append(text)
        lose_marks(part, where, self._losses)

    def _audio(self, part: Audio, where: str) -> None:
        if part.transcript is None:
            self._dropped(where, "sound cannot be sent")
            return
        self._changed(where, "sound is sent as its transcript")
        self._texts.append(part.transcript)
        lose_marks(part, where, self._losses)

    def _video(self, _: Video, where: str) -> None:
        self._dropped(where, "films cannot be sent")

    def _result(self, _: ToolResult, where: str) -> None:
        self._dropped(where, "a tool's result cannot stand here")

    def _opaque(self, part: Opaque, where: str) -> None:
        """Fields of a message that only this dialect knows."""
        if part.dialect != NAME:
            self._dropped(where, f"only `{part.dialect}` knows it")
            return
        self._fields.append(Extra(fields=part.payload, dialect=NAME))
        lose_marks(part, where, self._losses)

    def _changed(self, where: str, why: str) -> None:
        self._losses.append(Loss(effect="changed", where=where, why=why))

    def _dropped(self, where: str, why: str) -> None:
        self._losses.append(Loss(effect="dropped", where=where, why=why))

    _ADD: ClassVar[dict[type, Callable[[Turn, Any, str], None]]] = {
        Text: _text,
        Refusal: _refusal,
        Reasoning: _reasoning,
        ToolCall: _call,
        ToolResult: _result,
        Image: _image,
        Audio: _audio,
        Video: _video,
        Document: _document,
        Opaque: _opaque,
    }


# ---------------------------------------------------------------------- pictures, on their way in

_FIRST_CHARACTERS: Final = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
}
"""How base64 of the common kinds begins; other dialects must be told which it is."""


def decode_image(data: str) -> Image:
    kind = next((kind for start, kind in _FIRST_CHARACTERS.items() if data.startswith(start)), None)
    return Image(data=data, media_type=kind)
