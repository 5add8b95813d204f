"""A server that plays scripts: what each connection does is a list of steps, told in the test.

    serve([READ, b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi", CLOSE])

The n-th connection plays the n-th script; the last script serves all that come after.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from dragoman.http import Origin

PATIENCE = 10.0
"""Seconds after which a test that waits for something has failed."""


@dataclass(frozen=True)
class Read:
    """Read one request: its head and as much body as it announces."""


@dataclass(frozen=True)
class Close:
    """Close in an orderly way; `reset` sends RST instead, `ragged` leaves TLS without saying so."""

    reset: bool = False
    ragged: bool = False


@dataclass(frozen=True)
class Hold:
    """Stay open and silent until the client has gone or the test is over; `deaf` reads nothing, either."""

    deaf: bool = False


@dataclass(frozen=True)
class Drip:
    """Send byte after byte, with a pause before each, until done or the client has gone."""

    data: bytes
    pause: float


@dataclass(frozen=True)
class Await:
    """Go on when the event is set."""

    event: threading.Event


@dataclass(frozen=True)
class Tell:
    """Set the event."""

    event: threading.Event


@dataclass(frozen=True)
class Refuse:
    """Accept no more connections."""


REFUSE = Refuse()
READ, CLOSE, RESET, RAGGED, HOLD, DEAF = Read(), Close(), Close(reset=True), Close(ragged=True), Hold(), Hold(deaf=True)
Step: TypeAlias = bytes | Read | Close | Hold | Drip | Await | Tell | Refuse


def answer(body: bytes = b"ok", *headers: str, status: str = "200 OK") -> bytes:
    """A whole reply with a Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*chunks: bytes, trailers: bytes = b"") -> bytes:
    """A whole reply in chunks."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailers + b"\r\n"


@dataclass
class Received:
    """A request as it came."""

    connection: int
    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n")[0].decode("latin-1")

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


@dataclass
class ScriptedServer:
    """Listens on 127.0.0.1 and plays. `gone` is set when a client has left a connection that holds."""

    scripts: Sequence[Sequence[Step]]
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    gone: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family, backlog=512)
        self._over = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def origin(self) -> Origin:
        return Origin("https" if self.tls else "http", self.host, self.port)

    def stop(self) -> None:
        """End every connection, and wait for the threads."""
        self._over.set()
        self._refuse()
        self._accepting.join(PATIENCE)
        for sock in list(self._open):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a script did not end: does it wait for an event that nobody sets?"

    def _refuse(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            thread = threading.Thread(target=self._play, args=(self.connections, sock, script), daemon=True)
            self.connections += 1
            self._open.add(sock)
            self._threads.append(thread)
            thread.start()

    def _play(self, number: int, plain: socket.socket, script: Sequence[Step]) -> None:
        sock = plain
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with suppress(OSError):  # the client may leave at any step
                if self.tls is not None:
                    sock = self.tls.wrap_socket(plain, server_side=True)
                    self._open.add(sock)
                self._steps(number, sock, script)
        finally:
            self._open -= {plain, sock}
            sock.close()

    def _steps(self, number: int, sock: socket.socket, script: Sequence[Step]) -> None:
        held = bytearray()
        for step in script:
            match step:
                case bytes():
                    sock.sendall(step)
                case Read():
                    self._read(number, sock, held)
                case Drip(data, pause):
                    self._drip(sock, data, pause)
                case Await(event):
                    assert event.wait(PATIENCE)
                case Tell(event):
                    event.set()
                case Refuse():
                    self._refuse()
                case Hold(deaf):
                    self._hold(sock, deaf=deaf)
                case Close(reset, ragged):
                    self._close(sock, reset=reset, ragged=ragged)
                    return
        self._close(sock, reset=False, ragged=False)

    def _read(self, number: int, sock: socket.socket, held: bytearray) -> None:
        while b"\r\n\r\n" not in held:
            held += self._some(sock)
        head, _, rest = bytes(held).partition(b"\r\n\r\n")
        request = Received(number, head, b"")
        length = int(request.headers.get("content-length", 0))
        body = bytearray(rest)
        while len(body) < length:
            body += self._some(sock)
        request.body = bytes(body[:length])
        held[:] = body[length:]
        self.requests.append(request)

    def _some(self, sock: socket.socket) -> bytes:
        data = sock.recv(65536)
        if not data:
            self.gone.set()
            raise ConnectionError
        return data

    def _drip(self, sock: socket.socket, data: bytes, pause: float) -> None:
        never = threading.Event()
        for position in range(len(data)):
            never.wait(pause)
            sock.sendall(data[position : position + 1])

    def _hold(self, sock: socket.socket, *, deaf: bool) -> None:
        if deaf:
            self._over.wait()
            return
        try:
            while sock.recv(65536):
                pass
        finally:
            if not self._over.is_set():
                self.gone.set()

    def _close(self, sock: socket.socket, *, reset: bool, ragged: bool) -> None:
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif isinstance(sock, ssl.SSLSocket) and not ragged:
            with suppress(OSError):
                sock.unwrap()
        sock.close()


@contextmanager
def never_accepting() -> Iterator[Origin]:
    """An origin whose connections are never accepted: its queue is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
    yield Origin("http", "127.0.0.1", listener.getsockname()[1])
    for sock in (listener, *fillers):
        sock.close()
