"""`ProviderSpec`: all that a provider file holds."""

from __future__ import annotations

from msgspec import Struct

from dragoman.providers.auth import Auth
from dragoman.providers.quirks import Quirk


class ProviderSpec(Struct, frozen=True, kw_only=True):
    """Who serves models: dialect, address, key and quirks. What a *model* can do is in `catalog`.

    Attributes:
        name: How callers name the provider, lower case.
        dialect: The dialect spoken unless the caller names another.
        base_url: Where its API lives; `None` when the caller must say.
        default_prefix: The path put before the dialect's own when a `base_url` has no path.
        base_url_env: Variables that may hold the base URL, as the official SDK reads them.
        auth: How its key is found and sent.
        env_headers: Variables whose value, when set, is sent as a header.
        quirks: Corrections of the body, in order.
        strict_end: Whether its streams always end with the dialect's end marker.
        price_list: The catalog's price list, when it is not called as the provider is; `""`: there is none.
        docs_url: Where its API is described.
    """

    name: str
    dialect: str
    auth: Auth
    base_url: str | None = None
    default_prefix: str = ""
    base_url_env: tuple[str, ...] = ()
    env_headers: tuple[tuple[str, str], ...] = ()
    quirks: tuple[Quirk, ...] = ()
    strict_end: bool = True
    price_list: str | None = None
    docs_url: str | None = None

    @property
    def prices(self) -> str:
        """The name of the price list in the catalog."""
        return self.name if self.price_list is None else self.price_list
