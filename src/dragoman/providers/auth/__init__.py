"""Who is calling: keys, and the credentials of the clouds that have more than a key."""

from dragoman.providers.auth.keys import (
    ARGUMENT_ONLY,
    Auth,
    Credential,
    Header,
    Key,
    KeyAuth,
    KeySource,
    bearer,
    find_key,
    given_key,
    header,
)

__all__ = [
    "ARGUMENT_ONLY",
    "Auth",
    "Credential",
    "Header",
    "Key",
    "KeyAuth",
    "KeySource",
    "bearer",
    "find_key",
    "given_key",
    "header",
]
