"""A request as its sender wrote it, for those who pass requests on; and what came back, as it came.

Where the target speaks the sender's dialect the body goes out as it is, but for what has to be said anew (the model, a
limit, what the provider's quirks correct), and the reply is kept for the sender while it is read as ever. Elsewhere the
canonical request is encoded, and the reply is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from os.path import commonprefix
from typing import Any, Final

from msgspec import Raw, Struct

from dragoman.calls.unread import Outlet, TextTap, Unread
from dragoman.dialects import StreamDecoder
from dragoman.dialects.forwarding import (
    Body,
    fields_in,
    forwarding_in,
    forwarding_of,
    only_tells_usage,
    raw,
)
from dragoman.dialects.text_frames import TextFrames, text_frames_in
from dragoman.http import Frame
from dragoman.messages import Event, Loss, Request, Role, TextDelta, decode_json
from dragoman.providers import Quirk

_NO_HEADERS: Final[Mapping[str, str]] = {}


class Verbatim(Struct, kw_only=True):
    """A request as its sender wrote it, and its reply. One serves one call.

    Attributes:
        dialect: The sender's.
        body: The fields of the body, whose values are not read. It is not changed.
        headers: Those to pass on.
        query: What to put after the `?`, without keys.
        keeps: Whether the reply may be kept. It may not where the answer of several targets becomes one.
        facts_suffice: Whether nobody here needs to know what a whole answer says that is forwarded: then the response
            tells who made it, why it ended and what it used, and has no parts.
        forwarded: Whether what comes back is the sender's as it comes: from the target that is answering, or has. It
            is told before the first event of an answer, and again when another target begins.
        frames: Of a stream that is forwarded: the frames that have come since they were last taken. None come before
            the first content does, for until then another target may still begin anew. The last ones come after the
            last event.
        outlet: Writes pieces of a stream that is forwarded to the sender at once.
        say: Writes the texts of a stream that is translated to the sender at once, as going on with the text that the
            last event was of.
        holds_end: Whether the frames that end a stream wait in `ending` until `let_end` is called, for whoever has
            still to judge the answer.
        reply: The whole body of an answer that is forwarded and is no stream.
        reply_headers: The headers of an answer that is forwarded.
        losses: What the target that is answering could not be told; known before its first event.
    """

    dialect: str
    body: Body
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    keeps: bool = True
    facts_suffice: bool = False
    forwarded: bool = False
    frames: list[Frame] = []
    outlet: Outlet | None = None
    say: Outlet | None = None
    holds_end: bool = False
    ending: list[Frame] = []
    reply: bytes | None = None
    reply_headers: Mapping[str, str] = _NO_HEADERS
    losses: tuple[Loss, ...] = ()

    def __repr__(self) -> str:
        """Without what was said."""
        return f"<Verbatim {self.dialect} {', '.join(self.body)}{' forwarded' if self.forwarded else ''}>"

    def suits(self, dialect: str) -> bool:
        """Whether the request may go out, and its reply back, as they are written."""
        return self.dialect == dialect and forwarding_in(dialect) is not None

    def taken(self) -> list[Frame]:
        """The frames that have come since the last time."""
        frames, self.frames = self.frames, []
        return frames

    def let_end(self) -> None:
        """The stream may end: give what was held back."""
        self.frames += self.ending
        self.ending = []

    def forget(self) -> None:
        """Another try begins: what had been kept of the one before is void."""
        self.forwarded, self.reply, self.reply_headers = False, None, _NO_HEADERS
        self.frames, self.ending = [], []

    def keep(self, headers: Mapping[str, str], reply: bytes | None = None) -> None:
        """What is coming, or has come, is the sender's."""
        self.forwarded, self.reply, self.reply_headers = True, reply, headers


class Forward(Unread):
    """An `Intake` that keeps the frames for the sender of a verbatim request, from the first content on.

    Frames of text alone go straight to the sender's `outlet`, if it has one, and the response lacks their text. What it
    says of the answer (usage, why it ended, errors) is the same, for that is in other frames.
    """

    __slots__ = ("_held", "_last", "_row", "_sender", "_withholds")

    def __init__(self, decoder: StreamDecoder, clock: Callable[[], float], sender: Verbatim) -> None:
        outlet, text = None if sender.holds_end else sender.outlet, text_frames_in(sender.dialect)
        super().__init__(decoder, clock, None if outlet is None or text is None else TextTap(text, outlet))
        self._sender = sender
        self._row = forwarding_of(sender.dialect)
        self._withholds = not self._row.tells_usage(sender.body)
        self._held: list[Frame] = []
        self._last: Frame | None = None

    def feed(self, name: str, data: bytes) -> list[Event]:
        events = super().feed(name, data)
        if not (self._withholds and only_tells_usage(data)):
            self._last = frame = (name, data)
            if self._held or self.first_content_at is None or self._sender.holds_end:
                self._held.append(frame)
            else:
                self._sender.frames.append(frame)
        if self._held and self.first_content_at is not None:
            self._give()
        return events

    def finish(self) -> list[Event]:
        events = super().finish()
        end = self._row.end
        if end is not None and self._last != end:
            self._held.append(end)
        self._give()
        return events

    def _give(self) -> None:
        sender = self._sender
        if sender.holds_end and self.finished:
            sender.ending += self._held
        else:
            sender.frames += self._held
        self._held = []


