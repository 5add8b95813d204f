"""Keys: where they come from and how they are sent.

Order: the argument, then `use_keys(...)`, then the environment in the official SDK's order. The empty string is a
missing key. Keys are looked for at the first call, and again at each one: a changed environment is seen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

from dragoman.errors import MissingKey
from dragoman.flow import Flow
from dragoman.http import Origin
from dragoman.secret import Secret

Header: TypeAlias = tuple[str, str]


class Credential(Protocol):
    """What proves who is calling."""

    @property
    def secrets(self) -> Sequence[Secret]:
        """What no error may show."""
        ...

    def headers(self, method: str, origin: Origin, target: str, body: bytes) -> Sequence[Header]:
        """The headers that prove it for one request; `target` is path and query. A signature reads all of it."""
        ...


class Auth(Protocol):
    """How a provider wants to be told who is calling.

    Attributes:
        required: Whether calls without a credential make sense.
        variables: The environment variables it looks at, in their order.
    """

    @property
    def required(self) -> bool: ...

    @property
    def variables(self) -> tuple[str, ...]: ...

    def find(self, provider: str, argument: Secret | None, settings: Mapping[str, str]) -> Flow[Credential | None]:
        """The credential for a call, or `None` where none is needed.

        A flow, because some must be fetched: what takes I/O is yielded as `Invoke`. Raises `MissingKey`, naming every
        place looked at, and `MissingPackage`.
        """
        ...


class KeySource(Struct, frozen=True):
    """An environment variable that may hold a key, and the header that carries it."""

    env: str
    header: str = "authorization"
    scheme: str = "Bearer "


class Key(Struct, frozen=True):
    """A key that was found, and the source whose header carries it."""

    text: Secret
    source: KeySource

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return (self.text,)

    def headers(self, method: str, origin: Origin, target: str, body: bytes) -> tuple[Header, ...]:  # noqa: ARG002  # a key is sent as it is
        source = self.source
        return ((source.header, f"{source.scheme}{self.text.reveal()}"),)

    def __repr__(self) -> str:
        return f"<Key for {self.source.header}>"


class KeyAuth(Struct, frozen=True, kw_only=True):
    """A key in a header. `sources` are tried in order; a key given by argument goes the way of the first.

    `required=False` is for servers that mostly run without keys.
    """

    sources: tuple[KeySource, ...]
    required: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(source.env for source in self.sources)

    def find(self, provider: str, argument: Secret | None, settings: Mapping[str, str]) -> Flow[Key | None]:  # noqa: ARG002  # nothing but a key is needed
        yield from ()
        return find_key(provider, self, argument)

    def key_of(self, argument: Secret) -> Key:
        """The key that was given by argument."""
        return Key(argument, self.sources[0])


def bearer(*env: str, required: bool = True) -> KeyAuth:
    """`Authorization: Bearer KEY`, with the variables that may hold the key."""
    return KeyAuth(sources=tuple(KeySource(name) for name in env), required=required)


def header(name: str, *env: str, required: bool = True) -> KeyAuth:
    """`NAME: KEY`, with the variables that may hold the key."""
    return KeyAuth(sources=tuple(KeySource(variable, name, "") for variable in env), required=required)


ARGUMENT_ONLY: Final = KeyAuth(sources=(KeySource(""),), required=False)
"""A key as bearer when the caller gives one; the environment is not looked at."""


lent_keys: ContextVar[dict[str, Secret] | None] = ContextVar("dragoman_keys", default=None)
"""Keys lent by `use_keys`, by provider."""


def given_key(provider: str, argument: Secret | None) -> Secret | None:
    """The key that the caller has given: by argument, or lent by `use_keys`."""
    return argument or (lent_keys.get() or {}).get(provider) or None


def find_key(provider: str, auth: KeyAuth, argument: Secret | None) -> Key | None:
    """The key for a call, or `None` where none is needed. Raises `MissingKey` when one is required."""
    key = given_key(provider, argument)
    if key:
        return auth.key_of(key)
    for source in auth.sources:
        text = os.environ.get(source.env, "").strip()
        if text:
            return Key(Secret(text), source)
    if auth.required:
        raise MissingKey(how_to_give_a_key(auth.variables), provider=provider)
    return None


def how_to_give_a_key(variables: Sequence[str]) -> str:
    """What to tell a caller whose key is missing."""
    names = " or ".join(f"`{name}`" for name in variables)
    return f"there is no API key: set {names}, or pass api_key= to create_llm (an empty value counts as missing)"
