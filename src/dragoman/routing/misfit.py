"""What is wrong with a setting of the wrong kind, in words of those who write documents and not of a type checker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from types import NoneType, UnionType
from typing import Any, Final, Literal, NamedTuple, Union, cast, get_args, get_origin

from msgspec import Struct, ValidationError, convert, structs


class Misfit(NamedTuple):
    """Where something stands that cannot be there, by the keys that lead to it, and what to say of it."""

    keys: tuple[Any, ...]
    message: str


def misfit(kind: Any, given: Any, error: ValidationError, *, strict: bool = False) -> Misfit:
    """The innermost part of `given` that cannot be made what `kind` has there; `error` is what `convert` said."""
    for key, inner, value in _inside(kind, given):
        refusal = _refusal(inner, value, strict=strict)
        if refusal is not None:
            found = misfit(inner, value, refusal, strict=strict)
            return Misfit((key, *found.keys), found.message)
    wanted, shown = dict.fromkeys(_words(kind)), _shown(given, kind)
    return Misfit((), str(error) if shown in wanted else f"here stands {' or '.join(wanted)}, not {shown}")


def _refusal(kind: Any, given: Any, *, strict: bool) -> ValidationError | None:
    try:
        convert(given, kind, strict=strict)
    except ValidationError as error:
        return error
    return None


def _inside(kind: Any, given: Any) -> Iterable[tuple[Any, Any, Any]]:
    """By key or number: what stands there, and of which kind it has to be."""
    if get_origin(kind) in _UNIONS:
        return chain.from_iterable(_inside(each, given) for each in get_args(kind))
    if isinstance(given, Mapping):
        return _of_mapping(kind, cast("Mapping[Any, Any]", given))
    if isinstance(given, list) and get_origin(kind) in _LISTS:
        return ((number, get_args(kind)[0], each) for number, each in enumerate(cast("list[Any]", given)))
    return ()


def _of_mapping(kind: Any, given: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    if isinstance(kind, type) and issubclass(kind, Struct):
        kinds = {field.name: field.type for field in structs.fields(kind)}
        yield from ((name, kinds[name], value) for name, value in given.items() if name in kinds)
    elif get_origin(kind) is Mapping:
        names, values = get_args(kind)
        yield from ((str(name), names, name) for name in given)
        yield from ((str(name), values, value) for name, value in given.items())


def _words(kind: Any) -> Iterator[str]:
    """What a `kind` is called, each of several."""
    origin = get_origin(kind)
    if origin in _UNIONS:
        yield from chain.from_iterable(_words(each) for each in get_args(kind) if each is not NoneType)
    elif origin is Literal:
        yield from map(str, get_args(kind))
    elif kind is bool:
        yield from ("true", "false")
    elif origin in _LISTS:
        yield "a list"
    else:
        yield _NAMES.get(kind, "a mapping")


def _shown(given: Any, kind: Any) -> str:
    """What stands there; by its kind alone where it may be or hold a key, as no misspelt word is."""
    match given:
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case None | bool():
            return {None: "null", True: "true", False: "false"}[given]
        case str() if len(given) >= _MAY_BE_A_KEY or not _has_words(kind):
            return "a text"
        case _:
            return repr(given)


def _has_words(kind: Any) -> bool:
    """Whether only certain words can stand there."""
    if get_origin(kind) in _UNIONS:
        return any(map(_has_words, get_args(kind)))
    return kind is bool or get_origin(kind) is Literal


_UNIONS: Final = (Union, UnionType)
_MAY_BE_A_KEY: Final = 30
_LISTS: Final = (frozenset, tuple, list)
_NAMES: Final[dict[Any, str]] = {int: "a whole number", float: "a number", str: "a text"}
