"""Which proxy a request goes through: an explicit one, the environment's, or none.

The environment's rules are those of curl and Python: `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, also in
capitals; the lower-case one wins, and an empty one means none.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Mapping

from msgspec import Struct

from dragoman.errors import ConfigurationError
from dragoman.http import Origin
from dragoman.secret import Secret


class Proxy(Struct, frozen=True):
    """A forward proxy spoken to in plain HTTP. `authorization` is the `Proxy-Authorization` header's value."""

    host: str
    port: int
    authorization: Secret | None = None

    def __str__(self) -> str:
        """Without the credentials."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def header(self) -> str:
        """The header line with the credentials, or nothing. It must not be shown."""
        return f"Proxy-Authorization: {self.authorization.reveal()}\r\n" if self.authorization else ""


def parse_proxy(url: str) -> Proxy:
    """`http://user:password@host:port` as a record. Raises `ConfigurationError`, which never quotes the address."""
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError:
        raise ConfigurationError("the proxy's address cannot be read; write it as `http://host:port`") from None
    if parts.scheme != "http":
        raise ConfigurationError(
            f"a proxy reached by `{parts.scheme}://` is not supported: use one reached by `http://`"
            " (it carries https requests too), or pass `http_client=`"
        )
    if not parts.hostname:
        raise ConfigurationError("the proxy's address names no host; write it as `http://host:port`")
    authorization = None
    if parts.username is not None or parts.password is not None:
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        authorization = Secret(f"Basic {b2a_base64(pair.encode(), newline=False).decode()}")
    return Proxy(parts.hostname, 80 if port is None else port, authorization)


def environment_proxy(origin: Origin, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy that `environment` wants for `origin`. Raises `ConfigurationError` for one that cannot be used."""
    url = _setting(f"{origin.scheme}_proxy", environment)
    if url is None:
        url = _setting("all_proxy", environment)
    if not url or is_exempt(origin, _setting("no_proxy", environment) or ""):
        return None
    return parse_proxy(url)


def _setting(name: str, environment: Mapping[str, str]) -> str | None:
    if name in environment:
        return environment[name].strip()
    if name == "http_proxy" and "REQUEST_METHOD" in environment:
        return None  # under CGI the capitals hold a header that the client chose (httpoxy, CVE-2016-5385)
    value = environment.get(name.upper())
    return None if value is None else value.strip()


def is_exempt(origin: Origin, no_proxy: str) -> bool:
    """Whether `no_proxy` lists the origin.

    Entries, separated by commas or spaces: `*`; a domain (with or without leading dot), which covers its subdomains; an
    address; a network `10.0.0.0/8`; any of these but the network with `:port`.
    """
    host = origin.host.lower().rstrip(".")
    return any(_covers(entry, host, origin.port) for entry in no_proxy.lower().replace(",", " ").split())


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(host, entry)
    name, only_port = _split_port(entry)
    if only_port is not None and only_port != port:
        return False
    name = name.removeprefix("*").strip(".")
    is_address = host.replace(".", "").isdecimal()
    return bool(name) and (host == name or (host.endswith(f".{name}") and not is_address))


def _split_port(entry: str) -> tuple[str, int | None]:
    """`host:port`, `[v6]:port`, or either without port; a bare IPv6 address has colons and no port."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        entry_port = rest.removeprefix(":")
    elif entry.count(":") == 1:
        name, _, entry_port = entry.partition(":")
    else:
        return entry, None
    return name, int(entry_port) if entry_port.isdecimal() else None


def _in_network(host: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:  # the host is a name, or the entry is no network
        return False
