"""The transport for threads: leased pools of blocking connections, and the replies read from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from math import inf
from threading import Lock
from time import monotonic

from dragoman.errors import ConfigurationError, ConnectFailed, ConnectionLost, TimedOut
from dragoman.http import Frame, Framing, HttpRequest, Origin
from dragoman.transport.clock import CallClock, ConnectClock
from dragoman.transport.content import content_decoder, too_large
from dragoman.transport.dialling import dial
from dragoman.transport.framing import frame_decoder
from dragoman.transport.http1.replies import ReplyParser
from dragoman.transport.http1.requests import request_pieces
from dragoman.transport.options import TransportOptions, destination_of
from dragoman.transport.pool import Pool, lease, release
from dragoman.transport.replies import HeldReply
from dragoman.transport.sockets import Connection


class BlockingTransport:
    """Sends requests from any number of threads. What it holds is given back by `close`, or when it is dropped."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._pools: dict[Origin, Pool[Connection]] = {}
        self._held: set[Connection] = set()
        self._closed = False

    def open(self, request: HttpRequest) -> BlockingReply:
        """Send `request` and wait for the head of its reply.

        It is sent once more, on a new connection, when a kept one turns out to have died before any byte of the reply.
        """
        clock = CallClock(request)
        pool = self._pools.get(request.origin)
        if pool is None or pool.closed:  # closed as it was leased, when another thread released it just then
            pool = self._lease(request.origin)
        pieces = request_pieces(request, host=pool.host, prefix=pool.prefix, extra=pool.extra)
        clock.check()
        lost: ConnectionLost | None = None
        while True:
            connection = pool.take() or self._new_connection(pool, clock, lost)
            self.adopt(connection)
            parser = ReplyParser(request.method)
            try:
                connection.exchange(pieces, parser, clock)
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
                reply = BlockingReply(self, pool, connection, parser, clock)
                reply.resent = lost is not None
                return reply

    def release(self) -> None:
        """Give back the idle connections, and those in use when their calls are over."""
        for origin in list(self._pools):
            pool = self._pools.pop(origin, None)
            if pool is not None:
                release(pool, self)

    def close(self) -> None:
        """Give back what is held; calls in progress end with `ConnectionLost`."""
        self._closed = True
        for connection in self._held.copy():
            connection.close()
        for pool in list(self._pools.values()):
            pool.dismiss(self)
            release(pool, self)
        self._pools.clear()

    def adopt(self, connection: Connection) -> None:
        """Answer for a connection: `close` ends what happens on it."""
        self._held.add(connection)
        if self._closed:
            connection.close()

    def drop(self, connection: Connection) -> None:
        """Close a connection that never made it into a pool."""
        self._held.discard(connection)
        connection.close()

    def finish(self, pool: Pool[Connection], connection: Connection, parser: ReplyParser) -> None:
        """The reply on `connection` is over, or nobody wants the rest of it."""
        if parser.complete and parser.reusable and not self._closed:
            connection.reused = True
            self._held.discard(connection)
            pool.give_back(connection)
        else:
            self._let_go(pool, connection)

    def __del__(self) -> None:
        with suppress(Exception):  # parts of the interpreter may be gone already
            self.close()

    def _let_go(self, pool: Pool[Connection], connection: Connection) -> None:
        self._held.discard(connection)
        pool.discard(connection)

    def _lease(self, origin: Origin) -> Pool[Connection]:
        destination = destination_of(origin, self._options)
        key = ("blocking", destination)
        pool = self._pools[origin] = lease(key, self, lambda: Pool[Connection](key, destination))
        if self._closed:  # asked last, for another thread may be closing
            self._pools.clear()
            release(pool, self)
            raise ConfigurationError("this client is closed: make a new one with create_llm")
        return pool

    def _new_connection(self, pool: Pool[Connection], clock: CallClock, lost: ConnectionLost | None) -> Connection:
        """A new connection or, where their number is limited, one that another call has finished with.

        Raises `lost` when there is none for a request that was sent once: it may have been acted on.
        """
        try:
            return self._connect(pool, ConnectClock(clock))
        except (ConnectFailed, TimedOut) as error:
            if lost is None:
                raise
            raise lost from error

    def _connect(self, pool: Pool[Connection], limit: ConnectClock) -> Connection:
        waiter = _Waiter(self)
        pool.queue(waiter)
        waiter.wait(pool, limit)
        if waiter.connection is not None:
            return waiter.connection
        try:
            connection = dial(pool.destination, limit, self)
        except BaseException:
            pool.not_opened()
            raise
        pool.opened(connection)
        return connection


class _Waiter:
    """A thread in line for a connection."""

    __slots__ = ("_turn", "connection", "owner")

    def __init__(self, owner: BlockingTransport) -> None:
        self.owner = owner
        self.connection: Connection | None = None
        self._turn = Lock()
        self._turn.acquire()

    def grant(self, connection: Connection | None) -> None:
        self.connection = connection
        self._turn.release()

    def wait(self, pool: Pool[Connection], clock: ConnectClock) -> None:
        """Wait for the turn. Raises `TimedOut`."""
        try:
            came = self._turn.acquire(timeout=-1 if clock.at == inf else max(clock.at - monotonic(), 0))
        except BaseException:
            self._renounce(pool)
            raise
        if not came:
            self._renounce(pool)
            raise clock.timed_out()

    def _renounce(self, pool: Pool[Connection]) -> None:
        """Leave the line, or pass on the turn if it has come all the same."""
        if pool.leave(self):
            return
        if self.connection is None:
            pool.not_opened()
        else:
            pool.give_back(self.connection)


class BlockingReply(HeldReply[Connection]):
    """A reply whose body is read by one thread."""

    __slots__ = ("_clock",)

    def __init__(
        self,
        transport: BlockingTransport,
        pool: Pool[Connection],
        connection: Connection,
        parser: ReplyParser,
        clock: CallClock,
    ) -> None:
        self._clock = clock
        super().__init__(transport, pool, connection, parser)

    def read(self) -> bytes:
        """The whole body, its content coding undone. Raises `DecodeError` for one above `max_body_bytes`."""
        limit = self.pool.destination.options.max_body_bytes
        self._spend()
        parser = self.parser
        if parser.complete and parser.buffered <= limit and "content-encoding" not in self.headers:
            return parser.take()  # small and whole: nearly every answer
        try:
            content = content_decoder(self.headers, limit)
            if content is None:
                return b"".join(self._pieces(limit))
            body = b"".join([content.feed(piece) for piece in self._pieces(limit)])
            content.finish()
            return body
        finally:
            self.close()

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:
        """The body as frames, as they arrive."""
        self._spend()
        try:
            decoder = frame_decoder(framing)
            content = content_decoder(self.headers, self.pool.destination.options.max_body_bytes)
            for piece in self._pieces(inf):
                frames = decoder.feed(content.feed(piece) if content else piece)
                if frames:
                    yield frames
            if content:
                content.finish()
            frames = decoder.finish()
            if frames:
                yield frames
        finally:
            self.close()

    def _pieces(self, limit: float) -> Iterator[bytes]:
        """The body as it arrives, at most `limit` bytes of it."""
        parser, size = self.parser, 0
        while True:
            if parser.pieces:
                piece = parser.take()
                size += len(piece)
                if size > limit:
                    raise too_large(int(limit))
                yield piece
            if parser.complete:
                return
            self.connection.more(parser, self._clock)
            if parser.complete:
                self.close()
