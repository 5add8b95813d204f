"""The HTTP/1.1 core alone: any split of a reply gives the same, and whatever comes, only our errors are raised."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable
from itertools import pairwise

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.errors import ConfigurationError, ConnectionLost
from dragoman.http import HttpRequest, Origin
from dragoman.transport.http1 import requests
from dragoman.transport.http1.replies import MAX_HEAD_BYTES, ReplyParser
from dragoman.transport.http1.requests import request_pieces

from .scripted import RESET, answer, chunked
from .test_replies import BROKEN, WHOLE

steady = settings(deadline=None)  # the machine may have other things to do

Outcome = tuple[object, ...]


def parse(pieces: Iterable[bytes], *, ends: bool = True) -> Outcome:
    """What becomes of a reply: its parts, or the kind of its failure."""
    parser, body = ReplyParser(), b""
    try:
        for piece in pieces:
            parser.feed(piece)
            body += parser.take()
        parser.check()
        if ends and not parser.complete:
            parser.end()
    except ConnectionLost:
        return ("broken",)
    return parser.status, parser.headers, body, parser.complete, parser.reusable


def said(script: list[object]) -> bytes:
    return b"".join(step for step in script if isinstance(step, bytes))


VALID = [(row[0], said(row[1])) for row in WHOLE]
INVALID = [(row[0], said(row[1])) for row in BROKEN if len(said(row[1])) < 1000 and RESET not in row[1]]
replies = pytest.mark.parametrize("wire", [wire for _, wire in VALID], ids=[name for name, _ in VALID])


@replies
def test_every_split_in_two(wire: bytes) -> None:
    whole = parse([wire])
    for place in range(len(wire) + 1):
        assert parse([wire[:place], wire[place:]]) == whole, place


@replies
def test_byte_by_byte(wire: bytes) -> None:
    assert parse(bytes([byte]) for byte in wire) == parse([wire])


@pytest.mark.parametrize("wire", [wire for _, wire in INVALID], ids=[name for name, _ in INVALID])
def test_no_split_makes_a_broken_reply_whole(wire: bytes) -> None:
    assert parse([wire]) == ("broken",)
    for place in range(len(wire) + 1):
        assert parse([wire[:place], wire[place:]]) == ("broken",), place


def test_nothing_is_held_back_of_a_body() -> None:
    parser = ReplyParser()
    parser.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
    assert parser.take() == b"hel"
    parser.feed(b"lo\r\n")
    assert (parser.take(), parser.complete) == (b"lo", False)
    parser.feed(b"0\r\n\r\n")
    assert (parser.take(), parser.complete, parser.reusable) == (b"", True, True)


@pytest.mark.parametrize(
    "excess",
    [b"x", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", answer(b"evil"), b"HTTP/1.1 200 OK\r\n\r\n", b"\x00"],
)
@pytest.mark.parametrize(
    "reply",
    [answer(b"hello"), chunked(b"hello"), answer(b""), answer(b"\r\n\r\n")],
    ids=["length", "chunked", "nothing", "line breaks"],
)
def test_what_comes_after_a_reply_is_neither_read_nor_forgiven(reply: bytes, excess: bytes) -> None:
    """At whichever place the bytes are cut: the body is the reply's own, and the connection is not used again."""
    wire = reply + excess
    status, headers, body, *_ = parse([reply])
    for place in range(len(wire) + 1):
        assert parse([wire[:place], wire[place:]]) == (status, headers, body, True, False), place


# ---------------------------------------------------------------------- beside another parser

token = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz-"), min_size=1, max_size=8)
value = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)
harmless = st.lists(st.tuples(token.map(lambda name: f"x-{name}"), value), max_size=5)


