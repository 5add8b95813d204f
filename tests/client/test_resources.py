"""What a client holds, and that it lets go: sockets, tasks, threads, memory, and its parent's connections."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

import dragoman
from dragoman.testing import Emulator

CALLS = int(os.environ.get("DRAGOMAN_CALLS", "10000"))
SOAK_SECONDS = float(os.environ.get("DRAGOMAN_SOAK_SECONDS", "60"))


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def client(emulator: Emulator) -> dragoman.LLM:
    return dragoman.create_llm("openai/gpt-4o-mini", base_url=emulator.url, api_key="k")


def async_client(emulator: Emulator) -> dragoman.AsyncLLM:
    return dragoman.create_llm("openai/gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=True)


def sockets_to(emulator: Emulator) -> int:
    """How many connections this process has to the emulator, as a client."""
    return sum(1 for each in psutil.Process().net_connections("tcp") if each.raddr and each.raddr.port == emulator.port)


def test_200_threads_share_one_client(emulator: Emulator) -> None:
    llm = client(emulator)
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda number: llm.generate(f"'word {number}'").content, range(600)))
    assert all(f"word {number}" in answer for number, answer in enumerate(answers))
    llm.close()
    assert sockets_to(emulator) == 0


def test_200_tasks_share_one_client(emulator: Emulator) -> None:
    async def main() -> list[str]:
        async with async_client(emulator) as llm:
            whole = [llm.generate(f"'word {number}'") for number in range(200)]
            streamed = [llm.generate(f"'word {number}'", stream=True).drain() for number in range(200)]
            return [answer.content for answer in await asyncio.gather(*whole, *streamed)]

    answers = asyncio.run(main())
    assert all(f"word {number % 200}" in answer for number, answer in enumerate(answers))
    assert sockets_to(emulator) == 0


def test_a_forked_child_makes_its_own_connections(emulator: Emulator) -> None:
    llm = client(emulator)
    assert llm.generate("'before'").content
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  # counted in no process
        answer = llm.generate("'in the child'").content
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert "in the child" in pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    assert "after" in llm.generate("'after'").content


def test_2_000_calls_leave_nothing_behind(emulator: Emulator) -> None:
    """Sockets and tasks at zero, memory within 1 MB, which 530 bytes kept of each call would exceed."""
    process = psutil.Process()

    def used() -> int:
        gc.collect()
        return process.memory_info().rss

    async def some(count: int) -> None:
        async with async_client(emulator) as llm:
            for _ in range(count // 50):
                await asyncio.gather(*[llm.generate("Hi") for _ in range(50)])
            assert len(asyncio.all_tasks()) == 1

    def others(count: int) -> None:
        with client(emulator) as llm:
            for number in range(count):
                if number % 4:
                    llm.generate("Hi")
                else:
                    with llm.generate("Hi", stream=True) as stream:
                        next(stream) if number % 8 else stream.drain()

    emulator.reset()
    others(1000), asyncio.run(some(1000))  # caches fill, arenas grow
    emulator.reset()
    threads, before = threading.active_count(), used()
    others(1000), asyncio.run(some(1000))
    emulator.reset()  # its journal and bill are in this process too
    grown = used() - before
    assert sockets_to(emulator) == 0
    assert threading.active_count() == threads
    assert grown < 1024 * 1024


# ---------------------------------------------------------------------- the long forms


def leave_early(llm: dragoman.LLM, number: int) -> None:
    """A stream read to its end, or left in one of the ways in which callers leave."""
    stream = llm.generate("Count to 40", stream=True)
    match number % 6:
        case 0 | 1 | 2:
            stream.drain()
        case 3:
            with stream:
                next(stream)
        case 4:
            next(stream)
            stream.abort()
        case _:
            next(stream)  # and it is dropped


async def leave_early_async(llm: dragoman.AsyncLLM, number: int) -> None:
    stream = llm.generate("Count to 40", stream=True)
    match number % 6:
        case 0 | 1 | 2:
            await stream.drain()
        case 3:
            async with stream:
                await anext(stream)
        case 4:
            await anext(stream)
            stream.abort()
        case _:
            task = asyncio.create_task(stream.drain())
            await asyncio.sleep(0.001 * (number % 3))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def sync_calls(emulator: Emulator, count: int) -> None:
    with client(emulator) as llm:
        for _ in range(count):
            llm.generate("Hi")


def sync_streams(emulator: Emulator, count: int) -> None:
    with client(emulator) as llm:
        for number in range(count):
            leave_early(llm, number)


def async_calls(emulator: Emulator, count: int) -> None:
    async def main() -> None:
        async with async_client(emulator) as llm:
            for _ in range(count // 50):
                await asyncio.gather(*[llm.generate("Hi") for _ in range(50)])
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def async_streams(emulator: Emulator, count: int) -> None:
    async def main() -> None:
        async with async_client(emulator) as llm:
            for start in range(0, count, 50):
                await asyncio.gather(*[leave_early_async(llm, start + number) for number in range(50)])
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


KINDS = {"calls": sync_calls, "streams": sync_streams, "async calls": async_calls, "async streams": async_streams}


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", KINDS)
def test_10_000_of_a_kind_leave_nothing_behind(emulator: Emulator, kind: str) -> None:
    """Half of the streams are left early."""
    process = psutil.Process()

    def used() -> int:
        emulator.reset()
        gc.collect()
        return process.memory_info().rss

    KINDS[kind](emulator, CALLS)  # caches fill; the emulator's bill is in this process too, and takes its room
    threads, before = threading.active_count(), used()
    KINDS[kind](emulator, CALLS)
    grown = used() - before
    print(f"{kind}: {CALLS} calls, {grown / 1024:.0f} KiB more")  # noqa: T201  # shown by `pytest -s`
    assert sockets_to(emulator) == 0
    assert threading.active_count() == threads
    assert grown < 2 * 1024 * 1024


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_threads_tasks_and_forks_share_clients_for_a_long_time(emulator: Emulator) -> None:
    end, rounds = time.monotonic() + SOAK_SECONDS, 0
    while time.monotonic() < end:
        test_200_threads_share_one_client(emulator)
        test_200_tasks_share_one_client(emulator)
        test_a_forked_child_makes_its_own_connections(emulator)
        emulator.reset()
        rounds += 1
    print(f"{rounds} rounds of 200 threads, 200 tasks and a fork")  # noqa: T201  # for who watches a long run
    assert sockets_to(emulator) == 0
