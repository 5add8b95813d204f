"""What a request body must be like, said in Google's manner when it is not: `Invalid value at 'contents[0].parts'`."""

from __future__ import annotations

from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.dialects.checks import Checks
from dragoman.errors import Rejected


def rejected(where: str, why: str) -> Rejected:
    return Rejected(f"Invalid value at '{where}': {why}", http_status=400, code="INVALID_ARGUMENT")


class _Checks(Checks):
    __slots__ = ()

    def wanted(self, value: Any, kind: type, where: str) -> Any:
        """`value`, which must be of `kind`; `3.0` is a whole number, for protobuf's JSON has no other."""
        whole = kind is int and type(value) is float and value.is_integer()
        return int(value) if whole else super().wanted(value, kind, where)


_CHECKS: Final = _Checks(
    rejected,
    {
        str: "expected a string",
        list: "expected a list",
        dict: "expected an object",
        int: "expected an integer",
        float: "expected a number",
        bool: "expected a boolean",
    },
    missing="it is required",
)
wanted, required, optional = _CHECKS.wanted, _CHECKS.required, _CHECKS.optional


def objects(value: Any, where: str) -> list[Wire]:
    """`value` as a list of objects; one alone may stand without the list."""
    items: list[Any] = [value] if isinstance(value, dict) else wanted(value, list, where)
    return [wanted(item, dict, f"{where}[{number}]") for number, item in enumerate(items)]


# ---------------------------------------------------------------------- parts of a content

_INSIDE: Final[dict[str, dict[str, type]]] = {
    "functionCall": {"name": str},
    "functionResponse": {"name": str},
    "inlineData": {"data": str},
    "fileData": {"fileUri": str},
}
_MAY_BE: Final[dict[str, dict[str, type]]] = {
    "functionCall": {"id": str, "args": dict},
    "functionResponse": {"id": str, "response": dict},
    "inlineData": {"mimeType": str},
    "fileData": {"mimeType": str},
}


def check_part(part: Wire, where: str) -> None:
    """Raises `Rejected` when a field that the codec goes on to read is not what it should be."""
    optional(part, "text", str, where)
    optional(part, "thought", bool, where)
    for name, fields in _INSIDE.items():
        inside = part.get(name)
        if inside is None:
            continue
        wanted(inside, dict, f"{where}{name}")
        for field, kind in fields.items():
            required(inside, field, kind, f"{where}{name}.")
        for field, kind in _MAY_BE[name].items():
            optional(inside, field, kind, f"{where}{name}.")
    result: Wire = part.get("functionResponse") or {}
    nested = result.get("parts")
    if nested is not None:
        for number, item in enumerate(objects(nested, f"{where}functionResponse.parts")):
            check_part(item, f"{where}functionResponse.parts[{number}].")
