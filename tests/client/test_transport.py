"""Unloading and closing a client while calls are in progress, and while it is copied by a fork."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import dragoman
from dragoman.client.transport import AsyncOnDemand, OnDemand
from dragoman.errors import ConfigurationError, StreamInterrupted
from dragoman.http import HttpRequest, Origin
from dragoman.testing import Emulator, Fault

from ..drive import MODES, Transport, settled

REQUEST = HttpRequest(origin=Origin("http", "h", 80), target="/")

both = pytest.mark.parametrize("mode", MODES)


def client(emulator: Emulator, mode: str) -> Any:
    return dragoman.create_llm(
        "openai/gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=mode == "async", timeout=30
    )


class Calls:
    """What a client of either face is asked in the calling thread."""

    def __init__(self, mode: str) -> None:
        self._runner = asyncio.Runner() if mode == "async" else None

    def whole(self, llm: Any) -> str:
        return (llm.generate("Hi") if self._runner is None else self._runner.run(_whole(llm))).content

    def next(self, stream: Any) -> Any:
        return next(stream, None) if self._runner is None else self._runner.run(_next(stream))

    def drain(self, stream: Any) -> Any:
        return stream.drain() if self._runner is None else self._runner.run(_drain(stream))

    def settled(self, given: Any) -> Any:
        return given if self._runner is None else self._runner.run(given)

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()


async def _whole(llm: Any) -> Any:
    return await llm.generate("Hi")


async def _next(stream: Any) -> Any:
    return await anext(stream, None)


async def _drain(stream: Any) -> Any:
    return await stream.drain()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def calls(mode: str) -> Iterator[Calls]:
    calls = Calls(mode)
    yield calls
    calls.close()


def test_unloading_lets_calls_in_progress_go_on(emulator: Emulator, mode: str, calls: Calls) -> None:
    emulator.script("one two three four five")
    emulator.fault(event_delay_seconds=0.02)
    with_client = client(emulator, mode)
    stream = with_client.generate("Go", stream=True)
    calls.next(stream)
    calls.settled(with_client.unload())
    assert calls.drain(stream).content == "one two three four five"
    assert calls.whole(with_client)
    assert len(emulator.requests) == 2
    calls.settled(with_client.close())


def test_closing_ends_a_call_and_does_not_send_it_again(emulator: Emulator, mode: str, calls: Calls) -> None:
    emulator.fault(head_delay_seconds=60, times=None)
    llm = client(emulator, mode)

    def close() -> None:
        emulator.wait_for_requests(1)
        settled(llm.close())

    other = threading.Thread(target=close)
    other.start()
    with pytest.raises(ConfigurationError, match="this client is closed: make a new one with create_llm"):
        calls.whole(llm)
    other.join(30)
    assert len(emulator.requests) == 1
    assert llm._plan._target.transport._made is None


def test_closing_ends_a_stream_in_progress(emulator: Emulator, mode: str, calls: Calls) -> None:
    emulator.fault(Fault(stall_after=2))
    llm = client(emulator, mode)
    stream = llm.generate("Go", stream=True)
    while not stream.text:
        calls.next(stream)
    calls.settled(llm.close())
    with pytest.raises(StreamInterrupted):
        calls.drain(stream)
    assert "failed" in repr(stream)


def test_a_stream_that_is_closed_ends_and_frees_its_connection(emulator: Emulator, mode: str, calls: Calls) -> None:
    emulator.fault(Fault(stall_after=3))
    llm = client(emulator, mode)
    stream = llm.generate("Go", stream=True)
    calls.next(stream)
    calls.settled(stream.close())
    assert calls.next(stream) is None
    assert emulator.wait_for_bill(1)[0].outcome == "left"
    calls.settled(stream.close())
    calls.settled(llm.close())


def test_a_stream_first_read_after_the_client_was_closed_is_not_sent(
    emulator: Emulator, mode: str, calls: Calls
) -> None:
    llm = client(emulator, mode)
    stream = llm.generate("Go", stream=True)
    calls.settled(llm.close())
    calls.settled(llm.unload())
    with pytest.raises(ConfigurationError, match="closed"):
        calls.next(stream)
    assert emulator.requests == []


def test_what_is_closed_before_its_first_use_is_never_made(mode: str) -> None:
    made: list[Any] = []
    on_demand_of: Any = OnDemand if mode == "sync" else AsyncOnDemand
    on_demand = on_demand_of(lambda: made.append("one"))
    on_demand.release()
    on_demand.close()
    on_demand.close()
    with pytest.raises(ConfigurationError, match="closed"):
        on_demand.open(REQUEST)
    assert made == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_forked_while_another_thread_makes_the_transport_makes_its_own() -> None:
    making, go_on = threading.Event(), threading.Event()
    parent = os.getpid()

    def make() -> Any:
        if os.getpid() == parent:
            making.set()
            assert go_on.wait(30)
        return Transport("sync", {"body": b""})

    on_demand = OnDemand(make)
    other = threading.Thread(target=on_demand.open, args=[REQUEST])
    other.start()
    assert making.wait(30)
    child = os.fork()
    if child == 0:  # pragma: no cover  # counted in no process
        threading.Timer(10, os._exit, [1]).start()  # it hangs
        on_demand.open(REQUEST)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    go_on.set()
    other.join(30)
