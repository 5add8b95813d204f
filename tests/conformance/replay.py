"""A server that answers every request with one recorded response, in small uneven pieces."""

from __future__ import annotations

import random

from .answering import AnsweringServer
from .corpus import Exchange


class Replay(AnsweringServer):
    """Answers on 127.0.0.1 with `exchange`: chunked, or delimited by the end of the connection."""

    def __init__(self, exchange: Exchange, *, chunked: bool = True) -> None:
        super().__init__()
        self._exchange = exchange
        self._chunked = chunked

    def pieces(self) -> list[bytes]:
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
