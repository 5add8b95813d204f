"""Who calls: the key in a request, wherever its dialect's clients put it, and the page that a browser asks for."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urlsplit

from dragoman.errors import Rejected
from dragoman.gateway.config.records import is_loopback
from dragoman.gateway.lines import Headers

_HEADERS: Final = (b"x-api-key", b"x-goog-api-key", b"api-key")
"""Where the clients of Anthropic, of Google and of Azure put it; all others say `Authorization: Bearer`."""

_BEARER: Final = b"bearer "
_IN_QUERY: Final = b"key="
"""Google's way. Nothing here logs a query."""


def token_of(headers: Headers, query: bytes) -> str | None:
    """The key that a request carries, or `None`."""
    said = headers.get(b"authorization")
    if said is not None and said[:7].lower() == _BEARER:
        return said[7:].strip().decode("latin-1") or None
    for name in _HEADERS:
        if name in headers:
            return headers[name].strip().decode("latin-1") or None
    return _in_query(query) if _IN_QUERY in query else None


def _in_query(query: bytes) -> str | None:
    return next(iter(parse_qs(query.decode("latin-1")).get("key", ())), None)


_WEB: Final = frozenset({"http", "https", ""})
"""Schemes of pages; others are those of programs that their user has installed."""


def refuse_foreign_page(origin: bytes) -> None:
    """Raise `Rejected` (403) for a page of another machine's, where callers need no key.

    Browsers send what any page has them send, to this machine too, and name the page (RFC 6454, 7.3): without this,
    whatever its user looks at could spend the money of a gateway that is meant for nobody but them.
    """
    page = origin.decode("latin-1")
    if _is_foreign(page):
        error = Rejected(f"A page of `{page}` may not call a gateway that asks for no keys", http_status=403)
        error.hint = "Make a key (`dragoman keys create`) and have the page send it."
        raise error


def _is_foreign(page: str) -> bool:
    try:
        parts = urlsplit(page)
    except ValueError:
        return True
    host = parts.hostname or ""
    return parts.scheme in _WEB and not (is_loopback(host) or host.endswith(".localhost"))
