"""All keys of a store in memory, by what is kept of their tokens."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Mapping
from typing import Final

from msgspec.json import Decoder, Encoder

from dragoman.errors import ConfigurationError
from dragoman.gateway.store.virtual_key import VirtualKey

_RECORDS: Final = Decoder(VirtualKey)
_ENCODER: Final = Encoder()


class Keyring:
    """The keys as they were when the store was last looked at. Its mapping is replaced, never changed.

    `found` has the tokens that keys were found by since, so no more than there are keys: a digest takes longer than all
    the rest of finding one. They are in memory with every call that brings them, and never leave it.
    """

    __slots__ = ("_secret", "_version", "by_digest", "found")

    def __init__(self, connection: sqlite3.Connection) -> None:
        (self._secret,) = connection.execute("SELECT value FROM facts WHERE name = 'secret'").fetchone()
        self._version: int | None = None
        self.by_digest: Mapping[bytes, VirtualKey] = {}
        self.found: dict[str, VirtualKey] = {}
        self.look(connection)

    def digest(self, token: str) -> bytes:
        """What the store keeps of a token: without its secret, a stolen table is of no use for guessing."""
        return hmac.digest(self._secret, token.encode("utf-8", "surrogatepass"), "sha256")

    def find(self, token: str) -> VirtualKey | None:
        """Whose token it is."""
        found, by_digest = self.found, self.by_digest
        key = by_digest.get(self.digest(token))  # nobody can choose what a digest begins with
        if key is not None:
            found[token] = key  # into the one that goes with `by_digest`, should another come in between
        return key

    def look(self, connection: sqlite3.Connection) -> None:
        """Read the keys again if anybody has changed one."""
        (version,) = connection.execute("SELECT value FROM facts WHERE name = 'keys'").fetchone()
        if version != self._version:
            rows = connection.execute("SELECT digest, record FROM keys").fetchall()
            self.by_digest = {digest: key_in(record) for digest, record in rows}
            self.found = {}
            self._version = version


def key_in(record: bytes) -> VirtualKey:
    """A key as it is kept."""
    return _RECORDS.decode(record)


def add_key(connection: sqlite3.Connection, key: VirtualKey, digest: bytes) -> None:
    """Keep a new key."""
    connection.execute("INSERT INTO keys VALUES (?, ?, ?)", (key.id, digest, _ENCODER.encode(key)))
    _changed(connection)


def change_key(connection: sqlite3.Connection, key: VirtualKey) -> None:
    """Keep other terms for a key that there is."""
    changed = connection.execute("UPDATE keys SET record = ? WHERE id = ?", (_ENCODER.encode(key), key.id))
    if not changed.rowcount:
        raise ConfigurationError(f"there is no key `{key.id}`")
    _changed(connection)


def _changed(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE facts SET value = value + 1 WHERE name = 'keys'")
