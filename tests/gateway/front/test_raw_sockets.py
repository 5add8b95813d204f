"""What is no request is refused at the socket, before anything of it is believed."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from dragoman.gateway import create_app
from dragoman.testing import Emulator
from tests.gateway.front.running import config_for, serving

BODY = b'{"model":"up-openai","messages":[{"role":"user","content":"Hi"}]}'
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: here\r\n"
LENGTH = b"content-length: %d\r\n" % len(BODY)


@pytest.fixture(scope="module")
def listening(upstream: Emulator) -> Iterator[tuple[str, int]]:
    config = config_for(upstream, server={"body_bytes": 1000, "body_seconds": 0.3})
    with serving(create_app(config), header_seconds=0.3) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        yield host, int(port)


def answers(listening: tuple[str, int], data: bytes) -> bytes:
    """All that comes until the server closes."""
    with socket.create_connection(listening, timeout=10) as caller:
        caller.sendall(data)
        received = b""
        while piece := caller.recv(65536):
            received += piece
    return received


REFUSED = {
    "a length and chunks": HEAD + LENGTH + b"transfer-encoding: chunked\r\n\r\n" + BODY,
    "two lengths": HEAD + LENGTH + b"content-length: 3\r\n\r\n" + BODY,
    "a length with a sign": HEAD + b"content-length: +5\r\n\r\nhello",
    "a chunk size that is none": HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "a coding that is not known": HEAD + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a header that goes on in the next line": HEAD + b"x-a: b\r\n c\r\n" + LENGTH + b"\r\n" + BODY,
    "a zero byte in a header": HEAD + b"x-a: b\x00c\r\n" + LENGTH + b"\r\n" + BODY,
    "lines without CR": (HEAD + LENGTH).replace(b"\r\n", b"\n") + b"\n" + BODY,
    "a blank in the path": b"POST /v1/chat completions HTTP/1.1\r\nhost: here\r\n\r\n",
    "a method that there is not": b"STEAL / HTTP/1.1\r\nhost: here\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_no_request(listening: tuple[str, int], emulator: Emulator, data: bytes) -> None:
    assert answers(listening, data).startswith(b"HTTP/1.1 400 ")
    assert not emulator.requests


@pytest.mark.parametrize("data", [b"", b"POST /v1/ch", HEAD], ids=["nothing", "half a line", "half a head"])
def test_a_head_that_does_not_come(listening: tuple[str, int], data: bytes) -> None:
    assert answers(listening, data).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"x-a: " + b"a" * 100_000 + b"\r\n\r\n",
        HEAD + b"x-a: aaaaaaaaaaaaaaaa\r\n" * 5000 + b"\r\n",
        b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: here\r\n\r\n",
    ],
    ids=["one header", "many headers", "a path"],
)
def test_a_head_that_is_too_long(listening: tuple[str, int], data: bytes) -> None:
    assert answers(listening, data).startswith(b"HTTP/1.1 431 ")


def test_a_body_that_is_too_long_is_refused_by_its_length(listening: tuple[str, int], emulator: Emulator) -> None:
    reply = answers(listening, HEAD + b"content-length: 1000000\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in reply


def test_a_body_that_is_too_long_is_refused_while_it_comes(listening: tuple[str, int], emulator: Emulator) -> None:
    chunk = b"3e8\r\n" + b"a" * 1000 + b"\r\n"
    assert answers(listening, HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunk * 3).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_come(listening: tuple[str, int], emulator: Emulator) -> None:
    assert answers(listening, HEAD + LENGTH + b"\r\n" + BODY[:10]).startswith(b"HTTP/1.1 408 ")
    assert not emulator.requests


def test_requests_behind_each_other_are_answered_in_their_order(listening: tuple[str, int], emulator: Emulator) -> None:
    emulator.script("First.", "Second.")
    request = HEAD + LENGTH + b"\r\n" + BODY
    last = HEAD + b"connection: close\r\n" + LENGTH + b"\r\n" + BODY
    reply = answers(listening, request + last)
    assert reply.index(b"First.") < reply.index(b"Second.")
    assert reply.count(b"HTTP/1.1 200 ") == 2
