"""Secrets taken out before anything is written: keys, cookies, account names in headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from dragoman.messages import decode_json
from dragoman.secret import Secret, is_telling

_HARMLESS: Final = re.compile(r"tokens(-|$)|ratelimit", re.IGNORECASE)
"""Counts of tokens are not tokens."""

_OF_THE_ACCOUNT: Final = re.compile(r"organization|project|account|tenant|workspace|customer|user-?id", re.IGNORECASE)
_OF_THE_CONNECTION: Final = frozenset({
    "alt-svc", "connection", "content-encoding", "content-length", "date", "keep-alive", "nel", "report-to", "server",
    "strict-transport-security", "transfer-encoding", "vary", "via", "cf-ray", "cf-cache-status",
})  # fmt: skip
"""What the next server says anew, or what tells nothing."""


def secrets_in(target: str, headers: Mapping[str, str]) -> Iterator[Secret]:
    """The secrets that a request carries: the values of telling headers, without their scheme, and of its query."""
    for name, value in headers.items():
        if _is_telling(name):
            scheme, space, secret = value.partition(" ")
            yield from map(Secret, secret.split() if space else [scheme])
    for name, value in parse_qsl(target.partition("?")[2]):
        if _is_telling(name):
            yield Secret(value)


def clean_target(target: str) -> str:
    """Path and query without the fields that hold secrets."""
    path, _, query = target.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _is_telling(name)]
    return f"{path}?{urlencode(kept)}" if kept else path


def clean_headers(headers: Mapping[str, str], secrets: Iterable[Secret]) -> dict[str, str]:
    """The headers of a reply that a client may care about."""
    secrets = tuple(secrets)
    return {
        name: _hidden(value, secrets)
        for name, value in headers.items()
        if name not in _OF_THE_CONNECTION and not _OF_THE_ACCOUNT.search(name) and not _is_telling(name)
    }


def clean_bytes(content: bytes, secrets: Iterable[Secret]) -> bytes:
    """A body with every secret in it replaced: providers like to quote the key that they refuse."""
    for secret in secrets:
        content = secret.hide_in_bytes(content)
    return content


def readable(content: bytes, secrets: Iterable[Secret]) -> Any:
    """The body of a request for the tape: its JSON, else its text. Large base64 stays: the call depends on it."""
    clean = clean_bytes(content, secrets)
    if not clean:
        return None
    try:
        return decode_json(clean)
    except ValueError:
        return clean.decode("utf-8", "replace")


def canonical(body: Any) -> bytes:
    """A body in the one spelling that requests are compared by: keys in order."""
    return msgspec.json.encode(body, order="deterministic")


def _is_telling(name: str) -> bool:
    return is_telling(name) and not _HARMLESS.search(name)


def _hidden(text: str, secrets: Iterable[Secret]) -> str:
    for secret in secrets:
        text = secret.hide_in(text)
    return text
