"""A tunnel through a forward proxy (CONNECT, RFC 9110 §9.3.6): what is asked, and what the answer means."""

from __future__ import annotations

from dragoman.errors import ConnectFailed, ConnectionLost
from dragoman.transport.options import Destination


def tunnel_request(destination: Destination) -> bytes:
    """What asks the proxy of `destination` for a tunnel to its origin."""
    assert destination.proxy is not None
    host, port = destination.host_header(), destination.origin.port
    authority = host if host.endswith(f":{port}") else f"{host}:{port}"
    return f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{destination.proxy.header()}\r\n".encode("latin-1")


def check_tunnel(destination: Destination, status: int) -> None:
    """Raises `ConnectFailed` unless `status` says that the tunnel is open."""
    if 200 <= status < 300:
        return
    if status == 407:
        why = "demands credentials: put them into its address, `http://user:password@host:port`"
    else:
        why = f"refused a tunnel (status {status})"
    raise ConnectFailed(f"there is no connection to {destination.origin}: the proxy {destination.proxy} {why}")


def tunnel_failed(destination: Destination, error: ConnectionLost) -> ConnectFailed:
    """The error for a proxy that did not answer properly."""
    return ConnectFailed(
        f"there is no connection to {destination.origin}: the proxy {destination.proxy} failed: {error.message}"
    )
