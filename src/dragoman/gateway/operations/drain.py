"""Stopping without breaking what is under way.

When the process is told to end, it says that it is not ready; after `delay_seconds`, in which balancers hear of it, the
server takes no more connections; what is open goes on to its end, or to `limit_seconds`. Who is still open then is
cancelled, with `expired` set: it tells its caller so, settles, and ends.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, TypeAlias

from dragoman.errors import Unavailable

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

_SETTLING_SECONDS: Final = 5.0
"""How long those may take that were cancelled, to tell their callers and to settle."""

Handler: TypeAlias = "Callable[[int, FrameType | None], Any]"


class Drain:
    """The calls that are open, and whether the gateway is about to stop. It belongs to one event loop."""

    def __init__(self, *, limit_seconds: float = 30.0, delay_seconds: float = 0.0) -> None:
        self.limit_seconds = limit_seconds
        self.delay_seconds = delay_seconds
        self.stopping = False
        self.expired = False
        self.open_calls: set[asyncio.Task[Any]] = set()
        self._empty = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._handlers: dict[int, Handler] = {}

    def __len__(self) -> int:
        """How many calls are open."""
        return len(self.open_calls)

    def enter(self, task: asyncio.Task[Any]) -> None:
        """A call begins, which `task` answers.

        Raises:
            Unavailable: When the gateway is about to stop and takes no more.
        """
        if self.stopping:
            raise Unavailable("the gateway is about to stop")
        self.open_calls.add(task)

    def leave(self, task: asyncio.Task[Any]) -> None:
        self.open_calls.discard(task)
        if self.stopping and not self.open_calls:
            self._empty.set()

    def begin(self) -> None:
        """Take no more calls, and cancel those that are open in `limit_seconds`."""
        if self.stopping:
            return
        self.stopping = True
        if not self.open_calls:
            self._empty.set()
        self._timer = asyncio.get_running_loop().call_later(self.limit_seconds, self._expire)

    async def finished(self) -> bool:
        """Wait until all calls are over: `limit_seconds`, and a few more for those that were cancelled to settle.

        Gives whether they are.
        """
        self.begin()
        try:
            await asyncio.wait_for(self._empty.wait(), self.limit_seconds + _SETTLING_SECONDS)
        except TimeoutError:
            return False
        finally:
            if self._timer is not None:
                self._timer.cancel()
        return True

    def _expire(self) -> None:
        self.expired = True
        for task in tuple(self.open_calls):
            task.cancel("the gateway stops")

    # ------------------------------------------------------------------ signals

    def watch_signals(self) -> None:
        """Hear the signals to end before the server does, which is told of the first `delay_seconds` later.

        In a thread other than the main one, where Python lets nobody hear signals, nothing is done: whoever runs the
        server there calls `begin`, or leaves it to `finished`.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            before = signal.getsignal(number)
            if callable(before):
                self._handlers[number] = before
                signal.signal(number, lambda sent, frame: self._hear(loop, sent, frame))

    def unwatch_signals(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    def _hear(self, loop: asyncio.AbstractEventLoop, number: int, frame: FrameType | None) -> None:
        """A second signal means haste: it is passed on at once."""
        tell_server = self._handlers[number]
        if self.stopping or not self.delay_seconds:
            loop.call_soon_threadsafe(self.begin)
            tell_server(number, frame)
            return
        loop.call_soon_threadsafe(self.begin)
        loop.call_soon_threadsafe(loop.call_later, self.delay_seconds, tell_server, number, None)
