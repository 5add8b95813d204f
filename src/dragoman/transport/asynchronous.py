"""The transport for tasks: leased pools of asyncio connections, one set for each event loop, and their replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

from dragoman.errors import ConfigurationError, ConnectFailed, ConnectionLost, TimedOut
from dragoman.http import Frame, Framing, HttpRequest, Origin, Tap
from dragoman.transport.asyncio_connection import AsyncioConnection, loop_here, runs_here
from dragoman.transport.asyncio_dialling import dial, time_limit
from dragoman.transport.clock import CallClock, ConnectClock
from dragoman.transport.content import content_decoder, too_large
from dragoman.transport.framing import SseDecoder, frame_decoder
from dragoman.transport.http1.replies import ReplyParser
from dragoman.transport.http1.requests import Heads
from dragoman.transport.options import Destination, TransportOptions, destination_of
from dragoman.transport.pool import Pool, forget, known_keys, lease, release
from dragoman.transport.replies import HeldReply

Loop = asyncio.AbstractEventLoop


class AsyncioTransport:
    """Sends requests from any number of tasks, on whichever loop runs them, also on several loops in turn or at once.

    What it holds is given back by `close`, or when it is dropped, or when the loop ends.
    """

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._pools: dict[tuple[Loop, Origin], Pool[AsyncioConnection]] = {}
        self._heads: dict[Origin, Heads] = {}
        self._held: set[AsyncioConnection] = set()
        self._dialling: dict[asyncio.Timeout, Loop] = {}
        self._closed = False

    async def open(self, request: HttpRequest) -> AsyncioReply:
        """`BlockingTransport.open`, awaited."""
        loop = asyncio.get_running_loop()
        origin = request.origin
        pool = self._pools.get((loop, origin)) or self._lease(loop, origin)
        pieces = self._heads[origin].pieces(request)
        clock = CallClock(request)
        if monotonic() >= clock.deadline:
            clock.check()
        lost: ConnectionLost | None = None
        while True:
            parser = ReplyParser(request.method)
            connection = pool.take() or await self._new_connection(pool, parser, clock, lost)
            self._held.add(connection)
            if self._closed:
                connection.close()
            try:
                await connection.exchange(pieces, parser, clock)
            except ConnectionLost as error:
                self._let_go(pool, connection)
                if parser.started or lost is not None or not connection.reused or self._closed:
                    raise
                pool.drop_idle()
                if request.once:
                    raise
                lost = error.with_traceback(None)  # whose frames have it
            except BaseException:
                self._let_go(pool, connection)
                raise
            else:
                reply = AsyncioReply(self, pool, connection, parser)
                reply.resent = lost is not None
                return reply

    def release(self) -> None:
        """Give back the idle connections, from whichever thread, and those in use when their calls are over."""
        for where in list(self._pools):
            pool = self._pools.pop(where, None)
            if pool is not None:
                release(pool, self)

    def close(self) -> None:
        """Give back what is held, from whichever thread; calls in progress end with `ConnectionLost`."""
        self._closed = True
        for connection in self._held.copy():
            connection.close()
        for limit, loop in list(self._dialling.items()):
            with suppress(RuntimeError):  # the loop is closed, or the dialling is over
                loop.call_soon_threadsafe(_expire, limit)
        for pool in list(self._pools.values()):
            pool.dismiss(self)
            release(pool, self)
        self._pools.clear()

    def finish(self, pool: Pool[AsyncioConnection], connection: AsyncioConnection, parser: ReplyParser) -> None:
        """The reply on `connection` is over, or nobody wants the rest of it."""
        if (
            parser.complete
            and parser.reusable
            and not (self._closed or connection.closed)
            and (loop_here() is connection.loop)
        ):
            self._held.discard(connection)
            connection.rest()
            pool.give_back(connection)
        else:
            self._let_go(pool, connection)

    def __del__(self) -> None:
        with suppress(Exception):  # parts of the interpreter may be gone already
            self.close()

    def _let_go(self, pool: Pool[AsyncioConnection], connection: AsyncioConnection) -> None:
        self._held.discard(connection)
        pool.discard(connection)

    def _lease(self, loop: Loop, origin: Origin) -> Pool[AsyncioConnection]:
        _forget_closed_loops()
        for where in list(self._pools):
            if where[0].is_closed():
                self._pools.pop(where, None)
        destination = destination_of(origin, self._options)
        key = _Key(loop, destination)
        pool = self._pools[loop, origin] = lease(key, self, lambda: Pool[AsyncioConnection](key, destination))
        if origin not in self._heads:
            self._heads[origin] = Heads(host=pool.host, prefix=pool.prefix, extra=pool.extra)
        if self._closed:  # asked last, for another thread may be closing
            self._pools.clear()
            release(pool, self)
            raise ConfigurationError("this client is closed: make a new one with create_llm")
        _watch(loop)
        return pool

    async def _new_connection(
        self, pool: Pool[AsyncioConnection], parser: ReplyParser, clock: CallClock, lost: ConnectionLost | None
    ) -> AsyncioConnection:
        """A new connection or, where their number is limited, one that another call has finished with.

        Raises `lost` when there is none for a request that was sent once: it may have been acted on.
        """
        try:
            return await self._connect(pool, parser, clock)
        except (ConnectFailed, TimedOut) as error:
            if lost is None:
                raise
            raise lost from error

    async def _connect(self, pool: Pool[AsyncioConnection], parser: ReplyParser, clock: CallClock) -> AsyncioConnection:
        until = ConnectClock(clock)
        waiter = _Waiter(self)
        pool.queue(waiter)
        await waiter.wait(pool, until)
        if waiter.connection is not None:
            return waiter.connection
        limit = time_limit(until.at)
        self._dialling[limit] = asyncio.get_running_loop()
        try:
            connection = await dial(
                pool.destination, until, limit, lambda connected: AsyncioConnection(pool, connected, parser, clock)
            )
        except BaseException as error:
            pool.not_opened()
            if self._closed and isinstance(error, TimedOut):
                raise ConnectionLost(
                    f"the call to {pool.destination.origin} was ended: its client was closed"
                ) from None
            raise
        finally:
            del self._dialling[limit]
        pool.opened(connection)
        return connection


def _expire(limit: asyncio.Timeout) -> None:
    with suppress(RuntimeError):  # it is over
        limit.reschedule(0)


class _Waiter:
    """A task in line for a connection."""

    __slots__ = ("_granted", "_loop", "_turn", "connection", "owner")

    def __init__(self, owner: AsyncioTransport) -> None:
        self.owner = owner
        self.connection: AsyncioConnection | None = None
        self._granted = False
        self._loop = asyncio.get_running_loop()
        self._turn: asyncio.Future[None] = self._loop.create_future()

    def grant(self, connection: AsyncioConnection | None) -> None:
        self.connection = connection
        self._granted = True
        if runs_here(self._loop):
            self._wake()
        else:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._wake)

    async def wait(self, pool: Pool[AsyncioConnection], clock: ConnectClock) -> None:
        """Wait for the turn. Raises `TimedOut`."""
        if self._granted:
            return
        try:
            async with time_limit(clock.at):
                await self._turn
        except TimeoutError:
            self._renounce(pool)
            raise clock.timed_out() from None
        except BaseException:
            self._renounce(pool)
            raise

    def _wake(self) -> None:
        if not self._turn.done():
            self._turn.set_result(None)

    def _renounce(self, pool: Pool[AsyncioConnection]) -> None:
        """Leave the line, or pass on the turn if it has come all the same."""
        if pool.leave(self):
            return
        if self.connection is None:
            pool.not_opened()
        else:
            pool.give_back(self.connection)


class AsyncioReply(HeldReply[AsyncioConnection]):
    """A reply whose body is read by one task."""

    __slots__ = ()

    async def read(self) -> bytes:
        """The whole body, its content coding undone. Raises `DecodeError` for one above `max_body_bytes`."""
        limit, parser = self.pool.max_body_bytes, self.parser
        if self._spent:
            self._spend()
        self._spent = True
        try:
            content = content_decoder(self.headers, limit) if "content-encoding" in self.headers else None
            body = parser.take() if parser.complete else await self.connection.whole(limit)
            if len(body) > limit:
                raise too_large(limit)
            if content is not None:
                body = content.feed(body)
                content.finish()
            return body
        finally:
            if not self._ended.locked():
                self.close()

    def at_hand(self) -> bytes | None:
        """`read`, of a body that came with its head and is not encoded; `None` for any other."""
        parser = self.parser
        if self._spent or not parser.complete or "content-encoding" in self.headers:
            return None
        self._spent = True
        body, limit = parser.take(), self.pool.max_body_bytes
        if len(body) > limit:
            raise too_large(limit)
        return body

    def frames(self, framing: Framing) -> AsyncioFrames:
        """The body as frames, as they arrive."""
        self._spend()
        try:
            return AsyncioFrames(self, framing)
        except BaseException:
            self.close()
            raise


class AsyncioFrames:
    """The frames of a body. A class, and no async generator: that would free its connection only some time after."""

    __slots__ = ("_content", "_decoder", "_over", "_reply", "_sse", "_tap")

    def __init__(self, reply: AsyncioReply, framing: Framing) -> None:
        self._reply = reply
        self._decoder = frame_decoder(framing)
        self._content = content_decoder(reply.headers, reply.pool.max_body_bytes)
        self._over = False
        self._tap: Tap | None = None
        self._sse: SseDecoder | None = None

    def tap(self, take: Tap) -> None:
        """Offer pieces of the body, while it is waited for them, to `take`; of text events that are not encoded."""
        if self._content is None and isinstance(self._decoder, SseDecoder):
            self._tap, self._sse = take, self._decoder

    def __aiter__(self) -> AsyncioFrames:
        return self

    async def __anext__(self) -> list[Frame]:
        reply = self._reply
        parser = reply.parser
        try:
            while not self._over:
                if parser.pieces:
                    piece, content = parser.take(), self._content
                    frames = self._decoder.feed(piece if content is None else content.feed(piece))
                elif parser.complete:
                    frames = self._finish()
                else:
                    sse = self._sse
                    await reply.connection.more(self._tap if sse is not None and sse.between_frames else None)
                    continue
                if parser.complete:
                    reply.close()
                if frames:
                    return frames
        except BaseException:
            reply.close()
            raise
        raise StopAsyncIteration

    def _finish(self) -> list[Frame]:
        self._over = True
        if self._content is not None:
            self._content.finish()
        return self._decoder.finish()


# ---------------------------------------------------------------------- event loops come and go


class _Key(NamedTuple):
    """What an asyncio pool is kept under."""

    loop: Loop
    destination: Destination


_endings: dict[Loop, AsyncGenerator[None, None]] = {}
"""For each loop a generator that is finished with it: `asyncio.run` and its like finish those before they close."""


async def _until_the_end(loop: Loop) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        _forget(loop)
        await asyncio.sleep(0)  # in which the loop closes the sockets


def _watch(loop: Loop) -> None:
    """Close this loop's connections when it ends."""
    if loop not in _endings:
        ending = _endings[loop] = _until_the_end(loop)
        with suppress(StopIteration):  # it runs to its `yield` at once, and so is known to the loop
            ending.__anext__().send(None)


def _forget(loop: Loop) -> None:
    _endings.pop(loop, None)
    for key in known_keys():
        if isinstance(key, _Key) and key.loop is loop:
            forget(key)


def _forget_closed_loops() -> None:
    """Loops that were closed without finishing their generators leave their sockets to us."""
    for loop in list(_endings):
        if loop.is_closed():
            _forget(loop)
