"""How connections come, are kept, shared, refreshed and let go."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Callable

import pytest

from dragoman.errors import ConfigurationError, ConnectFailed, ConnectionLost, TimedOut
from dragoman.http import Origin
from dragoman.transport import TransportOptions
from dragoman.transport.pool import release

from .callers import Caller, make_caller, post
from .conftest import open_files, until
from .scripted import CLOSE, HOLD, READ, REFUSE, RESET, Await, ScriptedServer, Step, Tell, answer, chunked
from .test_limits import closed_port

Serve = Callable[..., ScriptedServer]
Make = Callable[..., Caller]

# ---------------------------------------------------------------------- no connection


def test_a_refused_port_on_this_machine_asks_whether_the_server_runs(caller: Caller) -> None:
    origin = Origin("http", "127.0.0.1", closed_port())
    with pytest.raises(ConnectFailed, match="is the server running") as caught:
        caller.call(post(origin))
    assert str(origin) in str(caught.value)
    assert caught.value.retryable


def test_a_name_that_does_not_exist(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*arguments: object, **options: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(ConnectFailed, match=r"nowhere\.example.*name was not found"):
        caller.call(post(Origin("http", "nowhere.example", 80)))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a..b",
        "a b",
        "a/b",
        "a@b",
        "a\r\nX: y",
        "a\x00b",
        "x" * 64 + ".example",
        "[::1]",
        "a?b",
        "a#b",
        "\u2603" * 90,
    ],
)
def test_a_host_that_cannot_be_one_is_refused(caller: Caller, host: str) -> None:
    with pytest.raises(ConfigurationError, match="host of the address"):
        caller.call(post(Origin("http", host, 80)))


def test_ipv6(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD], host="::1")
    assert caller.call(post(server.origin)).body == b"ok"
    assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


def test_a_name_of_this_machine(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    assert caller.call(post(Origin("http", "localhost", server.port))).body == b"ok"


# ---------------------------------------------------------------------- kept connections


def test_connections_are_kept_whoever_asks_and_whatever_the_key(make: Make, serve: Serve, mode: str) -> None:
    """Pools are shared by transports with the same options (and loop), and know nothing of keys."""
    server = serve([*[READ, answer()] * 6, HOLD])
    one = make()
    for key in ("a", "b", "a"):
        one.call(post(server.origin, headers=[("authorization", key)]))
    if mode == "blocking":
        other = make()
        for key in ("a", "b", "a"):
            other.call(post(server.origin, headers=[("authorization", key)]))
        assert len(server.requests) == 6
    assert server.connections == 1


def test_transports_with_other_options_share_nothing(make: Make, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    make().call(post(server.origin))
    make(keepalive_seconds=9.0).call(post(server.origin))
    assert server.connections == 2


DEAD = [
    ("closed while it was kept", [CLOSE]),
    ("reset while it was kept", [RESET]),
    ("a reply that nobody asked for", [answer(b"evil"), HOLD]),
    ("half a reply that nobody asked for", [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nev", HOLD]),
    ("a line break that nobody asked for", [b"\r\n", HOLD]),
    ("a timeout that nobody asked for, and closed", [answer(b"", status="408 Request Timeout"), CLOSE]),
]


@pytest.mark.parametrize("script", [row[1] for row in DEAD], ids=[row[0] for row in DEAD])
def test_a_kept_connection_on_which_something_happened_is_not_used(
    caller: Caller, serve: Serve, script: list[Step]
) -> None:
    go, done = threading.Event(), threading.Event()
    *said, end = script
    steps = [*said, Tell(done), end] if end is HOLD else [*script[:-1], end]
    server = serve([READ, answer(b"first"), Await(go), *steps], [READ, answer(b"second"), HOLD])
    assert caller.call(post(server.origin)).body == b"first"
    go.set()
    _wait_for_news(caller)
    assert caller.call(post(server.origin)).body == b"second"


def _wait_for_news(caller: Caller) -> None:
    """Wait until the one kept connection has something to read, or has gone."""
    pool = next(iter(caller.transport._pools.values()))
    until(lambda: not (pool._idle and pool._idle[0].is_quiet()))


def test_a_request_is_sent_again_when_the_kept_connection_dies_without_a_byte(caller: Caller, serve: Serve) -> None:
    """The server closes in the moment in which the request comes: nothing told so before."""
    server = serve([READ, answer(b"first"), READ, CLOSE], [READ, answer(b"second"), HOLD])
    assert caller.call(post(server.origin, body=b"1")).body == b"first"
    assert caller.call(post(server.origin, body=b"2")).body == b"second"
    assert [request.body for request in server.requests] == [b"1", b"2", b"2"]


def test_a_request_that_was_sent_twice_says_so(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(b"first"), READ, CLOSE], [READ, answer(b"second"), HOLD])
    replies = []
    for _ in range(2):
        replies.append(caller.open(post(server.origin)))
        caller.read(replies[-1])
    assert [reply.resent for reply in replies] == [False, True]


def test_a_request_that_was_sent_and_lost_is_lost_whatever_comes_of_the_second_time(
    caller: Caller, serve: Serve
) -> None:
    """That there is no new connection does not mean that nothing was sent."""
    server = serve([READ, answer(b"first"), READ, REFUSE, CLOSE])
    request = post(server.origin)
    assert caller.call(request).body == b"first"
    with pytest.raises(ConnectionLost, match="before any answer"):
        caller.call(request)


def test_a_request_is_sent_again_only_once(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), READ, CLOSE], [READ, CLOSE], [READ, answer(), HOLD])
    caller.call(post(server.origin))
    with pytest.raises(ConnectionLost, match="before any answer"):
        caller.call(post(server.origin))
    assert server.connections == 2


def test_a_request_that_is_to_go_out_once_is_not_sent_again(caller: Caller, serve: Serve) -> None:
    """Somebody holds money for each time."""
    server = serve([READ, answer(b"first"), READ, CLOSE], [READ, answer(b"second"), HOLD])
    assert caller.call(post(server.origin, body=b"1")).body == b"first"
    with pytest.raises(ConnectionLost, match="before any answer"):
        caller.call(post(server.origin, body=b"2", once=True))
    assert [request.body for request in server.requests] == [b"1", b"2"]
    assert caller.call(post(server.origin, body=b"3", once=True)).body == b"second"


def test_a_request_is_never_sent_again_after_a_byte_of_the_reply(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), READ, b"H", CLOSE], [READ, answer(), HOLD])
    caller.call(post(server.origin))
    with pytest.raises(ConnectionLost, match="in the middle of the answer's head"):
        caller.call(post(server.origin))
    assert server.connections == 1


def test_a_request_is_never_sent_again_when_time_ran_out(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), READ, HOLD], [READ, answer(), HOLD])
    caller.call(post(server.origin))
    with pytest.raises(TimedOut):
        caller.call(post(server.origin, limits={"first_byte": 0.1}))
    assert server.connections == 1


def keep_three(caller: Caller, serve: Serve, *scripts: list[Step]) -> ScriptedServer:
    """A server to which the caller has three kept connections, which then go on as their scripts say."""
    go = threading.Event()
    first = [READ, answer(b"first")[:-1], Await(go), b"t"]
    server = serve(*[[*first, *script] for script in scripts[:3]], *scripts[3:])
    replies = [caller.open(post(server.origin)) for _ in range(3)]
    go.set()
    assert [caller.read(reply) for reply in replies] == [b"first"] * 3
    assert server.connections == 3
    return server


def test_the_other_kept_connections_are_dropped_with_a_dead_one(caller: Caller, serve: Serve) -> None:
    """What closed one has most likely closed the older ones too: the request goes out on a new one."""
    server = keep_three(caller, serve, *[[READ, CLOSE]] * 3, [READ, answer(b"new"), HOLD])
    assert caller.call(post(server.origin)).body == b"new"
    assert server.connections == 4


def test_a_connection_grows_too_old(make: Make, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    caller = make(keepalive_seconds=0.05)
    caller.call(post(server.origin))
    time.sleep(0.06)
    caller.call(post(server.origin))
    assert server.connections == 2
    caller.settle()
    assert server.gone.wait(10)


def test_no_more_are_kept_than_wanted(make: Make, serve: Serve) -> None:
    caller = make(max_idle=2)
    keep_three(caller, serve, *[[HOLD]] * 3)
    pool = next(iter(caller.transport._pools.values()))
    assert len(pool._idle) == len(pool._all) == 2


# ---------------------------------------------------------------------- leases


def test_closing_the_last_lease_closes_the_connections(make: Make, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    caller = make()
    caller.call(post(server.origin))
    caller.transport.close()
    caller.settle()
    assert server.gone.wait(10)
    with pytest.raises(ConfigurationError, match="closed"):
        caller.call(post(server.origin))


def test_releasing_closes_what_is_idle_and_the_next_call_works(make: Make, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD], [READ, answer(b"again"), HOLD])
    caller = make()
    caller.transport.release()
    caller.call(post(server.origin))
    caller.transport.release()
    caller.settle()
    assert server.gone.wait(10)
    assert caller.call(post(server.origin)).body == b"again"
    assert server.connections == 2


def test_releasing_leaves_calls_in_progress_alone(make: Make, serve: Serve) -> None:
    """Their connection is closed when they are over."""
    go_on = threading.Event()
    body = chunked(b"data: 1\n\n", b"data: 2\n\n")
    cut = body.index(b"data: 2")
    server = serve([READ, body[:cut], Await(go_on), body[cut:], HOLD], [READ, answer(), HOLD])
    caller = make()
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    assert caller.next(stream) == [("", b"1")]
    caller.transport.release()
    go_on.set()
    assert caller.next(stream) == [("", b"2")]
    assert caller.next(stream) is None
    caller.settle()
    assert server.gone.wait(10)
    caller.call(post(server.origin))
    assert server.connections == 2


def test_a_pool_that_was_closed_as_it_was_leased_is_not_kept(serve: Serve) -> None:
    """As when another thread releases it just then."""
    server = serve([READ, answer(), READ, answer(), HOLD])
    caller = make_caller("blocking", TransportOptions())
    release(caller.transport._lease(server.origin), caller.transport)
    for _ in range(2):
        caller.call(post(server.origin))
    assert server.connections == 1
    caller.close()
    assert server.gone.wait(10)


def test_a_lease_keeps_the_connections_of_others_alive(serve: Serve) -> None:
    server = serve([READ, answer(), READ, answer(), HOLD])
    one, other = (make_caller("blocking", TransportOptions()) for _ in range(2))
    one.call(post(server.origin))
    other.transport._lease(server.origin)
    one.close()
    other.call(post(server.origin))
    assert server.connections == 1
    other.close()
    assert server.gone.wait(10)


def test_dropping_a_transport_is_closing_it(serve: Serve, mode: str) -> None:
    server = serve([READ, answer(), HOLD])
    caller = make_caller(mode, TransportOptions())
    caller.call(post(server.origin))
    del caller.transport
    gc.collect()
    caller.settle()
    assert server.gone.wait(10)
    if mode != "blocking":
        caller.runner.close()


def test_closing_a_transport_ends_its_streams(make: Make, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], HOLD])
    caller = make()
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    caller.next(stream)
    caller.transport.close()
    with pytest.raises(ConnectionLost, match="ended from this side"):
        caller.next(stream)


# ---------------------------------------------------------------------- a limit on their number


def test_calls_above_the_limit_wait_their_turn(make: Make, serve: Serve) -> None:
    server = serve([*[READ, answer(b"hello")[:-1], HOLD]], [READ, answer(), HOLD])
    caller = make(max_connections=1)
    reply = caller.open(post(server.origin))
    with pytest.raises(TimedOut) as caught:
        caller.call(post(server.origin, limits={"connect": 0.1}))
    assert caught.value.phase == "connect"
    reply.close()
    caller.settle()
    assert caller.call(post(server.origin)).body == b"ok"
    assert server.connections == 2


def test_a_failed_connection_leaves_its_place_to_others(make: Make) -> None:
    origin = Origin("http", "127.0.0.1", closed_port())
    caller = make(max_connections=1)
    for _ in range(3):
        with pytest.raises(ConnectFailed):
            caller.call(post(origin, limits={"connect": 1.0}))


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_limit_below_one_is_refused(wrong: int) -> None:
    with pytest.raises(ConfigurationError, match="max_connections"):
        TransportOptions(max_connections=wrong)


def test_nothing_is_left_open_by_failures(caller: Caller, serve: Serve) -> None:
    server = serve([READ, b"junk", HOLD])
    with pytest.raises(ConnectionLost):
        caller.call(post(server.origin))
    caller.settle()
    before = open_files()
    for _ in range(20):
        with pytest.raises(ConnectionLost):
            caller.call(post(server.origin))
    caller.settle()
    until(lambda: open_files() <= before)


# ---------------------------------------------------------------------- what is refused before anything is sent

INJECTIONS = [
    ("CR LF in a value", {"headers": [("x", "secret\r\nEvil: 1")]}),
    ("CR in a value", {"headers": [("x", "secret\rEvil: 1")]}),
    ("LF in a value", {"headers": [("x", "secret\nEvil: 1")]}),
    ("LF at the end of a value", {"headers": [("authorization", "Bearer secret\n")]}),
    ("NUL in a value", {"headers": [("x", "sec\x00ret")]}),
    ("DEL in a value", {"headers": [("x", "sec\x7fret")]}),
    ("escape in a value", {"headers": [("x", "sec\x1bret")]}),
    ("not Latin-1 in a value", {"headers": [("authorization", "Bearer \u2018secret\u2019")]}),
    ("CR LF in a name", {"headers": [("x\r\nEvil", "secret")]}),
    ("colon in a name", {"headers": [("x:", "secret")]}),
    ("space in a name", {"headers": [("x y", "secret")]}),
    ("no name", {"headers": [("", "secret")]}),
    ("not ASCII in a name", {"headers": [("\xe9", "secret")]}),
    ("Host", {"headers": [("Host", "secret")]}),
    ("Content-Length", {"headers": [("content-length", "9")]}),
    ("Transfer-Encoding", {"headers": [("Transfer-Encoding", "chunked")]}),
    ("Connection", {"headers": [("connection", "close")]}),
    ("Expect", {"headers": [("Expect", "100-continue")]}),
    ("CR LF in the target", {"target": "/secret HTTP/1.1\r\nEvil: 1"}),
    ("LF in the target", {"target": "/secret\n"}),
    ("space in the target", {"target": "/secret secret"}),
    ("NUL in the target", {"target": "/secret\x00"}),
    ("not ASCII in the target", {"target": "/secret\xe9"}),
    ("a whole address as target", {"target": "http://elsewhere/secret"}),
    ("no target", {"target": ""}),
    ("user info as target", {"target": "@elsewhere/secret"}),
    ("CR LF in the method", {"method": "GET /secret HTTP/1.1\r\nEvil: 1\r\n"}),
    ("no method", {"method": ""}),
    ("space in the method", {"method": "GET "}),
]


@pytest.mark.parametrize("parts", [row[1] for row in INJECTIONS], ids=[row[0] for row in INJECTIONS])
def test_what_would_not_arrive_as_meant_is_never_sent(caller: Caller, serve: Serve, parts: dict[str, object]) -> None:
    server = serve([READ, answer(), HOLD])
    with pytest.raises(ConfigurationError) as caught:
        caller.call(post(server.origin, **parts))
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert server.connections == 0


@pytest.mark.parametrize("value", ["", " ", "tab\there", "caf\xe9", "~!@#$%^&*()", "a" * 10_000])
def test_any_other_value_arrives_as_it_is(caller: Caller, serve: Serve, value: str) -> None:
    server = serve([READ, answer(), HOLD])
    caller.call(post(server.origin, headers=[("x", value)]))
    assert server.requests[0].headers["x"] == value.strip()


def test_our_own_encodings_give_way_to_the_callers(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    caller.call(post(server.origin, headers=[("Accept-Encoding", "identity")]))
    assert server.requests[0].head.lower().count(b"accept-encoding") == 1


def test_a_get_has_no_length(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    caller.call(post(server.origin, method="GET", body=b""))
    assert server.requests[0].line == "GET /v1/chat HTTP/1.1"
    assert "content-length" not in server.requests[0].headers
