"""Pieces of a body that are taken past the task that waits for it, as they arrive."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Callable

import pytest

from dragoman.errors import ConnectionLost, Error, TimedOut
from dragoman.http import Frame
from dragoman.transport import TransportOptions, open_async_transport

from .callers import post
from .scripted import CLOSE, HOLD, READ, Await, ScriptedServer, Step

Serve = Callable[..., ScriptedServer]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


FIRST, SECOND, THIRD = (b"data: %d\n\n" % number for number in (1, 2, 3))


class Tapped:
    """What of a body came as frames, and what was offered; pieces that are `wanted` were taken."""

    def __init__(self, wanted: set[bytes]) -> None:
        self.wanted = wanted
        self.offered: list[bytes] = []
        self.frames: list[Frame] = []
        self.failure: Error | None = None
        self.went_on = [threading.Event() for _ in range(4)]
        """The n-th is set when so many pieces have been dealt with: then the server sends the next."""

    def _take(self, piece: bytes) -> bool:
        self.offered.append(piece)
        if piece not in self.wanted:
            return False
        self._go_on()
        return True

    def _go_on(self) -> None:
        next(event for event in self.went_on if not event.is_set()).set()

    def read(self, server: ScriptedServer, **limits: float) -> Tapped:
        asyncio.run(self._read(server, limits))
        return self

    async def _read(self, server: ScriptedServer, limits: dict[str, float]) -> None:
        transport = open_async_transport(TransportOptions())
        try:
            reply = await transport.open(post(server.origin, limits=limits))
            frames = reply.frames("sse")
            frames.tap(self._take)  # pyright: ignore[reportAttributeAccessIssue]  # this transport's have it
            async for some in frames:
                self.frames += some
                self._go_on()
        except Error as error:
            self.failure = error
        finally:
            transport.close()


def played(tapped: Tapped, *steps: Step) -> list[Step]:
    """Each step when the one before was dealt with."""
    script: list[Step] = [READ, steps[0]]
    for event, step in zip(tapped.went_on, steps[1:], strict=False):
        script += [Await(event), step]
    return script


def test_what_is_taken_is_no_frame_any_more(serve: Serve) -> None:
    tapped = Tapped({SECOND})
    script = played(tapped, HEAD + chunk(FIRST), chunk(SECOND), chunk(THIRD), END)
    tapped.read(serve(script))
    assert tapped.frames == [("", b"1"), ("", b"3")]
    assert tapped.offered == [SECOND, THIRD], "the first piece may begin with a byte order mark"
    assert tapped.failure is None


def test_a_piece_in_the_midst_of_a_frame_is_not_offered(serve: Serve) -> None:
    tapped = Tapped({b": a\n\n"})
    half, rest = b'data: "ha', b'lf"\n\n'
    script = played(tapped, HEAD + chunk(FIRST), chunk(b": a\n\n"), chunk(half) + chunk(rest), chunk(THIRD), END)
    tapped.read(serve(script))
    assert tapped.frames == [("", b"1"), ("", b'"half"'), ("", b"3")]
    assert rest not in tapped.offered


def test_the_last_piece_of_a_body_is_not_offered(serve: Serve) -> None:
    tapped = Tapped({SECOND})
    tapped.read(serve(played(tapped, HEAD + chunk(FIRST), chunk(SECOND) + END)))
    assert (tapped.frames, tapped.offered) == ([("", b"1"), ("", b"2")], [])


@pytest.mark.parametrize("end", [b"zz\r\n", CLOSE], ids=["no chunk", "cut"])
def test_what_is_wrong_behind_it_is_noticed(serve: Serve, end: Step) -> None:
    tapped = Tapped({SECOND})
    tapped.read(serve(played(tapped, HEAD + chunk(FIRST), chunk(SECOND), end)))
    assert tapped.offered == [SECOND]
    assert isinstance(tapped.failure, ConnectionLost)


def test_silence_behind_it_has_its_limit(serve: Serve) -> None:
    tapped = Tapped({SECOND, THIRD})
    tapped.read(serve(played(tapped, HEAD + chunk(FIRST), chunk(SECOND), chunk(THIRD), HOLD)), between_chunks=0.2)
    assert tapped.offered == [SECOND, THIRD]
    assert isinstance(tapped.failure, TimedOut)
    assert tapped.failure.phase == "between_chunks"


def test_what_is_encoded_is_not_offered(serve: Serve) -> None:
    tapped = Tapped({SECOND})
    body = gzip.compress(FIRST + SECOND)
    tapped.read(serve([READ, HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + chunk(body) + END]))
    assert (tapped.frames, tapped.offered) == ([("", b"1"), ("", b"2")], [])
