"""What is no request is refused at the socket, before anything of it is believed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dragoman.gateway import create_app, lingering
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


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


CHUNKED = HEAD + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"
CLOSING = HEAD + b"connection: close\r\n" + LENGTH
ASKED = CLOSING + b"\r\n" + BODY

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
    "a chunk size with a sign": CHUNKED + b"+5\r\nhello\r\n" + LAST,
    "a negative chunk size": CHUNKED + b"-1\r\nhello\r\n" + LAST,
    "a chunk size in the manner of Python": CHUNKED + b"0x5\r\nhello\r\n" + LAST,
    "a chunk size of nothing": CHUNKED + b"\r\nhello\r\n" + LAST,
    "a chunk size with a blank before it": CHUNKED + b" 5\r\nhello\r\n" + LAST,
    "a chunk size with a blank behind it": CHUNKED + b"5 \r\nhello\r\n" + LAST,
    "a chunk size that no number holds": CHUNKED + b"fffffffffffffffff\r\nhello\r\n" + LAST,
    "a chunk that is longer than it says": CHUNKED + b"4\r\nhello\r\n" + LAST,
    "chunks in lines without CR": CHUNKED + b"%x\n%s\n0\n\n" % (len(BODY), BODY),
    "a chunk extension of two lines": CHUNKED + chunk(BODY, b";a=\nb") + LAST,
    "a trailer that is none": CHUNKED + chunk(BODY) + b"0\r\nx t: 1\r\n\r\n",
    "a length in a trailer": CHUNKED + chunk(BODY) + b"0\r\ncontent-length: 5\r\n\r\n",
    "a coding in a trailer": CHUNKED + chunk(BODY) + b"0\r\ntransfer-encoding: chunked\r\n\r\n",
    "chunked, and then something else": HEAD + b"transfer-encoding: chunked, gzip\r\n\r\n" + chunk(BODY) + LAST,
    "chunked twice": HEAD + b"transfer-encoding: chunked\r\n" * 2 + b"\r\n" + chunk(BODY) + LAST,
    "a coding with a blank before the colon": HEAD + b"transfer-encoding : chunked\r\n\r\n" + chunk(BODY) + LAST,
    "the same length twice": HEAD + LENGTH * 2 + b"\r\n" + BODY,
    "a list of lengths": HEAD + b"content-length: 5, 5\r\n\r\nhello",
    "an empty length": HEAD + b"content-length: \r\n\r\n" + BODY,
    "a negative length": HEAD + b"content-length: -1\r\n\r\n" + BODY,
    "a length that no number holds": HEAD + b"content-length: 99999999999999999999999\r\n\r\n" + BODY,
    "a length in the manner of Python": HEAD + b"content-length: 1_0\r\n\r\n" + BODY,
    "a zero byte in a header's name": HEAD + b"x-\x00a: b\r\n" + LENGTH + b"\r\n" + BODY,
    "a zero byte in the path": b"POST /v1/chat\x00/completions HTTP/1.1\r\nhost: here\r\n" + LENGTH + b"\r\n" + BODY,
    "a header without a name": HEAD + b": b\r\n" + LENGTH + b"\r\n" + BODY,
    "a header without a colon": HEAD + b"nonsense\r\n" + LENGTH + b"\r\n" + BODY,
    "a CR within a header": HEAD + b"x-a: b\rc: d\r\n" + LENGTH + b"\r\n" + BODY,
    "bytes in the path that have to be quoted": b"GET /v1/models/\xc3\xa9 HTTP/1.1\r\nhost: here\r\n\r\n",
    "a path that begins with no slash": b"GET v1/models HTTP/1.1\r\nhost: here\r\n\r\n",
    "a host for a path": b"GET here:80 HTTP/1.1\r\nhost: here\r\n\r\n",
    "a proxy's tunnel": b"CONNECT here:443 HTTP/1.1\r\nhost: here\r\n\r\n",
    "a request inside a tunnel": b"CONNECT here:443 HTTP/1.1\r\nhost: here\r\n\r\n" + ASKED,
    "HTTP/1.0 without a length": HEAD.replace(b"1.1", b"1.0") + b"\r\n" + BODY,
    "HTTP/9.9": HEAD.replace(b"1.1", b"9.9") + LENGTH + b"\r\n" + BODY,
    "a length that cuts the body": HEAD + b"connection: close\r\ncontent-length: 10\r\n\r\n" + BODY,
    "nonsense before a request": b"nonsense\r\n\r\n" + ASKED,
    "no host": ASKED.replace(b"host: here\r\n", b""),
    "no host for a path of nobody's": b"GET /health HTTP/1.1\r\nconnection: close\r\n\r\n",
    "two hosts": ASKED.replace(b"host: here\r\n", b"host: here\r\nHost: there\r\n"),
    "a coding before chunked": CHUNKED.replace(b"chunked", b"gzip, chunked") + chunk(BODY) + LAST,
    "a coding in a line before chunked": CHUNKED.replace(b"chunked", b"gzip\r\ntransfer-encoding: chunked")
    + chunk(BODY)
    + LAST,
    "a body in UTF-16": HEAD + b"connection: close\r\ncontent-length: 4\r\n\r\n\xff\xfe{\x00",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_no_request(listening: tuple[str, int], emulator: Emulator, data: bytes) -> None:
    assert answers(listening, data).startswith(b"HTTP/1.1 400 ")
    assert not emulator.requests


@pytest.fixture(autouse=True)
def _lives_on(listening: tuple[str, int]) -> Iterator[None]:
    """Whatever has come, the next is answered."""
    yield
    assert answers(listening, ASKED).startswith(b"HTTP/1.1 200 ")


TAKEN = {
    "chunks of one byte": CHUNKED + b"".join(chunk(b"%c" % byte) for byte in BODY) + LAST,
    "a chunk with an extension": CHUNKED + chunk(BODY, b";a=b") + LAST,
    "a trailer": CHUNKED + chunk(BODY) + b"0\r\nx-t: 1\r\n\r\n",
    "an empty line before it": b"\r\n" + ASKED,
    "an address for a path, as proxies are asked": ASKED.replace(b"/v1/chat", b"http://elsewhere/v1/chat"),
    "HTTP/1.0": HEAD.replace(b"1.1", b"1.0") + LENGTH + b"\r\n" + BODY,
    "HTTP/1.0 without a host": b"POST /v1/chat/completions HTTP/1.0\r\n" + LENGTH + b"\r\n" + BODY,
    "a coding in capitals": CHUNKED.replace(b"chunked", b"Chunked") + chunk(BODY) + LAST,
    "a header twice that is no host": CLOSING + b"x-a: b\r\nx-a: c\r\n\r\n" + BODY,
    "a thousand headers": CLOSING + b"".join(b"x-%d: a\r\n" % number for number in range(1000)) + b"\r\n" + BODY,
    "bytes in headers that are no ASCII": CLOSING + b"x-request-id: \xe9\xff\r\n" + b"\r\n" + BODY,
    "a wish to be told to go on": CLOSING + b"expect: 100-continue\r\n\r\n" + BODY,
}


@pytest.mark.parametrize("data", TAKEN.values(), ids=TAKEN)
def test_what_is_odd_and_a_request(listening: tuple[str, int], emulator: Emulator, data: bytes) -> None:
    reply = answers(listening, data).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert len(emulator.requests) == 1


BESIDE = {
    "405": b"TRACE /v1/models HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n",
    "404": b"GET /v1/../../etc/passwd HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n",
    "404 ": b"GET * HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n",
    "404  ": b"GET /v1/models/%00%0d%0ax: HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n",
    "415": CLOSING + b"content-encoding: gzip\r\n\r\n" + BODY,
    "408": CHUNKED + b"ffffff\r\nhello",
}


@pytest.mark.parametrize(("status", "data"), BESIDE.items(), ids=BESIDE)
def test_what_is_a_request_and_not_answered(
    listening: tuple[str, int], emulator: Emulator, status: str, data: bytes
) -> None:
    assert answers(listening, data).startswith(f"HTTP/1.1 {status.strip()} ".encode())
    assert not emulator.requests


@pytest.mark.parametrize("trailer", [b"x-request-id: trailer-1", b"authorization: Bearer sk-dragoman-trailer"])
def test_a_trailer_is_no_header(listening: tuple[str, int], emulator: Emulator, trailer: bytes) -> None:
    """Who looks at headers before us does not look at trailers (RFC 9110, 6.5.1)."""
    reply = answers(listening, CHUNKED + chunk(BODY) + b"0\r\n" + trailer + b"\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert b"trailer-1" not in reply


WISH = HEAD + b"connection: upgrade, http2-settings%b\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n"


def test_a_wish_for_another_protocol_is_passed_over(listening: tuple[str, int], emulator: Emulator) -> None:
    """As Java's own client has it in every request (RFC 9110, 7.8). The body comes with the head, or after it."""
    emulator.script("First.", "Second.", "Third.")
    with socket.create_connection(listening, timeout=10) as caller:
        caller.sendall((WISH % b"" + LENGTH + b"\r\n" + BODY) * 2 + WISH % b", close" + LENGTH + b"\r\n")
        received = b""
        while b"Second." not in received:
            received += caller.recv(65536)
        caller.sendall(BODY)
        while piece := caller.recv(65536):
            received += piece
    assert received.index(b"First.") < received.index(b"Second.") < received.index(b"Third.")
    assert received.count(b"HTTP/1.1 200 ") == len(emulator.requests) == 3


