"""Secrets taken out of errors: some providers quote the key that they refuse, in any field of their answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl

from msgspec.structs import replace

from dragoman.calls.attempt import Progress
from dragoman.calls.call import Terms
from dragoman.errors import DecodeError, Error, ProviderError
from dragoman.messages import decode_json, encode_json
from dragoman.providers import Credential
from dragoman.secret import Secret, is_telling

_TEXTS: Final = ("message", "code", "request_id")


def secrets_of(terms: Terms, credential: Credential | None) -> Iterator[Secret]:
    """The key, and what the caller's own headers and query hold under a telling name."""
    if credential is not None:
        yield from credential.secrets
    for name, value in (*terms.target.headers, *terms.headers):
        if isinstance(value, Secret):
            yield value
        elif is_telling(name):
            yield from map(Secret, value.split())
    for name, value in parse_qsl(terms.target.query):
        if is_telling(name):
            yield Secret(value)


def redact(error: Error, progress: Progress, secrets: Iterable[Secret]) -> None:
    """Take `secrets` out of all that `error` says and keeps."""
    for secret in secrets:
        if progress.intake is not None:
            progress.intake.hide(secret)
        for name in _TEXTS:
            text = getattr(error, name, None)
            if isinstance(text, str):
                setattr(error, name, secret.hide_in(text))
        error.args = (error.message,)
        if isinstance(error, DecodeError):
            error.data = secret.hide_in_bytes(error.data)
        if isinstance(error, ProviderError):
            error.body = _clean(error.body, secret)
        partial = error.partial
        if partial is not None and progress.intake is None:
            error.partial = replace(partial, raw=_clean(partial.raw, secret))


def _clean(body: Any, secret: Secret) -> Any:
    if isinstance(body, str):
        return secret.hide_in(body)
    text = encode_json(body)
    clean = secret.hide_in_bytes(text)
    return body if clean == text else decode_json(clean)
