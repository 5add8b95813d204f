"""Runs inside a peer's environment: does each cell's work, checks every answer, prints the CPU time of each batch.

python -m bench.worker PEER URL CELL,CELL
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from time import process_time
from typing import Any

from bench import peers, work
from bench.cells import WORK, Work

BATCH_SECONDS = 0.1
"""A batch repeats a cheap operation until it is at least about this long."""


class WrongAnswer(Exception):
    """A peer did not hand its caller what the upstream said."""


def check_answer(found: Any) -> None:
    if found != work.ANSWER:
        raise WrongAnswer(repr(found)[:200])


def check_stream(found: list[str], events: int) -> None:
    """The whole text, in about as many events as were sent."""
    if "".join(found) != "".join(work.pieces(events)) or len(found) < 0.9 * events:
        raise WrongAnswer(f"{len(found)} events: {''.join(found)!r:.200}")


def check_value(found: Any, events: int) -> None:
    if found.model_dump() != work.value(events):
        raise WrongAnswer(repr(found)[:200])


def check_partial(found: tuple[int, Any], events: int) -> None:
    """The whole value at the end, and before it a value for most of the events."""
    count, last = found
    check_value(last, events)
    if count < events / 2:
        raise WrongAnswer(f"{count} values for {events} events")


def check_choice(found: Any) -> None:
    """Somebody was taken, of whom nothing speaks against."""
    if found.target is None or found.anyway:
        raise WrongAnswer(repr(found)[:200])


def check(found: Any, todo: Work) -> None:
    if todo.method == "choose":
        check_choice(found)
        return
    if todo.method.startswith("partial"):
        check_partial(found, todo.units)
        return
    if todo.method.startswith("create"):
        check_value(found, 0)
        return
    if todo.method.startswith("stream"):
        check_stream(found, todo.units)
        return
    for answer in found if todo.units > 1 else [found]:
        check_answer(answer)


def operation(peer: Any, cell: str) -> Callable[[], Any]:
    """One unit of a cell's work without arguments; several at once when it is about concurrency."""
    todo = WORK[cell]
    method = getattr(peer, todo.method)
    if todo.method == "choose":
        policy = cell.removeprefix("choose_")
        return lambda: method(policy)
    if todo.method.startswith(("stream", "partial")):
        text = work.question(todo.units, paced=todo.paced)
        return lambda: method(text)
    if todo.units == 1:
        return method
    return lambda: asyncio.gather(*(method() for _ in range(todo.units)))


def repeats(warm_up: list[float], todo: Work) -> int:
    """How often a batch does what took these seconds while warming up."""
    return max(todo.least, min(500, round(BATCH_SECONDS / min(warm_up))))


def measure(once: Callable[[], Any], todo: Work) -> list[float]:
    """CPU microseconds a unit, for each batch. `measure_async` is its mirror."""

    def batch(count: int) -> float:
        began = process_time()
        found = [once() for _ in range(count)]
        spent = process_time() - began
        for one in found:
            check(one, todo)
        return spent / count

    count = repeats([batch(1) for _ in range(todo.warm_up)], todo)
    return [batch(count) / todo.units * 1e6 for _ in range(todo.batches)]


async def measure_async(once: Callable[[], Awaitable[Any]], todo: Work) -> list[float]:
    async def batch(count: int) -> float:
        began = process_time()
        found = [await once() for _ in range(count)]
        spent = process_time() - began
        for one in found:
            check(one, todo)
        return spent / count

    count = repeats([await batch(1) for _ in range(todo.warm_up)], todo)
    return [await batch(count) / todo.units * 1e6 for _ in range(todo.batches)]


def say(cell: str, **found: Any) -> None:
    print(json.dumps({"cell": cell, **found}), flush=True)


def run(peer: Any, cells: Iterable[str]) -> None:
    for cell in cells:
        try:
            say(cell, batches=measure(operation(peer, cell), WORK[cell]))
        except Exception as error:
            say(cell, error=repr(error)[:300])


async def run_async(peer: Any, cells: Iterable[str]) -> None:
    await peer.open_async()
    for cell in cells:
        try:
            say(cell, batches=await measure_async(operation(peer, cell), WORK[cell]))
        except Exception as error:
            say(cell, error=repr(error)[:300])
    await peer.close_async()


def main(name: str, url: str, cells: str) -> None:
    module = peers.load(name)
    wanted = [cell for cell in WORK if cell in cells.split(",") and hasattr(module.Peer, WORK[cell].method)]
    peer = module.Peer(url)
    run(peer, [cell for cell in wanted if not WORK[cell].asynchronous])
    later = [cell for cell in wanted if WORK[cell].asynchronous]
    if later:
        asyncio.run(run_async(peer, later))
    peer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)  # some libraries' background threads would keep the process
