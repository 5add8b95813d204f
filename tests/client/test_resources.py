"""What a client holds, and that it lets go: sockets, tasks, threads, memory, and its parent's connections."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

import dragoman
from dragoman.testing import Emulator

CALLS = int(os.environ.get("DRAGOMAN_CALLS", "10000"))


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


@pytest.mark.timeout(300)
def test_10_000_calls_leave_nothing_behind(emulator: Emulator) -> None:
    """Sockets and tasks at zero, memory within 2 MB."""
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
    others(CALLS // 2), asyncio.run(some(CALLS // 2))
    emulator.reset()  # its journal and bill are in this process too
    grown = used() - before
    assert sockets_to(emulator) == 0
    assert threading.active_count() == threads
    assert grown < 2 * 1024 * 1024
