"""A user's own httpx or httpx2 client: it does the I/O, and the rest behaves as with ours."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest
import trustme

from dragoman.errors import ConfigurationError, ConnectFailed, ConnectionLost, TimedOut
from dragoman.http import HttpRequest, Origin
from dragoman.transport import wrap_client

from .callers import Answer, AsyncioCaller, BlockingCaller, Caller, post
from .scripted import CLOSE, HOLD, READ, Await, ScriptedServer, Step, Tell, answer, chunked
from .test_limits import closed_port

Serve = Callable[..., ScriptedServer]
Make = Callable[..., Caller]

KINDS = [(library, mode) for library in (httpx, httpx2) for mode in ("blocking", "asyncio")]


@pytest.fixture(params=KINDS, ids=[f"{library.__name__}-{mode}" for library, mode in KINDS])
def kind(request: pytest.FixtureRequest) -> tuple[ModuleType, str]:
    return request.param


@pytest.fixture
def make(kind: tuple[ModuleType, str]) -> Iterator[Make]:
    """`make(**options)` is a caller over a client made with these options; `.client` is the client."""
    library, mode = kind
    callers: list[Any] = []

    def build(**options: Any) -> Any:
        caller: Any
        if mode == "blocking":
            caller = BlockingCaller.__new__(BlockingCaller)
            caller.client = library.Client(**options)
        else:
            caller = AsyncioCaller.__new__(AsyncioCaller)
            caller.runner = asyncio.Runner()
            caller.leaves_tasks = True
            caller.client = library.AsyncClient(**options)
        caller.transport = wrap_client(caller.client, asynchronous=mode != "blocking")
        callers.append(caller)
        return caller

    yield build
    for caller in callers:
        if mode == "blocking":
            caller.client.close()
        else:
            caller.run(caller.client.aclose())
        caller.close()


def test_a_whole_body(make: Make, serve: Serve) -> None:
    server = serve([*[READ, answer(b'{"a":1}', "X-Id: 7", "Via: a", "Via: b")] * 2, HOLD])
    caller = make()
    for _ in range(2):
        got = caller.call(post(server.origin, "/v1/chat?x=1", b"{}", headers=[("Authorization", "Bearer k")]))
        assert got == Answer(200, {"content-length": "7", "x-id": "7", "via": "a, b"}, b'{"a":1}')
    assert server.connections == 1
    assert server.requests[0].line == "POST /v1/chat?x=1 HTTP/1.1"
    assert server.requests[0].body == b"{}"
    assert server.requests[0].headers["authorization"] == "Bearer k"


def test_an_error_status_is_handed_up(make: Make, serve: Serve) -> None:
    server = serve([READ, answer(b"slow down", status="429 Too Many Requests"), HOLD])
    got = make().call(post(server.origin))
    assert (got.status, got.body) == (429, b"slow down")


def test_frames_come_as_they_arrive(make: Make, serve: Serve) -> None:
    turns = [threading.Event() for _ in range(3)]
    steps: list[Step] = []
    for number, turn in enumerate(turns):
        steps += [Await(turn), b"9\r\ndata: %d\n\n\r\n" % number]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = serve([READ, head, *steps, b"0\r\n\r\n", HOLD])
    caller = make()
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    for number, turn in enumerate(turns):
        turn.set()
        assert caller.next(stream) == [("", b"%d" % number)]
    assert caller.next(stream) is None


def test_leaving_a_stream_frees_its_connection(make: Make, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], HOLD])
    caller = make()
    reply = caller.open(post(server.origin))
    stream = caller.stream(reply, "sse")
    caller.next(stream)
    reply.close()
    if isinstance(caller, AsyncioCaller):
        caller.run(stream.aclose())
        caller.run(asyncio.to_thread(server.gone.wait, 10))
    assert server.gone.wait(10)


def test_closing_the_transport_ends_its_replies_and_leaves_the_client_open(make: Make, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], HOLD])
    caller = make()
    reply = caller.open(post(server.origin))
    caller.transport.close()
    if isinstance(caller, AsyncioCaller):
        caller.run(asyncio.to_thread(server.gone.wait, 10))
    assert server.gone.wait(10)
    assert not caller.client.is_closed
    with pytest.raises((ConfigurationError, ConnectionLost)):
        caller.call(post(server.origin))
    del reply


def test_releasing_leaves_the_clients_connections_to_it(make: Make, serve: Serve) -> None:
    server = serve([*[READ, answer()] * 2, HOLD])
    caller = make()
    caller.call(post(server.origin))
    caller.transport.release()
    caller.call(post(server.origin))
    assert (server.connections, caller.client.is_closed) == (1, False)


def test_a_reply_that_comes_after_the_transport_was_closed_is_closed(make: Make, serve: Serve) -> None:
    came, closed = threading.Event(), threading.Event()
    server = serve([READ, Tell(came), Await(closed), answer(b"too late")[:-1], HOLD])
    caller = make()

    def close() -> None:
        assert came.wait(10)
        caller.transport.close()
        closed.set()

    other = threading.Thread(target=close)
    other.start()
    with pytest.raises(ConfigurationError, match="this client is closed"):
        caller.open(post(server.origin))
    if isinstance(caller, AsyncioCaller):
        caller.settle()
    other.join(10)
    assert server.gone.wait(10)


FAILURES = [
    ("a cut in the body", [READ, answer(b"hello")[:-1], CLOSE], {}, ConnectionLost, None),
    ("a cut before the head", [READ, CLOSE], {}, ConnectionLost, None),
    ("no HTTP", [READ, b"junk\r\n\r\n", HOLD], {}, ConnectionLost, None),
    ("silence before the head", [READ, HOLD], {"timeout": 0.1}, TimedOut, "first_byte"),
    ("silence in the body", [READ, answer(b"hello")[:-1], HOLD], {"timeout": 0.1}, TimedOut, "between_chunks"),
    ("corrupt gzip", [READ, answer(b"hello", "Content-Encoding: gzip"), HOLD], {}, ConnectionLost, None),
    (
        "too many redirects",
        [*[READ, answer(b"", "Location: /", status="307 Temporary Redirect")] * 3, HOLD],
        {"follow_redirects": True, "max_redirects": 1},
        ConfigurationError,
        None,
    ),
]


@pytest.mark.parametrize(
    ("script", "options", "error", "phase"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES]
)
def test_its_exceptions_are_ours(
    make: Make, serve: Serve, script: list[Step], options: dict[str, Any], error: type[Exception], phase: str | None
) -> None:
    server = serve(script)
    with pytest.raises(error) as caught:
        make(**options).call(post(server.origin))
    assert getattr(caught.value, "phase", None) == phase
    assert (caught.value.__cause__ is None) == (error is ConfigurationError)


def test_who_is_not_trusted_is_not_asked_again(make: Make, serve: Serve) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = serve([READ, answer(), HOLD], tls=context)
    with pytest.raises(ConnectFailed) as caught:
        make().call(post(server.origin))
    assert not caught.value.retryable
    assert server.requests == []


def test_a_refused_connection(make: Make) -> None:
    with pytest.raises(ConnectFailed):
        make().call(post(Origin("http", "127.0.0.1", closed_port())))


def test_a_client_that_its_owner_has_closed(make: Make, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    caller: Any = make()
    if isinstance(caller, AsyncioCaller):
        caller.run(caller.client.aclose())
    else:
        caller.client.close()
    with pytest.raises(ConfigurationError, match="RuntimeError"):
        caller.call(post(server.origin))


def test_a_header_that_cannot_be_sent_is_not_quoted(make: Make, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    value = f"{'terces'[::-1]}\r\nEvil: 1"  # backwards, for the traceback quotes this line
    with pytest.raises(ConfigurationError) as caught:
        make().call(post(server.origin, headers=[("x", value)]))
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_our_deadline_is_looked_at(make: Make, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n", b"data: 2\n\n"), HOLD])
    caller = make()
    with pytest.raises(TimedOut) as caught:
        caller.call(post(server.origin, deadline=time.monotonic() - 1))
    assert caught.value.phase == "total"
    reply = caller.open(post(server.origin, deadline=time.monotonic() + 0.2))
    time.sleep(0.25)
    with pytest.raises(TimedOut):
        caller.read(reply)


def test_the_clients_hooks_and_their_errors_stay_the_users(
    make: Make, serve: Serve, kind: tuple[ModuleType, str]
) -> None:
    server = serve([READ, answer(), HOLD])
    seen: list[str] = []

    def hook(request: Any) -> None:
        seen.append(request.method)
        raise ZeroDivisionError

    async def async_hook(request: Any) -> None:
        hook(request)

    with pytest.raises(ZeroDivisionError):
        make(event_hooks={"request": [hook if kind[1] == "blocking" else async_hook]}).call(post(server.origin))
    assert seen == ["POST"]


# ---------------------------------------------------------------------- who is recognised


class MyClient(httpx.Client):
    """Users inherit, and so do SDKs."""


def close(client: Any) -> None:
    if hasattr(client, "aclose"):
        asyncio.run(client.aclose())
    elif hasattr(client, "close"):
        client.close()


@pytest.mark.parametrize(
    ("build", "asynchronous", "words"),
    [
        (httpx.Client, True, "a synchronous client was given to an async caller"),
        (httpx2.Client, True, "a synchronous client was given to an async caller"),
        (MyClient, True, "a synchronous client was given to an async caller"),
        (httpx.AsyncClient, False, "an async client was given to a synchronous caller"),
        (httpx2.AsyncClient, False, "an async client was given to a synchronous caller"),
        (object, False, "takes a client of httpx or httpx2, not a `builtins.object`"),
        (dict, True, "takes a client of httpx or httpx2, not a `builtins.dict`"),
    ],
)
def test_the_wrong_client_is_refused(build: Callable[[], Any], asynchronous: bool, words: str) -> None:
    client = build()
    try:
        with pytest.raises(ConfigurationError, match=words):
            wrap_client(client, asynchronous=asynchronous)
    finally:
        close(client)


def test_a_client_of_an_inheriting_class_is_taken(serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    with MyClient() as client:
        request: HttpRequest = post(server.origin)
        assert wrap_client(client, asynchronous=False).open(request).read() == b"ok"
