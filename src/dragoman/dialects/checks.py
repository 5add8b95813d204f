"""What a request body must be like: the checks, and the words for dialects whose providers have none of their own.

A dialect with its provider's words for a body that is wrong makes its own `Checks`, in `<name>/checks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.errors import Rejected


def is_kind(value: Any, kind: type) -> bool:
    """Whether `value` is of `kind`, as JSON has it: a whole number will do for a number, a boolean for none."""
    return type(value) is kind or (kind is float and type(value) is int)


class Checks:
    """Checks of fields; each raises the `Rejected` that `rejected` makes of a place and a reason."""

    __slots__ = ("_missing", "_rejected", "_why")

    def __init__(
        self, rejected: Callable[[str, str], Rejected], why: Mapping[type, str], missing: str | None = None
    ) -> None:
        """`why` says what is wrong with a value that is not of a kind, `missing` with none where one must be."""
        self._rejected = rejected
        self._why = why
        self._missing = missing

    def wanted(self, value: Any, kind: type, where: str) -> Any:
        """`value`, which must be of `kind`."""
        if is_kind(value, kind):
            return value
        raise self._rejected(where, self._why[kind])

    def required(self, wire: Wire, name: str, kind: type, where: str = "") -> Any:
        """The field `name`, which must be there."""
        value = wire.get(name)
        if type(value) is kind:
            return value
        if value is None and self._missing is not None:
            raise self._rejected(f"{where}{name}", self._missing)
        return self.wanted(value, kind, f"{where}{name}")

    def optional(self, wire: Wire, name: str, kind: type, where: str = "") -> Any:
        """The field `name`, or `None` when it is absent or `null`."""
        value = wire.get(name)
        return value if value is None or type(value) is kind else self.wanted(value, kind, f"{where}{name}")


def rejected(where: str, why: str) -> Rejected:
    return Rejected(f"invalid `{where}`: {why}", http_status=400)


_CHECKS: Final = Checks(
    rejected,
    {
        str: "text is needed here",
        list: "a list is needed here",
        dict: "an object is needed here",
        int: "a whole number is needed here",
        float: "a number is needed here",
        bool: "true or false is needed here",
    },
)
wanted, required, optional = _CHECKS.wanted, _CHECKS.required, _CHECKS.optional


def objects(wire: Wire, name: str, where: str = "") -> list[Wire]:
    """The list of objects in the field `name`, empty when it is absent or `null`."""
    entries: list[Wire] = optional(wire, name, list, where) or []
    return [wanted(entry, dict, f"{where}{name}[{number}]") for number, entry in enumerate(entries)]
