"""Leaving a stream: it ends at once, frees what it held, sends nothing more and says how it ended."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

import dragoman
from dragoman.client.streams import AsyncStream, Stream
from dragoman.errors import CallerError, ConfigurationError, ConnectionLost
from dragoman.flow import Flow, Open, pump
from dragoman.http import HttpRequest, Origin
from dragoman.messages import Event, LLMResponse, TextDelta
from dragoman.testing import Emulator

from ..drive import MODES, Transport, settled

REQUEST = HttpRequest(origin=Origin("http", "h", 80), target="/")
RECEIVED = {"batches": [[("", b"t1"), ("", b"t2"), ("", b"t3")], [("", b"t4")]]}

Make = Callable[..., "Steps"]

both = pytest.mark.parametrize("mode", MODES)


class Echo:
    """A decoder whose events are the frames' data."""

    def feed(self, name: str, data: bytes) -> list[Event]:
        return [TextDelta(data.decode())]

    def finish(self) -> list[Event]:
        return []


class Steps:
    """A stream of either face, one step at a time."""

    def __init__(self, mode: str, script: Any) -> None:
        self.ending: list[str] = []
        self.stream: Any = (Stream if mode == "sync" else AsyncStream)(self._flow(Transport(mode, script)))
        self._runner = asyncio.Runner()
        self._run = self._runner.run if mode == "async" else None

    def _flow(self, transport: Any) -> Flow[Any]:
        try:
            reply = yield Open(transport, REQUEST)
            yield from pump(reply, "sse", Echo())
            return LLMResponse(model="m")
        finally:
            self.ending.append("closed")

    def close(self) -> None:
        self._runner.close()

    def next(self) -> str | None:
        """The next event's text; `None` at the end."""
        event = next(self.stream, None) if self._run is None else self._run(_next(self.stream))
        return None if event is None else event.content

    def drain(self) -> Any:
        return self.stream.drain() if self._run is None else self._run(self.stream.drain())

    def leave(self) -> None:
        """Leave the stream's `with` block."""
        if self._run is None:
            self.stream.__exit__(None, None, None)
        else:
            self._run(self.stream.__aexit__(None, None, None))


@pytest.fixture
def steps_of() -> Iterator[Callable[..., Steps]]:
    """`steps_of(mode, script)` is a new stream."""
    made: list[Steps] = []

    def make(mode: str, script: Any) -> Steps:
        made.append(Steps(mode, script))
        return made[-1]

    yield make
    for each in made:
        each.close()


async def _next(stream: Any) -> Any:
    return await anext(stream, None)


@both
def test_an_aborted_stream_keeps_back_what_had_arrived_already(mode: str, steps_of: Make) -> None:
    steps = steps_of(mode, RECEIVED)
    assert steps.next() == "t1"
    steps.stream.abort()
    assert [steps.next(), steps.next()] == [None, None]
    assert steps.stream.text == "t1"


@both
def test_an_abort_ends_the_flow_at_once(mode: str, steps_of: Make) -> None:
    """What it holds besides the connection, such as a place at a target, is given back."""
    steps = steps_of(mode, RECEIVED)
    steps.next()
    steps.stream.abort()
    assert steps.ending == ["closed"]


@both
def test_leaving_the_block_ends_the_stream_and_its_flow(mode: str, steps_of: Make) -> None:
    steps = steps_of(mode, RECEIVED)
    steps.next()
    steps.leave()
    assert steps.next() is None
    assert steps.ending == ["closed"]


def opened(steps: Steps) -> None:
    """Nothing happens."""


def aborted(steps: Steps) -> None:
    steps.next()
    steps.stream.abort()


def drained(steps: Steps) -> None:
    steps.drain()
    steps.stream.abort()  # as leaving a block does


def failed(steps: Steps) -> None:
    with pytest.raises(ConnectionLost):
        steps.drain()
    steps.stream.abort()


CUT = {"batches": [[("", b"t1")]], "fail_after": ConnectionLost("cut")}
STATES = [
    (opened, RECEIVED, "open", r"has not ended: .* `drain\(\)`"),
    (aborted, RECEIVED, "aborted", "was aborted"),
    (drained, RECEIVED, "ended", None),
    (failed, CUT, "failed", "failed with ConnectionLost"),
]


@both
@pytest.mark.parametrize(("happened", "script", "state", "message"), STATES, ids=[row[2] for row in STATES])
def test_a_stream_says_how_it_ended(
    mode: str, happened: Any, script: Any, state: str, message: str | None, steps_of: Make
) -> None:
    steps = steps_of(mode, script)
    happened(steps)
    assert f"Stream {state}, " in repr(steps.stream)
    if message is None:
        assert steps.stream.response.model == "m"
    else:
        with pytest.raises(CallerError, match=message):
            _ = steps.stream.response


