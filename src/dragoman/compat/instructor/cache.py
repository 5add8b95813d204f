"""`instructor.cache`: a key for a cache of the program's own."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from msgspec.json import encode
from pydantic import BaseModel

from dragoman.transport.carried.dumping import as_json

__all__ = ["make_cache_key"]


def make_cache_key(
    *, messages: Any, model: str | None, response_model: type[BaseModel] | None, mode: str | None = None, **further: Any
) -> str:
    """A digest of what is given, the same in every process.

    It is for a store that the program asks itself. What `cache=` takes gets keys of ours, of all that is sent.
    """
    schema = None if response_model is None else response_model.model_json_schema()
    given = {"messages": messages, "model": model, "schema": schema, "mode": mode, "further": further}
    return sha256(encode(given, enc_hook=_plain, order="deterministic")).hexdigest()


def _plain(given: object) -> object:
    plain = as_json(given)
    if plain is None:
        raise TypeError(f"a `{type(given).__name__}` cannot be part of a key")
    return plain