def test_hundreds_of_wishes_in_one_piece(listening: tuple[str, int], emulator: Emulator) -> None:
    wish = b"GET /health HTTP/1.1\r\nhost: here\r\nconnection: upgrade%b\r\nupgrade: x\r\n\r\n"
    assert answers(listening, wish % b"" * 300 + wish % b", close").count(b"HTTP/1.1 200 ") == 301


def test_who_waits_to_be_told_to_go_on_is_told(listening: tuple[str, int], emulator: Emulator) -> None:
    """As curl waits with long bodies."""
    with socket.create_connection(listening, timeout=10) as caller:
        caller.sendall(CLOSING + b"expect: 100-continue\r\n\r\n")
        assert caller.recv(65536).startswith(b"HTTP/1.1 100 ")
        caller.sendall(BODY)
        assert caller.recv(65536).startswith(b"HTTP/1.1 200 ")


SENT_BEFORE = {
    "400": HEAD + b"content-length: 5\r\n\r\n{oops",
    "404": b"GET /nowhere HTTP/1.1\r\nhost: here\r\n\r\n",
    "405": b"DELETE /v1/chat/completions HTTP/1.1\r\nhost: here\r\n\r\n",
}


@pytest.mark.parametrize(("status", "before"), SENT_BEFORE.items(), ids=SENT_BEFORE)
def test_a_request_behind_one_that_is_refused(
    listening: tuple[str, int], emulator: Emulator, status: str, before: bytes
) -> None:
    reply = answers(listening, before + ASKED)
    assert reply.startswith(f"HTTP/1.1 {status} ".encode())
    assert reply.count(b"HTTP/1.1 200 ") == len(emulator.requests) == 1


