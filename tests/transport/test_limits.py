"""Each limit ends a call in time, says which it was, and frees the socket, however the peer stretches it out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from dragoman.errors import TimedOut
from dragoman.http import Origin

from .callers import Caller, post
from .conftest import until
from .scripted import DEAF, HOLD, READ, Drip, ScriptedServer, Step, answer, chunked, never_accepting

Serve = Callable[..., ScriptedServer]

SOON = 0.1
"""The limit under test, in seconds."""

TICK = 0.002
"""How early: uvloop counts whole milliseconds, from a time that it remembers."""

SLACK = 2.0
"""How late it may be: a generous bound, for machines with other things to do. It is a few milliseconds on an idle one."""

OK = b"HTTP/1.1 200 OK\r\n"
ENDLESS = b"x" * 1000
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

# name, what the server does, limits, the phase that ends
SLOW = [
    ("silent before the head", [READ, HOLD], {"first_byte": SOON}, "first_byte"),
    ("a dripping head", [READ, Drip(OK + ENDLESS, 0.02), HOLD], {"first_byte": SOON}, "first_byte"),
    (
        "interim heads only",
        [READ, Drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.01)],
        {"first_byte": SOON},
        "first_byte",
    ),
    (
        "silent in the body",
        [READ, OK + b"Content-Length: 9\r\n\r\nabc", HOLD],
        {"between_chunks": SOON},
        "between_chunks",
    ),
    ("silent between chunks", [READ, CHUNKED + b"1\r\na\r\n", HOLD], {"between_chunks": SOON}, "between_chunks"),
    (
        "a dripping chunk extension is no piece of the body",
        [READ, CHUNKED + b"1\r\na\r\n1;", Drip(ENDLESS, 0.02)],
        {"between_chunks": SOON},
        "between_chunks",
    ),
    (
        "dripping trailers are no piece of the body",
        [READ, CHUNKED + b"1\r\na\r\n0\r\nA: ", Drip(ENDLESS, 0.02)],
        {"between_chunks": SOON},
        "between_chunks",
    ),
    ("total, before the head", [READ, HOLD], {"total": SOON}, "total"),
    ("total, in a dripping head", [READ, Drip(OK + ENDLESS, 0.02)], {"total": SOON, "first_byte": 10}, "total"),
    (
        "total, in a dripping body",
        [READ, OK + b"Content-Length: 2000\r\n\r\n", Drip(ENDLESS, 0.02)],
        {"total": SOON, "between_chunks": 10},
        "total",
    ),
    ("total before a longer limit", [READ, HOLD], {"total": SOON, "first_byte": 10}, "total"),
    ("first_byte before a longer total", [READ, HOLD], {"total": 10, "first_byte": SOON}, "first_byte"),
]


@pytest.mark.parametrize(("script", "limits", "phase"), [row[1:] for row in SLOW], ids=[row[0] for row in SLOW])
def test_a_limit_ends_the_call_in_time(
    caller: Caller, serve: Serve, script: list[Step], limits: dict[str, float], phase: str
) -> None:
    server = serve(script)
    begun = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        caller.call(post(server.origin, limits=limits))
    assert SOON - TICK <= time.monotonic() - begun < SOON + SLACK
    assert caught.value.phase == phase
    assert caught.value.retryable is (phase != "total")
    assert str(server.origin) in str(caught.value)


@pytest.mark.parametrize(("limit", "phase"), [("first_byte", "first_byte"), ("total", "total")])
def test_a_request_that_the_peer_does_not_take_in_is_limited_too(
    caller: Caller, serve: Serve, limit: str, phase: str
) -> None:
    server = serve([DEAF])
    with pytest.raises(TimedOut) as caught:
        caller.call(post(server.origin, body=b"x" * 30_000_000, limits={limit: SOON}))
    assert caught.value.phase == phase


def test_a_dripping_body_that_never_pauses_long_is_read(caller: Caller, serve: Serve) -> None:
    """`between_chunks` counts from the last piece."""
    server = serve([READ, OK + b"Content-Length: 40\r\n\r\n", Drip(b"x" * 40, 0.01), HOLD])
    assert caller.call(post(server.origin, limits={"between_chunks": 0.3})).body == b"x" * 40


def test_a_dripping_stream_that_never_pauses_long_is_read(caller: Caller, serve: Serve) -> None:
    server = serve([READ, Drip(chunked(b"data: 1\n\n", b"data: 2\n\n"), 0.003), HOLD])
    request = post(server.origin, limits={"between_chunks": 0.3, "first_byte": 5})
    assert caller.frames(request) == [("", b"1"), ("", b"2")]


def test_a_stream_that_falls_silent_is_ended_after_what_came(caller: Caller, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], HOLD])
    stream = caller.stream(caller.open(post(server.origin, limits={"between_chunks": SOON})), "sse")
    assert caller.next(stream) == [("", b"1")]
    with pytest.raises(TimedOut) as caught:
        caller.next(stream)
    assert caught.value.phase == "between_chunks"
    caller.settle()
    assert server.gone.wait(10)


def test_a_slow_reader_does_not_count_as_a_slow_peer(caller: Caller, serve: Serve) -> None:
    """The limit runs only while somebody waits for the peer."""
    server = serve([READ, CHUNKED + b"9\r\ndata: 1\n\n\r\n", Drip(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n", 0.0), HOLD])
    stream = caller.stream(caller.open(post(server.origin, limits={"between_chunks": SOON})), "sse")
    frames = caller.next(stream)
    time.sleep(2 * SOON)
    while (more := caller.next(stream)) is not None:
        frames += more
    assert frames == [("", b"1"), ("", b"2")]


def test_a_deadline_is_absolute(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(b"first"), READ, HOLD])
    deadline = time.monotonic() + 2 * SOON
    assert caller.call(post(server.origin, deadline=deadline)).body == b"first"
    with pytest.raises(TimedOut) as caught:
        caller.call(post(server.origin, deadline=deadline))
    assert caught.value.phase == "total"
    assert deadline <= time.monotonic() < deadline + SLACK


def test_a_deadline_that_has_passed_sends_nothing(caller: Caller, serve: Serve) -> None:
    server = serve([READ, HOLD])
    with pytest.raises(TimedOut) as caught:
        caller.call(post(server.origin, deadline=time.monotonic() - 1))
    assert caught.value.phase == "total"
    assert server.connections == 0


def test_limits_differ_from_call_to_call_on_one_connection(caller: Caller, serve: Serve) -> None:
    """The timer of a call does not outlive it: neither a short limit nor a long one reaches the next call."""
    server = serve([*[READ, answer()] * 3, READ, HOLD])
    for limits in ({"total": 600.0}, {"total": 0.4}, {"total": 600.0}):
        assert caller.call(post(server.origin, limits=limits)).body == b"ok"
    time.sleep(0.45)
    with pytest.raises(TimedOut) as caught:
        caller.call(post(server.origin, limits={"total": 600.0, "first_byte": SOON}))
    assert caught.value.phase == "first_byte"
    assert server.connections == 1


# ---------------------------------------------------------------------- connecting


@pytest.fixture
def black_hole() -> Iterator[Origin]:
    with never_accepting() as origin:
        yield origin


@pytest.mark.parametrize(("limit", "phase"), [("connect", "connect"), ("total", "total")])
def test_a_connection_that_is_not_accepted(caller: Caller, black_hole: Origin, limit: str, phase: str) -> None:
    begun = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        caller.call(post(black_hole, limits={limit: SOON}))
    assert caught.value.phase == phase
    assert SOON - TICK <= time.monotonic() - begun < SOON + SLACK


def test_a_tls_handshake_that_is_not_answered(caller: Caller, serve: Serve) -> None:
    server = serve([HOLD])
    with pytest.raises(TimedOut) as caught:
        caller.call(post(Origin("https", "127.0.0.1", server.port), limits={"connect": SOON}))
    assert caught.value.phase == "connect"


def test_a_tls_handshake_that_drips(caller: Caller, serve: Serve) -> None:
    """The first bytes of a TLS record of 16 KB, one by one."""
    server = serve([Drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 1000, 0.02)])
    with pytest.raises(TimedOut) as caught:
        caller.call(post(Origin("https", "127.0.0.1", server.port), limits={"connect": SOON}))
    assert caught.value.phase == "connect"


def test_a_name_that_is_not_answered(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = threading.Event(), threading.Event()

    def resolve(host: str, *arguments: object, **options: object) -> object:
        if options.get("flags") == socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not numeric")
        asked.set()
        answered.wait(10)
        raise socket.gaierror(socket.EAI_NONAME, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    begun = time.monotonic()
    try:
        with pytest.raises(TimedOut) as caught:
            caller.call(post(Origin("http", "slow.example", 80), limits={"connect": SOON}))
    finally:
        answered.set()
    assert asked.is_set()
    assert caught.value.phase == "connect"
    assert time.monotonic() - begun < SOON + SLACK
    until(lambda: not [thread for thread in threading.enumerate() if "slow.example" in thread.name])


def test_a_first_address_that_does_not_answer_leaves_time_for_the_next(
    caller: Caller, serve: Serve, black_hole: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve([READ, answer(), HOLD])
    addresses = [("127.0.0.1", black_hole.port), ("127.0.0.1", server.port)]
    stub_names(monkeypatch, {"two.example": addresses})
    assert caller.call(post(Origin("http", "two.example", 80), limits={"connect": 0.6})).body == b"ok"


def test_a_first_address_that_refuses_gives_way_to_the_next(
    caller: Caller, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve([READ, answer(), HOLD])
    stub_names(monkeypatch, {"two.example": [("127.0.0.1", closed_port()), ("127.0.0.1", server.port)]})
    assert caller.call(post(Origin("http", "two.example", 80))).body == b"ok"


def stub_names(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[tuple[str, int]]]) -> None:
    """Let names have addresses of this machine, ports included."""
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *arguments: object, **options: object) -> object:
        if host not in names:
            return real(host, port, *arguments, **options)
        if options.get("flags") == socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not numeric")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in names[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
