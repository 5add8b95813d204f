"""Keys lent for a while, by the name of their provider."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from dragoman.providers.auth.keys import lent_keys
from dragoman.providers.registry import get_spec
from dragoman.secret import Secret


@contextmanager
def use_keys(**keys: str | Secret) -> Generator[None, None, None]:
    """Lend keys, by provider, to the calls made inside a `with` block.

    With `use_keys(openai="sk-…")` they hold for the current thread or task and the tasks it starts; a key given by
    argument goes first. They are looked at when a call is sent: read a stream inside the block. Raises
    `UnknownProvider`.
    """
    secrets = {get_spec(name).name: key if isinstance(key, Secret) else Secret(key) for name, key in keys.items()}
    token = lent_keys.set({**(lent_keys.get() or {}), **secrets})
    try:
        yield
    finally:
        lent_keys.reset(token)
