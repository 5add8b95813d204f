"""Who is behind a client: the provider whose prices, limits and quirks hold, told by its class and its address."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from dragoman.client.wrapping.sdks import ANY_SERVER, CLOUDS, class_names
from dragoman.errors import ConfigurationError
from dragoman.http import Origin
from dragoman.providers import ProviderSpec, built_in_names, get_spec, parse_base_url
from dragoman.providers.spec import IN_PROCESS


def spec_behind(client: Any, usual: str, dialect: str, *, look: bool) -> ProviderSpec:
    """The provider that answers `client`; `usual` is meant where nothing says otherwise.

    Args:
        client: The user's.
        usual: The provider that the SDK is of.
        dialect: What is spoken, which a provider found by its address has to speak as well.
        look: Whether the address may lead elsewhere.
    """
    by_class = next((CLOUDS[name] for name in class_names(client) if name in CLOUDS), None)
    if by_class is not None:
        return get_spec(by_class)
    url = address_of(client)
    if not look or url is None or _is_at(get_spec(usual), url):
        return get_spec(usual)
    return _found(url, dialect) or get_spec(ANY_SERVER if dialect == get_spec(ANY_SERVER).dialect else usual)


def _found(url: str, dialect: str) -> ProviderSpec | None:
    specs = (get_spec(name) for name in built_in_names())
    return next(
        (spec for spec in specs if _speaks(spec, dialect) and spec.deprecated is None and _is_at(spec, url)), None
    )


def _speaks(spec: ProviderSpec, dialect: str) -> bool:
    return dialect in (spec.dialect, *spec.also_speaks)


def _is_at(spec: ProviderSpec, url: str) -> bool:
    """Whether the provider is at that host, by its usual place or by where its variables say it is."""
    if spec.engine is not None:
        return False
    own = spec.base_url if isinstance(spec.base_url, str) and "{" not in spec.base_url else None
    said = [os.environ.get(name) for name in spec.base_url_env]
    return _host(url) == _host(own) or any(url.rstrip("/") == each.rstrip("/") for each in said if each)


def _host(url: str | None) -> str | None:
    return None if url is None else urlsplit(url).netloc.lower()


def address_of(client: Any) -> str | None:
    """Where `client` sends to, as far as it shows it."""
    for path in (("base_url",), ("meta", "endpoint_url"), ("_api_client", "_http_options", "base_url")):
        found = client
        for name in path:
            found = getattr(found, name, None)
        text = str(found)
        if found is not None and text.startswith(("http://", "https://")):
            return text
    return None


def origin_of(client: Any) -> Origin:
    """The same for the log; where it is not shown, no place."""
    try:
        return parse_base_url(address_of(client) or IN_PROCESS, "")[0]
    except ConfigurationError:  # an address that only its SDK understands
        return parse_base_url(IN_PROCESS, "")[0]
