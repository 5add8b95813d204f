"""An asyncio connection: one `asyncio.Protocol` on one event loop, used by one task at a time, closed from any thread.

It has a single timer, which is moved only when a limit comes nearer: a call that ends in time touches no timer at all.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from functools import partial
from math import inf
from threading import local
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast

from dragoman.errors import ConnectionLost, Error
from dragoman.http import Tap
from dragoman.transport.chunks import chunk_heads
from dragoman.transport.clock import CallClock
from dragoman.transport.content import too_large
from dragoman.transport.failures import connection_lost
from dragoman.transport.http1.replies import ReplyParser
from dragoman.transport.readiness import Readiness

if TYPE_CHECKING:
    from dragoman.transport.pool import Pool

loop_here: Final = asyncio._get_running_loop  # noqa: SLF001  # the public one raises where none runs
"""The loop that calls, if any."""

_MOST_AT_ONCE: Final = 65_536
_HIGH_WATER: Final = 256 * 1024
"""How much may wait for a slow reader before the peer is made to wait, too."""

_SLICE: Final = 64 * 1024
"""How much of a large request is handed to the loop at once."""

_HEAD, _PIECE, _WHOLE, _ROOM = range(4)

_inherited: list[asyncio.BaseTransport | None] = []
"""In a forked child: transports of the parent, kept because asyncio warns of those that are dropped open."""


def runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the caller is called by `loop`."""
    return loop_here() is loop


class _Inbox(local):
    """Where the event loop of a thread puts what it receives, for the moment until `buffer_updated` has it.

    One is enough: a loop fills it and hands it over in one step. A plain protocol is given a fresh 256 KiB object for
    every read, whose pages the system takes back and gives again: that cost 50 µs a call (2026-11-21).
    """

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_MOST_AT_ONCE))


_INBOX: Final = _Inbox()


