"""Who calls: the key in a request, wherever its dialect's clients put it."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

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
