"""A server that answers every request with one recorded response, in small uneven pieces."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from .corpus import Exchange


class Replay:
    """Answers on 127.0.0.1 with `exchange`: chunked, or delimited by the end of the connection."""

    def __init__(self, exchange: Exchange, *, chunked: bool = True) -> None:
        self._exchange = exchange
        self._chunked = chunked
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

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
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = (line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        length = int(next(lengths, b"0"))
        while len(body) < length:
            body += connection.recv(65536)
        for piece in self._pieces():
            connection.sendall(piece)

    def _pieces(self) -> list[bytes]:
        response, body = self._exchange.response, self._exchange.body
        own = {"content-length", "transfer-encoding", "connection", "content-encoding"}
        headers = [f"{name}: {value}" for name, value in response["headers"].items() if name.lower() not in own]
        headers += ["connection: close", *(["transfer-encoding: chunked"] if self._chunked else [])]
        head = "\r\n".join([f"HTTP/1.1 {response['status']} Recorded", *headers]).encode("latin-1") + b"\r\n\r\n"
        pieces = [head, *_uneven(body)]
        if not self._chunked:
            return pieces
        return [head, *(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces[1:]), b"0\r\n\r\n"]


def _uneven(body: bytes) -> list[bytes]:
    """`body` in pieces of uneven size, at most 60 of them."""
    dice, start, pieces = random.Random(len(body)), 0, []
    while start < len(body):
        size = dice.randint(1, max(2 * len(body) // 60, 7))
        pieces.append(body[start : start + size])
        start += size
    return pieces
