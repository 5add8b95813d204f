"""Fields of a body, read with the kind they must have.

Requests and answers are read by the same functions: what they raise (`BROKEN`, in `dialects/broken.py`)
becomes a `Rejected` in a request, in Bedrock's manner, and a `DecodeError` in an answer.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.checks import is_kind
from dragoman.errors import Rejected

_KINDS: Final[dict[type, str]] = {
    str: "string",
    list: "array",
    dict: "object",
    int: "integer",
    float: "number",
    bool: "boolean",
}


def rejected(where: str, why: str) -> Rejected:
    """The error for a body that is wrong at `where`, a path of names and numbers."""
    pointer = where.strip("/")
    message = f"Malformed input request: #/{pointer}: {why}, please reformat your input and try again."
    return Rejected(message, http_status=400, code="ValidationException")


def field(wire: Wire, name: str, kind: type) -> Any:
    """The field `name`. Raises `KeyError` when it is absent or `null`, `TypeError` when it is of another kind."""
    value = wire[name]
    if value is None:
        raise KeyError(name)
    if not is_kind(value, kind):
        raise TypeError(f"`{name}` is no {_KINDS[kind]}")
    return value


def text(wire: Wire, name: str) -> str:
    return field(wire, name, str)


def maybe(wire: Wire, name: str, kind: type) -> Any:
    """The field `name`, or `None` when it is absent or `null`."""
    return None if wire.get(name) is None else field(wire, name, kind)


def optional(wire: Wire, name: str, kind: type, where: str = "") -> Any:
    """`maybe`, for a request. Raises `Rejected`."""
    value = wire.get(name)
    if value is not None and not is_kind(value, kind):
        raise rejected(f"{where}/{name}", f"expected type: {_KINDS[kind]}")
    return value


def objects(value: Any, where: str) -> list[Wire]:
    """`value` as a list of objects. Raises `Rejected`."""
    if value is None:
        raise rejected(where, "required key not found")
    if type(value) is not list:
        raise rejected(where, "expected type: array")
    items = cast("list[Wire]", value)
    for number, item in enumerate(items):
        if type(item) is not dict:
            raise rejected(f"{where}/{number}", "expected type: object")
    return items


def why_broken(error: Exception) -> str:
    """What to tell a caller of what one of `BROKEN` says."""
    return f"required key [{error.args[0]}] not found" if type(error) is KeyError else str(error)
