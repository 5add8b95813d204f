"""Waiting for sockets, in both ways: whichever the machine has, the other is here too."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator
from math import inf
from typing import Any

import pytest

from dragoman.transport import open_transport, sockets
from dragoman.transport.readiness import READ, WRITE, PollReadiness, SelectReadiness

from . import scripted
from .callers import post
from .test_replies import Serve

WAYS = [SelectReadiness, *([PollReadiness] if hasattr(select, "poll") else [])]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    one.setblocking(False)
    yield one, other
    one.close()
    other.close()


def test_nothing_to_read(way: Any, pair: tuple[socket.socket, socket.socket]) -> None:
    ready = way(pair[0])
    begun = time.monotonic()
    assert not ready.is_readable()
    assert not ready.wait_readable(begun + 0.05)
    assert time.monotonic() >= begun + 0.05
    assert ready.wait(READ, begun) == 0
    assert ready.wait(READ | WRITE, inf) == WRITE


def test_something_to_read(way: Any, pair: tuple[socket.socket, socket.socket]) -> None:
    ready = way(pair[0])
    pair[1].sendall(b"x")
    assert ready.is_readable()
    assert ready.wait_readable(inf)
    assert ready.wait(READ | WRITE, inf) == READ | WRITE
    assert ready.wait(WRITE, inf) == WRITE


def test_a_moment_that_has_passed_is_over_whatever_there_is(
    way: Any, pair: tuple[socket.socket, socket.socket]
) -> None:
    pair[1].sendall(b"x")
    assert not way(pair[0]).wait_readable(time.monotonic())


def test_an_end_is_something_to_read(way: Any, pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    assert way(pair[0]).is_readable()
    assert way(pair[0]).wait_readable(inf)


def test_a_transport_works_either_way(way: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "Readiness", way)
    server = serve([*[scripted.READ, scripted.answer()] * 2, scripted.HOLD])
    transport = open_transport()
    for body in (b"{}", b"x" * 5_000_000):
        assert transport.open(post(server.origin, body=body)).read() == b"ok"
    assert server.connections == 1
    transport.close()
