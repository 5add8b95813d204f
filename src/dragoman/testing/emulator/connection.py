"""One connection: HTTP/1.1 on `httptools`' parser. Calls are answered in the order they came, one at a time."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

import httptools

from dragoman.messages import encode_json
from dragoman.testing.emulator.delivery import Hangup, Hold, Pause, Stall, Write, closes, steps_of
from dragoman.testing.emulator.http import JSON, HttpCall, Reply

Handler: TypeAlias = Callable[[HttpCall], Coroutine[Any, Any, Reply]]
"""Answers a call. It raises nothing."""

_MOST_WAITING: Final = 64
"""Pipelined calls beyond this many are not read before the ones before them are answered."""

_MOST_HEADER_BYTES: Final = 65_536


class Connection(asyncio.Protocol):
    """Reads calls from one client and writes the replies.

    A client that closes its side while it waits for an answer counts as gone: nothing more is written. `gone` is done
    when the connection is lost.
    """

    def __init__(self, handler: Handler, others: set[Connection], max_body_bytes: int) -> None:
        self._handler = handler
        self._others = others
        self._max_body_bytes = max_body_bytes
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[HttpCall, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport = None  # pyright: ignore[reportAttributeAccessIssue]  # set before any use
        self._closing = False
        self._stalled = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_message_begin()

    # ------------------------------------------------------------------ asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._others.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # why does not matter
        self._others.discard(self)
        self._closing = True
        if self._task is not None:
            self._task.cancel()
        self.gone.set_result(None)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._closing = True  # the call itself was read and is answered; the other protocol is not spoken
        except httptools.HttpParserCallbackError:
            raise  # a mistake of ours
        except httptools.HttpParserError as error:
            self._refuse(400, f"not HTTP: {error}")

    # ------------------------------------------------------------------ the parser calls these

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._answered_early = False

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._count_header(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_header(len(name) + len(value))
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > _MOST_HEADER_BYTES and not self._closing:
            self._refuse(431, "the headers are too long")

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() != "100-continue":
            return
        length = self._headers.get("content-length", "")
        if length.isdigit() and int(length) > self._max_body_bytes:
            self._answered_early = True
            self._enqueue(keep_alive=False, too_large=True)
        elif self._task is None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes <= self._max_body_bytes:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if not self._answered_early and not self._closing:
            too_large = self._body_bytes > self._max_body_bytes
            self._enqueue(keep_alive=self._parser.should_keep_alive(), too_large=too_large)

    def _enqueue(self, *, keep_alive: bool, too_large: bool) -> None:
        call = HttpCall(
            method=self._parser.get_method().decode("latin-1"),
            target=self._target.decode("latin-1"),
            headers=self._headers,
            body=b"" if too_large else b"".join(self._body),
            is_http_1_0=self._parser.get_http_version() == "1.0",
            too_large=too_large,
            client_port=self._transport.get_extra_info("peername", ("", 0))[1],
        )
        self._waiting.append((call, keep_alive))
        if len(self._waiting) >= _MOST_WAITING:
            self._transport.pause_reading()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._serve())

    # ------------------------------------------------------------------ answering

    def _refuse(self, status: int, message: str) -> None:
        """Answer what is no call, after which nothing on this connection can be trusted."""
        self._closing = True
        body = encode_json({"error": {"message": message, "type": "invalid_request_error"}})
        head = (
            f"HTTP/1.1 {status} Bad\r\ncontent-type: {JSON}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        if self._task is None:
            self._transport.write(head.encode() + body)
            self._transport.close()

    async def _serve(self) -> None:
        while self._waiting:
            call, keep_alive = self._waiting.popleft()
            reply = await self._handler(call)
            keep_alive = keep_alive and not closes(reply, is_http_1_0=call.is_http_1_0)
            if not await self._send(reply, call, keep_alive=keep_alive) or not keep_alive:
                self._closing = True
                break
            if len(self._waiting) < _MOST_WAITING:
                self._transport.resume_reading()
        self._task = None
        if self._closing:
            self._transport.close()

    async def _send(self, reply: Reply, call: HttpCall, *, keep_alive: bool) -> bool:
        """Carry out the steps of a reply. Returns whether it went out whole."""
        steps = steps_of(reply, head_only=call.method == "HEAD", is_http_1_0=call.is_http_1_0, keep_alive=keep_alive)
        delivered = 0
        try:
            for number, step in enumerate(steps, 1):
                match step:
                    case Write():
                        delivered += step.pieces
                        if number == len(steps):
                            reply.ended(reply.outcome, delivered)
                        self._transport.write(step.data)
                        if self._transport.is_closing():  # the client has left: the loop says so at its next turn
                            await asyncio.sleep(0)
                        await self._writable.wait()
                    case Pause():
                        await asyncio.sleep(step.seconds)
                    case Stall():
                        self._stalled = True
                        await asyncio.Event().wait()
                    case Hold():
                        self._stalled = True
                        await reply.released()
                        self._stalled = False
                    case Hangup():
                        reply.ended("cut", delivered)
                        self._hang_up(reset=step.reset)
                        return False
        except asyncio.CancelledError:
            reply.ended("left", delivered)
            raise
        return True

    def _hang_up(self, *, reset: bool) -> None:
        if not reset:
            self._transport.close()
            return
        connected: socket.socket = self._transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() then resets
        self._transport.abort()

    # ------------------------------------------------------------------ shutting down

    def close(self) -> None:
        """Answer nothing more after the call in progress; an answer that has stalled is broken off."""
        self._closing = True
        self._waiting.clear()
        if self._stalled:
            self.abort()
        elif self._task is None:
            self._transport.close()

    def abort(self) -> None:
        """End now, whatever the state."""
        self._transport.abort()
