"""What each reply in one call was, as the SDK's own object: a transport around the client's, made for each call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from inspect import isawaitable
from typing import Any, Final

from dragoman.http import AsyncReply, HttpRequest, Reply
from dragoman.transport.carried.transport import AsyncCarriedTransport, CarriedTransport

_logger: Final = logging.getLogger("dragoman")


class Witness:
    """For threads. The object of an answer is made when it is first asked for."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._make: Callable[[], Any] = _nothing

    def open(self, request: HttpRequest) -> Reply:
        self._make, reply = _nothing, self._transport.open(request)
        self._make = _Once(reply)
        return reply

    def last(self) -> Callable[[], Any]:
        """What makes the SDK's own object for the last answer; that is `None` when there is none, as of a stream."""
        return self._make

    def release(self) -> None:
        self._transport.release()

    def close(self) -> None:
        self._transport.close()


class AsyncWitness(Witness):
    """For tasks. The object is made at once, for some SDKs make theirs in a coroutine."""

    async def open(self, request: HttpRequest) -> AsyncReply:  # pyright: ignore[reportIncompatibleMethodOverride]  # the other face
        self._make = _nothing
        reply: AsyncReply = await self._transport.open(request)
        made = await _completed(reply)
        self._make = lambda: made
        return reply


def _nothing() -> None:
    """There is no answer yet."""


class _Once:
    """Makes the object of one reply, the first time it is called."""

    def __init__(self, reply: Any) -> None:
        self._reply = reply
        self._made: Any = None

    def __call__(self) -> Any:
        make = getattr(self._reply, "completion", None)
        if self._made is None and make is not None:
            try:
                self._made = make()
            except Exception as error:  # noqa: BLE001  # the answer itself is read by us, and was understood
                _tell(error)
        return self._made


async def _completed(reply: Any) -> Any:
    make = getattr(reply, "completion", None)
    if make is None or reply.status >= 400:
        return None
    try:
        made = make()
        return await made if isawaitable(made) else made
    except Exception as error:  # noqa: BLE001  # the answer itself is read by us
        _tell(error)
        return None


def _tell(error: Exception) -> None:
    _logger.warning("the SDK cannot make its object of the answer: %s: %s", type(error).__name__, error)


class WrappedTransport(CarriedTransport):
    """A user's client as a transport, for threads."""

    def witness(self) -> Witness:
        """A transport for one call, that keeps the SDK's own object for the answer."""
        return Witness(self)


class AsyncWrappedTransport(AsyncCarriedTransport):
    """A user's client as a transport, for tasks."""

    def witness(self) -> AsyncWitness:
        """A transport for one call, that keeps the SDK's own object for the answer."""
        return AsyncWitness(self)
