"""What a client sends its calls over: the caller's own HTTP client, the provider's own way, or our transport.

Ours is opened at the first call, given back at any time, and closed for good.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from threading import RLock
from typing import Any, Generic, Literal, TypeVar

from dragoman.errors import ConfigurationError
from dragoman.http import AsyncReply, AsyncTransport, HttpRequest, Reply, Transport
from dragoman.providers import ProviderSpec
from dragoman.transport import TransportOptions, open_async_transport, open_transport, wrap_client

AnyTransport = TypeVar("AnyTransport", Transport, AsyncTransport)

_lock = RLock()
"""Held while a transport is made or closed. One for all clients, so that a forked child can have a new one."""


def transport_for(
    spec: ProviderSpec, http_client: Any, options: TransportOptions | None, *, asynchronous: bool
) -> Transport | AsyncTransport:
    """The transport that was asked for. Raises `ConfigurationError` for settings that it would not heed."""
    if spec.engine is not None or spec.make_transport is not None:
        if http_client is not None or options is not None:
            raise ConfigurationError(
                f"`{spec.name}` sends nothing itself here, so http_client= and transport= have no use: leave them out, "
                "or name a provider that is reached over HTTP"
            )
        return _own_way(spec, "async" if asynchronous else "sync")
    if http_client is not None:
        if options is not None:
            raise ConfigurationError("http_client= brings its own settings: pass it or transport=, not both")
        return wrap_client(http_client, asynchronous=asynchronous)
    options = TransportOptions() if options is None else options
    if not isinstance(options, TransportOptions):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise ConfigurationError(f"transport is a TransportOptions, not {type(options).__name__}")
    if asynchronous:
        return AsyncOnDemand(lambda: open_async_transport(options))
    return OnDemand(lambda: open_transport(options))


def _own_way(spec: ProviderSpec, kind: Literal["sync", "async"]) -> Transport | AsyncTransport:
    """Where nothing is sent over HTTP: a function of another library's, or a model in this process."""
    if spec.make_transport is not None:
        return spec.make_transport(kind)
    from dragoman.engines import open_engine  # few programs run models themselves

    assert spec.engine is not None
    return open_engine(spec.engine, kind)


class _OnDemand(Generic[AnyTransport]):
    """A transport made when first used."""

    def __init__(self, make: Callable[[], AnyTransport]) -> None:
        self._make = make
        self._made: AnyTransport | None = None
        self._closed = False

    def _first(self) -> AnyTransport:
        with _lock:
            if self._closed:  # and not made again: a call that `close` has ended must not go on, and be paid twice
                raise ConfigurationError("this client is closed: make a new one with create_llm")
            if self._made is None:
                self._made = self._make()
            return self._made

    def release(self) -> None:
        transport = self._made
        if transport is not None:
            transport.release()

    def close(self) -> None:
        with _lock:
            self._closed = True
            transport, self._made = self._made, None
        if transport is not None:
            transport.close()


class OnDemand(_OnDemand[Transport]):
    """A `Transport` made when first used."""

    def open(self, request: HttpRequest) -> Reply:
        transport = self._made
        return (self._first() if transport is None else transport).open(request)


class AsyncOnDemand(_OnDemand[AsyncTransport]):
    """An `AsyncTransport` made when first used."""

    def open(self, request: HttpRequest) -> Coroutine[Any, Any, AsyncReply]:
        transport = self._made
        return (self._first() if transport is None else transport).open(request)


def _renew_lock() -> None:
    """In a forked child: another thread of the parent may have held it."""
    global _lock  # noqa: PLW0603  # there is nobody else to tell
    _lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
