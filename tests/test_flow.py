"""The two drivers do the same, and let go of everything they opened."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dragoman.errors import ConnectionLost, UnsupportedFeature
from dragoman.flow import Flow, Handle, async_run, emit, events, invoke, open_, pump, read_all, run, sleep
from dragoman.http import HttpRequest, Origin
from dragoman.messages import Event, TextDelta

from .drive import MODES, Transport, drive

REQUEST = HttpRequest(origin=Origin("http", "h", 80), target="/")
both = pytest.mark.parametrize("mode", MODES)


class Echo:
    """A decoder whose events are the frames' data."""

    def feed(self, name: str, data: bytes) -> list[Event]:
        return [TextDelta(data.decode())]

    def finish(self) -> list[Event]:
        return [TextDelta("end")]


def whole(transport: Any) -> Flow[bytes]:
    reply = yield from open_(transport, REQUEST)
    return (yield from read_all(reply))


def streamed(transport: Any) -> Flow[str]:
    reply = yield from open_(transport, REQUEST)
    yield from pump(reply, "sse", Echo())
    return "done"


@both
def test_a_whole_body_is_read_and_its_reply_closed(mode: str) -> None:
    transport = Transport(mode, {"body": b"x"})
    assert drive(mode, whole(transport)) == (b"x", [])
    assert transport.replies[0].closed == 1


@both
def test_a_stream_is_pumped_to_its_end(mode: str) -> None:
    transport = Transport(mode, {"batches": [[("", b"a"), ("", b"b")], [("", b"c")]]})
    result, seen = drive(mode, streamed(transport))
    assert (result, [event.content for event in seen]) == ("done", ["a", "b", "c", "end"])
    assert transport.replies[0].closed == 1


@both
def test_a_failure_is_thrown_into_the_flow_where_it_waits(mode: str) -> None:
    def flow(transport: Any) -> Flow[str]:
        try:
            yield from whole(transport)
        except ConnectionLost as error:
            return f"caught {error.message}"
        return "not caught"

    assert drive(mode, flow(Transport(mode, ConnectionLost("gone"))))[0] == "caught gone"


@both
def test_opening_again_closes_the_reply_before(mode: str) -> None:
    def flow(transport: Any) -> Flow[None]:
        yield from open_(transport, REQUEST)
        yield from open_(transport, REQUEST)
        assert transport.replies[0].closed == 1
        assert transport.replies[1].closed == 0

    transport = Transport(mode, {}, {})
    drive(mode, flow(transport))
    assert [reply.closed for reply in transport.replies] == [1, 1]


@both
def test_leaving_early_closes_the_reply_and_the_flow(mode: str) -> None:
    ended: list[str] = []

    def flow(transport: Any) -> Flow[None]:
        try:
            yield from streamed(transport)
        finally:
            ended.append("flow")

    transport = Transport(mode, {"batches": [[("", b"a"), ("", b"b")]]})
    _, seen = drive(mode, flow(transport), take=1)
    assert [event.content for event in seen] == ["a"]
    assert transport.replies[0].closed == 1
    assert ended == ["flow"]


@both
def test_an_error_nobody_catches_comes_out_and_closes_the_reply(mode: str) -> None:
    transport = Transport(mode, {"batches": [[("", b"a")]], "fail_after": ConnectionLost("cut")})
    with pytest.raises(ConnectionLost, match="cut"):
        drive(mode, streamed(transport))
    assert transport.replies[0].closed == 1


@both
def test_emitted_events_and_pauses(mode: str) -> None:
    def flow() -> Flow[int]:
        yield from emit(TextDelta("said"))
        yield from sleep(0.001)
        yield from sleep(0)
        return 7

    assert drive(mode, flow()) == (7, [TextDelta("said")])


async def answer() -> str:
    return "async"


@pytest.mark.parametrize(
    ("mode", "forms", "expected"),
    [
        ("sync", {"sync": lambda: "sync"}, "sync"),
        ("sync", {"sync": lambda: "sync", "async_": answer}, "sync"),
        ("async", {"sync": lambda: "sync"}, "sync"),
        ("async", {"sync": lambda: "sync", "async_": answer}, "async"),
        ("async", {"async_": answer}, "async"),
        ("async", {"sync": answer}, "async"),
    ],
)
def test_functions_are_called_in_the_form_that_fits(mode: str, forms: Any, expected: str) -> None:
    def flow() -> Flow[str]:
        return (yield from invoke(**forms))

    assert drive(mode, flow())[0] == expected


def test_an_async_function_in_a_synchronous_call_is_refused_with_the_fix() -> None:
    def flow() -> Flow[Any]:
        return (yield from invoke(async_=answer))

    with pytest.raises(UnsupportedFeature, match="async_client=True"):
        run(flow())


def test_a_blocking_function_does_not_block_the_loop() -> None:
    import threading

    def flow() -> Flow[int]:
        return (yield from invoke(sync=threading.get_ident))

    assert asyncio.run(async_run(flow())) != threading.get_ident()


def test_after_an_abort_the_flow_is_not_asked_what_to_do() -> None:
    """Otherwise it would take the broken connection for a fault and try again."""
    handle: Handle[Any] = Handle()
    judged: list[str] = []

    def flow(transport: Any) -> Flow[None]:
        try:
            yield from streamed(transport)
        except ConnectionLost:
            judged.append("asked")

    transport = Transport("sync", {"batches": [[("", b"a")]], "fail_after": ConnectionLost("closed")})
    running = events(flow(transport), handle)
    next(running)
    handle.abort()
    with pytest.raises(ConnectionLost):
        next(running)
    assert judged == []


def test_a_reply_that_comes_after_the_abort_is_closed() -> None:
    handle: Handle[Any] = Handle()
    handle.abort()
    transport = Transport("sync", {"body": b""})
    list(events(whole(transport), handle))
    assert transport.replies[0].closed >= 1


def test_cancelling_a_task_closes_its_reply() -> None:
    transport = Transport("async", {"batches": [[("", b"a")]]})
    waiting = asyncio.Event()

    def flow() -> Flow[None]:
        yield from open_(transport, REQUEST)
        yield from invoke(async_=stuck)

    async def stuck() -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(async_run(flow()))
        await waiting.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert transport.replies[0].closed == 1
