"""Flows: decisions as generators, and the two drivers that carry them out.

A flow decides and yields what it needs done as one of six effects; it never does I/O. A driver does it and sends the
result back, or throws the error in. The same flow runs under both drivers, which stand one above the other here and
change together: the second is the first with `await`.

Rules: a flow is used once; its `finally` must not yield; a reply is closed at the next `Open` and at the end; after an
abort nothing more is done and nothing raised: the events end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import suppress
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast

from msgspec import Struct

from dragoman.errors import UnsupportedFeature
from dragoman.http import AsyncReply, AsyncTransport, Framing, HttpRequest, Reply, Tap, Transport
from dragoman.messages import Event

T = TypeVar("T")


class Decoder(Protocol):
    """Turns the frames of a streamed body into events."""

    def feed(self, name: str, data: bytes) -> Iterable[Event]: ...

    def finish(self) -> Iterable[Event]:
        """The body has ended. Raises `StreamInterrupted` when it ended too early."""
        ...


# ---------------------------------------------------------------------- effects


class Open(Struct, frozen=True):
    """Send the request and wait for the head of the reply. Result: the reply."""

    transport: Transport | AsyncTransport
    request: HttpRequest


class ReadAll(Struct, frozen=True):
    """Read the whole body. Result: its bytes."""

    reply: Reply | AsyncReply


class Pump(Struct, frozen=True):
    """Read a streamed body to its end, decode it and hand each event to the caller. A whole stream is one effect.

    `tap` may take pieces of the body past the decoder, where the transport can offer them; of threads none can.
    """

    reply: Reply | AsyncReply
    framing: Framing
    decoder: Decoder
    tap: Tap | None = None


class Sleep(Struct, frozen=True):
    """Wait, in seconds."""

    seconds: float


class Emit(Struct, frozen=True):
    """Hand the caller an event that no decoder made."""

    event: Event


class Invoke(Struct, frozen=True, kw_only=True):
    """Call the caller's or a foreign function, given in one form or both. Result: what it returns.

    The async driver prefers `async_` and runs a sync-only function in a thread; the sync driver refuses an async-only
    one. `leave` is called at an abort, from whichever thread, and has the function return.
    """

    sync: Callable[[], Any] | None = None
    async_: Callable[[], Awaitable[Any]] | None = None
    leave: Callable[[], object] | None = None


Effect: TypeAlias = Open | ReadAll | Pump | Sleep | Emit | Invoke
Flow: TypeAlias = Generator[Effect, Any, T]
"""A flow that returns `T`."""


# ---------------------------------------------------------------------- typed yields: `body = yield from read_all(…)`


def read_all(reply: Reply | AsyncReply) -> Flow[bytes]:
    return (yield ReadAll(reply))


def pump(reply: Reply | AsyncReply, framing: Framing, decoder: Decoder, tap: Tap | None = None) -> Flow[None]:
    yield Pump(reply, framing, decoder, tap)


def sleep(seconds: float) -> Flow[None]:
    if seconds > 0:
        yield Sleep(seconds)


def emit(event: Event) -> Flow[None]:
    yield Emit(event)


def invoke(
    sync: Callable[[], T] | None = None,
    async_: Callable[[], Awaitable[T]] | None = None,
    leave: Callable[[], object] | None = None,
) -> Flow[T]:
    return (yield Invoke(sync=sync, async_=async_, leave=leave))


# ---------------------------------------------------------------------- flows within flows


def passing(flow: Flow[T], through: Callable[[Effect], Flow[Any]], beyond: tuple[type[Exception], ...] = ()) -> Flow[T]:
    """`flow`, whose effects are asked for by `through`: as they are, changed, or with others around them.

    What `through` returns is the effect's result; what it raises is thrown into `flow`, unless that is `beyond` it.
    """
    result: Any = None
    failure: Exception | None = None
    try:
        while True:
            try:
                effect = flow.send(result) if failure is None else flow.throw(failure)
            except StopIteration as stop:
                return cast("T", stop.value)
            result = failure = None
            try:
                result = yield from through(effect)
            except beyond:
                raise
            except Exception as error:  # noqa: BLE001  # the flow judges it
                failure = error
    finally:
        flow.close()


# ---------------------------------------------------------------------- drivers


class Handle(Generic[T]):
    """What a running flow holds open, its result, and the way to let go of both from outside.

    `failure` is the name of what the flow ended with instead of a result; the exception itself would hold its frames.
    """

    __slots__ = ("_reply", "_wake", "aborted", "failure", "result")

    def __init__(self) -> None:
        self._reply: Reply | AsyncReply | None = None
        self._wake: Callable[[], object] | None = None
        self.aborted = False
        self.failure: str | None = None
        self.result: T | None = None

    def hold(self, reply: Reply | AsyncReply) -> None:
        self._reply = reply
        if self.aborted:  # the caller left while the request was on its way
            reply.close()

    def release(self) -> None:
        """Close the reply held, if any."""
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.close()

    def on_abort(self, wake: Callable[[], object] | None) -> bool:
        """Have `wake` called at an abort, from whichever thread; and nothing else. False: it has come already."""
        self._wake = wake
        return not self.aborted  # asked last, for another thread may be aborting

    def abort(self) -> None:
        """Let go now, from any thread.

        Reading ends at once, and so does a pause, or a call that can be left. The head of a reply is not given up on:
        when it comes, or its limit passes, the reply is closed and nothing else is sent.
        """
        self.aborted = True
        self.release()
        if self._wake is not None:
            self._wake()


def events(flow: Flow[T], handle: Handle[T]) -> Generator[Event, None, None]:  # noqa: C901, PLR0912  # one branch an effect
    """Run `flow` in the calling thread, yielding the events it pumps and emits; its result goes to `handle`."""
    result: Any = None
    failure: Exception | None = None
    try:
        while not handle.aborted:
            try:
                effect = flow.send(result) if failure is None else flow.throw(failure)
            except StopIteration as stop:
                handle.result = stop.value
                return
            if handle.aborted:
                return
            result = failure = None
            try:
                match effect:
                    case Pump(reply, framing, decoder, _):
                        for frames in cast("Reply", reply).frames(framing):
                            for name, data in frames:
                                yield from decoder.feed(name, data)
                        yield from decoder.finish()
                    case Emit(event):
                        yield event
                    case _:
                        result = _CARRIED_OUT[type(effect)](effect, handle)
            except Exception as error:  # noqa: BLE001  # the flow judges it
                if handle.aborted:  # its own doing, as a rule; nobody waits for what the flow would make of it
                    return
                failure = error
    except GeneratorExit:
        raise
    except BaseException as error:
        handle.failure = type(error).__name__
        raise
    finally:
        flow.close()
        handle.release()


async def async_events(flow: Flow[T], handle: Handle[T]) -> AsyncGenerator[Event, None]:  # noqa: C901, PLR0912  # as there
    """`events`, awaited on the running loop."""
    result: Any = None
    failure: Exception | None = None
    try:
        while not handle.aborted:
            try:
                effect = flow.send(result) if failure is None else flow.throw(failure)
            except StopIteration as stop:
                handle.result = stop.value
                return
            if handle.aborted:
                return
            result = failure = None
            try:
                match effect:
                    case Pump(reply, framing, decoder, tap):
                        source = cast("AsyncReply", reply).frames(framing)
                        if tap is not None and (tapped := getattr(source, "tap", None)):
                            tapped(tap)
                        async for frames in source:
                            for name, data in frames:
                                for event in decoder.feed(name, data):
                                    yield event
                        for event in decoder.finish():
                            yield event
                    case Emit(event):
                        yield event
                    case _:
                        result = await _AWAITED[type(effect)](effect, handle)
                        if type(effect) is Open:
                            handle.hold(result)
            except Exception as error:  # noqa: BLE001  # the flow judges it
                if handle.aborted:  # its own doing, as a rule; nobody waits for what the flow would make of it
                    return
                failure = error
    except GeneratorExit:
        raise
    except BaseException as error:
        handle.failure = type(error).__name__
        raise
    finally:
        flow.close()
        handle.release()


def run(flow: Flow[T]) -> T:
    """Run `flow` to its end in the calling thread and return its result; events go nowhere."""
    handle: Handle[T] = Handle()
    result: Any = None
    failure: Exception | None = None
    try:
        while True:
            effect = flow.send(result) if failure is None else flow.throw(failure)
            result = failure = None
            try:
                result = _CARRIED_OUT[type(effect)](effect, handle)
            except Exception as error:  # noqa: BLE001  # the flow judges it
                failure = error
    except StopIteration as stop:
        return stop.value
    finally:
        failure = None  # it would hold this frame, which holds it
        flow.close()
        handle.release()


async def async_run(flow: Flow[T]) -> T:
    """`run`, awaited on the running loop."""
    handle: Handle[T] = Handle()
    result: Any = None
    failure: Exception | None = None
    try:
        while True:
            effect = flow.send(result) if failure is None else flow.throw(failure)
            result = failure = None
            try:
                result = await _AWAITED[type(effect)](effect, handle)
                if type(effect) is Open:
                    handle.hold(result)
            except Exception as error:  # noqa: BLE001  # the flow judges it
                failure = error
    except StopIteration as stop:
        return stop.value
    finally:
        failure = None  # it would hold this frame, which holds it
        flow.close()
        handle.release()


# ---------------------------------------------------------------------- how each effect is carried out


def _open(effect: Open, handle: Handle[Any]) -> Reply:
    transport: Any = effect.transport
    handle.release()
    reply: Reply = transport.open(effect.request)
    handle.hold(reply)
    return reply


def _async_open(effect: Open, handle: Handle[Any]) -> Awaitable[AsyncReply]:
    """The driver holds it: a coroutine to do so would be one more to wake for each reply."""
    transport: Any = effect.transport
    handle.release()
    return transport.open(effect.request)


def _read_all(effect: ReadAll, _: Handle[Any]) -> bytes:
    reply: Any = effect.reply
    return reply.read()


def _async_read_all(effect: ReadAll, _: Handle[Any]) -> Awaitable[bytes]:
    reply: Any = effect.reply
    return reply.read()


def _pump(effect: Pump, _: Handle[Any]) -> None:
    """A stream whose events go nowhere: its decoder sees them."""
    reply: Any = effect.reply
    for frames in reply.frames(effect.framing):
        for name, data in frames:
            deque(effect.decoder.feed(name, data), maxlen=0)
    deque(effect.decoder.finish(), maxlen=0)


async def _async_pump(effect: Pump, _: Handle[Any]) -> None:
    reply: Any = effect.reply
    async for frames in reply.frames(effect.framing):
        for name, data in frames:
            deque(effect.decoder.feed(name, data), maxlen=0)
    deque(effect.decoder.finish(), maxlen=0)


def _emit(_: Emit, __: Handle[Any]) -> None:
    """Nobody listens."""


async def _async_emit(_: Emit, __: Handle[Any]) -> None:
    """Nobody listens."""


def _pause(effect: Sleep, handle: Handle[Any]) -> None:
    """Sleep, unless there is an abort. By a queue: a signal's handler may put into it while this very thread waits."""
    from queue import Empty, SimpleQueue  # few calls ever pause

    bell: SimpleQueue[None] = SimpleQueue()
    if handle.on_abort(partial(bell.put, None)):
        with suppress(Empty):
            bell.get(timeout=effect.seconds)


