"""uvicorn's HTTP protocol with the limits that it lacks, and a short way to the gateway.

The limits: how long the head of a request may take, and may be. The short way: a request to one of the gateway's own
paths is answered by way of a `SocketLine`; all others go through ASGI as ever. `httptools` reads strictly (a request
with both `Content-Length` and `Transfer-Encoding` is none).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, ClassVar, Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dragoman.gateway.app import Gateway
from dragoman.gateway.front import answer
from dragoman.gateway.lingering import Lingering
from dragoman.gateway.socket_line import Found, SocketLine, found_at, known_at
from dragoman.gateway.surfaces import Header

HEADER_BYTES: Final = 64 * 1024


def _last_word(status: str, text: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {len(text)}\r\nconnection: close\r\n\r\n"
    return f"{head}{text}".encode("ascii")


_SLOW: Final = _last_word("408 Request Timeout")
_LONG: Final = _last_word("431 Request Header Fields Too Large")
_HOSTS: Final = _last_word("400 Bad Request", "A request names one host, in one `Host` header.")


class _RefusedError(Exception):
    """What the parser is stopped with: behind a request that was refused nothing is one."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection. `limited` makes the class for other limits than these."""

    header_seconds: ClassVar[float] = 10.0
    header_bytes: ClassVar[int] = HEADER_BYTES
    _settled: ClassVar[tuple[list[Header], bytes]] = ([], b"")

    _deadline: asyncio.TimerHandle | None = None
    _idle: asyncio.TimerHandle | None = None
    _idle_since: float | None = None
    _in_head = True
    _head_bytes = 0
    _piece_bytes = 0
    _begun_in = 0
    """The size of the piece in which the head begins; `_head_bytes` are those of the pieces after it."""
    _refused = False
    _wished = False
    """Whether the head that was read last wishes for another protocol."""
    _line: SocketLine | None = None
    """The line that was answered last, or is being answered."""
    cycle: Any
    """What the last request is answered by: a `SocketLine`, uvicorn's own, or `None`. It may still have to wait."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        app: Any = vars(self)["app"]  # whose type uvicorn does not know
        writes = self.access_log and self.config.access_log  # the former says but whether anybody would read it
        plain = not (self.root_path or writes or self.limit_concurrency or self.ws_protocol_class)
        self._gateway: Gateway | None = app if plain and type(app) is Gateway else None

    # ------------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # pyright: ignore[reportArgumentType]  # as asyncio calls it
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._idle is not None:
            self._idle.cancel()
        if self._line is not None:
            self._line.lose()
            self._line = None  # which has this connection
        self.pipeline.clear()
        if isinstance(self.cycle, SocketLine):
            self.cycle = None  # so that nobody takes it for uvicorn's
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        idle_since, self._idle_since = self._idle_since, None
        self._piece_bytes = len(data)
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except HttpParserError:
            self._break_off()
        except HttpParserUpgrade as upgrade:
            self._read_on(data[upgrade.args[0] :])
        if self._in_head and not (self._refused or self.transport.is_closing()):
            if self._head_bytes > self.header_bytes:
                self._refuse(_LONG)
            elif self._deadline is None:
                self._arm()
        elif idle_since is not None and self.cycle.response_complete:
            self._idle_since = idle_since  # what came begins no request: the connection is as idle as it was

    def _read_on(self, rest: bytes) -> None:
        """After a head that wishes for another protocol: one that we do not speak is passed over (RFC 9110, 7.8).

        Java's own client has such a wish in every request. The parser takes what follows for the other protocol's, so
        it is given the head anew, without.
        """
        if self._should_upgrade():
            self.handle_websocket_upgrade()
            return
        while self._wished:
            self._wished, data = False, self._head_without_wish() + rest
            self.parser = HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
            try:
                self.parser.feed_data(data)
            except HttpParserError:
                self._break_off()
            except HttpParserUpgrade as upgrade:
                rest = data[upgrade.args[0] :]

    def _head_without_wish(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        kept = (b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        return b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, b"".join(kept))

    # ------------------------------------------------------------------ a request, as it is parsed

    def on_message_begin(self) -> None:
        self.url, self.headers = b"", []
        self._in_head, self._head_bytes, self._begun_in = True, 0, self._piece_bytes
        if self._deadline is not None:
            self._disarm()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # a trailer is no header: who looks at those before us does not look at trailers
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._disarm()
        if self._head_bytes + self._begun_in > self.header_bytes and self._head_size() > self.header_bytes:
            self._refuse(_LONG)
            raise _RefusedError
        if self.parser.should_upgrade() and not self._should_upgrade() and self.parser.get_method() != b"CONNECT":
            self._wished = True
            return
        headers = dict(self.headers)
        if b"host" not in headers or len(headers) != len(self.headers):
            self._look_twice(headers)
        gateway = self._gateway
        found = None
        if gateway is not None and not gateway.user_middleware:
            found = found_at(self.url) if b"?" in self.url else known_at(self.url)
        if found is None:
            self._go_through_asgi()
        else:
            self._answer(found, headers)

    def _look_twice(self, headers: dict[bytes, bytes]) -> None:
        """At a head that lacks a host, or has a name more than once (RFC 9112, 3.2 and 6.1)."""
        names = [name for name, _ in self.headers]
        hosts = names.count(b"host")
        if hosts > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            self._refuse(_HOSTS)
            raise _RefusedError
        if names.count(b"transfer-encoding") > 1:
            codings = (value for name, value in self.headers if name == b"transfer-encoding")
            headers[b"transfer-encoding"] = b", ".join(codings)

    def _head_size(self) -> int:
        return sum(len(name) + len(value) + 4 for name, value in self.headers) + len(self.url)

    def _go_through_asgi(self) -> None:
        """Make of the head what uvicorn would have made of it."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        for name, value in headers:
            super().on_header(name, value)
        self.url = url
        super().on_headers_complete()

    def _answer(self, found: Found, headers: dict[bytes, bytes]) -> None:
        before, parser = self.cycle, self.parser
        assert parser is not None  # it is parsing
        method, chunks = parser.get_method().decode("ascii"), parser.get_http_version() != "1.0"
        keep_alive = chunks and parser.should_keep_alive()
        line = SocketLine(self, found, method, headers, chunks=chunks, keep_alive=keep_alive)
        self.cycle = line
        if before is None or before.response_complete:
            self._start_line(line)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft(cast("Any", (line, self._gateway)))

    def _start_line(self, line: SocketLine) -> None:
        gateway = self._gateway
        assert gateway is not None  # the line is one of its calls
        self._line = line
        task = line.task = self.loop.create_task(answer(gateway.service, line, line.place))
        self.tasks.add(task)
        task.add_done_callback(line.over)

    def on_body(self, body: bytes) -> None:
        line = self.cycle
        if not isinstance(line, SocketLine):
            super().on_body(body)
        elif not line.response_complete:
            line.take(body)

    def on_message_complete(self) -> None:
        line = self.cycle
        if self._wished:
            return
        if isinstance(line, SocketLine):
            line.end()
        else:
            super().on_message_complete()

    # ------------------------------------------------------------------ between requests

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            if isinstance(cycle, SocketLine):
                self._start_line(cycle)
            else:
                self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._close_idle)

    def _close_idle(self) -> None:
        """One timer for a connection, however many requests it brings: it looks how long nothing has come."""
        self._idle = None
        if self._idle_since is None:  # the end of the request under way sets it anew
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle = self.loop.call_later(left, self._close_idle)
        else:
            self.timeout_keep_alive_handler()

    def settled_headers(self) -> bytes:
        """The server's own headers, which are others once a second."""
        headers, settled = LimitedProtocol._settled
        if headers is not self.server_state.default_headers:
            headers = self.server_state.default_headers
            settled = b"".join(b"%b: %b\r\n" % each for each in headers)
            LimitedProtocol._settled = (headers, settled)
        return settled

    # ------------------------------------------------------------------ limits

    def _arm(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(self.header_seconds, self._refuse, _SLOW)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, reply: bytes) -> None:
        """Say so, and read no more. Behind an answer that is under way nothing is said."""
        self._refused = True
        if not self._is_answering():
            self.transport.write(reply)
        self._end()

    def _break_off(self) -> None:
        """What came is no request, or one that was refused."""
        if not self._refused:
            self.send_400_response("Invalid HTTP request received.")

    def send_400_response(self, msg: str) -> None:
        if not (self._is_answering() and self._was_asked()):
            self.transport.write(_last_word("400 Bad Request", msg))
        self._end()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _was_asked(self) -> bool:
        """Whether the request that is being answered was read to its end; of one that breaks off 400 is the answer."""
        cycle = self.cycle
        return cycle.whole if isinstance(cycle, SocketLine) else not cycle.more_body

    def _end(self) -> None:
        """Read no further request. One that was read whole is answered, as the last."""
        self._disarm()
        if not self._is_answering():
            self._linger()
        elif self._was_asked():
            self._refused, self.cycle.keep_alive = True, False
        else:
            self.transport.close()

    def end(self, *, whole: bool) -> None:
        """The last answer of this connection is written; `whole`: its request was read to the end."""
        self.server_state.total_requests += 1
        if whole:
            self.transport.close()
        else:
            self._linger()

    def _linger(self) -> None:
        """Read what still comes without a look at it, so that what was said arrives."""
        self._disarm()
        if not self.transport.is_closing():
            self.flow.resume_reading()
            Lingering(self.transport, self)


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
