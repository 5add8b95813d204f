"""Keys: where they come from and how they are sent.

Order: the argument, then `use_keys(...)`, then the environment in the official SDK's order. The empty string is a
missing key. Keys are looked for at the first call, and again at each one: a changed environment is seen.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import TypeAlias

from msgspec import Struct

from dragoman.errors import MissingKey
from dragoman.secret import Secret

Header: TypeAlias = tuple[str, str]


class KeySource(Struct, frozen=True):
    """An environment variable that may hold a key, and the header that carries it."""

    env: str
    header: str = "authorization"
    scheme: str = "Bearer "

    def write(self, key: Secret) -> Header:
        return self.header, f"{self.scheme}{key.reveal()}"


class Auth(Struct, frozen=True, kw_only=True):
    """How a provider wants its key. `sources` are tried in order; a key given by argument goes the way of the first.

    `required=False` is for servers that mostly run without keys.
    """

    sources: tuple[KeySource, ...]
    required: bool = True


def bearer(*env: str, required: bool = True) -> Auth:
    """`Authorization: Bearer KEY`, with the variables that may hold the key."""
    return Auth(sources=tuple(KeySource(name) for name in env), required=required)


class Credential(Struct, frozen=True):
    """A key that was found, and the header that carries it."""

    key: Secret
    source: KeySource

    def header(self) -> Header:
        return self.source.write(self.key)

    def __repr__(self) -> str:
        return f"<Credential for {self.source.header}>"


lent_keys: ContextVar[dict[str, Secret] | None] = ContextVar("dragoman_keys", default=None)
"""Keys lent by `use_keys`, by provider."""


def find_credential(provider: str, auth: Auth, argument: Secret | None) -> Credential | None:
    """The key for a call, or `None` where none is needed.

    Raises `MissingKey`, naming every place looked at, when one is required.
    """
    key = argument or (lent_keys.get() or {}).get(provider)
    if key:
        return Credential(key, auth.sources[0])
    for source in auth.sources:
        text = os.environ.get(source.env, "").strip()
        if text:
            return Credential(Secret(text), source)
    if auth.required:
        raise MissingKey(_how_to_give_a_key(auth), provider=provider)
    return None


def _how_to_give_a_key(auth: Auth) -> str:
    names = " or ".join(f"`{source.env}`" for source in auth.sources)
    return f"there is no API key: set {names}, or pass api_key= to create_llm (an empty value counts as missing)"