@st.composite
def valid_replies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A reply on the wire, and its body."""
    status = draw(st.sampled_from([200, 201, 400, 404, 429, 500, 529]))
    head = f"HTTP/1.1 {status} Some Reason\r\n" + "".join(f"{name}: {text}\r\n" for name, text in draw(harmless))
    pieces = draw(st.lists(st.binary(min_size=1, max_size=30), max_size=5))
    body = b"".join(pieces)
    if draw(st.booleans()):
        framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + framed, body
    return head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body), body


def cut(wire: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(wire) + 1) for place in places} | {0, len(wire)})
    return [wire[start:end] for start, end in pairwise(ends)]


@given(valid_replies(), st.lists(st.integers(0, 10_000), max_size=6))
@steady
def test_we_understand_what_h11_understands(reply: tuple[bytes, bytes], places: list[int]) -> None:
    wire, body = reply
    peer = h11.Connection(h11.CLIENT)
    peer.send(h11.Request(method="POST", target="/", headers=[("host", "h"), ("content-length", "0")]))
    peer.send(h11.EndOfMessage())
    peer.receive_data(wire)
    head = peer.next_event()
    status, headers, got, complete, reusable = parse(cut(wire, places))
    assert (status, got, complete, reusable) == (head.status_code, body, True, True)
    for name, text in head.headers:
        assert text.decode() in headers[name.decode()]


# ---------------------------------------------------------------------- whatever comes

FRAGMENTS = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 200\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Connection: close\r\n",
    b"Connection: upgrade\r\nUpgrade: h2c\r\n",
    b"A: b\r\n",
    b" folded\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\x00",
    b":",
    b"5\r\nhello\r\n",
    b"0\r\n\r\n",
    b"0\r\n",
    b"ffffffffffffffff\r\n",
    b"hello",
]


def behaves(pieces: list[bytes]) -> None:
    """Only our error is raised; and if none is, the whole gives the same as the pieces."""
    assert parse(pieces) == parse([b"".join(pieces)])


@given(st.lists(st.binary(max_size=60), max_size=6))
@steady
def test_any_bytes(pieces: list[bytes]) -> None:
    parse([b"HTTP/1.1 200 OK\r\n", *pieces])
    parse(pieces)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12))
@settings(steady, max_examples=300)
def test_any_fragments_of_replies(pieces: list[bytes]) -> None:
    behaves(pieces)
    behaves([b"HTTP/1.1 200 OK\r\n", *pieces])


@given(st.sampled_from([wire for _, wire in VALID]), st.data())
@settings(steady, max_examples=300)
def test_any_mutation_of_a_valid_reply(wire: bytes, data: st.DataObject) -> None:
    mutated = bytearray(wire)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(mutated) - 1))
        mutated[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not mutated:
            break
    behaves(cut(bytes(mutated), data.draw(st.lists(st.integers(0, 10_000), max_size=4))))


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_any_mutation_for_a_long_time() -> None:
    """`DRAGOMAN_SOAK_SECONDS` (60) of mutations, fragments and splits."""
    dice = random.Random(20261121)
    end = time.monotonic() + float(os.environ.get("DRAGOMAN_SOAK_SECONDS", "60"))
    count = 0
    while time.monotonic() < end:
        wire = bytearray(dice.choice(VALID)[1] if dice.random() < 0.6 else b"".join(dice.choices(FRAGMENTS, k=12)))
        for _ in range(dice.randint(0, 4)):
            place = dice.randrange(len(wire) + 1)
            wire[place : place + dice.randint(0, 4)] = dice.choice(
                (dice.randbytes(dice.randint(0, 4)), dice.choice(FRAGMENTS))
            )
        behaves(cut(bytes(wire), [dice.randrange(10_000) for _ in range(dice.randint(0, 8))]))
        count += 1
    assert count > 0
    print(f"{count} replies")  # noqa: T201  # shown by `pytest -s`, and kept with the soak's results


# ---------------------------------------------------------------------- request heads

ORIGIN = Origin("http", "h", 80)


def test_a_head_with_everything() -> None:
    request = HttpRequest(origin=ORIGIN, target="/p?q", headers=[("X-A", "1")], body=b"ab")
    pieces = request_pieces(request, host="h", prefix="http://h", extra="Proxy-Authorization: Basic x\r\n")
    assert b"".join(pieces) == (
        b"POST http://h/p?q HTTP/1.1\r\n"
        b"Host: h\r\n"
        b"Proxy-Authorization: Basic x\r\n"
        b"X-A: 1\r\n"
        b"Accept-Encoding: gzip, deflate\r\n"
        b"Content-Length: 2\r\n\r\nab"
    )


@given(
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=12)), max_size=4),
    st.text(max_size=12),
    st.text(max_size=6),
)
@steady
def test_a_head_is_what_was_given_or_is_refused(headers: list[tuple[str, str]], target: str, method: str) -> None:
    """Another parser reads from the head exactly what was put into it: nothing can be smuggled in."""
    request = HttpRequest(origin=ORIGIN, target=f"/{target}", method=method, headers=headers)
    try:
        (head,) = request_pieces(request, host="h")
    except ConfigurationError:
        return
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(head)
    got = peer.next_event()
    assert (got.method.decode(), got.target.decode("latin-1")) == (method, f"/{target}")
    ours = {"host", "accept-encoding", "content-length"}
    read = [(name.decode(), text.decode("latin-1")) for name, text in got.headers if name.decode() not in ours]
    assert read == [(name.lower(), text.strip(" \t")) for name, text in headers if name.lower() not in ours]


def test_names_that_callers_make_up_do_not_fill_the_memory() -> None:
    for number in range(3000):
        request_pieces(HttpRequest(origin=ORIGIN, target="/", headers=[(f"x-{number}", "1")]), host="h")
    assert len(requests._names) <= requests._MAX_NAMES


def test_a_dripping_head_of_the_largest_size_is_no_work() -> None:
    """Reading it does not grow with the square of its length."""
    parser = ReplyParser()
    begun = time.process_time()
    for _ in range(MAX_HEAD_BYTES - 20):
        parser.feed(b"x" if parser.started else b"HTTP/1.1 200 OK\r\nA: ")
    assert time.process_time() - begun < 5
