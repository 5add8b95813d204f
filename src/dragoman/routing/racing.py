"""Two runs of one call, of which the first good content wins and the other is let go.

On an event loop alone: a thread cannot watch two replies at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Generic, TypeVar, cast

from dragoman.flow import Flow, Handle, async_events, invoke
from dragoman.messages import METADATA_EVENTS, Event
from dragoman.routing.made_events import pump_events

T = TypeVar("T")


class Runner(Generic[T]):
    """One of the two, run until it has shown something, or is over."""

    def __init__(self, flow: Flow[T]) -> None:
        self._handle: Handle[T] = Handle()
        self._events = async_events(flow, self._handle)
        self._seen: list[Event] = []

    async def begin(self) -> None:
        """Read on until there is content, or the end. Raises what the flow raises."""
        async for event in self._events:
            self._seen.append(event)
            if not isinstance(event, METADATA_EVENTS):
                return

    async def events(self) -> AsyncIterator[Event]:
        """All events, from the first."""
        for event in self._seen:
            yield event
        async for event in self._events:
            yield event

    @property
    def result(self) -> T:
        return cast("T", self._handle.result)

    def abort(self) -> None:
        """Free the connection now."""
        self._handle.abort()

    async def end(self) -> None:
        """Free the connection, and let the flow end."""
        self._handle.abort()
        await self._events.aclose()


class Race(Generic[T]):
    """Two runs of one call.

    Args:
        first: Who was asked.
        second: Makes the other run, when it is time; `None`: nobody else may be asked.
        delay: Seconds after which it is time.

    Attributes:
        winner: The index of who has shown content first: 0 or 1.
        errors: What each has failed with, by its index.
    """

    def __init__(self, first: Flow[T], second: Callable[[], Flow[T] | None], delay: float) -> None:
        self._runners: list[Runner[T]] = [Runner(first)]
        self._tasks: list[asyncio.Task[None]] = []
        self._second = second
        self._delay = delay
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_left = False
        self.winner: int | None = None
        self.errors: dict[int, Exception] = {}

    @property
    def hedged(self) -> bool:
        return len(self._runners) > 1

    async def begin(self) -> None:
        """Have a winner, unless it is left. Raises what the first failed with when nobody wins."""
        self._loop = asyncio.get_running_loop()
        tasks = self._tasks
        tasks.append(asyncio.create_task(self._runners[0].begin()))
        try:
            if self._is_left:  # asked after the loop is known, for another thread may be leaving
                return
            await asyncio.wait(tasks, timeout=self._delay)
            if not tasks[0].done() and (flow := self._second()) is not None:
                self._runners.append(Runner(flow))
                tasks.append(asyncio.create_task(self._runners[1].begin()))
            self.winner = await self._first_good()
        finally:
            await self._let_go()
        if self.winner is None and not self._is_left:
            raise self.errors[0]

    def leave(self) -> None:
        """Have `begin` end, and both runs with it: from any thread, at any time."""
        self._is_left = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, and the race with it
                self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _first_good(self) -> int | None:
        waiting = set(self._tasks)
        while waiting and not self._is_left:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            good = [index for index in sorted(map(self._tasks.index, done)) if self._is_good(index)]
            if good:
                return good[0]
        return None

    def _is_good(self, index: int) -> bool:
        """Whether a run that has stopped did so with content, or whole."""
        if self._is_left:
            return False
        error = self._tasks[index].exception()
        if error is None:
            return True
        if not isinstance(error, Exception):
            raise error
        self.errors[index] = error
        return False

    async def _let_go(self) -> None:
        """End every run but the winner's: all of them before the first is waited for, which may be given up on."""
        others = [index for index in range(len(self._tasks)) if index != self.winner]
        for index in others:
            self._tasks[index].cancel()
            self._runners[index].abort()
        await asyncio.gather(*(self._tasks[index] for index in others), return_exceptions=True)
        for index in others:
            await self._runners[index].end()

    @property
    def _won(self) -> Runner[T]:
        assert self.winner is not None  # `begin` has ended
        return self._runners[self.winner]

    def run(self, *, stream: bool) -> Flow[T]:
        """The winner's result. Its events go to the caller of a stream."""
        try:
            yield from invoke(async_=self.begin, leave=self.leave)
            if stream:
                yield from pump_events(self._events_of_winner, self._won.abort)
            else:
                yield from invoke(async_=self._to_the_end, leave=self._won.abort)
            return self._won.result
        finally:
            for runner in self._runners:
                runner.abort()

    async def _events_of_winner(self) -> AsyncIterator[Event]:
        try:
            async for event in self._won.events():
                yield event
        finally:
            await self._won.end()

    async def _to_the_end(self) -> None:
        async for _ in self._events_of_winner():
            pass
