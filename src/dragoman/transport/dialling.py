"""How a blocking connection comes about: name, TCP, proxy and TLS, within one limit."""

from __future__ import annotations

from typing import Protocol

from dragoman.errors import ConnectionLost
from dragoman.transport.addresses import Address, look_up, numeric
from dragoman.transport.clock import ConnectClock
from dragoman.transport.failures import connect_failed
from dragoman.transport.http1.replies import ReplyParser
from dragoman.transport.options import Destination
from dragoman.transport.public import refuse_private
from dragoman.transport.sockets import Connection, new_socket
from dragoman.transport.tunnel import check_tunnel, tunnel_failed, tunnel_request


class Holder(Protocol):
    """Who answers for connections that are being made: it may close them meanwhile, from another thread."""

    def adopt(self, connection: Connection) -> None: ...

    def drop(self, connection: Connection) -> None:
        """Close it and forget it."""
        ...


def dial(destination: Destination, clock: ConnectClock, holder: Holder) -> Connection:
    """A new connection along `destination`, held by `holder`. Raises `ConnectFailed` or `TimedOut`."""
    connection = _dial_first_hop(destination, clock, holder)
    if destination.origin.scheme == "http":
        return connection
    try:
        if destination.tunnelled:
            _open_tunnel(destination, connection, clock)
        return _secure(destination, connection, clock, holder)
    finally:
        holder.drop(connection)  # its socket, if all went well, now belongs to another


def _open_tunnel(destination: Destination, connection: Connection, clock: ConnectClock) -> None:
    parser = ReplyParser("CONNECT")
    try:
        connection.exchange((tunnel_request(destination),), parser, clock)
    except ConnectionLost as error:
        if connection.closed:
            raise
        raise tunnel_failed(destination, error) from error
    check_tunnel(destination, parser.status)


def _secure(destination: Destination, plain: Connection, clock: ConnectClock, holder: Holder) -> Connection:
    from dragoman.transport.tls_sockets import TlsConnection

    connection = TlsConnection(plain, destination)
    holder.adopt(connection)
    try:
        connection.shake_hands(clock)
    except BaseException:
        holder.drop(connection)
        raise
    return connection


def _dial_first_hop(destination: Destination, clock: ConnectClock, holder: Holder) -> Connection:
    failure: OSError | None = None
    addresses: list[Address] = []
    try:
        addresses = _addresses(*destination.address(), clock)
    except OSError as error:
        failure = error
    if destination.options.public_only:
        refuse_private(destination.origin, addresses)
    for tried, address in enumerate(addresses):
        try:
            connection = _dial_address(destination, address, clock.share(len(addresses) - tried), holder)
        except OSError as error:
            failure = error
            continue
        if connection is not None:
            return connection
        failure = None
    if failure is None:
        raise clock.timed_out()
    raise connect_failed(destination, failure) from failure


def _addresses(host: str, port: int, clock: ConnectClock) -> list[Address]:
    addresses = numeric(host, port)
    if addresses is None:
        lookup = look_up(host, port)
        if not lookup.wait(clock.at):
            raise clock.timed_out()
        addresses = lookup.addresses()
    return addresses


def _dial_address(destination: Destination, address: Address, at: float, holder: Holder) -> Connection | None:
    """A connection to one address, or `None` when its time has passed. Raises `OSError`."""
    family, where = address
    connection = Connection(new_socket(family), destination.origin)
    try:
        holder.adopt(connection)
        if connection.connect(where, at):
            if destination.options.public_only:
                refuse_private(destination.origin, [(family, connection.sock.getpeername())])
            return connection
    except BaseException:
        holder.drop(connection)
        raise
    holder.drop(connection)
    return None
