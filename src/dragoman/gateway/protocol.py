"""uvicorn's HTTP protocol with the limits that it lacks: how long the head of a request may take, and may be.

The rest is as there: `httptools` reads strictly (a request with both `Content-Length` and `Transfer-Encoding` is none).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, ClassVar, Final

from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from dragoman.gateway.one_write import OneWrite

HEADER_BYTES: Final = 64 * 1024

_SLOW: Final = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
_LONG: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n"
    b"connection: close\r\n\r\n"
)


class WritingCycle(RequestResponseCycle):
    """uvicorn's request and reply, whose reply can be written to without a task."""

    wire: asyncio.Transport

    def write_now(self, piece: bytes) -> bool:
        """Write part of a body of which some is out. False where it would have to wait, or nobody reads it."""
        if self.flow.write_paused or self.disconnected or not self.chunked_encoding:
            return False
        self.wire.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        return True


class LimitedProtocol(HttpToolsProtocol):
    """One connection. `limited` makes the class for other limits than these."""

    header_seconds: ClassVar[float] = 10.0
    header_bytes: ClassVar[int] = HEADER_BYTES

    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # pyright: ignore[reportArgumentType]  # as asyncio calls it
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.header_bytes and not self.transport.is_closing():
            self._refuse(_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._arm()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._disarm()
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > self.header_bytes:
            self._refuse(_LONG)
            return
        super().on_headers_complete()
        cycle: Any = self.cycle
        cycle.__class__ = WritingCycle  # uvicorn names its own where it makes one
        cycle.wire = self.transport
        cycle.transport = OneWrite(self.transport, self.loop)

    def _arm(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(self.header_seconds, self._refuse, _SLOW)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, reply: bytes) -> None:
        """Say so and close: whatever else comes is not read. Behind an answer that is under way nothing is said."""
        cycle: Any = self.cycle  # there is none before the first request
        if cycle is None or cycle.response_complete:
            self.transport.write(reply)
        self.transport.close()


def limited(*, header_seconds: float, header_bytes: int = HEADER_BYTES) -> type[LimitedProtocol]:
    """The protocol with these limits, as uvicorn's `Config(http=…)` wants it."""
    limits: dict[str, Any] = {"header_seconds": header_seconds, "header_bytes": header_bytes}
    return type("LimitedProtocol", (LimitedProtocol,), limits)


class AnnouncingServer(Server):
    """A server that says where it listens, once it does: a port of 0 is then known."""

    def __init__(self, config: Config, announce: Callable[[str, int], object]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._announce(host, port)
