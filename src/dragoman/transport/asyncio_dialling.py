"""How an asyncio connection comes about: name, TCP, proxy and TLS, within one limit."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Final

from dragoman.errors import ConnectionLost
from dragoman.transport.addresses import Address, look_up, numeric
from dragoman.transport.asyncio_connection import AsyncioConnection
from dragoman.transport.clock import ConnectClock
from dragoman.transport.failures import connect_failed
from dragoman.transport.http1.replies import ReplyParser
from dragoman.transport.options import Destination
from dragoman.transport.public import refuse_private
from dragoman.transport.sockets import new_socket
from dragoman.transport.tunnel import check_tunnel, tunnel_failed, tunnel_request

_NEVER: Final = 24 * 3600.0
"""For limits of asyncio's own that cannot be turned off: ours is the one that counts."""


async def dial(
    destination: Destination,
    clock: ConnectClock,
    limit: asyncio.Timeout,
    create: Callable[[socket.socket], AsyncioConnection],
) -> AsyncioConnection:
    """A new connection along `destination`, made by `create` from a connected socket.

    `limit` is the clock's, as `time_limit` makes it; whoever made it may bring it forward. Raises `ConnectFailed` or
    `TimedOut`.
    """
    try:
        async with limit:
            connected = await _dial_first_hop(destination, clock)
            try:
                if destination.tunnelled:
                    await _open_tunnel(destination, connected)
                return await _attach(destination, connected, create)
            except BaseException:
                connected.close()
                raise
    except OSError as error:
        if isinstance(error, TimeoutError) and error.errno is None:  # asyncio's, not the system's
            raise clock.timed_out() from None
        raise connect_failed(destination, error) from error


def time_limit(at: float) -> asyncio.Timeout:
    """What ends an `async with` at a moment of `time.monotonic()`: a loop's clock may be another."""
    return asyncio.timeout(None if at == inf else max(at - monotonic(), 0.0))


async def _dial_first_hop(destination: Destination, clock: ConnectClock) -> socket.socket:
    addresses = await _addresses(*destination.address())
    if destination.options.public_only:
        refuse_private(destination.origin, addresses)
    failure = OSError()
    for tried, address in enumerate(addresses):
        try:
            async with time_limit(clock.share(len(addresses) - tried)):
                connected = await _dial_address(address)
        except OSError as error:  # a share of the time that ran out among them
            failure = error
            continue
        if destination.options.public_only:
            _refuse_private_peer(destination, connected)
        return connected
    raise failure


def _refuse_private_peer(destination: Destination, connected: socket.socket) -> None:
    try:
        refuse_private(destination.origin, [(connected.family, connected.getpeername())])
    except BaseException:
        connected.close()
        raise


async def _dial_address(address: Address) -> socket.socket:
    family, where = address
    sock = new_socket(family)
    try:
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock


async def _addresses(host: str, port: int) -> list[Address]:
    addresses = numeric(host, port)
    if addresses is not None:
        return addresses
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def settle() -> None:
        if not over.done():
            over.set_result(None)

    def tell() -> None:
        with suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(settle)

    lookup = look_up(host, port)
    lookup.then(tell)
    await over
    return lookup.addresses()


async def _open_tunnel(destination: Destination, connected: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connected, tunnel_request(destination))
    parser = ReplyParser("CONNECT")
    try:
        while not parser.status:
            data = await loop.sock_recv(connected, 64 * 1024)
            if data:
                parser.feed(data)
            else:
                parser.end()
    except ConnectionLost as error:
        raise tunnel_failed(destination, error) from error
    check_tunnel(destination, parser.status)


async def _attach(
    destination: Destination, connected: socket.socket, create: Callable[[socket.socket], AsyncioConnection]
) -> AsyncioConnection:
    """Put the connected socket under the care of the event loop, inside TLS where the origin wants it."""
    loop = asyncio.get_running_loop()
    if destination.origin.scheme == "http":
        return (await loop.create_connection(lambda: create(connected), sock=connected))[1]
    from dragoman.transport.tls import tls_context, tls_failed

    context = tls_context(destination.options)
    try:
        _, connection = await loop.create_connection(
            lambda: create(connected),
            sock=connected,
            ssl=context,
            server_hostname=destination.server_name(),
            ssl_handshake_timeout=_NEVER,
        )
    except OSError as error:
        raise tls_failed(destination.origin, error) from error
    return connection