@pytest.mark.parametrize(
    ("happened", "script", "message"), [(row[0], row[1], row[3]) for row in STATES if row[2] in ("aborted", "failed")]
)
@both
def test_draining_what_is_over_says_why_there_is_no_response(
    mode: str, happened: Any, script: Any, message: str, steps_of: Make
) -> None:
    steps = steps_of(mode, script)
    happened(steps)
    with pytest.raises(CallerError, match=message) as caught:
        steps.drain()
    assert "read it to its end" not in str(caught.value)


def test_an_error_of_the_flow_as_it_is_closed_comes_out_of_the_abort() -> None:
    """`ConfigurationError` is a `ValueError`, and so is what a generator that runs elsewhere says."""

    def flow() -> Flow[Any]:
        try:
            yield from pump_once()
        finally:
            raise ConfigurationError("the caller should know")

    def pump_once() -> Flow[Any]:
        reply = yield Open(Transport("sync", RECEIVED), REQUEST)
        yield from pump(reply, "sse", Echo())

    stream = Stream(flow())
    next(stream)
    with pytest.raises(ConfigurationError, match="the caller should know"):
        stream.abort()


def test_a_reader_who_comes_while_another_thread_closes_finds_the_end() -> None:
    """And the other way round, an abort while another thread reads leaves the closing to it."""
    is_closing, go_on = threading.Event(), threading.Event()

    def flow() -> Flow[Any]:
        try:
            reply = yield Open(Transport("sync", RECEIVED), REQUEST)
            yield from pump(reply, "sse", Echo())
        finally:
            is_closing.set()
            assert go_on.wait(30)

    stream = Stream(flow())
    next(stream)
    other = threading.Thread(target=stream.abort)
    other.start()
    assert is_closing.wait(30)
    stream.abort()
    assert list(stream) == []
    go_on.set()
    other.join(30)


class SlowToClose(Steps):
    """A stream whose flow ends only when it may."""

    def __init__(self, mode: str, script: Any) -> None:
        self.closing, self.may_end = threading.Event(), threading.Event()
        super().__init__(mode, script)

    def _flow(self, transport: Any) -> Flow[Any]:
        try:
            return (yield from super()._flow(transport))
        finally:
            self.closing.set()
            assert self.may_end.wait(30)


class Interposed:
    """The events of a stream, and what happens before the next one is read, or after."""

    def __init__(self, events: Any, when: str, happens: Callable[[], object]) -> None:
        self._events, self._when, self._happens = events, when, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._events, name)

    def __next__(self) -> Event:
        with self._around():
            return next(self._events)

    async def __anext__(self) -> Event:
        with self._around():
            return await anext(self._events)

    @property
    def close(self) -> Callable[[], None]:
        return self._events.close

    @contextmanager
    def _around(self) -> Iterator[None]:
        if self._when == "before":
            self._happens()
        yield
        if self._when == "after":
            self._happens()


LAST = {"batches": [[("", b"t1")]]}


@pytest.mark.parametrize(
    ("mode", "when", "script"),
    [
        ("sync", "after", RECEIVED),
        ("async", "before", RECEIVED),
        ("async", "before", LAST),
        ("async", "after", RECEIVED),
    ],
    ids=["sync, after", "async, before", "async, before the end", "async, after"],
)
def test_a_reader_finds_the_end_where_another_thread_begins_to_close_meanwhile(
    mode: str, when: str, script: Any
) -> None:
    with closing(SlowToClose(mode, script)) as steps:
        assert steps.next() == "t1"
        other = threading.Thread(target=steps.stream.abort)

        def abort() -> None:
            other.start()
            assert steps.closing.wait(30)

        steps.stream._events = Interposed(steps.stream._events, when, abort)
        try:
            assert steps.next() is None
        finally:
            steps.may_end.set()
            other.join(30)
        assert steps.ending == ["closed"]


def test_two_threads_that_read_one_stream_are_told() -> None:
    reading, go_on = threading.Event(), threading.Event()

    def flow() -> Flow[Any]:
        reading.set()
        assert go_on.wait(30)
        return LLMResponse(model="m")
        yield

    stream = Stream(flow())
    other = threading.Thread(target=stream.drain)
    other.start()
    assert reading.wait(30)
    with pytest.raises(ValueError, match="already executing"):
        next(stream)
    go_on.set()
    other.join(30)


@both
def test_an_abort_in_the_pause_before_another_try_ends_the_call(emulator: Emulator, mode: str) -> None:
    emulator.fault(status=503, headers={"retry-after": "60"}, times=None)
    llm: Any = dragoman.create_llm(
        "openai/gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=mode == "async"
    )
    stream = llm.generate("Go", stream=True)

    def abort() -> None:
        emulator.wait_for_bill(1)
        stream.abort()

    started, other = time.monotonic(), threading.Thread(target=abort)
    other.start()
    if mode == "sync":
        assert list(stream) == []
    else:
        assert asyncio.run(_all(stream)) == []
    other.join(30)
    assert time.monotonic() - started < 30
    assert len(emulator.requests) == 1
    assert "aborted" in repr(stream)
    settled(llm.close())


async def _all(stream: Any) -> list[Event]:
    return [event async for event in stream]
