"""A chunk that is told by its length alone is what llhttp reads there, and any other piece is left to it."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from dragoman.errors import Error
from dragoman.http import Origin
from dragoman.transport.asyncio_connection import AsyncioConnection
from dragoman.transport.chunks import chunk_heads
from dragoman.transport.clock import CallClock
from dragoman.transport.http1.replies import ReplyParser

from .callers import post

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_a_chunk_is_known_by_its_length() -> None:
    for length in [*range(1, 300), 4095, 4096, 4097, 65_500]:
        piece = chunk(b"a" * length)
        assert piece.startswith(chunk_heads(len(piece)))
        assert piece.replace(b"%x\r\n" % length, b"%X\r\n" % length).startswith(chunk_heads(len(piece)))


def test_what_is_no_chunk_has_no_head() -> None:
    assert not END.startswith(chunk_heads(len(END))), "the last chunk has no body"
    for size in range(6):
        assert chunk_heads(size) == ()
    for length in (15, 255, 4095):
        assert chunk_heads(len(chunk(b"a" * length)) + 1) == (), "one byte more would be two, with its digit"


def connected(sock: socket.socket, parser: ReplyParser) -> AsyncioConnection:
    """A connection that is handed by the test what comes."""
    pool = Mock()
    pool.discard = lambda connection: connection.close()
    connection = AsyncioConnection(pool, sock, parser, CallClock(post(Origin("http", "127.0.0.1", 1))))
    connection.connection_made(Mock(get_extra_info=lambda _: None))
    return connection


class Read:
    """What becomes of the pieces that a connection gets: what is taken past the parser, and what it reads."""

    def __init__(self, pieces: list[bytes], *, taps: bool) -> None:
        self.body = b""
        self.tapped: list[bytes] = []
        self.failure: str | None = None
        self.parser = ReplyParser()
        self._taps = taps
        asyncio.run(self._read(pieces))

    def _take(self, piece: bytes) -> bool:
        if not self._taps:
            return False
        self.tapped.append(piece)
        self.body += piece
        return True

    async def _read(self, pieces: list[bytes]) -> None:
        ours, theirs = socket.socketpair()
        connection = connected(ours, self.parser)
        arriving = iter([HEAD, *pieces])
        try:
            while not self.parser.complete:
                waiting = asyncio.ensure_future(connection.more(self._take))
                await asyncio.sleep(0)
                while not (waiting.done() or self.parser.pieces or self.parser.complete or connection.closed):
                    self._arrive(connection, next(arriving, None))
                    await asyncio.sleep(0)
                await waiting
                self.body += self.parser.take()
        except Error as error:
            self.failure = str(error)
        finally:
            ours.close()
            theirs.close()

    def _arrive(self, connection: AsyncioConnection, piece: bytes | None) -> None:
        if piece is None:
            connection.eof_received()
            return
        connection.get_buffer(-1)[: len(piece)] = piece
        connection.buffer_updated(len(piece))

    @property
    def outcome(self) -> tuple[Any, ...]:
        return self.body, self.failure, self.parser.complete, self.parser.reusable


def compared(pieces: list[bytes]) -> Read:
    tapped, read = Read(pieces, taps=True), Read(pieces, taps=False)
    assert tapped.outcome == read.outcome, pieces
    return tapped


BODY = [b"data: one\n\n", b"\r\n", b"5", b"0\r\n\r\n", b"a" * 16, b"data: two\r\n"]


def test_whole_chunks_go_past_the_parser() -> None:
    told = compared([*map(chunk, BODY), END])
    assert told.body == b"".join(BODY)
    assert len(told.tapped) == len(BODY)


def test_what_stands_in_a_chunk_is_no_chunk_though_it_looks_like_one() -> None:
    inner = chunk(b"abc")
    told = compared([chunk(b"first"), b"%x\r\n" % len(inner), inner, b"\r\n", END])
    assert told.body == b"first" + inner


def test_nothing_goes_past_what_was_not_taken() -> None:
    first, second = b"first", b"second"

    async def arrive() -> bytes:
        ours, theirs = socket.socketpair()
        parser = ReplyParser()
        connection = connected(ours, parser)
        parser.feed(HEAD + chunk(b"before"))
        parser.take()
        waiting = asyncio.ensure_future(connection.more(lambda piece: piece == second))
        await asyncio.sleep(0)
        for piece in map(chunk, (first, second)):  # in one turn of the loop
            connection.get_buffer(-1)[: len(piece)] = piece
            connection.buffer_updated(len(piece))
        await waiting
        ours.close()
        theirs.close()
        return parser.take()

    assert asyncio.run(arrive()) == first + second


def cuts() -> Iterator[list[bytes]]:
    whole = b"".join([*map(chunk, BODY), END])
    dice = random.Random(7)  # the same cuts each time
    for _ in range(300):
        places = sorted(dice.sample(range(1, len(whole)), dice.randrange(1, 12)))
        yield [whole[start:end] for start, end in zip([0, *places], [*places, len(whole)], strict=True)]


def test_a_body_may_be_cut_anywhere() -> None:
    for pieces in cuts():
        told = compared(pieces)
        assert (told.body, told.failure) == (b"".join(BODY), None)


@pytest.mark.parametrize(
    "before", [[], [chunk(b"first")], [chunk(b"first")[:-2]], [b"5\r\nfir"], [chunk(b"first") + b"5"]]
)
def test_a_spoilt_chunk_is_as_spoilt_as_ever(before: list[bytes]) -> None:
    good = chunk(b"second piece")
    for place in range(len(good) + 1):
        for byte in (b"", b"0", b"a", b"\r", b"\n", b" ", b";x", b"\x00"):
            for spoilt in (good[:place] + byte + good[place:], good[:place] + byte + good[place + 1 :]):
                compared([*before, spoilt, chunk(b"third"), END])
