"""Faults on the wire, as a client meets them."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import DecodeError, ProviderError, StreamInterrupted
from dragoman.messages import LLMResponse, ToolCall
from dragoman.testing import Emulator, Fault

from .conftest import CHAT, PATHS, Client, Wire, body, raw_request, running

both = pytest.mark.parametrize("dialect", PATHS)


@both
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 418, 429, 500, 502, 503, 529])
def test_a_status_comes_with_an_error_of_the_dialect(client: Client, dialect: str, status: int) -> None:
    answer = client.ask(dialect, fault=f"status={status};message=So it goes;retry-after=1.5", stream=True)
    assert (answer.status, answer.headers["retry-after"]) == (status, "1.5")
    error = get_dialect(dialect).decode_error(answer.status, answer.headers, answer.body)
    assert error.message == "So it goes"


@both
def test_a_fault_from_python_strikes_once(client: Client, emulator: Emulator, dialect: str) -> None:
    emulator.fault(status=503)
    assert [client.ask(dialect).status for _ in range(3)] == [503, 200, 200]
    emulator.fault(Fault(status=429), times=2)
    assert [client.ask(dialect).status for _ in range(3)] == [429, 429, 200]
    emulator.fault(status=500, times=None)
    assert [client.ask(dialect).status for _ in range(3)] == [500, 500, 500]
    emulator.reset()
    assert client.ask(dialect).status == 200


def test_a_fault_for_one_model_or_path(client: Client, emulator: Emulator) -> None:
    emulator.fault(status=503, model="gpt-4o-mini")
    emulator.fault(status=500, path="/messages")
    assert client.ask("openai_chat", model="other").status == 200
    assert client.ask("openai_chat").status == 503
    assert client.ask("openai_chat").status == 200
    assert client.ask("anthropic_messages").status == 500
    emulator.fault(status=500, path="/models")
    assert client.ask("openai_chat").status == 200
    assert client.send("GET", "/v1/models").status == 500


def test_a_share_of_calls_fails_the_same_way_for_the_same_seed() -> None:
    def run(seed: int) -> list[int]:
        with running(seed=seed) as (emulator, client):
            emulator.fault(status=503, share=0.3, times=None)
            return [client.ask("openai_chat").status for _ in range(60)]

    assert run(1) == run(1) != run(2)
    assert 5 < run(1).count(503) < 40


def test_a_wrong_header_is_told(client: Client) -> None:
    answer = client.ask("openai_chat", fault="stats=1")
    assert (answer.status, "stats" in answer.json["error"]["message"]) == (400, True)


BODIES: list[tuple[str, bytes]] = [("body=", b""), ("body={%22id%22:", b'{"id":'), ("body=[1]", b"[1]")]


@both
@pytest.mark.parametrize(("fault", "content"), BODIES)
@pytest.mark.parametrize("stream", [False, True])
def test_another_body(client: Client, dialect: str, fault: str, content: bytes, stream: bool) -> None:
    answer = client.ask(dialect, fault=fault, stream=stream)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, content, str(len(content)))


def test_the_page_of_a_proxy(client: Client, emulator: Emulator) -> None:
    emulator.fault(
        status=502, body="<html>Bad Gateway</html>", headers={"content-type": "text/html", "server": "proxy"}
    )
    answer = client.ask("openai_chat")
    assert (answer.status, answer.headers["content-type"], answer.headers["server"]) == (502, "text/html", "proxy")
    assert answer.body == b"<html>Bad Gateway</html>"


# ---------------------------------------------------------------------- inside a stream


@both
@pytest.mark.parametrize("after", [0, 3, -9])
def test_an_error_inside_a_stream(client: Client, emulator: Emulator, dialect: str, after: int) -> None:
    whole = len(client.ask(dialect, "Count to 50", stream=True).frames)
    answer = client.ask(dialect, "Count to 50", stream=True, fault=f"error-after={after};status=529;message=lost")
    assert answer.status == 200
    assert len(answer.frames) == (after if after >= 0 else whole + after) + 1
    with pytest.raises(ProviderError, match="lost"):
        answer.decoded()
    assert emulator.bill[-1].outcome == "failed"


@both
def test_an_error_comes_before_the_end_at_the_latest(client: Client, dialect: str) -> None:
    with pytest.raises(ProviderError, match="lost"):
        client.ask(dialect, "Count to 50", stream=True, fault="error-after=999;message=lost").decoded()


@both
@pytest.mark.parametrize("after", [0, 4, -1])
def test_a_stream_without_its_end(client: Client, dialect: str, after: int) -> None:
    answer = client.ask(dialect, "Count to 50", stream=True, fault=f"end-after={after}")
    with pytest.raises(StreamInterrupted):
        answer.decoded()


@both
def test_a_frame_that_is_not_json(client: Client, dialect: str) -> None:
    answer = client.ask(dialect, "Count to 50", stream=True, fault="frame=data:%20%7Boops%0A%0A;frame-after=2")
    assert answer.frames[2] == ("", b"{oops")
    with pytest.raises(DecodeError):
        answer.decoded()


# ---------------------------------------------------------------------- the connection

FRAMINGS = ["chunked", "length", "close"]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_framings(client: Client, framing: str, stream: bool) -> None:
    answer = client.ask("openai_chat", "Say exactly: hello", stream=stream, fault=f"framing={framing}")
    assert answer.decoded().content == "hello"
    assert ("content-length" in answer.headers, "transfer-encoding" in answer.headers) == (
        framing == "length",
        framing == "chunked",
    )


@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("cut", ["cut-after=2", "cut-after=-1", "cut-at-byte=300"])
def test_a_cut_connection_is_noticed(client: Client, emulator: Emulator, framing: str, cut: str) -> None:
    with pytest.raises(http.client.IncompleteRead):
        client.ask("openai_chat", "Count to 50", stream=True, fault=f"{cut};framing={framing}")
    assert emulator.bill[-1].outcome == "cut"
    assert emulator.bill[-1].delivered < emulator.bill[-1].pieces


def test_a_cut_in_a_body_that_ends_with_the_connection_is_not(client: Client) -> None:
    answer = client.ask("openai_chat", "Count to 50", stream=True, fault="cut-after=5;framing=close")
    assert len(answer.frames) == 5


def test_a_cut_before_the_answer(client: Client) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        client.ask("openai_chat", fault="cut-at-byte=0")


def test_a_reset(client: Client) -> None:
    with pytest.raises(ConnectionResetError):
        client.ask("openai_chat", "Count to 50", stream=True, fault="cut-after=5;reset=true")


def test_a_stall_keeps_the_connection_open(wire: Callable[[], Wire]) -> None:
    connection = wire()
    connection.send(raw_request(CHAT, body("openai_chat", stream=True), x_emulator_fault="stall-after=2"))
    connection.until(b"\n\n", times=2)
    connection.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.until(b"\n\n")


def test_a_slow_drip_arrives_whole(client: Client) -> None:
    answer = client.ask("openai_chat", "Say exactly: hello", stream=True, fault="drip-bytes=7;drip-seconds=0.0001")
    assert answer.decoded().content == "hello"


def test_delays_are_kept(client: Client) -> None:
    start = time.monotonic()
    client.ask("openai_chat", fault="head-delay-seconds=0.05;first-delay-seconds=0.05")
    assert time.monotonic() - start >= 0.1


def test_a_pace_for_every_answer() -> None:
    with running(pace=Fault(head_delay_seconds=0.03)) as (emulator, client):
        start = time.monotonic()
        assert client.ask("openai_chat").status == 200
        emulator.fault(status=429)
        assert client.ask("openai_chat").status == 429
        assert time.monotonic() - start >= 0.06


@both
def test_every_way_to_cut_a_stream_short_is_noticed_by_our_decoder(client: Client, dialect: str) -> None:
    """Whatever arrives before a cut is no whole answer."""
    frames = client.ask(dialect, "Count to 9", stream=True).frames
    for count in range(len(frames) - 1):
        decoder = get_dialect(dialect).stream_decoder()
        for name, data in frames[:count]:
            decoder.feed(name, data)
        with pytest.raises(StreamInterrupted):
            decoder.finish()


def test_ids_that_tell_nothing_apart(client: Client, emulator: Emulator) -> None:
    calls = LLMResponse(
        parts=(
            ToolCall(id="call_1", name="weather", arguments={"city": "Paris"}),
            ToolCall(id="call_2", name="weather", arguments={"city": "Rome"}),
        )
    )
    emulator.script(calls, calls)
    answers = [client.ask("openai_chat", fault="repeat-ids=true").json for _ in range(2)]
    assert {answer["id"] for answer in answers} == {"chatcmpl-repeated"}
    ids = [call["id"] for call in answers[0]["choices"][0]["message"]["tool_calls"]]
    assert ids == ["call_repeated", "call_repeated"]


@both
def test_a_frame_that_comes_twice(client: Client, dialect: str) -> None:
    once, twice = (client.ask(dialect, stream=True, fault=fault).body for fault in ("", "repeat-frame=1"))
    frames, repeated = once.split(b"\n\n"), twice.split(b"\n\n")
    assert len(repeated) == len(frames) + 1
    assert repeated[1] == repeated[2]
