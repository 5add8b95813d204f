"""The words of a document, checked: what is not known is refused with its place and the words there are."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

from msgspec import Struct, ValidationError, convert, structs

from dragoman.errors import ConfigurationError, UnknownProvider
from dragoman.routing.misfit import misfit
from dragoman.routing.tables.places import DocumentError, below, inside, refused

S = TypeVar("S", bound=Struct)


def mapping_at(place: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise refused(place, f"here stands a mapping, not {_kind(given)}")
    return cast("Mapping[str, Any]", given)


def list_at(place: str, given: Any) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise refused(place, f"here stands a list of at least one, not {_kind(given)}")
    return cast("list[Any]", given)


def refuse_unknown(place: str, words: Iterable[str], known: Iterable[str]) -> None:
    """Raises `DocumentError` for the first word that is not known."""
    known = list(known)
    for word in words:
        if word not in known:
            meant = get_close_matches(str(word), known, n=1)
            guess = f" Did you mean `{meant[0]}`?" if meant else ""
            raise refused(place, f"unknown word `{word}`.{guess} There are: {', '.join(known)}", at=below(place, word))


def record_at(place: str, given: Any, kind: type[S]) -> S:
    """A record from its fields; numbers may be texts, as the environment has them."""
    fields = mapping_at(place, given)
    _check_words(place, fields, kind)
    try:
        return convert(fields, kind, strict=False)
    except ValidationError as error:
        keys, message = misfit(kind, fields, error)
        raise refused(inside(place, keys), message) from error


def _check_words(place: str, given: Any, kind: Any) -> None:
    """Of records within records too, which `convert` would not ask for."""
    if not isinstance(given, Mapping):
        return
    fields = cast("Mapping[str, Any]", given)
    if isinstance(kind, type) and issubclass(kind, Struct):
        kinds = _kinds(kind)
        refuse_unknown(place, fields, kinds)
        for name, value in fields.items():
            _check_words(below(place, name), value, kinds[name])
    elif get_origin(kind) is Mapping:
        words, _ = get_args(kind)
        if get_origin(words) is Literal:
            refuse_unknown(place, fields, get_args(words))
        for name, value in fields.items():
            _check_words(below(place, name), value, get_args(kind)[1])
    else:
        for each in get_args(kind):
            _check_words(place, fields, each)


@cache
def _kinds(kind: type[Struct]) -> dict[str, Any]:
    """By field, what stands there."""
    return {field.name: field.type for field in structs.fields(kind)}


def one_of(place: str, given: Mapping[str, Any], known: Iterable[str], beside: Iterable[str]) -> str:
    """The only word of `known` that stands there, `beside` others."""
    known = list(known)
    refuse_unknown(place, given, [*known, *beside])
    found = [word for word in given if word in known]
    if len(found) != 1:
        raise refused(place, f"exactly one of these stands here: {', '.join(known)}")
    return found[0]


@contextmanager
def located(place: str) -> Generator[None, None, None]:
    """Says where in the document it was that a setting is refused."""
    try:
        yield
    except DocumentError:
        raise
    except (ConfigurationError, UnknownProvider) as error:
        raise refused(place, error.message) from error


def required(place: str, given: Mapping[str, Any], word: str) -> Any:
    if word not in given:
        raise DocumentError(below(place, word), f"{below(place, word)} is missing")
    return given[word]


def _kind(given: Any) -> str:
    return "an empty list" if given == [] else type(given).__name__
