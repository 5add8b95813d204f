"""The usage of several answers, written into an object of an SDK's as that SDK writes it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Final, cast

_FIELDS: Final = ("usage", "usage_metadata")
"""Where SDKs' objects tell it."""

_logger: Final = logging.getLogger("dragoman")


def with_usage_of_all(completions: Sequence[Any]) -> Any:
    """The last of `completions`, with what all of them used; none is changed.

    Where an SDK's objects are such that a sum cannot be written, the last is given as it is, and the log says so.
    """
    last = completions[-1]
    if len(completions) == 1:
        return last
    name = next((each for each in _FIELDS if _field(last, each) is not None), None)
    if name is None:
        _logger.warning("a `%s` tells of no usage that could be summed up", type(last).__name__)
        return last
    return _copied(last, {name: reduce(_sum, (_field(each, name) for each in completions))})


def _field(given: Any, name: str) -> Any:
    return cast("Mapping[str, Any]", given).get(name) if isinstance(given, Mapping) else getattr(given, name, None)


def _sum(first: Any, second: Any) -> Any:
    """Both added up: numbers, and what holds some. Lists tell of parts, so all of them count."""
    if first is None or second is None:
        return second if first is None else first
    if _is_number(first) and _is_number(second):
        return first + second
    if isinstance(first, list) and isinstance(second, list):
        return [*cast("list[Any]", first), *cast("list[Any]", second)]
    names = dict.fromkeys([*_names(first), *_names(second)])
    return (
        _copied(second, {name: _sum(_field(first, name), _field(second, name)) for name in names}) if names else second
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names(given: Any) -> list[str]:
    """The fields of a dict, or of a model of pydantic's, those too that it does not know."""
    if isinstance(given, Mapping):
        return list(cast("Mapping[str, Any]", given))
    fields: Mapping[str, Any] = getattr(cast("object", type(given)), "model_fields", None) or {}
    return [*fields, *(getattr(given, "model_extra", None) or {})]


def _copied(given: Any, changes: Mapping[str, Any]) -> Any:
    """`given` with `changes`, in a copy."""
    if isinstance(given, Mapping):
        return {**cast("Mapping[str, Any]", given), **changes}
    copy = getattr(given, "model_copy", None)
    if copy is None:
        _logger.warning(
            "the usage of all answers cannot be written into a `%s`: it is of the last", type(given).__name__
        )
        return given
    return copy(update=dict(changes))