class AsyncioConnection(asyncio.BufferedProtocol):
    """A connection to an origin, perhaps through a proxy. It is made for a call, whose parser and clock it gets.

    Attributes:
        expires: When it is too old to be used again.
        loop: The loop it belongs to.
        reused: Whether it has carried a request before this one.
        closed: Whether it was closed from this side.
    """

    __slots__ = (
        "_body",
        "_clock",
        "_failure",
        "_heard_at",
        "_is_readable",
        "_limit",
        "_parser",
        "_phase",
        "_pool",
        "_proven",
        "_reading_paused",
        "_room",
        "_socket",
        "_tap",
        "_timer",
        "_timer_at",
        "_transport",
        "_waiter",
        "_wanted",
        "_writing_paused",
        "closed",
        "expires",
        "loop",
        "reused",
    )

    def __init__(
        self, pool: Pool[AsyncioConnection], connected: socket.socket, parser: ReplyParser, clock: CallClock
    ) -> None:
        self._pool = pool
        self.loop = asyncio.get_running_loop()
        self._socket = connected
        self._is_readable = Readiness(connected).is_readable
        self._transport: asyncio.Transport | None = None
        self._parser: ReplyParser | None = parser
        self._clock: CallClock | None = clock
        self._failure: Error | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = _HEAD
        self._tap: Tap | None = None
        self._heard_at = 0.0  # when a piece was last taken past the task that waits
        self._phase = "total"
        self._body: list[bytes] = []
        self._room = 0
        self._limit = inf
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._reading_paused = self._writing_paused = False
        self._proven = False
        self.expires = 0.0
        self.reused = False
        self.closed = False

    # ------------------------------------------------------------------ for the task that uses it

    def exchange(self, request: Sequence[bytes], parser: ReplyParser, clock: CallClock) -> Coroutine[Any, Any, None]:
        """Send a request, in pieces or whole, and read until the head of its reply is whole."""
        if self._parser is None:
            self._parser, self._clock = parser, clock
        if parser.status:  # the peer of a new connection may answer before it is asked
            return self._answered_before(parser)
        transport = self._transport
        if self.closed or transport is None:
            raise self._failure or self._ended_here()
        if len(request) > 1:
            return self._upload(request, transport, parser)
        transport.write(request[0])
        return self._wait(_HEAD, "first_byte")

    def more(self, tap: Tap | None = None) -> Coroutine[Any, Any, None]:
        """Wait until there is another piece of the body that `tap` does not take, or its end."""
        if self._reading_paused:
            self.resume()
        return self._wait(_PIECE, "between_chunks", tap)

    async def whole(self, most: int) -> bytes:
        """The whole body, once it is there. Raises `DecodeError` when it becomes larger than `most`."""
        parser = cast("ReplyParser", self._parser)
        self._body, self._room = [], most
        self.resume()
        self._collect(parser)
        if not parser.complete:
            await self._wait(_WHOLE, "between_chunks")
        return b"".join(self._body)

    def resume(self) -> None:
        """The reader has caught up."""
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()

    def rest(self) -> None:
        """The reply is over: whatever comes now is unsolicited."""
        self._parser = self._clock = self._tap = None
        self.reused = True
        if self._reading_paused:
            self.resume()

    async def _upload(self, request: Sequence[bytes], transport: asyncio.Transport, parser: ReplyParser) -> None:
        """Send a large request, and wait for its reply."""
        whole = await self._uploaded(request, transport, parser)
        if not parser.status:
            await self._wait(_HEAD, "first_byte")
        if not whole:
            parser.reusable = False

    async def _answered_before(self, parser: ReplyParser) -> None:
        parser.reusable = False

    async def _uploaded(self, request: Sequence[bytes], transport: asyncio.Transport, parser: ReplyParser) -> bool:
        """Whether all of it was sent. Not when the peer answered before it had everything."""
        for data in request:
            view = memoryview(data)
            for start in range(0, len(view), _SLICE):
                transport.write(view[start : start + _SLICE])
                if self._writing_paused:
                    await self._wait(_ROOM, "first_byte")
                if parser.status:
                    return False
        return True

    async def _wait(self, wanted: int, phase: str, tap: Tap | None = None) -> None:
        self._wanted, self._phase = wanted, phase
        self._tap, self._heard_at = tap, 0.0
        clock, parser = self._clock, self._parser
        assert clock is not None  # whoever waits has a call
        assert parser is not None
        if parser.failure is not None:
            raise parser.failure
        if self._failure is None:
            limit = self._limit = clock.until(phase)
            if limit < inf and (self._timer is None or limit < self._timer_at):
                self._arm(limit)
            waiter = self._waiter = self.loop.create_future()
            try:
                await waiter
            finally:
                self._waiter = None
        if self._failure is not None and not self._has_come():
            raise self._failure

    def _has_come(self) -> bool:
        """Whether what is wanted is there."""
        parser = cast("ReplyParser", self._parser)
        wanted = self._wanted
        if wanted == _PIECE:
            return bool(parser.pieces) or parser.complete
        if wanted == _HEAD:
            return parser.status != 0
        return parser.complete if wanted == _WHOLE else not self._writing_paused or parser.status != 0

    # ------------------------------------------------------------------ limits

    def _arm(self, limit: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = limit
        self._timer = self.loop.call_later(limit - monotonic(), self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done() or self._limit == inf:
            return  # whoever waits next sets it again
        if self._heard_at:
            self._limit = cast("CallClock", self._clock).until(self._phase, since=self._heard_at)
        if self._limit > monotonic():
            self._arm(self._limit)
        else:
            self._fail(cast("CallClock", self._clock).timed_out(self._phase))

    # ------------------------------------------------------------------ for the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    get_buffer: Any = staticmethod(partial(getattr, _INBOX, "view"))
    """As large as it may be; the hint, which nobody heeds, is taken for the default. No frame of Python's is made."""

    def buffer_updated(self, nbytes: int) -> None:  # noqa: C901  # every piece passes here, and each call costs
        data = bytes(_INBOX.view[:nbytes])
        parser, waiter = self._parser, self._waiter
        self._proven = True
        if parser is None:
            self._pool.discard(self)  # nobody asked
            return
        tap = None if waiter is None or waiter.done() else self._tap
        if tap is not None and parser.between_chunks:
            heads = chunk_heads(nbytes)
            if data.startswith(heads) and data.endswith(b"\r\n"):
                if tap(data[len(heads[0]) : -2]):
                    self._heard_at = monotonic()
                    return
                tap = None
        try:
            parser.feed(data)
        except ConnectionLost as error:
            self._fail(error)
            return
        if waiter is not None:
            if tap is not None and not (parser.complete or parser.failure is not None):
                pieces = parser.pieces
                if pieces and tap(pieces[0] if len(pieces) == 1 else b"".join(pieces)):
                    pieces.clear()
                    parser.buffered = 0
                    self._heard_at = monotonic()
                    return
            if self._wanted != _HEAD:
                self._look()
            elif parser.status and not waiter.done():  # `_look`, where every call passes
                waiter.set_result(None)
        elif parser.buffered > _HIGH_WATER and not (self._reading_paused or parser.complete):
            self._reading_paused = True
            cast("asyncio.Transport", self._transport).pause_reading()

    def eof_received(self) -> None:
        parser = self._parser
        if parser is None:
            return
        try:
            if not (parser.complete or self._is_announced()):
                raise self._cut()
            parser.end()
        except ConnectionLost as error:
            self._fail(error)
        else:
            self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        parser = self._parser
        if parser is not None and not parser.complete and self._failure is None:
            self._failure = self._reason(exc)
        self._wake()
        self._pool.discard(self)

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._look()

    def _look(self) -> None:
        """Something has changed: wake whoever waits for it."""
        waiter = self._waiter
        if waiter is None:
            return
        if self._wanted == _WHOLE:
            self._collect(cast("ReplyParser", self._parser))
        if self._has_come() and not waiter.done():
            waiter.set_result(None)

    def _collect(self, parser: ReplyParser) -> None:
        """Put aside what has come of a body that is wanted whole: many small pieces cost more than one large."""
        if not parser.pieces:
            return
        piece = parser.take()
        self._body.append(piece)
        self._room -= len(piece)
        self._limit = cast("CallClock", self._clock).until("between_chunks")
        if self._room < 0:
            self._fail(too_large(self._pool.destination.options.max_body_bytes))

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: Error) -> None:
        if self._failure is None:
            self._failure = error
        self._wake()
        self._pool.discard(self)

    def _reason(self, error: Exception | None) -> Error:
        """Why the connection is lost."""
        if self.closed:
            return self._ended_here()
        origin = self._pool.destination.origin
        if not isinstance(error, OSError):
            return self._cut()
        if origin.scheme == "http" or self._proven:
            return connection_lost(origin, error)
        from dragoman.transport.tls import lost_after_handshake

        return lost_after_handshake(origin, error)

    def _is_announced(self) -> bool:
        """Whether the end that has come is one that the peer meant; inside TLS that is said."""
        inside = cast("asyncio.Transport", self._transport).get_extra_info("ssl_object")
        if inside is None:
            return True
        from dragoman.transport.tls import was_announced

        return was_announced(inside)

    def _cut(self) -> ConnectionLost:
        return ConnectionLost(f"the connection to {self._pool.destination.origin} was cut")

    def _ended_here(self) -> ConnectionLost:
        origin = self._pool.destination.origin
        return ConnectionLost(f"the call to {origin} was ended from this side: its reply or its client was closed")

    # ------------------------------------------------------------------ for its pool

    def is_quiet(self) -> bool:
        transport = self._transport
        return not (self.closed or transport is None or transport.is_closing() or self._is_readable())

    def close(self) -> None:
        """Close, from whichever thread; a task that waits for it wakes with an error."""
        if self.closed:
            return
        self.closed = True
        if runs_here(self.loop):
            self._abort()
            return
        with suppress(OSError):  # it is not connected any more
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self.loop.call_soon_threadsafe(self._abort)
        except RuntimeError:  # the loop is closed: nobody else will
            self._socket.close()

    def abandon(self) -> None:
        self.closed = True
        _inherited.append(self._transport)
        with suppress(OSError):  # it was closed before the fork
            os.close(self._socket.detach())

    def _abort(self) -> None:
        self._tap = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()
        if self._waiter is not None and self._failure is None:
            self._failure = self._ended_here()
            self._wake()
