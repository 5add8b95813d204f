"""Events that somebody has made already, handed to the caller of an async flow as if they came from a reply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Final, cast

from dragoman.flow import Flow, Pump
from dragoman.http import Framing
from dragoman.messages import Event


def pump_events(events: Callable[[], AsyncIterator[Event]], abort: Callable[[], object]) -> Flow[None]:
    """Hand `events()` to the caller. `abort` is called when it leaves: from any thread, at any time."""
    yield Pump(cast("Any", _Reply(events, abort)), "sse", cast("Any", _Decoder()))


class _Reply:
    """A reply whose frames are events."""

    status = 200
    headers: Final[dict[str, str]] = {}

    def __init__(self, events: Callable[[], AsyncIterator[Event]], abort: Callable[[], object]) -> None:
        self._events = events
        self._abort = abort

    async def frames(self, framing: Framing) -> AsyncIterator[list[tuple[str, Event]]]:  # noqa: ARG002  # as replies have it
        try:
            async for event in self._events():
                yield [("", event)]
        except BaseException:  # the reader is gone, or cancelled
            self._abort()
            raise

    async def read(self) -> bytes:
        raise AssertionError("it is a stream")

    def close(self) -> None:
        self._abort()


class _Decoder:
    """The decoder for them."""

    def feed(self, name: str, data: Event) -> tuple[Event]:  # noqa: ARG002  # as decoders have it
        return (data,)

    def finish(self) -> tuple[Event, ...]:
        return ()