def test_what_comes_behind_a_request_does_not_change_its_answer(listening: tuple[str, int], emulator: Emulator) -> None:
    reply = answers(listening, HEAD + LENGTH + b"\r\n" + BODY + b"nonsense\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert reply.count(b"HTTP/1.1 ") == len(emulator.requests) == 1


def test_no_refusal_is_said_inside_an_answer(listening: tuple[str, int], emulator: Emulator) -> None:
    """What is said then would be taken for a part of it."""
    emulator.fault(event_delay_seconds=0.05)
    body = BODY.replace(b"{", b'{"stream":true,', 1)
    with socket.create_connection(listening, timeout=10) as caller:
        caller.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)
        received = caller.recv(65536)
        caller.sendall(b"nonsense\r\n\r\n")
        with suppress(ConnectionError):
            while piece := caller.recv(65536):
                received += piece
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert received.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        (b"GET /v1/models HTTP/1.1\r\nhost: here\r\n\r\n", b"\r\n"),
        (b"POST /v1/models HTTP/1.1\r\nhost: here\r\ncontent-length: 1000\r\n\r\n", b"a"),
    ],
    ids=["the end of a line", "a body that nobody wants"],
)
def test_what_begins_no_request_keeps_no_connection_open(upstream: Emulator, asked: bytes, more: bytes) -> None:
    with serving(create_app(config_for(upstream)), idle_seconds=1) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as caller:
            caller.sendall(asked)
            assert caller.recv(65536).startswith(b"HTTP/1.1 ")
            caller.sendall(more)
            with suppress(ConnectionError):
                while caller.recv(65536):
                    pass


