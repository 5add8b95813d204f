"""A blocking connection: one socket, used by one thread at a time, closed from any.

The socket itself never blocks; waiting is done by `Readiness`, so that every wait has an exact end.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from dragoman.errors import ConnectionLost, Error
from dragoman.http import Origin
from dragoman.transport.clock import Clock
from dragoman.transport.failures import connection_lost
from dragoman.transport.http1.replies import ReplyParser
from dragoman.transport.readiness import READ, WRITE, Readiness

_PIECE = 64 * 1024
_IN_PROGRESS = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR, getattr(errno, "WSAEWOULDBLOCK", 0))


class Connection:
    """A socket to an origin, or to the proxy before it.

    Attributes:
        expires: When it is too old to be used again.
        reused: Whether it has carried a request before this one.
        closed: Whether it was closed from this side.
    """

    __slots__ = ("_at_work", "closed", "expires", "origin", "readiness", "reused", "sock")

    def __init__(self, sock: socket.socket, origin: Origin) -> None:
        self.sock = sock
        self.origin = origin
        self.expires = 0.0
        self.reused = False
        self.closed = False
        self.readiness = Readiness(sock)
        self._at_work = Lock()

    def connect(self, address: Any, at: float) -> bool:
        """Connect to `address`. False when `at` has passed; raises `OSError` when it cannot be."""
        self._begin()
        try:
            failure = self.sock.connect_ex(address)
            if failure in _IN_PROGRESS:
                if not self.readiness.wait(WRITE, at):
                    return False
                failure = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if self.closed:
                raise self._ended_here()
            if failure:
                raise OSError(failure, os.strerror(failure))
        finally:
            self._end()
        return True

    def exchange(self, request: Sequence[bytes], parser: ReplyParser, clock: Clock) -> None:
        """Send a request, in pieces or whole, and read until the head of its reply is whole."""
        self._begin()
        try:
            whole = True
            for data in request:
                whole = whole and self._send(data, parser, clock)
            at = clock.until("first_byte")
            while not parser.status:
                if not self._feed(parser, at):
                    raise clock.timed_out("first_byte")
            if not whole:
                parser.reusable = False
        except OSError as error:
            raise self.lost(error) from error
        finally:
            self._end()

    def more(self, parser: ReplyParser, clock: Clock) -> None:
        """Read until there is another piece of the body, or its end."""
        parser.check()
        self._begin()
        try:
            at = clock.until("between_chunks")
            while not (parser.pieces or parser.complete):
                if not self._feed(parser, at):
                    raise clock.timed_out("between_chunks")
        except OSError as error:
            raise self.lost(error) from error
        finally:
            self._end()

    def is_quiet(self) -> bool:
        return not (self.closed or self.readiness.is_readable())

    def close(self) -> None:
        """Close; a thread that is reading or writing wakes with an error, and closes the descriptor itself."""
        self.closed = True
        if self._at_work.acquire(blocking=False):
            try:
                self.sock.close()
            finally:
                self._at_work.release()
        else:
            with suppress(OSError):  # not connected, or closed in this very moment
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def abandon(self) -> None:
        self._at_work = Lock()
        self.close()

    def lost(self, error: OSError) -> Error:
        """What `error` means for the call."""
        return self._ended_here() if self.closed else connection_lost(self.origin, error)

    def _ended_here(self) -> ConnectionLost:
        return ConnectionLost(f"the call to {self.origin} was ended from this side: its reply or its client was closed")

    def _begin(self) -> None:
        self._at_work.acquire()
        if self.closed:
            self._at_work.release()
            raise self._ended_here()

    def _end(self) -> None:
        self._at_work.release()
        if self.closed:
            self.close()

    def _send(self, data: bytes, parser: ReplyParser, clock: Clock) -> bool:
        """Send `data`. False when the peer answered, or stopped listening, before it had everything."""
        sent = 0
        while True:
            try:
                sent += self._write(memoryview(data)[sent:] if sent else data)
            except (BrokenPipeError, ConnectionResetError):  # why may stand in an answer
                return False
            if sent == len(data):
                return True
            ready = self.readiness.wait(READ | WRITE, clock.until("first_byte"))
            if not ready:
                raise clock.timed_out("first_byte")
            if ready & READ:
                self._feed_now(parser)
                if parser.status:
                    return False

    def _feed(self, parser: ReplyParser, at: float) -> bool:
        """Give the parser what comes next. False when `at` has passed."""
        while self._wait_readable(at):
            data = self._read()
            if data:
                parser.feed(data)
                return True
            if data is not None:
                self._end_of_input(parser)
                return True
        return False

    def _feed_now(self, parser: ReplyParser) -> None:
        """Give the parser what is there, if anything."""
        data = self._read()
        if data:
            parser.feed(data)
        elif data is not None:
            self._end_of_input(parser)

    def _end_of_input(self, parser: ReplyParser) -> None:
        if self.closed:
            raise self._ended_here()
        parser.end()

    def _wait_readable(self, at: float) -> bool:
        return self.readiness.wait_readable(at)

    def _read(self) -> bytes | None:
        """What can be read now: `None` for nothing yet, `b""` for the end."""
        try:
            return self.sock.recv(_PIECE)
        except BlockingIOError:
            return None

    def _write(self, data: bytes | memoryview) -> int:
        """How many bytes could be written now."""
        try:
            return self.sock.send(data)
        except BlockingIOError:
            return 0


def new_socket(family: int) -> socket.socket:
    """A TCP socket that never blocks and sends at once."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
