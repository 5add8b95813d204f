"""A server that sends a recorded stream up to any byte and hangs up."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

Framed = Literal["chunked", "close"]
"""How the length of the body is told: as one chunk, or by the end of the connection."""


class CuttingServer:
    """Answers each connection with `payload`, whatever it is asked, and closes."""

    def __init__(self) -> None:
        self.payload = b""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def send(self, body: bytes, cut: int, framed: Framed) -> None:
        """From now on: a good head, and `cut` bytes of `body`."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
        if framed == "chunked":
            head += b"Transfer-Encoding: chunked\r\n"
        chunk = b"%x\r\n" % len(body) if framed == "chunked" else b""
        self.payload = head + b"\r\n" + chunk + body[:cut]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, suppress(OSError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
        connection.sendall(self.payload)
