"""Runs inside a peer's environment: does each cell's work, checks every answer, prints the CPU time of each batch.

python -m bench.worker PEER URL CELL,CELL
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
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


Costs = dict[str, list[float]]
"""Seconds that batches took, by what they did: the work, and `beside` what it stands beside."""


def measure(once: Mapping[str, Callable[[], Any]], todo: Work) -> list[float]:
    """CPU microseconds a unit, for each batch. `measure_async` is its mirror."""

    def batch(one: Callable[[], Any], count: int) -> float:
        began = process_time()
        found = [one() for _ in range(count)]
        spent = process_time() - began
        for each in found:
            check(each, todo)
        return spent / count

    warm_up = [batch(one, 1) for _ in range(todo.warm_up) for one in once.values()]
    count = repeats(warm_up, todo)
    costs: Costs = {name: [] for name in once}
    for _ in range(todo.batches):
        for name, one in once.items():
            costs[name].append(batch(one, count))
    return figures(costs, todo)


async def measure_async(once: Mapping[str, Callable[[], Awaitable[Any]]], todo: Work) -> list[float]:
    async def batch(one: Callable[[], Awaitable[Any]], count: int) -> float:
        began = process_time()
        found = [await one() for _ in range(count)]
        spent = process_time() - began
        for each in found:
            check(each, todo)
        return spent / count

    warm_up = [await batch(one, 1) for _ in range(todo.warm_up) for one in once.values()]
    count = repeats(warm_up, todo)
    costs: Costs = {name: [] for name in once}
    for _ in range(todo.batches):
        for name, one in once.items():
            costs[name].append(await batch(one, count))
    return figures(costs, todo)


def figures(costs: Costs, todo: Work) -> list[float]:
    """Microseconds a unit of each batch; of two that took turns, what the first costs beyond the second."""
    first, *others = costs.values()
    base = others[0] if others else [0.0] * len(first)
    return [(one - beside) / todo.units * 1e6 for one, beside in zip(first, base, strict=True)]


def operations(peer: Any, cell: str) -> dict[str, Callable[[], Any]]:
    """The work of a cell, and of the one that it is measured beside."""
    beside = WORK[cell].beside
    return {cell: operation(peer, cell)} | ({beside: operation(peer, beside)} if beside else {})


def say(cell: str, **found: Any) -> None:
    print(json.dumps({"cell": cell, **found}), flush=True)


def run(peer: Any, cells: Iterable[str]) -> None:
    for cell in cells:
        try:
            say(cell, batches=measure(operations(peer, cell), WORK[cell]))
        except Exception as error:
            say(cell, error=repr(error)[:300])


async def run_async(peer: Any, cells: Iterable[str]) -> None:
    await peer.open_async()
    for cell in cells:
        try:
            say(cell, batches=await measure_async(operations(peer, cell), WORK[cell]))
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
