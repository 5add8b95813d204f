"""How each effect is carried out, for threads and for tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from inspect import isawaitable
from typing import Any, Final

from dragoman.errors import UnsupportedFeature
from dragoman.flow.effects import Effect, Emit, Invoke, Open, Pump, ReadAll, Sleep
from dragoman.flow.handle import Handle
from dragoman.http import AsyncReply, Reply


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


CARRIED_OUT: Final[Mapping[type[Effect], Callable[[Any, Handle[Any]], Any]]] = {
    Open: _open,
    ReadAll: _read_all,
    Pump: _pump,
    Sleep: _pause,
    Emit: _emit,
    Invoke: _call,
}
AWAITED: Final[Mapping[type[Effect], Callable[[Any, Handle[Any]], Awaitable[Any]]]] = {
    Open: _async_open,
    ReadAll: _async_read_all,
    Pump: _async_pump,
    Sleep: _async_pause,
    Emit: _async_emit,
    Invoke: _async_call,
}
"""The same, awaited. Who yields events pumps and emits by itself."""


def _asyncio() -> Any:
    """`asyncio`, imported when first needed: it costs a synchronous program 80 ms of start-up."""
    import asyncio

    return asyncio
