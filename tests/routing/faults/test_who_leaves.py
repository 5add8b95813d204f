"""Callers who leave: cases 46, 50, 51 and 53 of the fault list (docs/routing-faults.md).

Whenever and however that is, the provider sees its connection end, nobody's health suffers, and every permit is given
back: `make` looks at that after each test.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.errors import CallerError
from dragoman.routing.rules import Hedge
from dragoman.routing.target import Limits, Target
from dragoman.testing import Emulator
from tests.routing.faults.calls import FIRST, FIRST_MODEL, SECOND, SECOND_MODEL, Calls

Make = Callable[..., Calls]

TEXT = "One two three four five six seven eight nine ten."


def left(emulator: Emulator, *models: str) -> None:
    """The calls at these models, and no others, ended in that the client left. What was made is charged."""
    bill = emulator.wait_for_bill(len(models))
    assert sorted((line.model, line.outcome) for line in bill) == sorted((model, "left") for model in models)
    assert all(line.cost for line in bill)


def is_as_good_as_new(calls: Calls) -> None:
    assert calls.in_flight == [0] * len(calls.targets)
    assert [calls.refused(index) for index in range(len(calls.targets))] == [None] * len(calls.targets)


def hold(emulator: Emulator) -> None:
    """The first target's answer stops in the middle of the text."""
    emulator.script(TEXT, model=FIRST_MODEL)
    emulator.fault(hold_at_text="three", model=FIRST_MODEL)


# ---------------------------------------------------------------------- in a stream, blocking

WAYS_OUT: dict[str, Callable[[Any], None]] = {
    "abort": lambda stream: stream.abort(),
    "close": lambda stream: stream.close(),
    "with": lambda stream: stream.__exit__(None, None, None),
    "dropped": lambda stream: None,
}


@pytest.mark.parametrize("mode", ["sync"])
@pytest.mark.parametrize("way", WAYS_OUT)
def test_case_51_leaving_a_stream(make: Make, emulator: Emulator, way: str) -> None:
    hold(emulator)
    calls = make()
    stream = calls.router.generate("Hi", stream=True)
    while "three" not in stream.text:
        next(stream)
    assert calls.in_flight == [1, 0]
    WAYS_OUT[way](stream)
    if way != "dropped":
        assert calls.in_flight == [0, 0]  # at once
        with pytest.raises(CallerError):
            _ = stream.response
    del stream
    gc.collect()
    left(emulator, FIRST_MODEL)
    is_as_good_as_new(calls)


@pytest.mark.parametrize("mode", ["sync"])
def test_case_51_another_thread_leaves_for_one_that_waits(make: Make, emulator: Emulator) -> None:
    hold(emulator)
    calls = make()
    stream = calls.router.generate("Hi", stream=True)
    has_come, text = threading.Event(), list[str]()

    def read() -> None:
        for event in stream:
            text.append(event.content)
            if "three" in "".join(text):
                has_come.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert has_come.wait(10)
    stream.abort()
    reader.join(10)
    assert not reader.is_alive()
    left(emulator, FIRST_MODEL)
    is_as_good_as_new(calls)


@pytest.mark.parametrize("mode", ["sync"])
def test_case_50_leaving_before_the_head(make: Make, emulator: Emulator) -> None:
    """A thread that waits for the head ends when that has come: nothing else is sent, and nobody else asked."""
    is_asked, go = threading.Event(), threading.Event()

    def late(_: Any) -> str:
        is_asked.set()
        go.wait(10)
        return TEXT

    emulator.script(late, model=FIRST_MODEL)
    calls = make()
    stream = calls.router.generate("Hi", stream=True)
    seen: list[Any] = []
    reader = threading.Thread(target=lambda: seen.extend(stream))
    reader.start()
    assert is_asked.wait(10)
    stream.abort()
    go.set()
    reader.join(10)
    assert not reader.is_alive()
    assert seen == []
    assert len(emulator.requests) == 1
    is_as_good_as_new(calls)


