"""`Keys`: tokens to virtual keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import token_hex, token_urlsafe
from typing import Any, Final

from msgspec.structs import replace

from dragoman.errors import ConfigurationError, KeyRefused
from dragoman.gateway.store import Store, VirtualKey
from dragoman.secret import Secret

PREFIX: Final = "sk-dragoman-"
"""What tokens begin with, so that people and scanners know what they have found."""

_ENDING: Final = 4
_KEPT: Final = frozenset({"id", "ending", "created", "revoked"})


class Keys:
    """The keys of a store. `find` is for every call, and waits for nothing; the rest is for people, and waits for the
    disk.

    Args:
        store: Where they are.
        clock: Seconds since 1970.
    """

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def find(self, token: str | None) -> VirtualKey:
        """Whose token it is. What another process has changed is known within a second.

        Raises:
            KeyRefused: There is none, or it is nobody's, was revoked or has expired.
        """
        if not token:
            raise KeyRefused("a key is needed to call this gateway")
        key = self._store.find(token)
        if key is None:
            raise KeyRefused("this key is not known here")
        if key.revoked is not None or key.expires is not None:
            because = key.refused_because(self._clock())
            if because is not None:
                raise KeyRefused(because)
        return key

    def create(self, name: str, **terms: Any) -> tuple[VirtualKey, Secret]:
        """A new key and its token, which nobody can find out again. `terms`: the fields of `VirtualKey`."""
        token = PREFIX + token_urlsafe(32)
        key = _with_terms(
            VirtualKey(id=f"key_{token_hex(6)}", name=name, created=self._clock(), ending=token[-_ENDING:]), terms
        )
        self._store.add_key(key, self._store.digest(token)).result()
        return key, Secret(token)

    def change(self, which: str, **terms: Any) -> VirtualKey:
        """Other terms for a key, by its id or name, from the next call on."""
        return self._put(_with_terms(self.named(which), terms))

    def revoke(self, which: str) -> VirtualKey:
        """Refuse a key from now on, for ever; its usage is kept."""
        key = self.named(which)
        return key if key.revoked is not None else self._put(replace(key, revoked=self._clock()))

    def all(self) -> list[VirtualKey]:
        """Every key there is, the oldest first."""
        return sorted(self._store.keys.values(), key=lambda key: (key.created, key.id))

    def named(self, which: str) -> VirtualKey:
        """The key of that id, or of that name. Raises `ConfigurationError` where there is none, or more than one."""
        keys = self.all()
        found = [key for key in keys if key.id == which] or [key for key in keys if key.name == which]
        if len(found) == 1:
            return found[0]
        if found:
            raise ConfigurationError(f"several keys are named `{which}`: {', '.join(key.id for key in found)}")
        raise ConfigurationError(f"there is no key `{which}`")

    def _put(self, key: VirtualKey) -> VirtualKey:
        self._store.change_key(key).result()
        return key


def _with_terms(key: VirtualKey, terms: dict[str, Any]) -> VirtualKey:
    unknown = (set(terms) - set(VirtualKey.__struct_fields__)) | (set(terms) & _KEPT)
    if unknown:
        raise ConfigurationError(f"a key cannot be given {', '.join(sorted(unknown))}")
    changed = replace(key, **terms)
    changed.check()
    return changed
