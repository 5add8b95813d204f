"""What callers may ask for: which type pydantic is to validate, and what that type is called on the wire."""

from __future__ import annotations

import re
import types
from collections.abc import AsyncIterable, AsyncIterator, Collection, Generator, Iterable, Iterator, Sequence
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from unicodedata import normalize

LONGEST_NAME: Final = 64
"""OpenAI takes no longer one (platform.openai.com/docs/api-reference/chat/create, read 2026-11-21)."""

_NAMELESS: Final = "output"
_LAZY: Final = (Iterable, Iterator, Generator, AsyncIterable, AsyncIterator)
"""What pydantic would read only when it is gone through, or not at all: the value of such a type is a list here."""

MANY: Final = frozenset({list, Iterable, Sequence, Collection})
"""Types of which it can be said that several values are wanted, one after another."""

_UNIONS: Final = frozenset({Union, types.UnionType})
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+")


def validated_type(wanted: Any) -> Any:
    """The type that is validated for `wanted`: itself, but for `Iterable[T]`, which is `list[T]`."""
    lazy = get_origin(wanted) or wanted
    if not any(lazy is each for each in _LAZY):
        return wanted
    item, *_ = get_args(wanted) or (Any,)
    return list[item]


def name_of(wanted: Any) -> str:
    """A name for `wanted` that every dialect takes: `Response[User]` is `Response_User`, `int | str` `int_or_str`."""
    text = normalize("NFKD", _said(wanted)).encode("ascii", "ignore").decode()
    return _NOT_IN_NAMES.sub("_", text)[:LONGEST_NAME].strip("_") or _NAMELESS


def _said(wanted: Any) -> str:
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        return _said(arguments[0])
    if origin in _UNIONS:
        return "_or_".join(map(_said, arguments))
    if origin is Literal:
        return "choice"
    if wanted is type(None):
        return "nothing"
    name = getattr(origin or wanted, "__name__", "")
    inside = [_said(argument) for argument in arguments if argument is not Ellipsis]
    return "_".join(filter(None, [str(name), *inside]))
