"""What a flow may need done: six effects, how a flow asks for one, and flows within flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable
from inspect import iscoroutinefunction
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from msgspec import Struct

from dragoman.http import AsyncReply, AsyncTransport, Framing, HttpRequest, Reply, Tap, Transport
from dragoman.messages import Event

T = TypeVar("T")


class Decoder(Protocol):
    """Turns the frames of a streamed body into events."""

    def feed(self, name: str, data: bytes) -> Iterable[Event]: ...

    def finish(self) -> Iterable[Event]:
        """The body has ended. Raises `StreamInterrupted` when it ended too early."""
        ...


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


def is_async(function: Callable[..., Any]) -> bool:
    """Whether a call of `function` gives a coroutine, as far as can be told without calling it."""
    call = getattr(function, "__call__", None)  # noqa: B004  # what it is matters, not whether
    return iscoroutinefunction(function) or iscoroutinefunction(call)
