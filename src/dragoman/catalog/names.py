"""The names a model goes by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_REGION: Final = re.compile(r"^(?:us|eu|apac|jp|au|ca|in|us-gov|global)\.")
_LOCAL_BUILD: Final = re.compile(r"^([^/:]+:\d+(?:\.\d+)?b)-.+")
_LATEST: Final = ":latest"


def spellings(model: str) -> Iterator[str]:
    """The names to look for, the given one first: without its path, its region, its build."""
    name = model.lower()
    yield name
    if name.startswith(("models/", "arn:")) or "/models/" in name:
        name = name.rpartition("/")[2]
        yield name
    plain = _REGION.sub("", name)
    if plain != name:
        yield plain
    if "@" in plain:  # Vertex: claude-sonnet-4-5@20250929
        base, _, day = plain.partition("@")
        yield f"{base}-{day}"
        yield base
    if build := _LOCAL_BUILD.match(plain):  # Ollama: llama3.1:8b-instruct-q4_K_M
        yield build[1]
    yield plain.removesuffix(_LATEST)


def variant(model: str) -> tuple[str, str]:
    """OpenRouter's `vendor/model:variant` taken apart; the variant is `""` where there is none."""
    vendor, slash, name = model.rpartition("/")
    base, _, kind = name.partition(":")
    return (f"{vendor}/{base}", kind.lower()) if slash else (model, "")
