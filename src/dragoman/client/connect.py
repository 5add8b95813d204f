"""The connection a client sends its calls over: opened at the first call, given back at any time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from threading import Lock
from typing import Any, Generic, TypeVar

from dragoman.http import AsyncReply, AsyncTransport, HttpRequest, Reply, Transport

AnyTransport = TypeVar("AnyTransport", Transport, AsyncTransport)


class _OnDemand(Generic[AnyTransport]):
    """A transport made when first used, and again after `close`."""

    def __init__(self, make: Callable[[], AnyTransport]) -> None:
        self._make = make
        self._made: AnyTransport | None = None
        self._lock = Lock()

    def _transport(self) -> AnyTransport:
        transport = self._made
        if transport is not None:
            return transport
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def close(self) -> None:
        with self._lock:
            transport, self._made = self._made, None
        if transport is not None:
            transport.close()


class OnDemand(_OnDemand[Transport]):
    """A `Transport` made when first used."""

    def open(self, request: HttpRequest) -> Reply:
        return self._transport().open(request)


class AsyncOnDemand(_OnDemand[AsyncTransport]):
    """An `AsyncTransport` made when first used."""

    def open(self, request: HttpRequest) -> Coroutine[Any, Any, AsyncReply]:
        return self._transport().open(request)