class Translated(Unread):
    """An `Intake` of an answer that its sender gets in another dialect: frames of text alone are said at once."""

    __slots__ = ("_saying",)

    def __init__(
        self, decoder: StreamDecoder, clock: Callable[[], float], text: TextFrames[Any] | None, say: Outlet | None
    ) -> None:
        saying = self._saying = None if text is None or say is None else _Saying(say)
        super().__init__(decoder, clock, None if text is None or saying is None else TextTap(text, saying.say))
        if saying is not None:
            saying.frames = self.frames

    def _opened(self, tap: TextTap, event: TextDelta) -> None:
        saying = self._saying
        assert saying is not None  # the tap is for it
        saying.between, saying.pieces = tap.between, self._assembler.text_of(event)


class _Saying:
    """Has text said at once, and keeps it. It knows no intake, so that nothing refers in a circle.

    Attributes:
        frames: Of the answer.
        pieces: Of the answer's text.
        between: What stands between two frames.
    """

    __slots__ = ("_say", "between", "frames", "pieces")

    def __init__(self, say: Outlet) -> None:
        self._say = say
        self.between = b""
        self.frames: list[bytes] = []
        self.pieces: list[str] = []

    def say(self, piece: bytes, texts: list[str]) -> bool:
        if not all(texts) or not self._say(piece, texts):
            return False
        self.frames += piece[len(self.between) - 2 : -2].split(self.between)
        self.pieces += texts
        return True


def body_as_written(
    verbatim: Verbatim,
    request: Request,
    said: Mapping[str, Any],
    quirks: tuple[Quirk, ...],
    model: Raw | None = None,
) -> tuple[Body, tuple[Loss, ...]]:
    """The sender's body for a target: with its model, its quirks, and the limit of `request`; and what that lost.

    `said` are fields that the sender left open, in the dialect's words. `model` is the request's as a body has it,
    where that is known.
    """
    row, body = forwarding_of(verbatim.dialect), dict(verbatim.body)
    for name, value in said.items():
        _fill(body, name, value)
    if row.model is not None:
        body[row.model] = raw(request.model) if model is None else model
    if request.max_tokens is not None:
        row.limited(body, request.max_tokens)
    if request.stream:
        row.ask_for_usage(body)
    losses: tuple[Loss, ...] = ()
    for quirk in quirks:
        reads = quirk.reads
        if reads is None or (reads[0] in body and _concerns(quirk, request, body[reads[0]])):
            losses += _corrected(body, quirk)
    return body, losses


def _concerns(quirk: Quirk, request: Request, value: Raw) -> bool:
    """Whether there may be something to change in what a quirk reads."""
    if quirk.of_history:
        for message in request.messages:
            if message.role is Role.ASSISTANT:
                break
        else:
            return False
    return not quirk.inside or _mentions(value, quirk.inside)


def _fill(body: Body, name: str, value: Any) -> None:
    """Say what was left open: of an object, what is not in it yet."""
    if name not in body:
        body[name] = raw(value)
    elif isinstance(value, dict):
        body[name] = raw({**value, **fields_in(body[name])})


def _corrected(body: Body, quirk: Quirk) -> tuple[Loss, ...]:
    """Have a quirk change the fields that it reads. The others are not even decoded."""
    names = tuple(body) if quirk.reads is None else quirk.reads
    before = {name: body[name] for name in names if name in body}
    fields: dict[str, Any] = {name: decode_json(bytes(value)) for name, value in before.items()}
    losses = quirk.apply(fields)
    for name in before.keys() - fields.keys():
        del body[name]
    for name, value in fields.items():
        if name not in before or decode_json(bytes(before[name])) != value:
            body[name] = raw(value)
    return losses


def _mentions(value: Raw, names: tuple[str, ...]) -> bool:
    """Whether one of `names` stands in `value`. Who writes it with escapes is sent on uncorrected, for the provider to
    judge.
    """
    text, (beginning, marks) = bytes(value), _marks(names)
    return beginning in text and any(mark in text for mark in marks)  # long texts are searched once as a rule


@cache
def _marks(names: tuple[str, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """How names begin in JSON, all of them, and how each stands there."""
    beginning = commonprefix(names)  # noqa: RUF071  # letter by letter is what is wanted
    return f'"{beginning}'.encode(), tuple(f'"{name}"'.encode() for name in names)
