"""Replies as steps: the faults that strike on the way, one by one, without a socket."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.errors import ConfigurationError, Overloaded, RateLimited
from dragoman.testing.emulator.delivery import DeliveryStep, Hangup, Pause, Stall, Write, steps_of
from dragoman.testing.emulator.faults import NO_FAULT, Fault, Faults, Filter, parse_fault, position
from dragoman.testing.emulator.http import Reply

PIECES = (b"first", b"second", b"third")


def steps(
    fault: Fault = NO_FAULT, *, streamed: bool = True, head_only: bool = False, **fields: Any
) -> list[DeliveryStep]:
    reply = Reply(status=200, pieces=PIECES, streamed=streamed, fault=fault, **fields)
    return steps_of(reply, head_only=head_only, is_http_1_0=False, keep_alive=True)


def sent(steps: list[DeliveryStep]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Write))


def body_of(steps: list[DeliveryStep]) -> bytes:
    return sent(steps).partition(b"\r\n\r\n")[2]


def delivered(steps: list[DeliveryStep]) -> int:
    return sum(step.pieces for step in steps if isinstance(step, Write))


WHOLE = sent(steps())


def test_without_a_fault_all_is_one_write() -> None:
    (write,) = steps()
    assert isinstance(write, Write)
    assert (body_of([write]), write.pieces) == (b"5\r\nfirst\r\n6\r\nsecond\r\n5\r\nthird\r\n0\r\n\r\n", 3)


FRAMINGS: list[tuple[Fault, bytes, bytes]] = [
    (Fault(), b"transfer-encoding: chunked\r\n", b"5\r\nfirst\r\n6\r\nsecond\r\n5\r\nthird\r\n0\r\n\r\n"),
    (Fault(framing="length"), b"content-length: 16\r\n", b"firstsecondthird"),
    (Fault(framing="close"), b"connection: close\r\n", b"firstsecondthird"),
]


@pytest.mark.parametrize(("fault", "header", "content"), FRAMINGS, ids=["chunked", "length", "close"])
def test_framings(fault: Fault, header: bytes, content: bytes) -> None:
    assert header in sent(steps(fault))
    assert body_of(steps(fault)) == content
    assert body_of(steps(fault, head_only=True)) == b""


CUTS: list[tuple[Fault, bytes, int]] = [
    (Fault(cut_after=0), b"", 0),
    (Fault(cut_after=2), b"5\r\nfirst\r\n6\r\nsecond\r\n", 2),
    (Fault(cut_after=-1), b"5\r\nfirst\r\n6\r\nsecond\r\n", 2),
    (Fault(cut_after=3), b"5\r\nfirst\r\n6\r\nsecond\r\n5\r\nthird\r\n", 3),
    (Fault(cut_after=99), b"5\r\nfirst\r\n6\r\nsecond\r\n5\r\nthird\r\n", 3),
    (Fault(cut_after=1, framing="length"), b"first", 1),
    (Fault(cut_after=1, framing="close"), b"first", 1),
    (Fault(stall_after=1), b"5\r\nfirst\r\n", 1),
    (Fault(stall_after=2, cut_after=1), b"5\r\nfirst\r\n", 1),
]


@pytest.mark.parametrize(("fault", "content", "pieces"), CUTS, ids=str)
def test_broken_off_after_a_piece(fault: Fault, content: bytes, pieces: int) -> None:
    found = steps(fault)
    assert (body_of(found), delivered(found)) == (content, pieces)
    assert found[-1] == (Hangup() if fault.cut_after is not None else Stall())


def test_broken_off_at_every_byte() -> None:
    for place in range(len(WHOLE)):
        for fault, end in (
            (Fault(cut_at_byte=place, reset=True), Hangup(reset=True)),
            (Fault(stall_at_byte=place), Stall()),
        ):
            found = steps(fault, headers=(("date", "Sat, 21 Nov 2026 00:00:00 GMT"),))
            assert len(sent(found)) == place
            assert found[-1] == end
    assert len(steps(Fault(cut_at_byte=10**6))) == 1


DELAYS: list[tuple[Fault, list[str]]] = [
    (Fault(head_delay_seconds=1), ["1", "write 3"]),
    (Fault(first_delay_seconds=2), ["write 0", "2", "write 3"]),
    (Fault(event_delay_seconds=3), ["write 1", "3", "write 1", "3", "write 1"]),
    (Fault(event_delay_seconds=3, cut_after=2), ["write 1", "3", "write 1", "Hangup"]),
    (Fault(head_delay_seconds=1, stall_at_byte=5), ["1", "write 0", "Stall"]),
]


@pytest.mark.parametrize(("fault", "expected"), DELAYS, ids=str)
def test_delays_stand_where_they_were_asked_for(fault: Fault, expected: list[str]) -> None:
    names = {
        Pause: lambda step: f"{step.seconds:g}",
        Write: lambda step: f"write {step.pieces}",
        Stall: lambda _: "Stall",
        Hangup: lambda _: "Hangup",
    }
    assert [names[type(step)](step) for step in steps(fault)] == expected


def test_a_slow_drip() -> None:
    found = steps(Fault(drip_bytes=10, drip_seconds=0.5), headers=(("date", "x"),))
    writes = [step for step in found if isinstance(step, Write)]
    assert {len(write.data) for write in writes[:5]} == {10}
    assert sent(found) == sent(steps(headers=(("date", "x"),)))
    assert delivered(found) == 3
    assert isinstance(found[-1], Write), "nothing is waited for after the end"
    assert found.count(Pause(0.5)) == len(writes)


def test_headers_of_a_fault_replace_those_of_the_reply() -> None:
    head = sent(steps(Fault(headers={"Content-Type": "text/html", "x-new": "1"}), headers=(("content-type", "a/b"),)))
    assert b"content-type: text/html\r\nx-new: 1\r\n" in head
    assert b"a/b" not in head


@pytest.mark.parametrize(("after", "place"), [(0, 0), (2, 2), (9, 3), (-1, 2), (-3, 0), (-9, 0)])
def test_positions(after: int, place: int) -> None:
    assert position(after, 3) == place


# ---------------------------------------------------------------------- faults by text

HEADERS: list[tuple[str, Fault]] = [
    ("status=429;retry-after=1", Fault(status=429, retry_after="1")),
    (" cut-after = -1 ; reset=true ", Fault(cut_after=-1, reset=True)),
    ("frame=data:%20%7Boops%0A%0A;frame_after=2", Fault(frame="data: {oops\n\n", frame_after=2)),
    ("body=", Fault(body="")),
    ("", Fault()),
]


@pytest.mark.parametrize(("text", "fault"), HEADERS, ids=[text for text, _ in HEADERS])
def test_faults_by_header(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize("text", ["stats=429", "status=many", "framing=pigeon", "status"])
def test_a_header_that_is_no_fault(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a fault"):
        parse_fault(text)


def test_a_fault_is_about_the_error_of_its_status() -> None:
    assert isinstance(Fault(status=429).error(), RateLimited)
    assert isinstance(Fault(status=529, message="Busy").error(), Overloaded)
    assert Fault(status=529, message="Busy").error().message == "Busy"


# ---------------------------------------------------------------------- faults that wait


def test_faults_strike_in_order_and_as_often_as_asked() -> None:
    faults = Faults(lambda: 0.0)
    faults.add(Fault(status=500), Filter(), times=2, share=1.0)
    faults.add(Fault(status=503), Filter(model="m"), times=None, share=1.0)
    statuses = [faults.next(model, "/x").status for model in ("m", "m", "other", "m", "m")]
    assert statuses == [500, 500, None, 503, 503]
    faults.clear()
    assert faults.next("m", "/x") == Fault()


def test_a_share_of_calls() -> None:
    chances = iter([0.1, 0.5, 0.29, 0.3])
    faults = Faults(lambda: next(chances))
    faults.add(Fault(status=503), Filter(), times=None, share=0.3)
    assert [faults.next(None, "/x").status for _ in range(4)] == [503, None, 503, None]


def test_only_faults_that_name_a_path_strike_what_is_no_call_to_a_model() -> None:
    faults = Faults(lambda: 0.0)
    faults.add(Fault(status=500), Filter(), times=None, share=1.0)
    faults.add(Fault(status=503), Filter(path="/models"), times=None, share=1.0)
    assert faults.next(None, "/v1/models", only_by_path=True).status == 503