@pytest.mark.parametrize("mode", ["sync"])
def test_leaving_while_waiting_for_a_turn(make: Make, emulator: Emulator) -> None:
    """An abort from another thread wakes who waits in the queue."""
    hold(emulator)
    calls = make(Target(FIRST, limits=Limits(concurrency=1)))
    turnstile = calls.board[calls.targets[0]].turnstile
    with calls.router.generate("Hi", stream=True) as before:
        while "three" not in before.text:
            next(before)
        stream = calls.router.generate("Hi", stream=True)
        reader = threading.Thread(target=lambda: list(stream))
        reader.start()
        while turnstile.waiting < 1:
            time.sleep(0)  # it tells nobody
        stream.abort()
        reader.join(10)
        assert not reader.is_alive()
        assert turnstile.waiting == 0
    assert len(emulator.requests) == 1
    is_as_good_as_new(calls)


# ---------------------------------------------------------------------- in a stream, awaited


async def abort(stream: Any) -> None:
    """Not awaited."""
    stream.abort()


ASYNC_WAYS_OUT: dict[str, Callable[[Any], Any]] = {
    "abort": abort,
    "close": lambda stream: stream.close(),
    "async with": lambda stream: stream.__aexit__(None, None, None),
}


@pytest.mark.parametrize("mode", ["async"])
@pytest.mark.parametrize("way", ASYNC_WAYS_OUT)
def test_case_51_leaving_an_async_stream(make: Make, emulator: Emulator, way: str) -> None:
    hold(emulator)
    calls = make()

    async def main() -> None:
        stream = calls.router.generate("Hi", stream=True)
        while "three" not in stream.text:
            await anext(stream)
        assert calls.in_flight == [1, 0]
        await ASYNC_WAYS_OUT[way](stream)
        assert calls.in_flight == [0, 0]
        assert [event async for event in stream] == []
        await asyncio.to_thread(left, emulator, FIRST_MODEL)

    calls.run(main())
    is_as_good_as_new(calls)


@pytest.mark.parametrize("mode", ["async"])
def test_case_51_another_task_leaves_for_one_that_waits(make: Make, emulator: Emulator) -> None:
    hold(emulator)
    calls = make()

    async def main() -> None:
        stream = calls.router.generate("Hi", stream=True)
        has_come = asyncio.Event()

        async def read() -> None:
            async for _ in stream:
                if "three" in stream.text:
                    has_come.set()

        reader = asyncio.create_task(read())
        await has_come.wait()
        stream.abort()
        await reader
        assert calls.in_flight == [0, 0]
        await asyncio.to_thread(left, emulator, FIRST_MODEL)

    calls.run(main())
    is_as_good_as_new(calls)


async def drained(calls: Calls) -> Any:
    return await calls.router.generate("Hi", stream=True).drain()


async def whole(calls: Calls) -> Any:
    return await calls.router.generate("Hi")


async def cancel_when(calls: Calls, ask: Callable[[Calls], Any], requests: int) -> None:
    """Ask, and cancel the task when the provider has so many requests."""
    asking = asyncio.create_task(ask(calls))
    await asyncio.to_thread(calls.emulator.wait_for_requests, requests)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert calls.in_flight == [0] * len(calls.targets)


CANCELLED = [
    ("case_50_before_the_head_of_a_stream", drained, {"stall_at_byte": 0}),
    ("case_51_in_a_stream", drained, {"stall_after": 4}),
    ("case_53_before_the_head", whole, {"stall_at_byte": 0}),
    ("case_53_in_the_body", whole, {"stall_at_byte": 400}),
]


@pytest.mark.parametrize("mode", ["async"])
@pytest.mark.parametrize(("ask", "fault"), [row[1:] for row in CANCELLED], ids=[row[0] for row in CANCELLED])
def test_a_cancelled_task(make: Make, emulator: Emulator, ask: Callable[[Calls], Any], fault: dict[str, int]) -> None:
    emulator.fault(**fault, model=FIRST_MODEL)
    calls = make()

    async def main() -> None:
        await cancel_when(calls, ask, 1)
        await asyncio.to_thread(left, emulator, FIRST_MODEL)

    calls.run(main())
    assert len(emulator.requests) == 1  # nobody else was asked in its place
    is_as_good_as_new(calls)