@pytest.mark.parametrize("data", [b"", b"POST /v1/ch", HEAD], ids=["nothing", "half a line", "half a head"])
def test_a_head_that_does_not_come(listening: tuple[str, int], data: bytes) -> None:
    assert answers(listening, data).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"x-a: " + b"a" * 100_000 + b"\r\n\r\n",
        HEAD + b"x-a: aaaaaaaaaaaaaaaa\r\n" * 5000 + b"\r\n",
        HEAD + b"a:\r\n" * 50_000 + b"\r\n",
        b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: here\r\n\r\n",
    ],
    ids=["one header", "many headers", "many short headers", "a path"],
)
def test_a_head_that_is_too_long(listening: tuple[str, int], data: bytes) -> None:
    assert answers(listening, data).startswith(b"HTTP/1.1 431 ")


def test_behind_a_head_that_is_too_long_nothing_is_answered(listening: tuple[str, int], emulator: Emulator) -> None:
    """It may come in one piece with the head, on a connection that was answered on before."""
    with socket.create_connection(listening, timeout=10) as caller:
        caller.sendall(HEAD + LENGTH + b"\r\n" + BODY)
        assert caller.recv(65536).startswith(b"HTTP/1.1 200 ")
        caller.sendall(HEAD + b"x-a: " + b"a" * 66_000 + b"\r\n" + LENGTH + b"\r\n" + BODY + ASKED)
        received = b""
        while piece := caller.recv(65536):
            received += piece
    assert received.startswith(b"HTTP/1.1 431 ")
    assert received.count(b"HTTP/1.1 ") == len(emulator.requests) == 1


def test_a_coding_that_is_not_known_is_refused_in_the_callers_dialect(listening: tuple[str, int]) -> None:
    head = CHUNKED.replace(b"chunked", b"gzip, chunked")
    assert b'"type":"error"' in answers(listening, head.replace(b"chat/completions", b"messages") + chunk(BODY) + LAST)
    assert b'"invalid_request_error"' in answers(listening, head + chunk(BODY) + LAST)


MUCH = b"a" * 20_000_000


@pytest.mark.parametrize(
    ("status", "data"),
    [
        ("413", HEAD + b"content-length: %d\r\n\r\n" % len(MUCH) + MUCH),
        ("413", HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunk(MUCH) + LAST),
        ("431", HEAD + b"x-a: " + MUCH),
        ("400", b"nonsense\r\n\r\n" + MUCH),
    ],
    ids=["a length", "chunks", "a head", "nonsense"],
)
def test_who_sends_on_after_a_refusal_still_hears_it(listening: tuple[str, int], status: str, data: bytes) -> None:
    """A connection with bytes that nobody read would be reset."""
    assert answers(listening, data).startswith(f"HTTP/1.1 {status} ".encode())


def send_until_reset(caller: socket.socket, data: bytes) -> None:
    with suppress(ConnectionError):
        while True:
            caller.sendall(data)


def test_who_never_ends_is_not_heard_for_ever(listening: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "MOST_BYTES", 100_000)
    with socket.create_connection(listening, timeout=10) as caller:
        caller.sendall(HEAD + b"content-length: 1000000000000\r\n\r\n")
        send_until_reset(caller, MUCH)


def test_who_says_nothing_more_is_not_waited_for(listening: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "SECONDS", 0.1)
    with socket.create_connection(listening, timeout=10) as caller:
        caller.sendall(HEAD + b"content-length: 1000000\r\n\r\n")
        while caller.recv(65536):
            pass
        send_until_reset(caller, b"a")


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
