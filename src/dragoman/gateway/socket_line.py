"""The line of a request that our own protocol took in: what uvicorn calls its cycle, without ASGI."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Protocol
from urllib.parse import unquote

import httptools
from msgspec import Struct
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from dragoman.gateway.lines import (
    CLOSE,
    BodyLimits,
    Headers,
    Message,
    check_announced,
    left_early,
    refuse_size,
    refuse_slowness,
)
from dragoman.gateway.surfaces import Header, Place, place_of

_logger: Final = logging.getLogger("dragoman")
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_CHUNKED: Final = b"transfer-encoding: chunked\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"


class Found(Struct, frozen=True):
    """What is at a URL.

    Attributes:
        target: Path and query as they were sent; the question mark is always there.
    """

    place: Place
    target: str
    query: bytes


def found_at(url: bytes) -> Found | None:
    """What is at a URL, as it stands in the first line of a request."""
    parsed = httptools.parse_url(url)
    path, query = parsed.path, parsed.query or b""
    place = place_of(unquote(path.decode("ascii")))
    return None if place is None else Found(place, f"{path.decode('ascii')}?{query.decode('latin-1')}", query)


known_at: Final = lru_cache(maxsize=1024)(found_at)
"""The same, for URLs without a query: there are not many of them."""


class Connection(Protocol):
    """What a line needs of the connection that it came by."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    flow: FlowControl
    server: tuple[str, int | None] | None
    tasks: set[asyncio.Task[None]]

    def settled_headers(self) -> bytes:
        """The lines of the server's own headers."""
        ...

    def on_response_complete(self) -> None: ...

    def end(self, *, whole: bool) -> None:
        """The last answer is written; `whole`: its request was read to the end."""
        ...


class SocketLine:
    """A `Line` of our own connection.

    Attributes:
        place: What is at its path.
        whole: Whether the whole request has come.
        response_complete: Whether the whole reply is written: uvicorn asks it.
        keep_alive: Whether another request may follow; uvicorn unsets it when the server stops.
    """

    __slots__ = (
        "_chunks", "_connection", "_head", "_parts", "_size", "_waiter", "_watching", "gone",
        "headers", "keep_alive", "left", "method", "place", "query", "response_complete", "target", "task",
        "whole",
    )  # fmt: skip

    task: asyncio.Task[Any]

    def __init__(
        self, connection: Connection, found: Found, method: str, headers: Headers, *, chunks: bool, keep_alive: bool
    ) -> None:
        self._connection = connection
        self.place, self.target, self.query = found.place, found.target, found.query
        self.method, self.headers = method, headers
        self._chunks, self.keep_alive = chunks, keep_alive
        self._parts: list[bytes] = []
        self._size = 0
        self.whole = False
        self._waiter: asyncio.Future[None] | None = None
        self._head = b""
        self._watching = False
        self.response_complete = False
        self.gone = False
        self.left = False

    @property
    def host(self) -> str | None:
        server = self._connection.server
        return server[0] if server else None

    # ------------------------------------------------------------------ what comes, told by the protocol

    def take(self, part: bytes) -> None:
        """A piece of the body has come."""
        self._parts.append(part)
        self._size += len(part)
        if self._waiter is not None:
            self._wake()
        elif self._size > HIGH_WATER_LIMIT:  # nobody has asked for it yet
            self._connection.flow.pause_reading()

    def end(self) -> None:
        """The whole body has come."""
        self.whole = True
        if self._waiter is not None:
            self._wake()

    def lose(self) -> None:
        """The connection is gone."""
        self.gone = True
        self._wake()
        if self._watching:
            self.left = True
            self.task.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ------------------------------------------------------------------ the body

    async def read(self, limits: BodyLimits) -> bytes:
        if not self.whole or b"content-encoding" in self.headers or b"transfer-encoding" in self.headers:
            check_announced(self.headers, limits)
        if not self.whole:
            try:
                async with asyncio.timeout(limits.seconds):
                    await self._rest(limits)
            except TimeoutError:
                refuse_slowness(limits)
        if self._size > limits.size:
            refuse_size(limits)
        parts, self._parts = self._parts, []
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _rest(self, limits: BodyLimits) -> None:
        connection = self._connection
        if self.headers.get(b"expect", b"").lower() == b"100-continue" and not self._parts and not self.gone:
            connection.transport.write(_CONTINUE)
        while not self.whole and self._size <= limits.size:
            if self.gone:
                raise left_early()
            self._waiter = connection.loop.create_future()
            connection.flow.resume_reading()
            await self._waiter
        self._waiter = None

    # ------------------------------------------------------------------ the reply

    async def reply(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        connection = self._connection
        if connection.flow.write_paused and not self.gone:  # whoever is slow is waited for
            await connection.flow.drain()
        if self.gone:
            return
        if CLOSE in headers:
            self.keep_alive = False
        lines = self._head_of(status, headers)
        lines.append(b"content-length: %d\r\n\r\n" % len(body))
        if self.method != "HEAD":
            lines.append(body)
        connection.transport.write(b"".join(lines))
        self._written()

    def _head_of(self, status: int, headers: Sequence[Header]) -> list[bytes]:
        """The lines of a head, but for the last, which says where the body ends."""
        if not self.keep_alive:  # which is said once
            headers = [*(each for each in headers if each != CLOSE), CLOSE]
        said = b"\r\n".join([*map(b": ".join, headers), b""])
        return [STATUS_LINE[status], self._connection.settled_headers(), said]

    async def send(self, message: Message) -> None:
        connection = self._connection
        if connection.flow.write_paused and not self.gone:
            await connection.flow.drain()
        if self.gone:
            return
        if message["type"] == "http.response.start":  # which goes out with what follows
            self.keep_alive = self.keep_alive and self._chunks  # else its end is that of the connection
            lines = self._head_of(message["status"], message["headers"])
            self._head = b"".join((*lines, _CHUNKED if self._chunks else b"", b"\r\n"))
            return
        data = self._framed(message["body"])
        more = message.get("more_body", False)
        head, self._head = self._head, b""
        connection.transport.write(b"".join((head, data, b"" if more or not self._chunks else _LAST_CHUNK)))
        if not more:
            self._written()

    def _written(self) -> None:
        self.response_complete = True
        if self.keep_alive:
            self._connection.on_response_complete()
        else:
            self._connection.end(whole=self.whole)

    def write_now(self, data: bytes) -> bool:
        connection = self._connection
        if self.gone or self._head or connection.flow.write_paused or connection.transport.is_closing():
            return False
        connection.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunks else data)
        return True

    def _framed(self, data: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(data), data) if data and self._chunks else data

    # ------------------------------------------------------------------ whether somebody is there

    def watch(self) -> None:
        self._watching = True
        flow = self._connection.flow
        if flow.read_paused:  # a long body came at once, or another request: nothing says that they left but reading
            flow.resume_reading()
        if self.gone:
            self.lose()

    def unwatch(self) -> None:
        self._watching = False

    def over(self, task: asyncio.Task[Any]) -> None:
        """The task has ended: what it left unsaid is not said any more."""
        self._connection.tasks.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            _logger.error("a call ended without an answer", exc_info=failure)
        if not (self.response_complete or self.gone):
            self._connection.transport.close()
