"""HTTP/1.1 for threads and for tasks: our own client, or one that the user brings.

The core is without I/O (`http1`, `content`, `framing`); two drivers move its bytes (`blocking`, `asynchronous`). Rules:
importing this loads neither `asyncio` nor `ssl`; nothing foreign is raised; what is ambiguous is refused, not guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from dragoman.transport.options import TransportOptions

if TYPE_CHECKING:
    from dragoman.http import AsyncTransport, Transport

__all__ = ["TransportOptions", "open_async_transport", "open_transport", "wrap_client"]

_DEFAULTS = TransportOptions()


def open_transport(options: TransportOptions = _DEFAULTS) -> Transport:
    """A transport for threads. Its connections are shared with others that have the same options."""
    from dragoman.transport.blocking import BlockingTransport

    return BlockingTransport(options)


def open_async_transport(options: TransportOptions = _DEFAULTS) -> AsyncTransport:
    """A transport for tasks. Its connections are shared with others that have the same options and event loop."""
    from dragoman.transport.asynchronous import AsyncioTransport

    return AsyncioTransport(options)


@overload
def wrap_client(client: Any, *, asynchronous: Literal[False]) -> Transport: ...


@overload
def wrap_client(client: Any, *, asynchronous: Literal[True]) -> AsyncTransport: ...


def wrap_client(client: Any, *, asynchronous: bool) -> Transport | AsyncTransport:
    """A user's own `httpx` or `httpx2` client as a transport. It stays the user's: it is never closed here.

    Raises `ConfigurationError` for anything else, and for a client of the other kind.
    """
    from dragoman.transport.adapters import wrap_async, wrap_sync

    return wrap_async(client) if asynchronous else wrap_sync(client)
