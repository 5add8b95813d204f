"""Replies with an error status: what is read in them alike, whatever the dialect.

A server or a proxy in front of it wrote the body, so that it may be anything. Under which names a provider says what,
and which class its words mean, is in `<name>/errors.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import Any, Final, TypeAlias, cast

from dragoman.dialects.base import Wire
from dragoman.errors import Error, ProviderError, class_of_status
from dragoman.messages import decode_json

ClassesOfWords: TypeAlias = Sequence[tuple[str, type[ProviderError]]]
"""Words in lower case and the class they mean; the first that are in a message count."""

_LONGEST_PAGE: Final = 500
"""As much of a page of text is a message; `ProviderError.body` has it all."""

_IN_SECONDS: Final[Mapping[str, float]] = {"retry-after": 1.0}


def content_of(body: bytes) -> Any:
    """The JSON in a body, or its text when it is none."""
    try:
        return decode_json(body)
    except ValueError:
        return body.decode("utf-8", "replace").strip()


def as_object(content: Any) -> Wire:
    """`content`, or an empty object when it is something else."""
    return cast("Wire", content) if isinstance(content, dict) else {}


def error_object(content: Any) -> tuple[Wire, Wire]:
    """The object that describes the error, and the body around it. Google puts its own into a list."""
    if isinstance(content, list) and content:
        content = cast("list[Any]", content)[0]
    outer = as_object(content)
    error = outer.get("error")
    return (cast("Wire", error) if isinstance(error, dict) else outer), outer


def text_in(wire: Wire, *names: str) -> str | None:
    """The first text that is not empty in the fields `names`."""
    return next((text for name in names if isinstance(text := wire.get(name), str) and text), None)


def page_text(content: Any) -> str | None:
    """What a body that is plain text says: a proxy's page is cut."""
    return content[:_LONGEST_PAGE] or None if isinstance(content, str) else None


def deepest_text(content: Any, names: Sequence[str]) -> str | None:
    """The text of a body, or that of the first of `names` in it, which may be an object of the same kind."""
    wire = as_object(content)
    for name in names:
        value = wire.get(name)
        if isinstance(value, dict):
            return deepest_text(value, names)
        if isinstance(value, str) and value:
            return value
    return page_text(content)


def class_of_words(message: str, table: ClassesOfWords) -> type[ProviderError] | None:
    """The class that the words of a message mean, where no code tells it."""
    lower = message.lower()
    return next((found for words, found in table if words in lower), None)


def number_in(headers: Mapping[str, str], name: str) -> float | None:
    """The number in a header, if it is one that can be waited for."""
    try:
        number = float(headers[name])
    except (KeyError, ValueError):
        return None
    return number if isfinite(number) and number >= 0 else None


def retry_after(status: int, headers: Mapping[str, str], units: Mapping[str, float] = _IN_SECONDS) -> float | None:
    """Seconds to wait, where waiting helps and a header says it in numbers. Dates are read by those who have a clock.

    `units` holds the headers that may say it, the one that counts most first, with their unit in seconds.
    """
    if status != 429 and status < 500:
        return None
    numbers = ((number_in(headers, name), unit) for name, unit in units.items())
    return next((number * unit for number, unit in numbers if number is not None), None)


def given_status(error: Error, statuses: Collection[int]) -> int | None:
    """The status that a provider gave `error`, where the dialect has it and it says as much as the error's class."""
    given = error.http_status if isinstance(error, ProviderError) else None
    if given is None or given not in statuses or class_of_status(given) is not type(error):
        return None
    return given
