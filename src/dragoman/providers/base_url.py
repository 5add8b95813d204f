"""From a base URL to where requests go."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from dragoman.errors import ConfigurationError
from dragoman.http import Origin

_VERSION: Final = re.compile(r"v\d+(?:(?:alpha|beta)\d*)?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def parse_base_url(base_url: str, default_prefix: str = "") -> tuple[Origin, str]:
    """The origin and the path prefix of `base_url`.

    Without a path the provider's `default_prefix` is used: `http://localhost:1234` means `…/v1` where that is the
    default. Raises `ConfigurationError` for what cannot be a base URL.
    """
    try:
        parts = urlsplit(base_url.strip())
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"base_url is not a URL: {error}") from None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"base_url must start with http:// or https:// and name a host, not `{_shown(base_url)}`"
        )
    if parts.username is not None:
        raise ConfigurationError("base_url must not contain a user or password: pass api_key= or headers= instead")
    if parts.query or parts.fragment:
        raise ConfigurationError("base_url must not contain a query: pass query= instead")
    prefix = parts.path.rstrip("/") or default_prefix
    return Origin(scheme, parts.hostname, port or _DEFAULT_PORTS[scheme]), prefix


def whole_url(address: str, port: int) -> str:
    """`address` with what a bare host leaves out: `host`, `host:port` and `:port` mean http, and `port` where none is.

    The address that a server listens on when it listens on all is, for those who call it, this machine.
    """
    scheme, mark, rest = address.strip().rpartition("://")
    host, slash, path = rest.partition("/")
    if host.count(":") > 1 and "[" not in host:
        host = f"[{host}]"
    name, _, number = (host, "", "") if host.endswith("]") or ":" not in host else host.rpartition(":")
    name, number = _ALL_ADDRESSES.get(name, name), number or ("" if mark else str(port))
    return f"{scheme or 'http'}://{name}{':' if number else ''}{number}{slash}{path}"


_ALL_ADDRESSES: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  # to be replaced


@lru_cache
def join_path(prefix: str, path: str) -> str:
    """`prefix` and the dialect's own `path`, a version that both have written once.

    `/v1` and `/v1/messages` give `/v1/messages`. A version before a path that has none of its own kind stays, but for
    one before `/api/`: there it is that of the OpenAI-compatible API beside it, which many have in their settings.
    """
    head, _, last = prefix.rpartition("/")
    if _VERSION.fullmatch(last) and path.startswith((f"/{last}/", "/api/")):
        return f"{head}{path}"
    return f"{prefix}{path}"


def _shown(base_url: str) -> str:
    """`base_url` as far as it can be shown: what stands before an `@` may be a password."""
    return base_url.rpartition("@")[2][:200]