@pytest.mark.parametrize("mode", ["async"])
@pytest.mark.parametrize("ask", [drained, whole])
def test_a_cancelled_task_that_asked_two(make: Make, emulator: Emulator, ask: Callable[[Calls], Any]) -> None:
    calls = make(hedge=Hedge(min_samples=1, min_seconds=0, max_share=1))

    async def main() -> None:
        await ask(calls)  # how long it usually takes
        emulator.reset()
        emulator.fault(stall_at_byte=0, times=2)
        await cancel_when(calls, ask, 2)
        await asyncio.to_thread(left, emulator, FIRST_MODEL, SECOND_MODEL)

    calls.run(main())
    is_as_good_as_new(calls)


async def listed(stream: Any) -> list[Any]:
    return [event async for event in stream]


@pytest.mark.parametrize("mode", ["async"])
def test_leaving_from_another_thread_while_waiting_for_a_turn(make: Make, emulator: Emulator) -> None:
    hold(emulator)
    calls = make(Target(FIRST, limits=Limits(concurrency=1)))
    turnstile = calls.board[calls.targets[0]].turnstile

    async def main() -> None:
        async with calls.router.generate("Hi", stream=True) as before:
            while "three" not in before.text:
                await anext(before)
            stream = calls.router.generate("Hi", stream=True)
            reader = asyncio.create_task(listed(stream))
            while turnstile.waiting < 1:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0)
            await asyncio.to_thread(stream.abort)
            await asyncio.wait_for(reader, 10)
            assert turnstile.waiting == 0

    calls.run(main())
    assert len(emulator.requests) == 1
    is_as_good_as_new(calls)


@pytest.mark.parametrize("mode", ["async"])
def test_a_cancelled_task_that_waited_its_turn(make: Make, emulator: Emulator) -> None:
    """Who waits behind it gets the turn."""
    emulator.fault(stall_at_byte=0)
    calls = make(Target(FIRST, limits=Limits(concurrency=1)))
    [turnstile] = [calls.board[target].turnstile for target in calls.targets]

    async def main() -> None:
        first = asyncio.create_task(whole(calls))
        await asyncio.to_thread(emulator.wait_for_requests, 1)
        second, third = asyncio.create_task(whole(calls)), asyncio.create_task(whole(calls))
        while turnstile.waiting < 2:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0)
        second.cancel()
        first.cancel()
        assert (await third).content
        await asyncio.gather(first, second, return_exceptions=True)

    calls.run(main())
    assert turnstile.waiting == 0
    assert len(emulator.requests) == 2
    is_as_good_as_new(calls)


# ---------------------------------------------------------------------- what becomes of the connection


@pytest.mark.parametrize("mode", ["sync"])
def test_case_46_a_connection_that_was_left_is_not_used_again(make: Make, emulator: Emulator) -> None:
    """The provider would go on sending what nobody reads."""
    hold(emulator)
    calls = make()
    with calls.router.generate("Hi", stream=True) as stream:
        while "three" not in stream.text:
            next(stream)
    emulator.release()
    assert calls.ask().tried == ["openai ok"]
    assert calls.ask().tried == ["openai ok"]
    left_over, second, third = (seen.client_port for seen in emulator.requests)
    assert left_over != second == third


@pytest.mark.parametrize("ends", ["leaves", "reads on"])
def test_the_place_that_a_stream_took_is_free_again(make: Make, emulator: Emulator, mode: str, ends: str) -> None:
    """A target for one call at a time serves the next, however the one before has ended."""
    hold(emulator)
    calls = make(Target(FIRST, limits=Limits(concurrency=1, queued=0)), SECOND)

    def begin_and_end() -> None:
        with calls.router.generate("Hi", stream=True) as stream:
            while "three" not in stream.text:
                next(stream)
            assert calls.ask().tried == ["anthropic ok"]
            emulator.release()
            if ends == "reads on":
                stream.drain()

    async def abegin_and_end() -> None:
        async with calls.router.generate("Hi", stream=True) as stream:
            while "three" not in stream.text:
                await anext(stream)
            response = await calls.router.generate("Hi")
            assert response.provider == "anthropic"
            emulator.release()
            if ends == "reads on":
                await stream.drain()

    begin_and_end() if mode == "sync" else calls.run(abegin_and_end())
    assert calls.ask().tried == ["openai ok"]
