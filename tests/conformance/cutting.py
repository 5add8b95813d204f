"""A server that sends a recorded stream up to any byte and hangs up."""

from __future__ import annotations

from typing import Literal

from .answering import AnsweringServer

Framed = Literal["chunked", "close"]
"""How the length of the body is told: as one chunk, or by the end of the connection."""


class CuttingServer(AnsweringServer):
    """Answers each connection with `payload`, whatever it is asked, and closes."""

    def __init__(self) -> None:
        super().__init__()
        self.payload = b""

    def send(self, body: bytes, cut: int, framed: Framed) -> None:
        """From now on: a good head, and `cut` bytes of `body`."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
        if framed == "chunked":
            head += b"Transfer-Encoding: chunked\r\n"
        chunk = b"%x\r\n" % len(body) if framed == "chunked" else b""
        self.payload = head + b"\r\n" + chunk + body[:cut]

    def pieces(self) -> list[bytes]:
        return [self.payload]
