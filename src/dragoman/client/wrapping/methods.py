"""An SDK's methods: where they are, and which fields they take by name."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any, Final

from dragoman.errors import ConfigurationError


def named_in(method: Any, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """`fields` that `method` takes by name, and the rest. What takes any name, as a mock does, gets all."""
    taken = _names(method)
    if taken is None:
        return dict(fields), {}
    named = {name: value for name, value in fields.items() if name in taken}
    return named, {name: value for name, value in fields.items() if name not in named}


def takes(method: Any, name: str) -> bool:
    """Whether `method` has a parameter of that name, or takes any."""
    taken = _names(method)
    return taken is None or name in taken


_known: dict[Any, frozenset[str] | None] = {}
"""By the function behind an SDK's method: to read a signature takes longer than to make a request."""
_MOST_KNOWN: Final = 64


def _names(method: Any) -> frozenset[str] | None:
    """The names that `method` takes, `None` for any."""
    function = getattr(method, "__func__", None)  # a method of a class; mocks and what is put in its place have none
    if not callable(function):
        return _read(method)
    if function not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[function] = _read(method)
    return _known[function]


def _read(method: Any) -> frozenset[str] | None:
    try:
        parameters = signature(method).parameters.values()
    except (TypeError, ValueError):  # written in C, or by a mock that has none
        return None
    if any(each.kind is Parameter.VAR_KEYWORD for each in parameters):
        return None
    return frozenset(each.name for each in parameters)


def attribute(client: Any, path: str) -> Any:
    """What is at `path` (`chat.completions.create`; `""` is the client), looked up now. Raises `ConfigurationError`."""
    found: Any = client
    for name in filter(None, path.split(".")):
        found = getattr(found, name, None)
        if found is None:
            raise ConfigurationError(f"this `{type(client).__name__}` has no `{path}`, which is what we would call")
    return found
