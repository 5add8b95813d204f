"""HTTP/1.1 as the emulator speaks it, byte by byte."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable

import pytest

from dragoman.testing import Emulator

from .conftest import CHAT, Client, Wire, body, raw_request, running

HELLO = body("openai_chat", "Say exactly: hello")
LONG = body("openai_chat", "Count to 9999", stream=True)


def test_one_connection_serves_many_calls(wire: Callable[[], Wire]) -> None:
    connection = wire()
    for n in range(5):
        connection.send(raw_request(CHAT, body("openai_chat", f"Say exactly: {n}")))
        status, headers, content = connection.reply()
        assert (status, "connection" in headers) == (200, False)
        assert json.loads(content)["choices"][0]["message"]["content"] == str(n)


def test_pipelined_calls_are_answered_in_order(wire: Callable[[], Wire]) -> None:
    connection = wire()
    calls = [raw_request(CHAT, body("openai_chat", f"Say exactly: {n}")) for n in range(100)]
    slow = raw_request(CHAT, body("openai_chat", "Say exactly: slow"), x_emulator_fault="head-delay-seconds=0.05")
    connection.send(slow + b"".join(calls))
    said = [json.loads(connection.reply()[2])["choices"][0]["message"]["content"] for _ in range(101)]
    assert said == ["slow", *map(str, range(100))]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_pieces_of_a_request_do_not_matter(wire: Callable[[], Wire], size: int) -> None:
    connection, data = wire(), raw_request(CHAT, HELLO)
    for start in range(0, len(data), size):
        connection.send(data[start : start + size])
    assert connection.reply()[0] == 200


def test_a_chunked_request(wire: Callable[[], Wire]) -> None:
    connection, data = wire(), json.dumps(HELLO).encode()
    chunks = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(data[i : i + 9]), data[i : i + 9]) for i in range(0, len(data), 9))
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    connection.send(head + chunks + b"0\r\ntrailer: 1\r\n\r\n")
    assert b"hello" in connection.reply()[2]


def test_expect_continue_is_answered_before_the_body(wire: Callable[[], Wire]) -> None:
    connection, data = wire(), raw_request(CHAT, HELLO, expect="100-continue")
    head, _, content = data.partition(b"\r\n\r\n")
    connection.send(head + b"\r\n\r\n")
    assert connection.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(content)
    assert connection.reply()[0] == 200


def test_a_body_announced_too_large_is_refused_before_it_is_sent() -> None:
    with running(max_body_bytes=100) as (emulator, _):
        connection = Wire(emulator)
        connection.send(
            f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 999\r\n\r\n".encode()
        )
        assert connection.reply()[0] == 413
        assert connection.rest() == b""
        connection.socket.close()


def test_a_body_too_large_is_refused_and_the_connection_goes_on() -> None:
    with running(max_body_bytes=300) as (emulator, client):
        assert client.ask("openai_chat", "x" * 300).status == 413
        refused = client.ask("anthropic_messages", "x" * 300)
        assert refused.json["error"]["type"] == "request_too_large"
        assert client.ask("openai_chat", "hello").status == 200
        assert [line.outcome for line in emulator.bill] == ["refused", "refused", "ok"]


def test_http_1_0_ends_with_the_connection(wire: Callable[[], Wire]) -> None:
    connection = wire()
    connection.send(raw_request(CHAT, HELLO, version="1.0"))
    assert connection.rest().endswith(b"}")
    connection = wire()
    connection.send(raw_request(CHAT, {**HELLO, "stream": True}, version="1.0"))
    whole = connection.rest()
    assert whole.endswith(b"data: [DONE]\n\n")
    assert b"transfer-encoding" not in whole


def test_connection_close_is_obeyed(wire: Callable[[], Wire]) -> None:
    connection = wire()
    connection.send(raw_request(CHAT, HELLO, connection="close"))
    whole = connection.rest()
    assert b"\r\nconnection: close\r\n" in whole
    assert whole.endswith(b"}")


def test_head_has_the_head_alone(client: Client, wire: Callable[[], Wire]) -> None:
    assert client.send("HEAD", "/").status == 200
    connection = wire()
    connection.send(b"HEAD /v1/models HTTP/1.1\r\nhost: x\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
    head = connection.until(b"\r\n\r\n").lower()
    _, headers, content = connection.reply()
    assert f"content-length: {len(content)}\r\n".encode() in head
    assert headers["content-length"] == str(len(content))


NOT_HTTP = [
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    (b"HELLO\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -3\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 70_000 + b"\r\n\r\n", 431),
    (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n\r\n", 431),
]


@pytest.mark.parametrize(("data", "status"), NOT_HTTP, ids=[str(data[:24]) for data, _ in NOT_HTTP])
def test_what_is_not_http_is_refused_and_ends_the_connection(
    wire: Callable[[], Wire], client: Client, data: bytes, status: int
) -> None:
    connection = wire()
    connection.send(data)
    answered, headers, content = connection.reply()
    assert (answered, headers["connection"]) == (status, "close")
    assert json.loads(content)["error"]["message"]
    assert client.ask("openai_chat").status == 200


def test_another_protocol_is_not_spoken(wire: Callable[[], Wire]) -> None:
    connection = wire()
    connection.send(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n\x81\x00")
    assert connection.rest().startswith(b"HTTP/1.1 200 OK")


# ---------------------------------------------------------------------- clients that leave


@pytest.mark.parametrize("polite", [True, False], ids=["closed", "reset"])
def test_a_stream_stops_when_its_client_leaves(emulator: Emulator, wire: Callable[[], Wire], polite: bool) -> None:
    connection = wire()
    connection.send(raw_request(CHAT, LONG, x_emulator_fault="event-delay-seconds=0.002"))
    connection.until(b"\n\n", times=5)
    if not polite:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.socket.close()
    (line,) = emulator.wait_for_bill(1)
    assert line.outcome == "left"
    assert 4 <= line.delivered < line.pieces
    assert line.usage is not None, "what was made is on the bill"


def test_a_stream_waits_for_a_client_that_does_not_read(emulator: Emulator, wire: Callable[[], Wire]) -> None:
    connection = wire()
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.send(raw_request(CHAT, body("openai_chat", "Count to 9999", stream=True, n=5)))
    connection.until(b"\n\n")
    connection.socket.close()
    (line,) = emulator.wait_for_bill(1)
    assert line.outcome == "left"
    assert line.delivered < line.pieces


def test_a_call_that_waits_is_given_up_when_its_client_leaves(emulator: Emulator, wire: Callable[[], Wire]) -> None:
    connection = wire()
    connection.send(raw_request(CHAT, HELLO, x_emulator_fault="stall-at-byte=0"))
    emulator.wait_for_requests(1)
    connection.socket.close()
    (line,) = emulator.wait_for_bill(1)
    assert (line.outcome, line.delivered) == ("left", 0)


# ---------------------------------------------------------------------- starting and stopping


def test_many_clients_at_once(emulator: Emulator) -> None:
    said: dict[int, list[str]] = {}

    def talk(number: int) -> None:
        client = Client(emulator)
        said[number] = [
            client.ask("openai_chat", f"Say exactly: {number}.{n}", stream=bool(n % 2)).decoded().content
            for n in range(10)
        ]
        client.connection.close()

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {number: [f"{number}.{n}" for n in range(10)] for number in range(16)}
    assert len(emulator.bill) == 160


def test_stopping_lets_answers_end_and_breaks_off_what_stalls() -> None:
    with Emulator() as emulator:
        slow, stalled, idle = Wire(emulator), Wire(emulator), Wire(emulator)
        slow.send(raw_request(CHAT, HELLO, x_emulator_fault="head-delay-seconds=0.1"))
        stalled.send(raw_request(CHAT, HELLO, x_emulator_fault="stall-at-byte=20"))
        emulator.wait_for_requests(2)
        stalled.until(b"HTTP/1.1 200")
    assert slow.rest().endswith(b"}")
    assert idle.rest() == b""
    stalled.rest()
    for each in (slow, stalled, idle):
        each.socket.close()
    assert [line.outcome for line in emulator.bill] == ["left", "ok"]


def test_it_can_be_started_again() -> None:
    emulator = Emulator()
    for _ in range(3):
        with emulator:
            client = Client(emulator)
            assert client.ask("openai_chat").status == 200
            client.connection.close()
    assert len(emulator.requests) == 3
