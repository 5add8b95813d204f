"""An event loop on which time passes only by waiting, and then at once.

When nothing is ready to run, its clock jumps to the next timer. So hours of pauses take as long as the code between
them, and the same seed gives the same run: asyncio, its timers and the drivers of flows are the real ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(Exception):
    """Everybody waits for something that is no timer: in a simulation nothing else will ever come."""


class _Clock:
    """Takes the place of the selector, the only one who waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck("nothing is ready, and no timer is set")
        self.now += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """`time()` is seconds since it began. It has no sockets and no threads, only timers."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Clock()
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._selector.now

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""


def simulate(main: Coroutine[Any, Any, T]) -> T:
    """What `main` comes to on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
