"""Texts that end or begin in the midst of a character: lone surrogates, which no provider can be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from dragoman.errors import ConfigurationError

_LONE: Final = re.compile("[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]")


def refuse_half_characters(wire: Any) -> None:
    """Raise `ConfigurationError` for the first text in `wire` that has one, and say where."""
    for where, text in _texts(wire, ""):
        found = _LONE.search(text)
        if found is not None:
            raise ConfigurationError(
                f"`{where}` has half a character at {found.start()} ({found.group()!a}), which UTF-8 cannot hold: "
                "it was cut out of a pair. text.encode('utf-8', 'replace').decode() puts `?` in its place"
            )


def _texts(value: object, where: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield where, value
        case Mapping():
            for name, each in cast("Mapping[str, Any]", value).items():
                yield where or name, name
                yield from _texts(each, f"{where}.{name}" if where else name)
        case list() | tuple():
            for place, each in enumerate(cast("Sequence[Any]", value)):
                yield from _texts(each, f"{where}[{place}]")
        case _:
            return
