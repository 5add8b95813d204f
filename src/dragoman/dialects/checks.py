"""What a request body must be like, for dialects whose providers say it in no words of their own when it is not."""

from __future__ import annotations

from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.errors import Rejected

_WORDS: Final[dict[type, str]] = {
    str: "text",
    list: "a list",
    dict: "an object",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def rejected(where: str, why: str) -> Rejected:
    return Rejected(f"invalid `{where}`: {why}", http_status=400)


def wanted(value: Any, kind: type, where: str) -> Any:
    """`value`, which must be of `kind`. A whole number will do for a number."""
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise rejected(where, f"{_WORDS[kind]} is needed here")


def required(wire: Wire, name: str, kind: type, where: str = "") -> Any:
    """The field `name`, which must be there."""
    return wanted(wire.get(name), kind, f"{where}{name}")


def optional(wire: Wire, name: str, kind: type, where: str = "") -> Any:
    """The field `name`, or `None` when it is absent or `null`."""
    value = wire.get(name)
    return None if value is None else wanted(value, kind, f"{where}{name}")


def objects(wire: Wire, name: str, where: str = "") -> list[Wire]:
    """The list of objects in the field `name`, empty when it is absent or `null`."""
    entries: list[Wire] = optional(wire, name, list, where) or []
    return [wanted(entry, dict, f"{where}{name}[{number}]") for number, entry in enumerate(entries)]
