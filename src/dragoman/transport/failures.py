"""What the operating system says, as our errors: what happened, to whom, and what to do."""

from __future__ import annotations

import errno
import socket

from dragoman.errors import ConnectFailed, ConnectionLost
from dragoman.http import Origin
from dragoman.transport.options import Destination

_HINTS = {
    errno.ECONNREFUSED: "nothing listens there",
    errno.ENETUNREACH: "the network cannot be reached: is this machine online?",
    errno.EHOSTUNREACH: "the host cannot be reached",
    errno.ETIMEDOUT: "the host does not answer",
    errno.EMFILE: "this process has too many files open: close clients, or raise its limit",
    errno.ENFILE: "this machine has too many files open",
    errno.EACCES: "a rule of this machine forbids it",
    errno.EPERM: "a rule of this machine forbids it",
}

_ENDS_OF_TLS = {"SSLEOFError", "SSLZeroReturnError"}
"""Exceptions that say no more than that the connection has ended."""


def connect_failed(destination: Destination, error: OSError) -> ConnectFailed:
    """The error for a connection that did not come about."""
    where = (
        f"{destination.origin} through the proxy {destination.proxy}" if destination.proxy else str(destination.origin)
    )
    if isinstance(error, socket.gaierror):
        return ConnectFailed(
            f"there is no connection to {where}: the host's name was not found ({error.strerror});"
            " check the address, and that this machine is online"
        )
    if error.errno == errno.ECONNREFUSED and not destination.proxy and is_loopback(destination.origin.host):
        return ConnectFailed(f"there is no connection to {where}: nothing listens there; is the server running?")
    why = _HINTS.get(error.errno or 0) or error.strerror or type(error).__name__
    return ConnectFailed(f"there is no connection to {where}: {why}")


def connection_lost(origin: Origin, error: OSError) -> ConnectionLost:
    """The error for a connection to `origin` that broke during a call."""
    return ConnectionLost(f"the connection to {origin} broke: {error.strerror or type(error).__name__}")


def is_disagreement(error: BaseException | None) -> bool:
    """Whether `error`, or what it comes from, says that two sides do not agree on TLS: on trust, keys or protocol.

    By name, for whoever has no TLS shall not load it.
    """
    while error is not None:
        kinds = {kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "ssl"}
        if "SSLError" in kinds:
            return not kinds & _ENDS_OF_TLS
        error = error.__cause__ or error.__context__  # httpcore names no cause
    return False


def is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"
