"""What a reply may look like on the wire, and what comes of it, over sockets and in both modes."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable

import pytest

from dragoman.errors import ConfigurationError, ConnectionLost, DecodeError, Error
from dragoman.transport.event_stream import encode_event_stream
from dragoman.transport.http1.replies import MAX_HEAD_BYTES, MAX_HEADERS

from .callers import Caller, post
from .scripted import CLOSE, DEAF, HOLD, READ, RESET, Await, ScriptedServer, Step, Tell, answer, chunked

Serve = Callable[..., ScriptedServer]

OK = b"HTTP/1.1 200 OK\r\n"
RAW_DEFLATE = zlib.compressobj(wbits=-15)

# name, what the server sends, the body that comes of it, whether the connection may be used again
WHOLE = [
    ("length", [answer(b"hello")], b"hello", True),
    ("no body", [answer(b"")], b"", True),
    ("two pieces", [answer(b"hello")[:-3], b"llo"], b"hello", True),
    ("head in two pieces", [answer(b"hello")[:20], answer(b"hello")[20:]], b"hello", True),
    ("chunked", [chunked(b"he", b"llo")], b"hello", True),
    ("no chunks", [chunked()], b"", True),
    ("chunk extension", [OK + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n"], b"hello", True),
    ("chunked in capitals", [OK + b"TRANSFER-ENCODING: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"], b"hello", True),
    ("trailers", [chunked(b"hello", trailers=b"X-Sum: 1\r\nX-More: 2\r\n")], b"hello", True),
    ("100 before", [b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"hello")], b"hello", True),
    ("103 with headers before", [b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", answer(b"hello")], b"hello", True),
    ("three interim", [b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + answer(b"hello")], b"hello", True),
    ("no reason", [b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"], b"ok", True),
    ("space after length", [OK + b"Content-Length: 2 \r\n\r\nok"], b"ok", True),
    ("Connection: close", [answer(b"hello", "Connection: close")], b"hello", False),
    ("connection: Close among others", [answer(b"hello", "connection: x, Close")], b"hello", False),
    ("until close", [OK + b"\r\nhello", CLOSE], b"hello", False),
    ("until close, nothing", [OK + b"\r\n", CLOSE], b"", False),
    ("HTTP/1.0 with length", [b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"], b"hello", False),
    ("HTTP/1.0 until close", [b"HTTP/1.0 200 OK\r\n\r\nhello", CLOSE], b"hello", False),
    (
        "HTTP/1.0 kept",
        [b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"],
        b"hello",
        True,
    ),
    (
        "HTTP/1.0 chunked",
        [
            b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ],
        b"hello",
        False,
    ),
    ("bytes after the length", [answer(b"hello") + b"x"], b"hello", False),
    ("a reply after the length", [answer(b"hello") + answer(b"evil")], b"hello", False),
    ("a line break after the length", [answer(b"hello") + b"\r\n"], b"hello", False),
    ("bytes after the chunks", [chunked(b"hello") + b"x"], b"hello", False),
    ("a reply after the chunks", [chunked(b"hello") + answer(b"evil")], b"hello", False),
    ("a bodiless reply after the chunks", [chunked(b"hello") + b"HTTP/1.1 200 OK\r\n\r\n"], b"hello", False),
    ("a line break after the chunks", [chunked(b"hello") + b"\r\n"], b"hello", False),
    ("bytes after no body", [answer(b"") + b"x"], b"", False),
    ("gzip", [answer(gzip.compress(b"hello" * 999), "Content-Encoding: gzip")], b"hello" * 999, True),
    ("x-gzip", [answer(gzip.compress(b"hello"), "Content-Encoding: x-gzip")], b"hello", True),
    ("deflate", [answer(zlib.compress(b"hello"), "Content-Encoding: deflate")], b"hello", True),
    (
        "deflate without its wrapping",
        [answer(RAW_DEFLATE.compress(b"hello") + RAW_DEFLATE.flush(), "Content-Encoding: deflate")],
        b"hello",
        True,
    ),
    ("identity", [answer(b"hello", "Content-Encoding: identity")], b"hello", True),
    ("gzip, but nothing", [answer(b"", "Content-Encoding: gzip")], b"", True),
]


@pytest.mark.parametrize(("script", "body", "kept"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_a_reply_is_read_and_its_connection_kept_or_not(
    caller: Caller, serve: Serve, script: list[Step], body: bytes, kept: bool
) -> None:
    server = serve([READ, *script, READ, answer(b"second")], [READ, answer(b"second"), HOLD])
    assert caller.call(post(server.origin)).body == body
    assert caller.call(post(server.origin)).body == b"second"
    assert server.connections == (1 if kept else 2)


# name, what the server sends, the error, words in it
BROKEN = [
    ("nothing", [CLOSE], "before any answer"),
    ("reset", [RESET], "connection"),
    ("cut in the head", [OK, CLOSE], "in the middle of the answer's head"),
    ("cut in the body", [OK + b"Content-Length: 9\r\n\r\nabc", CLOSE], "6 bytes are missing"),
    ("cut between chunks", [chunked(b"abc")[:-5], CLOSE], "middle of the answer's body"),
    ("cut in a chunk", [chunked(b"abcdef")[:-9], CLOSE], "middle of the answer's body"),
    ("cut before the last line break", [chunked(b"abcdef")[:-2], CLOSE], "middle of the answer's body"),
    ("reset in the body", [OK + b"Content-Length: 9\r\n\r\nabc", RESET], "connection"),
    ("reset until close", [OK + b"\r\nabc", RESET], "connection"),
    ("two lengths", [OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"], "proper HTTP"),
    ("the same length twice", [OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"], "proper HTTP"),
    ("a list of lengths", [OK + b"Content-Length: 2, 2\r\n\r\nok"], "proper HTTP"),
    ("a negative length", [OK + b"Content-Length: -2\r\n\r\nok"], "proper HTTP"),
    ("length and chunked", [OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], "proper HTTP"),
    ("chunked and length", [OK + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"], "proper HTTP"),
    ("gzip as transfer coding", [OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"], "transfer coding"),
    ("chunked twice", [OK + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n"], "transfer coding"),
    ("something like chunked", [OK + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"], "transfer coding"),
    ("a bad chunk size", [OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"], "proper HTTP"),
    ("a negative chunk size", [OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n"], "proper HTTP"),
    ("a huge chunk size", [OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\nab\r\n"], "proper HTTP"),
    ("a chunk longer than said", [OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"], "proper HTTP"),
    ("chunks that end in LF", [OK + b"Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n"], "proper HTTP"),
    ("a head that ends in LF", [b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"], "CR LF"),
    ("a folded header", [OK + b"A: b\r\n c\r\nContent-Length: 2\r\n\r\nok"], "proper HTTP"),
    ("a header without colon", [OK + b"A\r\nContent-Length: 2\r\n\r\nok"], "proper HTTP"),
    ("a space before the colon", [OK + b"A : b\r\nContent-Length: 2\r\n\r\nok"], "proper HTTP"),
    ("a NUL in a header", [OK + b"A: \x00\r\nContent-Length: 2\r\n\r\nok"], "proper HTTP"),
    ("a stray CR in a header", [OK + b"A: b\rc\r\nContent-Length: 2\r\n\r\nok"], "proper HTTP"),
    ("HTTP/2", [b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"], "does not begin with"),
    ("HTTP/1.2", [b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok"], "proper HTTP"),
    ("something else", [b"SSH-2.0-OpenSSH_9.2\r\n"], "does not begin with"),
    ("a line break first", [b"\r\n" + answer(b"ok")], "does not begin with"),
    ("TLS", [b"\x15\x03\x01\x00\x02\x02\x16"], "https://"),
    ("status 101", [b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"], "proper HTTP"),
    ("status 099", [b"HTTP/1.1 099 No\r\nContent-Length: 0\r\n\r\n"], "status 099"),
    ("status with two digits", [b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"], "proper HTTP"),
    ("a head too long", [OK + b"A: " + b"b" * MAX_HEAD_BYTES + b"\r\n\r\n"], "head is longer"),
    ("a head without end", [OK + b"A: " + b"b" * MAX_HEAD_BYTES * 2], "head is longer"),
    ("too many headers", [OK + b"A: b\r\n" * (MAX_HEADERS + 1) + b"Content-Length: 0\r\n\r\n"], "headers"),
    ("interim heads without end", [b"HTTP/1.1 100 Continue\r\n\r\n" * 3000], "head is longer"),
    ("a trailer without end", [chunked(b"ab", trailers=b"A: " + b"b" * MAX_HEAD_BYTES * 20)], "between two pieces"),
    (
        "a chunk extension without end",
        [OK + b"Transfer-Encoding: chunked\r\n\r\n2;" + b"a" * MAX_HEAD_BYTES * 20],
        "between two pieces",
    ),
]


@pytest.mark.parametrize(("script", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_reply_is_an_error_and_its_connection_is_closed(
    caller: Caller, serve: Serve, script: list[Step], words: str
) -> None:
    server = serve([READ, *script, HOLD], [READ, answer(b"second"), HOLD])
    with pytest.raises(ConnectionLost, match=words):
        caller.call(post(server.origin))
    assert server.connections == 1, "a request on a new connection is never sent twice"
    assert caller.call(post(server.origin)).body == b"second"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("headers", ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""])
def test_some_statuses_have_no_body_whatever_the_head_says(
    caller: Caller, serve: Serve, status: str, headers: str
) -> None:
    head = f"HTTP/1.1 {status}\r\n{headers}\r\n".encode()
    server = serve([READ, head, READ, answer(b"second"), HOLD])
    assert caller.call(post(server.origin)).body == b""
    assert caller.call(post(server.origin)).body == b"second"
    assert server.connections == 1


def test_the_answer_to_head_has_no_body(caller: Caller, serve: Serve) -> None:
    server = serve([READ, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", HOLD])
    answered = caller.call(post(server.origin, method="HEAD", body=b""))
    assert (answered.status, answered.body, answered.headers["content-length"]) == (200, b"", "5")


def test_a_redirect_is_handed_up_as_it_is(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(b"", "Location: https://elsewhere/", status="307 Temporary Redirect"), HOLD])
    answered = caller.call(post(server.origin))
    assert (answered.status, answered.headers["location"]) == (307, "https://elsewhere/")


def test_headers_have_lower_case_names_and_repeated_ones_are_joined(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(b"", "X-Id:  7 \t", "Via: a", "VIA: b", "Empty:", "Latin: \xe9"), HOLD])
    headers = caller.call(post(server.origin)).headers
    assert headers == {"content-length": "0", "x-id": "7", "via": "a, b", "empty": "", "latin": "\xe9"}


def test_what_is_sent(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    caller.call(post(server.origin, "/v1/chat?a=b", b'{"a":1}', headers=[("Authorization", "Bearer k"), ("X-A", "1")]))
    (request,) = server.requests
    assert request.line == "POST /v1/chat?a=b HTTP/1.1"
    assert request.body == b'{"a":1}'
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": "Bearer k",
        "x-a": "1",
        "accept-encoding": "gzip, deflate",
        "content-length": "7",
    }


def test_a_large_request_arrives_whole(caller: Caller, serve: Serve) -> None:
    body = bytes(range(256)) * 20_000
    server = serve([READ, answer(), READ, answer(), HOLD])
    for _ in range(2):
        assert caller.call(post(server.origin, body=body)).body == b"ok"
    assert [request.body == body for request in server.requests] == [True, True]
    assert server.connections == 1


def test_an_answer_before_the_whole_request_is_taken(caller: Caller, serve: Serve) -> None:
    """A server may refuse a large request at its head and read no more of it."""
    server = serve(
        [answer(b"too large", status="413 Content Too Large"), DEAF],
        [READ, answer(b"second"), HOLD],
    )
    answered = caller.call(post(server.origin, body=b"x" * 30_000_000))
    assert (answered.status, answered.body) == (413, b"too large")
    assert caller.call(post(server.origin)).body == b"second"
    assert server.connections == 2


def test_an_answer_before_anything_is_asked(caller: Caller, serve: Serve) -> None:
    """A server that has too much to do may say so at once, and close."""
    said = threading.Event()
    server = serve([answer(b"busy", status="503 Service Unavailable"), Tell(said), CLOSE])
    answered = caller.call(post(server.origin))
    assert (answered.status, answered.body) == (503, b"busy")


# ---------------------------------------------------------------------- content codings and sizes


def test_a_coding_that_was_not_asked_for_is_refused(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(b"x", "Content-Encoding: br"), HOLD])
    with pytest.raises(DecodeError, match="content coding") as caught:
        caller.call(post(server.origin))
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"hello", "corrupt"),
        (gzip.compress(b"hello")[:-4], "ended too early"),
        (gzip.compress(b"hello") + b"x" * 20, "corrupt"),
    ],
    ids=["no gzip", "cut short", "junk after it"],
)
def test_a_body_that_is_not_what_its_coding_says_is_an_error(
    caller: Caller, serve: Serve, body: bytes, words: str
) -> None:
    server = serve([READ, answer(body, "Content-Encoding: gzip"), HOLD])
    with pytest.raises(ConnectionLost, match=words):
        caller.call(post(server.origin))


@pytest.mark.parametrize(
    ("script", "limit"),
    [
        ([answer(b"x" * 1001)], 1000),
        ([chunked(*[b"x"] * 1001)], 1000),
        ([OK + b"\r\n" + b"x" * 1001, CLOSE], 1000),
        ([answer(gzip.compress(b"x" * 1_000_000), "Content-Encoding: gzip")], 10_000),
    ],
    ids=["length", "chunked", "until close", "gzip"],
)
def test_a_body_above_the_limit_is_refused(
    make: Callable[..., Caller], serve: Serve, script: list[Step], limit: int
) -> None:
    server = serve([READ, *script, HOLD])
    with pytest.raises(DecodeError, match=f"larger than {limit} bytes") as caught:
        make(max_body_bytes=limit).call(post(server.origin))
    assert not caught.value.retryable


@pytest.mark.parametrize("script", [answer(b"x" * 1000), chunked(*[b"x"] * 1000)], ids=["length", "chunked"])
def test_a_body_just_below_the_limit_is_read(make: Callable[..., Caller], serve: Serve, script: bytes) -> None:
    server = serve([READ, script, HOLD])
    assert len(make(max_body_bytes=1000).call(post(server.origin)).body) == 1000


GZIPPED = gzip.compress(b"hello")


@pytest.mark.parametrize(
    "script",
    [
        [answer(b"hello")],
        [chunked(b"he", b"llo")],
        [answer(b"hello")[:-2], b"lo"],
        [answer(GZIPPED, "Content-Encoding: gzip")],
        [OK + b"\r\nhello", CLOSE],
    ],
    ids=["length", "chunked", "two pieces", "encoded", "until close"],
)
def test_what_is_at_hand_is_what_would_be_read(caller: Caller, serve: Serve, script: list[Step]) -> None:
    reply = caller.open(post(serve([READ, *script]).origin))
    at_hand = getattr(reply, "at_hand", lambda: None)()
    if at_hand is None:
        assert caller.read(reply) == b"hello"
    else:
        assert at_hand == b"hello"
        with pytest.raises(ConfigurationError, match="only once"):
            caller.read(reply)


def test_nor_is_a_body_above_the_limit_at_hand(make: Callable[..., Caller], serve: Serve) -> None:
    caller = make(max_body_bytes=4)
    reply = caller.open(post(serve([READ, answer(b"hello"), HOLD]).origin))
    with pytest.raises(DecodeError, match="larger than 4 bytes"):
        getattr(reply, "at_hand", lambda: None)() or caller.read(reply)


# ---------------------------------------------------------------------- streams


def test_frames_come_as_they_arrive(caller: Caller, serve: Serve) -> None:
    """Each event is awaited before the server sends the next: nothing waits for a buffer to fill."""
    turns = [threading.Event() for _ in range(4)]
    events = [b"data: %d\n\n" % number for number in range(4)]
    steps = [step for turn, event in zip(turns, events, strict=True) for step in (Await(turn), _chunk(event))]
    server = serve([READ, OK + b"Transfer-Encoding: chunked\r\n\r\n", *steps, b"0\r\n\r\n", HOLD])
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    for number, turn in enumerate(turns):
        turn.set()
        assert caller.next(stream) == [("", b"%d" % number)]
    assert caller.next(stream) is None


def test_compressed_frames_come_as_they_arrive(caller: Caller, serve: Serve) -> None:
    compressor = zlib.compressobj(wbits=31)
    turns = [threading.Event() for _ in range(3)]
    steps: list[Step] = []
    for number, turn in enumerate(turns):
        piece = compressor.compress(b"data: %d\n\n" % number) + compressor.flush(zlib.Z_SYNC_FLUSH)
        steps += [Await(turn), _chunk(piece)]
    head = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = serve([READ, head, *steps, _chunk(compressor.flush()), b"0\r\n\r\n", HOLD])
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    for number, turn in enumerate(turns):
        turn.set()
        assert caller.next(stream) == [("", b"%d" % number)]
    assert caller.next(stream) is None


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_frames_that_came_before_a_cut_are_delivered_before_the_error(caller: Caller, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n", b"data: 2\n\n")[:-5], CLOSE])
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    frames = caller.next(stream)
    while len(frames) < 2:
        frames += caller.next(stream)
    assert frames == [("", b"1"), ("", b"2")]
    with pytest.raises(ConnectionLost):
        caller.next(stream)


def test_frames_that_came_before_a_fault_are_delivered_before_the_error(caller: Caller, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5] + b"zz\r\n", HOLD])
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    assert caller.next(stream) == [("", b"1")]
    with pytest.raises(ConnectionLost, match="proper HTTP"):
        caller.next(stream)


def test_a_stream_read_to_its_end_gives_its_connection_back(caller: Caller, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n"), READ, answer(b"second"), HOLD])
    assert caller.frames(post(server.origin)) == [("", b"1")]
    assert caller.call(post(server.origin)).body == b"second"
    assert server.connections == 1


def test_an_event_without_its_end_counts_when_the_body_ends_well(caller: Caller, serve: Serve) -> None:
    server = serve([READ, chunked(b'data: {"a":1}'), HOLD])
    assert caller.frames(post(server.origin)) == [("", b'{"a":1}')]


def test_a_stream_cut_in_its_gzip_is_an_error(caller: Caller, serve: Serve) -> None:
    body = gzip.compress(b"data: 1\n\n")[:-4]
    server = serve([READ, answer(body, "Content-Encoding: gzip"), HOLD])
    with pytest.raises(ConnectionLost, match="ended too early"):
        caller.frames(post(server.origin))


def test_binary_frames(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(encode_event_stream(("metadata", b"{}")) * 2), HOLD])
    assert caller.frames(post(server.origin), "aws_event_stream") == [("metadata", b"{}")] * 2


def test_a_slow_reader_holds_the_server_back(caller: Caller, serve: Serve) -> None:
    """What waits in our memory stays small, however much the server would like to send."""
    event = b"data: " + b"x" * 8000 + b"\n\n"
    sent_all = threading.Event()
    body = [_chunk(event)] * 8000  # 64 MB: more than any socket buffer
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    server = serve([READ, head, *body, b"0\r\n\r\n", Tell(sent_all), HOLD])
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    count = len(caller.next(stream))
    for _ in range(20):
        caller.settle()
    assert not sent_all.is_set()
    while (frames := caller.next(stream)) is not None:
        count += len(frames)
    assert count == 8000


# ---------------------------------------------------------------------- using a reply


def test_a_body_is_read_once(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    reply = caller.open(post(server.origin))
    caller.read(reply)
    with pytest.raises(ConfigurationError, match="only once"):
        caller.read(reply)


def test_a_closed_reply_cannot_be_read(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(b"hello")[:-1], HOLD])
    reply = caller.open(post(server.origin))
    reply.close()
    reply.close()
    with pytest.raises(ConnectionLost, match="ended from this side"):
        caller.read(reply)
    caller.settle()
    assert server.gone.wait(10)


def test_leaving_a_stream_frees_its_connection_at_once(caller: Caller, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], HOLD])
    reply = caller.open(post(server.origin))
    caller.next(caller.stream(reply, "sse"))
    reply.close()
    caller.settle()
    assert server.gone.wait(10)


def test_dropping_a_stream_frees_its_connection_at_once(caller: Caller, serve: Serve) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], HOLD])
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    caller.next(stream)
    del stream
    caller.settle()
    assert server.gone.wait(10)


def test_dropping_a_reply_that_was_not_read_frees_its_connection(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(b"hello")[:-1], HOLD])
    caller.open(post(server.origin))
    caller.settle()
    assert server.gone.wait(10)


def test_closing_a_reply_that_has_come_whole_keeps_its_connection(caller: Caller, serve: Serve) -> None:
    server = serve([READ, answer(b"hello"), READ, answer(b"second"), HOLD])
    caller.open(post(server.origin)).close()
    assert caller.call(post(server.origin)).body == b"second"
    assert server.connections == 1


def test_no_error_is_foreign(caller: Caller, serve: Serve) -> None:
    for row in BROKEN:
        server = serve([READ, *row[1], CLOSE])
        with pytest.raises(Error):
            caller.call(post(server.origin))
