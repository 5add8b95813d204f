"""Streams: a running call as an iterator of events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from typing import Self

from dragoman.errors import CallerError, TransportError
from dragoman.flow import Flow, Handle, async_events, events
from dragoman.messages import Event, LLMResponse


class StreamBase:
    """What both streams share: the text so far, the response at the end, and the way out at any time."""

    def __init__(self, flow: Flow[LLMResponse]) -> None:
        self._handle: Handle[LLMResponse] = Handle()
        self._flow = flow
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """The visible text that has arrived."""
        return "".join(self._pieces)

    @property
    def response(self) -> LLMResponse:
        """The whole response, once the stream has ended. Before that: `CallerError`."""
        if self._handle.result is None:
            raise CallerError("the stream has not ended: read it to its end first, or call `drain()`")
        return self._handle.result

    def abort(self) -> None:
        """Stop now and free the connection. Safe to call at any time, from any thread."""
        self._handle.abort()

    def __del__(self) -> None:
        self._handle.abort()

    def __repr__(self) -> str:
        state = "ended" if self._handle.result is not None else "aborted" if self._handle.aborted else "open"
        return f"<{type(self).__name__} {state}, {len(self.text)} characters>"


class Stream(StreamBase, Iterator[Event]):
    """Iterate over events; leave the `with` block, or drop it, to end early.

    Nothing is sent before the first event is asked for. Errors come out of the iteration, with what had arrived in
    `error.partial`.
    """

    def __init__(self, flow: Flow[LLMResponse]) -> None:
        super().__init__(flow)
        self._events = events(flow, self._handle)

    def __next__(self) -> Event:
        try:
            event = next(self._events)
        except TransportError:
            if self._handle.aborted:  # it is the abort that broke the connection
                raise StopIteration from None
            raise
        if event.content:
            self._pieces.append(event.content)
        return event

    def drain(self) -> LLMResponse:
        """Read to the end and return the response."""
        for _ in self:
            pass
        return self.response

    def abort(self) -> None:
        super().abort()
        with suppress(ValueError):  # it is running in another thread, and ends there by itself
            self._events.close()

    close = abort

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


class AsyncStream(StreamBase, AsyncIterator[Event]):
    """`Stream` for `async for`; awaiting it gives itself, so that both `await generate(...)` and none are right."""

    def __init__(self, flow: Flow[LLMResponse]) -> None:
        super().__init__(flow)
        self._events = async_events(flow, self._handle)

    async def __anext__(self) -> Event:
        try:
            event = await anext(self._events)
        except TransportError:
            if self._handle.aborted:
                raise StopAsyncIteration from None
            raise
        if event.content:
            self._pieces.append(event.content)
        return event

    def __await__(self) -> Generator[None, None, Self]:
        return self
        yield

    async def drain(self) -> LLMResponse:
        """Read to the end and return the response."""
        async for _ in self:
            pass
        return self.response

    async def aclose(self) -> None:
        """`abort`, under the name that `contextlib.aclosing` wants."""
        self.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.abort()
