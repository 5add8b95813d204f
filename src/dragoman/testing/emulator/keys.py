"""Who may call: any key, or those on a list."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from dragoman.errors import Unauthorized
from dragoman.testing.emulator.aws_keys import check_signature, is_signed
from dragoman.testing.emulator.http import HttpCall

_HEADERS: Final = ("x-api-key", "api-key", "x-goog-api-key")
_SHOWN: Final = 4
_LONG_ENOUGH: Final = 12
"""Of shorter keys nothing is shown."""


def check_key(call: HttpCall, keys: AbstractSet[str] | None, aws_keys: Mapping[str, str] | None = None) -> None:
    """Raises `Unauthorized` for a key that is not among `keys`, or a signature of none of `aws_keys`.

    `None` lets everyone in.
    """
    if aws_keys is not None and is_signed(call):
        check_signature(call, aws_keys)
        return
    if keys is None:
        return
    given = _key_in(call)
    if given is None:
        raise Unauthorized("You did not provide an API key.", http_status=401, code="invalid_api_key")
    if given not in keys:
        end = given[-_SHOWN:] if len(given) >= _LONG_ENOUGH else ""
        raise Unauthorized(f"Incorrect API key provided: ****{end}.", http_status=401, code="invalid_api_key")


def _key_in(call: HttpCall) -> str | None:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    for name in _HEADERS:
        if call.headers.get(name):
            return call.headers[name]
    return next(iter(call.query.get("key", ())), None)
