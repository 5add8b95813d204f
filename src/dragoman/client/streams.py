"""Streams: a running call as an iterator of events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Final, Generic, Literal, Never, Self, TypeVar, cast

from dragoman.errors import CallerError
from dragoman.flow import Flow, Handle, async_events, close, events, is_busy
from dragoman.messages import Event, LLMResponse, Restarted

R = TypeVar("R")
State = Literal["open", "ended", "aborted", "failed"]

NOT_ENDED: Final[dict[State, str]] = {
    "open": "the stream has not ended: read it to its end first, or call `drain()`",
    "aborted": "the stream was aborted, so there is no whole response: `text` is what had arrived",
    "failed": "the stream failed with {failure}, so there is no whole response: `text` is what had arrived",
}


class RunningBase(Generic[R]):
    """What all streams share: the events of a flow, its result at the end, and the way out at any time."""

    def __init__(self, flow: Flow[R]) -> None:
        self._handle: Handle[R] = Handle()
        self._flow = flow
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """The visible text that has arrived, since the answer has begun anew if it has."""
        return "".join(self._pieces)

    def _note(self, event: Event) -> None:
        """Keep the text of an event. What came before a `Restarted` is void."""
        if event.content:
            self._pieces.append(event.content)
        elif isinstance(event, Restarted):
            self._pieces.clear()

    @property
    def result(self) -> R:
        """What the flow has come to, once it has ended. Before that, or without it: `CallerError`."""
        if self._handle.result is None:
            raise CallerError(NOT_ENDED[self.state].format(failure=self._handle.failure))
        return self._handle.result

    def abort(self) -> None:
        """Stop now and free the connection. Safe to call at any time, from any thread.

        Whoever is reading then comes to the end of the stream: at once, also in the pause before another try. Only the
        head of a reply is not given up on: when it comes, or its limit (`timeout=`) passes, the stream ends, and
        nothing else is sent.
        """
        self._handle.abort()

    @property
    def state(self) -> State:
        """How far it is. An abort of what is over anyway, as at the end of a `with` block, changes nothing."""
        if self._handle.result is not None:
            return "ended"
        if self._handle.failure is not None:
            return "failed"
        return "aborted" if self._handle.aborted else "open"

    def __del__(self) -> None:
        self._handle.abort()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.state}, {len(self.text)} characters>"


class Running(RunningBase[R], Iterator[Event]):
    """A flow that is run as its events are asked for, in the calling thread."""

    def __init__(self, flow: Flow[R]) -> None:
        super().__init__(flow)
        self._events = events(flow, self._handle)

    def __next__(self) -> Event:
        if self._handle.aborted:
            raise StopIteration
        try:
            event = next(self._events)
        except ValueError as error:
            if self._handle.aborted and is_busy(error):
                raise StopIteration from None
            raise
        if self._handle.aborted:  # by another thread meanwhile, which could not end what this one was in
            close(self._events)
            raise StopIteration
        self._note(event)
        return event

    def abort(self) -> None:
        super().abort()
        close(self._events)

    close = abort
    """The name that `contextlib.closing` wants."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


class Stream(Running[LLMResponse]):
    """Iterate over events; leave the `with` block, or drop it, to end early.

    Nothing is sent before the first event is asked for. Errors come out of the iteration, with what had arrived in
    `error.partial`.
    """

    @property
    def response(self) -> LLMResponse:
        """The whole response, once the stream has ended. Before that, or without it: `CallerError`."""
        return self.result

    def drain(self) -> LLMResponse:
        """Read to the end and return the response."""
        for _ in self:
            pass
        return self.response


class Awaited:
    """What only `async for` reads."""

    if not TYPE_CHECKING:  # checkers refuse a `for` by themselves

        def __getitem__(self, _: object) -> Never:
            """What `for` asks of an object without `__iter__`, with which it would pass for an `Iterable`."""
            raise TypeError(f"{type(self).__name__} comes from an async client: read it by `async for`, not by `for`")


class AsyncRunning(Awaited, RunningBase[R], AsyncIterator[Event]):
    """`Running`, awaited on the running loop."""

    def __init__(self, flow: Flow[R]) -> None:
        super().__init__(flow)
        self._events = cast("AsyncGeneratorType[Event, None]", async_events(flow, self._handle))

    async def __anext__(self) -> Event:
        if self._handle.aborted:
            raise StopAsyncIteration
        event = await anext(self._events)
        if self._handle.aborted:  # meanwhile, when what was being read could not be ended
            await self._events.aclose()
            raise StopAsyncIteration
        self._note(event)
        return event

    def abort(self) -> None:
        super().abort()
        if self._events.ag_running:  # whoever waits for the next event comes to the end, and with it the flow does
            return
        close(self._flow)

    def __await__(self) -> Generator[None, None, Self]:
        return self
        yield

    async def close(self) -> None:
        """`abort`, to be awaited: then nothing of the stream runs any more, unless another task is reading it."""
        self.abort()
        if not self._events.ag_running:  # else the other task ends it
            await self._events.aclose()

    aclose = close
    """The name that `contextlib.aclosing` wants."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncStream(AsyncRunning[LLMResponse]):
    """`Stream` for `async for`; leave the `async with` block, or drop it, to end early.

    Awaiting it gives itself, so that both `await generate(...)` and none are right. Nothing is sent before the first
    event is asked for. Errors come out of the iteration, with what had arrived in `error.partial`.
    """

    @property
    def response(self) -> LLMResponse:
        """The whole response, once the stream has ended. Before that, or without it: `CallerError`."""
        return self.result

    async def drain(self) -> LLMResponse:
        """Read to the end and return the response."""
        async for _ in self:
            pass
        return self.response
