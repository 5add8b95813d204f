"""What is wrong with an answer, in a line for each place: `items.3.price: Input should be greater than 0 (got -1)`.

With the values for the model, which wrote them; without for errors and logs, where answers do not belong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from dragoman.exceptions import AsyncValidationError
from dragoman.messages.json_text import encode_json

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails, InitErrorDetails

MOST_LINES: Final = 10
"""More are counted: who mends ten faults mends the others of their kind with them."""

_LONGEST_VALUE: Final = 60
_LONGEST_LINE: Final = 300
_SAID_BY_VALIDATORS: Final = ("Value error, ", "Assertion failed, ")
_WITHOUT_VALUE: Final = frozenset({"missing", "extra_forbidden", "json_invalid", "unexpected_keyword_argument"})
"""Where the value is the whole around it, or is not what is wrong."""


def explained(error: Exception, *, values: bool) -> str:
    """What is wrong, each place on a line of its own; `values` says what stands there."""
    lines = _lines(error, values=values)
    if lines is None:
        return _short(str(error), _LONGEST_LINE)
    shown = [_short(line, _LONGEST_LINE) for line in lines[:MOST_LINES]]
    more = len(lines) - MOST_LINES
    return "\n".join([*shown, f"and {more} more"] if more > 0 else shown)


def _lines(error: Exception, *, values: bool) -> list[str] | None:
    if isinstance(error, AsyncValidationError):
        pairs = zip(error.places, error.errors, strict=False)
        return [line for place, each in pairs for line in _placed(place, each, values=values)] or None
    from pydantic import ValidationError  # loaded long before there is an answer to it

    if not isinstance(error, ValidationError):
        return None
    return [_line(details, values=values) for details in error.errors(include_url=False, include_context=False)]


def _placed(place: str, error: Exception, *, values: bool) -> Iterator[str]:
    for line in _lines(error, values=values) or [str(error)]:
        yield f"{place}: {line}" if place else line


def _line(details: ErrorDetails, *, values: bool) -> str:
    place = ".".join(map(str, details["loc"]))
    said = details["msg"]
    for prefix in _SAID_BY_VALIDATORS:
        said = said.removeprefix(prefix)
    got = f" (got {_value(details['input'])})" if values and place and details["type"] not in _WITHOUT_VALUE else ""
    return f"{place}: {said}{got}" if place else f"{said}{got}"


def _value(value: Any) -> str:
    try:
        return _short(encode_json(value).decode(), _LONGEST_VALUE)
    except (TypeError, ValueError, RecursionError):  # what a validator before this one has made of it
        return f"a {type(value).__name__}"


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def without_values(error: ValueError) -> ValueError:
    """`error` as it may be shown: a `pydantic.ValidationError` of which no traceback writes the answer.

    Its `errors()` still have it, for those who ask.
    """
    from pydantic import ValidationError

    return _hidden(error) if isinstance(error, ValidationError) else error


def gathered(title: str, errors: Mapping[int | str, ValueError]) -> ValidationError:
    """Errors of several places as one, each under its place."""
    from pydantic import ValidationError
    from pydantic_core import PydanticCustomError

    details: list[InitErrorDetails] = []
    for place, error in errors.items():
        if isinstance(error, ValidationError):
            for each in map(_initial, error.errors(include_url=False)):
                each["loc"] = (place, *each.get("loc", ()))
                details.append(each)
        else:
            said = PydanticCustomError("value_error", "{said}", {"said": str(error)})
            details.append({"type": said, "loc": (place,), "input": None})
    return ValidationError.from_exception_data(title, details, input_type="json")


def _hidden(error: ValidationError) -> ValidationError:
    details = [_initial(each) for each in error.errors(include_url=False)]
    return type(error).from_exception_data(error.title, details, input_type="json", hide_input=True)


def _initial(details: ErrorDetails) -> InitErrorDetails:
    """One error as pydantic is given it. Its own kinds are known by name, those of validators are not."""
    from pydantic_core import PydanticCustomError, PydanticKnownError

    context = details.get("ctx")
    kind: str | PydanticCustomError
    try:
        PydanticKnownError(details["type"], context)  # pyright: ignore[reportArgumentType]  # asks whether it is one
    except (KeyError, TypeError, ValueError):
        kind = PydanticCustomError(details["type"], "{said}", {"said": details["msg"]})  # pyright: ignore[reportArgumentType]  # a name is no literal
        context = None
    else:
        kind = details["type"]
    made: InitErrorDetails = {"type": kind, "loc": details["loc"], "input": details["input"]}
    if context is not None:
        made["ctx"] = context
    return made
