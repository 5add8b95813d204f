"""How a transport behaves: the record users fill, and what it means for one origin."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from dragoman.errors import ConfigurationError
from dragoman.http import Origin
from dragoman.transport.proxies import Proxy, environment_proxy, parse_proxy

if TYPE_CHECKING:
    from ssl import SSLContext


class TransportOptions(Struct, frozen=True, kw_only=True):
    """Settings of a transport. Transports with equal options share their connections.

    Attributes:
        proxy: `http://user:password@host:port`, for every request; `None` asks the environment.
        trust_env: Whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count.
        verify: `True` trusts the system's authorities (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured); a path trusts
            only those in that file or folder; a context is used as it is; `False` trusts anyone.
        ca_file: More authorities to trust, for a company's own.
        cert: A client certificate: a file with key and certificate, or `(certificate, key)`, or those and the key's
            password.
        max_connections: The most connections to one origin; further calls wait their turn, within `connect`.
        max_idle: The most connections to one origin kept for later.
        keepalive_seconds: How long one is kept. Some servers close after 5 s; that costs a call nothing but a new
            connection.
        max_body_bytes: The largest body read whole: as it comes over the wire, and again after decompression.
        public_only: Connect to addresses of the public internet alone, and without a proxy, which would look up names
            by itself: for URLs that others have written.
    """

    proxy: str | None = None
    trust_env: bool = True
    verify: bool | str | SSLContext = True
    ca_file: str | None = None
    cert: str | tuple[str, ...] | None = None
    max_connections: int | None = None
    max_idle: int = 256
    keepalive_seconds: float = 60.0
    max_body_bytes: int = 512 * 1024 * 1024
    public_only: bool = False

    def __post_init__(self) -> None:
        if self.max_connections is not None and self.max_connections < 1:
            raise ConfigurationError("`max_connections` must be at least 1, or `None` for no limit")

    def __repr__(self) -> str:
        """Without the proxy, the certificate's password and what is as usual."""
        shown = ("verify", "ca_file", "max_connections", "max_idle", "keepalive_seconds", "public_only")
        usual = TransportOptions.__struct_defaults__
        fields = dict(zip(TransportOptions.__struct_fields__, usual, strict=True))
        changed = [f"{name}={getattr(self, name)!r}" for name in shown if getattr(self, name) != fields[name]]
        hidden = [f"{name}=[set]" for name in ("proxy", "cert") if getattr(self, name) is not None]
        return f"TransportOptions({', '.join(changed + hidden)})"

    def proxy_for(self, origin: Origin, environment: Mapping[str, str] = os.environ) -> Proxy | None:
        """The proxy between us and `origin`. Raises `ConfigurationError` for one that cannot be used."""
        if self.public_only:
            return None
        if self.proxy is not None:
            return parse_proxy(self.proxy)
        return environment_proxy(origin, environment) if self.trust_env else None


class Destination(Struct, frozen=True):
    """One way to one origin: what a pool of connections is kept for."""

    origin: Origin
    proxy: Proxy | None
    options: TransportOptions

    @property
    def tunnelled(self) -> bool:
        """Whether the proxy is asked for a tunnel; otherwise it is asked for the thing itself."""
        return self.proxy is not None and self.origin.scheme == "https"

    def address(self) -> tuple[str, int]:
        """Host and port of the first hop."""
        return (self.proxy.host, self.proxy.port) if self.proxy else (self.origin.host, self.origin.port)

    def server_name(self) -> str:
        """The origin's host as names are compared: without the zone of a link-local address."""
        return self.origin.host.partition("%")[0]

    def host_header(self) -> str:
        """The `Host` header. Raises `ConfigurationError` for an origin that is no host."""
        name = self.server_name()
        try:
            name = name if name.isascii() else name.encode("idna").decode("ascii")
        except UnicodeError:
            name = ""
        labels = name.removesuffix(".").split(".")
        if not (name.isprintable() and all(0 < len(label) < 64 for label in labels)) or set(name) & set(" /?#@\\[]"):
            raise ConfigurationError("the host of the address is empty or not a valid name")
        return Origin(self.origin.scheme, name, self.origin.port).netloc


def destination_of(origin: Origin, options: TransportOptions) -> Destination:
    """The way to `origin` in today's environment."""
    return Destination(origin, options.proxy_for(origin), options)
