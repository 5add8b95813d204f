"""Streams of values: a value as it grows, or the elements of a list one by one; blocking or awaited.

They end as streams of events do: in the value, or in an exception. `close()`, or leaving the `with` block, ends early.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar, cast

from msgspec import Struct

from dragoman.client.streams import AsyncRunning, Awaited, Running
from dragoman.errors import CallerError
from dragoman.flow import Flow
from dragoman.messages import Event, LLMResponse, Restarted
from dragoman.structured import Extracted
from dragoman.structured.partial import NOTHING, Delivery

T = TypeVar("T")


class Heard(Protocol):
    """Who hears the events of the answer."""

    restarts: list[Restarted]

    def take(self, event: Event) -> bool: ...


class HeardGrowing(Heard, Protocol):
    """Who hears a value grow."""

    def show(self) -> Any: ...

    def is_complete(self, path: Sequence[str]) -> bool: ...


class PartialFlow(Struct, Generic[T]):
    """A value that is asked for, and who hears it grow."""

    flow: Flow[Extracted[T]]
    listening: HeardGrowing


class IterableFlow(Struct, Generic[T]):
    """A list that is asked for, who hears it, and where its elements come out."""

    flow: Flow[Extracted[list[T]]]
    listening: Heard
    delivery: Delivery[T]


class _Values(Generic[T]):
    """What all of them have."""

    _listening: Heard
    _running: Running[Any] | AsyncRunning[Any]

    @property
    def response(self) -> LLMResponse:
        """The response of the last answer, once the stream has ended; usage, cost and attempts are of all answers.

        Before that, or without it: `CallerError`.
        """
        return cast("Extracted[Any]", self._running.result).response

    @property
    def restarts(self) -> tuple[Restarted, ...]:
        """How often the answer has begun anew, as the one before did not fit or was a draft: what had come is void."""
        return tuple(self._listening.restarts)

    def abort(self) -> None:
        """Stop now and free the connection: as `Stream.abort`, at any time, from any thread."""
        self._running.abort()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._running.state}>"


class _Left(_Values[T]):
    """What leaves a stream that is iterated over."""

    def close(self) -> None:
        """`abort`, by the name that `contextlib.closing` wants."""
        self.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


class _AsyncLeft(Awaited, _Values[T]):
    """What leaves one that is awaited."""

    def __await__(self) -> Generator[None, None, Self]:
        return self
        yield

    async def close(self) -> None:
        """`abort`, to be awaited: as `AsyncStream.close`."""
        await cast("AsyncRunning[Any]", self._running).close()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Growing(_Values[T]):
    """A value that grows."""

    def __init__(self, flow: PartialFlow[T], running: Callable[[Flow[Extracted[T]]], Any]) -> None:
        self._running = running(flow.flow)
        self._listening = self._hearing = flow.listening
        self._shown: Any = NOTHING
        self._over = False

    @property
    def value(self) -> T:
        """The value last given; the whole one, once the stream has ended. Before the first: `CallerError`."""
        if self._shown is NOTHING:
            raise CallerError("nothing of the value has come yet: iterate over the stream")
        return cast("T", self._shown)

    def is_complete(self, path: str | Sequence[str | int] = ()) -> bool:
        """Whether what lies at `path` has come whole: `"items.0.name"`, or its parts. Without a path: all of it."""
        parts = path.split(".") if isinstance(path, str) and path else [str(part) for part in path]
        return self._over or self._hearing.is_complete(parts)

    def _next(self, event: Event) -> bool:
        """Whether there is a value to be given."""
        if not self._hearing.take(event):
            return False
        self._shown = self._hearing.show()
        return self._shown is not NOTHING

    def _last(self) -> bool:
        """At the end of the events: whether the whole value is still to be given."""
        if self._over or self._running.state != "ended":
            return False
        self._over, self._shown = True, self._running.result.value
        return True


class PartialStream(_Growing[T], _Left[T], Iterator[T]):
    """Iterate over a value as it grows: each is a new object, and the last is the whole value, validated.

    All before are of `Partial[T]`, a sub-class of T, in which what has not come is `None`. Nothing is sent before the
    first is asked for. When an answer does not fit, `restarts` grows and the value begins anew.
    """

    def __init__(self, flow: PartialFlow[T]) -> None:
        super().__init__(flow, Running)
        self._events: Running[Extracted[T]] = cast("Running[Extracted[T]]", self._running)

    def __next__(self) -> T:
        for event in self._events:
            if self._next(event):
                return self.value
        if self._last():
            return self.value
        raise StopIteration

    def drain(self) -> T:
        """Read to the end and return the whole value."""
        for _ in self:
            pass
        return self._events.result.value


class AsyncPartialStream(_Growing[T], _AsyncLeft[T], AsyncIterator[T]):
    """`PartialStream` for `async for`. Awaiting it gives itself."""

    def __init__(self, flow: PartialFlow[T]) -> None:
        super().__init__(flow, AsyncRunning)
        self._events: AsyncRunning[Extracted[T]] = cast("AsyncRunning[Extracted[T]]", self._running)

    async def __anext__(self) -> T:
        async for event in self._events:
            if self._next(event):
                return self.value
        if self._last():
            return self.value
        raise StopAsyncIteration

    async def drain(self) -> T:
        """Read to the end and return the whole value."""
        async for _ in self:
            pass
        return self._events.result.value


class _Elements(_Values[T]):
    """The elements of a list."""

    def __init__(self, flow: IterableFlow[T], running: Callable[[Flow[Extracted[list[T]]]], Any]) -> None:
        self._running = running(flow.flow)
        self._listening = flow.listening
        self._delivery = flow.delivery
        self._ready = flow.delivery.ready
        self._over = False

    @property
    def value(self) -> list[T]:
        """The whole list, once the stream has ended. Before that, or without it: `CallerError`."""
        return cast("Extracted[list[T]]", self._running.result).value

    def _last(self) -> None:
        """At the end of the events: what could not be delivered as it came."""
        if self._over or self._running.state != "ended":
            return
        self._over = True
        self._delivery.begin()
        for element in self.value:
            self._delivery.take(element)


class IterableStream(_Elements[T], _Left[T], Iterator[T]):
    """Iterate over the elements of a list, each given when it has come whole, validated.

    Nothing is sent before the first is asked for. When an answer does not fit, `restarts` grows and the list begins
    anew; elements that come again as they were, at their place, are not given again. `value` is the list that holds.
    """

    def __init__(self, flow: IterableFlow[T]) -> None:
        super().__init__(flow, Running)
        self._events: Running[Extracted[list[T]]] = cast("Running[Extracted[list[T]]]", self._running)

    def __next__(self) -> T:
        while not self._ready:
            event = next(self._events, None)
            if event is None:
                self._last()
                break
            self._listening.take(event)
        if self._ready and self._running.state != "aborted":
            return self._ready.popleft()
        raise StopIteration

    def drain(self) -> list[T]:
        """Read to the end and return the whole list."""
        for _ in self:
            pass
        return self.value


class AsyncIterableStream(_Elements[T], _AsyncLeft[T], AsyncIterator[T]):
    """`IterableStream` for `async for`. Awaiting it gives itself."""

    def __init__(self, flow: IterableFlow[T]) -> None:
        super().__init__(flow, AsyncRunning)
        self._events: AsyncRunning[Extracted[list[T]]] = cast("AsyncRunning[Extracted[list[T]]]", self._running)

    async def __anext__(self) -> T:
        while not self._ready:
            event = await anext(self._events, None)
            if event is None:
                self._last()
                break
            self._listening.take(event)
        if self._ready and self._running.state != "aborted":
            return self._ready.popleft()
        raise StopAsyncIteration

    async def drain(self) -> list[T]:
        """Read to the end and return the whole list."""
        async for _ in self:
            pass
        return self.value