async def _async_pause(effect: Sleep, handle: Handle[Any]) -> None:
    """`_pause`, awaited on the running loop."""
    asyncio = _asyncio()
    bell, loop = asyncio.Event(), asyncio.get_running_loop()

    def ring() -> None:
        with suppress(RuntimeError):  # the loop is closed, and the pause with it
            loop.call_soon_threadsafe(bell.set)

    if handle.on_abort(ring):
        with suppress(TimeoutError):
            async with asyncio.timeout(effect.seconds):
                await bell.wait()


def _call(effect: Invoke, handle: Handle[Any]) -> Any:
    if effect.sync is None:
        raise UnsupportedFeature(
            "an async function was given to a synchronous call: use `create_llm(..., async_client=True)`"
        )
    if effect.leave is None:
        return effect.sync()
    try:
        return effect.sync() if handle.on_abort(effect.leave) else None
    finally:
        handle.on_abort(None)


async def _async_call(effect: Invoke, handle: Handle[Any]) -> Any:
    if effect.leave is None:
        return await _awaited(effect)
    try:
        return await _awaited(effect) if handle.on_abort(effect.leave) else None
    finally:
        handle.on_abort(None)


async def _awaited(effect: Invoke) -> Any:
    if effect.async_ is not None:
        return await effect.async_()
    assert effect.sync is not None  # an `Invoke` has at least one form
    result = await _asyncio().to_thread(effect.sync)
    return await result if isawaitable(result) else result


_CARRIED_OUT: Final[Mapping[type[Effect], Callable[[Any, Handle[Any]], Any]]] = {
    Open: _open,
    ReadAll: _read_all,
    Pump: _pump,
    Sleep: _pause,
    Emit: _emit,
    Invoke: _call,
}
_AWAITED: Final[Mapping[type[Effect], Callable[[Any, Handle[Any]], Awaitable[Any]]]] = {
    Open: _async_open,
    ReadAll: _async_read_all,
    Pump: _async_pump,
    Sleep: _async_pause,
    Emit: _async_emit,
    Invoke: _async_call,
}
"""The same, awaited. Who yields events pumps and emits by itself."""


def is_async(function: Callable[..., Any]) -> bool:
    """Whether a call of `function` gives a coroutine, as far as can be told without calling it."""
    call = getattr(function, "__call__", None)  # noqa: B004  # what it is matters, not whether
    return iscoroutinefunction(function) or iscoroutinefunction(call)


def _asyncio() -> Any:
    """`asyncio`, imported when first needed: it costs a synchronous program 80 ms of start-up."""
    import asyncio

    return asyncio
