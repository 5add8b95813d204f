"""A stream on its way to the caller: held back until there is something to show, kept alive, ended exactly once.

Until the first content of an answer nothing goes out, so that what fails before it is answered with a status, and
another target can still begin anew. Then each piece goes out as it comes; while the caller does not read, nothing is
read from the provider either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, Final, NamedTuple, cast

from msgspec import Struct

from dragoman.calls import Verbatim
from dragoman.dialects import StreamEncoder
from dragoman.dialects.base import MoreText
from dragoman.errors import Error
from dragoman.flow import Flow, Handle, async_events
from dragoman.gateway.asgi import Send
from dragoman.gateway.replies import told
from dragoman.gateway.surfaces import Header, Surface
from dragoman.gateway.surfaces.surface import DIVIDER
from dragoman.http import Frame, Tap
from dragoman.messages import (
    METADATA_EVENTS,
    Event,
    LLMResponse,
    Request,
    ResponseStart,
    Restarted,
    TextDelta,
    UsageUpdate,
    decode_json,
    encode_json,
)
from dragoman.transport.framing import encode_sse, frame_decoder

_NUMBER: Final = "sequence_number"
"""By which the events of some dialects are counted."""


class Patience(Struct, frozen=True, kw_only=True):
    """How long a stream may be silent before a sign of life, and how long a caller may not read, in seconds."""

    heartbeat_seconds: float | None = 15.0
    write_seconds: float | None = 60.0


class Manner(Struct, frozen=True, kw_only=True, eq=False):
    """How one stream is written.

    Attributes:
        head: Its headers, asked for when it begins.
        completed: Adds to the beginning of an answer what clients look for.
    """

    surface: Surface
    request: Request
    head: Callable[[], list[Header]]
    completed: Callable[[ResponseStart, Request], ResponseStart]

    def new_encoder(self) -> StreamEncoder:
        return self.surface.dialect.stream_encoder(self.request)


class _Watch(NamedTuple):
    """What is looked at of a stream every so many `seconds`."""

    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[Any] | None
    interval: float | None
    write_seconds: float | None
    sign: bytes
    seconds: float


class Outgoing:
    """One stream that goes out.

    Attributes:
        began: Whether the head is out: then the status is said.
        write: Writes bytes to the caller at once; false when they would have to wait. Not every server can.
        first_content_at: When the first content came, on the clock of `time.monotonic`.
        started: The event with which the answer began.
        usage: The last usage that was told, for callers who leave.
    """

    __slots__ = (
        "_beat", "_before", "_encoder", "_event", "_last", "_manner", "_more", "_passed", "_pending", "_send",
        "_sent_at", "_timer", "_verbatim", "_waiting", "_write", "began", "first_content_at", "stalled", "started",
        "usage",
    )  # fmt: skip

    def __init__(self, manner: Manner, verbatim: Verbatim, send: Send, write: Tap | None = None) -> None:
        self._manner, self._verbatim, self._send = manner, verbatim, send
        self._write = write
        self._passed = b""
        self._encoder: StreamEncoder = manner.new_encoder()
        if write is not None and manner.surface.write is encode_sse:
            verbatim.outlet = self._pass_on
            verbatim.say = self._say if hasattr(self._encoder, "more_text") else None
        self._pending: list[bytes] = []
        self._last: Frame = ("", b"")
        self._event: Event | None = None
        self._more: MoreText | None = None
        self._before = b""
        self._sent_at = monotonic()
        self._waiting = False
        self._timer: asyncio.TimerHandle | None = None
        self._beat: asyncio.Task[None] | None = None
        self.began = False
        self.stalled = False
        self.first_content_at: float | None = None
        self.started = ResponseStart()
        self.usage: UsageUpdate | None = None

    async def pump(self, flow: Flow[LLMResponse], patience: Patience) -> LLMResponse:
        """Send what `flow` brings, but for the last piece, which `end` sends.

        From here on it is watched whether the caller reads, until `stop_watching`.
        """
        handle: Handle[LLMResponse] = Handle()
        events = async_events(flow, handle)
        self._watch(patience)
        try:
            async for event in events:
                self._take(event)
                if self._pending and self.first_content_at is not None:
                    await self._flush()
        finally:
            self._verbatim.outlet = self._verbatim.say = None  # which refer back to this
            await events.aclose()
        return cast("LLMResponse", handle.result)

    # ------------------------------------------------------------------ what comes in

    def _take(self, event: Event) -> None:
        if isinstance(event, METADATA_EVENTS):
            event = self._noted(event)
        elif self.first_content_at is None:
            self.first_content_at = monotonic()
        verbatim = self._verbatim
        if verbatim.forwarded:
            frames, verbatim.frames = verbatim.frames, []
        else:
            self._event, self._more = event, None
            frames = self._encoder.feed(event)
        if frames:
            self._put(frames)

    def _noted(self, event: Event) -> Event:
        """What says something of the answer and is none of it."""
        match event:
            case ResponseStart():
                self.started = self._manner.completed(event, self._manner.request)
                return self.started
            case UsageUpdate():
                self.usage = event
            case Restarted() if not self.began:
                self._encoder, self._pending = self._manner.new_encoder(), []
            case _:
                pass
        return event

    def _put(self, frames: list[Frame]) -> None:
        self._pending += map(self._manner.surface.write, frames)
        self._last, self._passed = frames[-1], b""

    # ------------------------------------------------------------------ what goes out

    async def _flush(self, *, more: bool = True) -> None:
        pending = self._pending
        body = pending[0] if len(pending) == 1 else b"".join(pending)
        self._pending = []
        self._sent_at = monotonic()
        if more and self.began and not self._waiting and self._write is not None and self._write(body):
            return
        self._waiting = True
        if self._manner.surface.array:
            body = _in_array(body, first=not self.began, last=not more)
        if not self.began:
            self.began = True
            await self._send({"type": "http.response.start", "status": 200, "headers": self._manner.head()})
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
        self._waiting = False

    def _pass_on(self, piece: bytes, _: list[str]) -> bool:
        """Write what the provider has sent, if nothing is on its way to the caller that would have to go out before."""
        if not self.began or self._waiting or self._pending or self._verbatim.frames:
            return False
        if self._write is None or not self._write(piece):
            return False
        self._sent_at = monotonic()
        self._passed = piece
        return True

    def _say(self, _: bytes, texts: list[str]) -> bool:
        """Write more of the text that the last event was of, in frames of which only the text is new."""
        if not self.began or self._waiting or self._pending or self._write is None:
            return False
        more = self._more or self._settled()
        if more is None:
            return False
        if len(texts) == 1:
            piece = b"%b%b\n\n" % (self._before, more.data(texts[0], 0))
        else:
            piece = b"".join([b"%b%b\n\n" % (self._before, more.data(text, at)) for at, text in enumerate(texts)])
        if not self._write(piece):
            return False
        self._sent_at = monotonic()
        if more.said is not None:
            more.said(texts)
        return True

    def _settled(self) -> MoreText | None:
        """How more of the text is written, until another event comes."""
        event, more_text = self._event, getattr(self._encoder, "more_text", None)
        if more_text is None or type(event) is not TextDelta:
            return None
        more = self._more = cast("MoreText | None", more_text(event))
        if more is not None:
            self._before = encode_sse((more.name, b""))[:-2]
        return more

    async def end(self) -> None:
        """The last frames of a stream that went well."""
        await self._rest()
        verbatim = self._verbatim
        self._put_any(verbatim.taken() if verbatim.forwarded else self._encoder.finish())
        await self._flush(more=False)

    async def fail(self, error: Error) -> None:
        """The frames that say, in place of the rest, that the stream has failed. Only where it has begun."""
        await self._rest()
        verbatim = self._verbatim
        if verbatim.forwarded:
            self._put_any(verbatim.taken())
            self._put_any(self._failing_forwarded(told(error)))
        else:
            self._put_any(self._encoder.fail(told(error)))
        await self._flush(more=False)

    def _put_any(self, frames: list[Frame]) -> None:
        if frames:
            self._put(frames)

    def _failing_forwarded(self, error: Error) -> list[Frame]:
        """As `fail` would say it had the encoder written the stream: without the beginning, and counted on."""
        encoder = self._manner.new_encoder()
        encoder.feed(self.started)  # whose frames are not sent: the provider's own were
        frames = encoder.fail(error)
        number = _number_in(self._last_frame())
        if number is None:
            return frames
        return [_numbered(frame, number + count) for count, frame in enumerate(frames, 1)]

    def _last_frame(self) -> Frame:
        return _frames_of(self._passed)[-1] if self._passed else self._last

    @property
    def losses(self) -> tuple[Any, ...]:
        """What of the answer could not be said."""
        return () if self._verbatim.forwarded else self._encoder.losses

    # ------------------------------------------------------------------ signs of life

    def _watch(self, patience: Patience) -> None:
        sign = self._manner.surface.serving.sign_of_life
        interval = patience.heartbeat_seconds if sign else None
        seconds = min((each for each in (interval, patience.write_seconds) if each is not None), default=None)
        if seconds is None:
            return
        loop = asyncio.get_running_loop()
        watch = _Watch(loop, asyncio.current_task(), interval, patience.write_seconds, sign, seconds)
        self._timer = loop.call_later(seconds, self._look, watch)

    def _look(self, watch: _Watch) -> None:
        """Whether the caller reads, and whether it is time for a sign of life."""
        now = monotonic()
        if self._waiting:
            slow = watch.write_seconds is not None and now - self._sent_at >= watch.write_seconds
            if slow and watch.task is not None:
                self.stalled = True
                watch.task.cancel()
                return
        elif watch.interval is not None and now - self._sent_at >= watch.interval * 0.9:
            self._beat = watch.loop.create_task(self._show_life(watch.sign))
        self._timer = watch.loop.call_later(watch.seconds, self._look, watch)

    async def _show_life(self, sign: bytes) -> None:
        """Say that somebody is still there. What was held back goes out with it, for now the status is said."""
        self._pending.append(sign)
        await self._flush()

    def stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def _rest(self) -> None:
        """No sign of life is on its way any more: nothing may come after the end."""
        if self._beat is not None:
            await self._beat


def _in_array(pieces: bytes, *, first: bool, last: bool) -> bytes:
    """Pieces of a stream that is one array, with what they begin or end."""
    body = b"[" + pieces.removeprefix(DIVIDER) if first else pieces
    return body + b"]" if last else body


def _frames_of(piece: bytes) -> list[Frame]:
    return frame_decoder("sse").feed(piece)


def _number_in(frame: Frame) -> int | None:
    if _NUMBER.encode() not in frame[1]:
        return None
    number = decode_json(frame[1]).get(_NUMBER)
    return number if isinstance(number, int) else None


def _numbered(frame: Frame, number: int) -> Frame:
    return (frame[0], encode_json({**decode_json(frame[1]), _NUMBER: number}))
