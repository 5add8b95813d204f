"""The two drivers do the same, and let go of everything they opened."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import nullcontext
from typing import Any

import pytest

from dragoman.errors import ConnectionLost, UnsupportedFeature
from dragoman.flow import Flow, Handle, Open, async_events, async_run, emit, events, invoke, pump, read_all, run, sleep
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
    reply = yield Open(transport, REQUEST)
    return (yield from read_all(reply))


def streamed(transport: Any) -> Flow[str]:
    reply = yield Open(transport, REQUEST)
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
        yield Open(transport, REQUEST)
        yield Open(transport, REQUEST)
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
    def flow() -> Flow[int]:
        return (yield from invoke(sync=threading.get_ident))

    assert asyncio.run(async_run(flow())) != threading.get_ident()


# ---------------------------------------------------------------------- aborts


def watched(flow: Flow[Any], seen: list[str]) -> Flow[None]:
    """`flow`, noting what it is asked, and its end."""
    try:
        yield from flow
        seen.append("went on")
    except (ConnectionLost, ValueError) as error:
        seen.append(f"judged {error}")
    finally:
        seen.append("closed")


def drive_aborted(mode: str, flow: Flow[Any], handle: Handle[Any]) -> list[Event]:
    """Run `flow`, with an abort at its first event."""
    seen: list[Event] = []
    if mode == "sync":
        for event in events(flow, handle):
            seen.append(event)
            handle.abort()
        return seen

    async def main() -> None:
        async for event in async_events(flow, handle):
            seen.append(event)
            handle.abort()

    asyncio.run(main())
    return seen


@both
@pytest.mark.parametrize("broken", [ConnectionLost("closed"), ValueError("read of closed file"), None], ids=repr)
def test_after_an_abort_the_flow_is_not_asked_what_to_do(mode: str, broken: Exception | None) -> None:
    """Otherwise it would take the broken connection for a fault and try again."""
    seen: list[str] = []
    transport = Transport(mode, {"batches": [[("", b"a")]], "fail_after": broken})
    drive_aborted(mode, watched(streamed(transport), seen), Handle())
    assert seen == ["closed"]
    assert transport.replies[0].closed == 1


@both
def test_after_an_abort_nothing_is_sent(mode: str) -> None:
    handle: Handle[Any] = Handle()
    transport = Transport(mode, {"body": b""})

    def flow() -> Flow[None]:
        yield from emit(TextDelta("said"))
        yield from whole(transport)

    assert drive_aborted(mode, flow(), handle) == [TextDelta("said")]
    assert (transport.requests, handle.result, handle.failure) == ([], None, None)


@both
def test_what_the_flow_wants_at_the_moment_of_the_abort_is_not_done(mode: str) -> None:
    handle: Handle[Any] = Handle()
    transport = Transport(mode, {"body": b""})

    def aborting() -> Flow[None]:
        handle.abort()
        yield from whole(transport)

    assert drive_aborted(mode, aborting(), handle) == []
    assert transport.requests == []


@both
def test_a_reply_on_its_way_at_the_abort_is_closed_when_it_comes(mode: str) -> None:
    handle: Handle[Any] = Handle()
    seen: list[str] = []

    class Slow(Transport):
        def _open(self, request: HttpRequest) -> Any:
            handle.abort()  # while the head is awaited
            return super()._open(request)

    transport = Slow(mode, {"body": b"never read", "fail_after": AssertionError("it was read")})
    drive_aborted(mode, watched(whole(transport), seen), handle)
    assert transport.replies[0].closed >= 1
    assert seen == ["closed"]


@both
def test_an_abort_ends_a_pause(mode: str) -> None:
    handle: Handle[Any] = Handle()
    transport = Transport(mode, {"body": b""})

    def flow() -> Flow[None]:
        threading.Timer(0.05, handle.abort).start()
        yield from sleep(60)
        yield from whole(transport)

    started = time.monotonic()
    drive_aborted(mode, flow(), handle)
    assert time.monotonic() - started < 30
    assert transport.requests == []


@both
def test_an_abort_before_the_pause_begins_leaves_it_out(mode: str) -> None:
    """As when another thread aborts between the driver's last look and its sleep."""

    class Late(Handle[Any]):
        def on_abort(self, wake: Any) -> bool:
            self.abort()
            return super().on_abort(wake)

    started = time.monotonic()
    drive_aborted(mode, sleep(60), Late())
    assert time.monotonic() - started < 30


def test_an_abort_after_the_loop_has_ended_is_harmless() -> None:
    handle: Handle[Any] = Handle()
    asyncio.run(anext_or_none(async_events(sleep(0.001), handle)))
    handle.abort()
    assert handle.aborted


async def anext_or_none(running: Any) -> Any:
    return await anext(running, None)


@both
@pytest.mark.parametrize(
    ("script", "failure", "raised"),
    [({"body": b""}, None, None), ({"fail_after": ConnectionLost("cut")}, "ConnectionLost", ConnectionLost)],
)
def test_a_handle_knows_how_its_flow_ended(mode: str, script: Any, failure: str | None, raised: Any) -> None:
    handle: Handle[Any] = Handle()
    with pytest.raises(raised) if raised else nullcontext():
        drive_aborted(mode, whole(Transport(mode, script)), handle)
    assert (handle.failure, handle.aborted) == (failure, False)


def test_cancelling_a_task_closes_its_reply() -> None:
    transport = Transport("async", {"batches": [[("", b"a")]]})
    waiting = asyncio.Event()

    def flow() -> Flow[None]:
        yield Open(transport, REQUEST)
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
