"""What is to be sent through an SDK's client, as its methods want it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from inspect import Parameter, signature
from time import monotonic
from typing import Any, Final

from msgspec import Struct

from dragoman.errors import ConfigurationError, TimedOut
from dragoman.http import HttpRequest
from dragoman.messages import decode_json

_STREAMED_PATH: Final = re.compile(r":streamGenerateContent|/converse-stream")
"""Where the path asks for a stream; elsewhere a field of the body does."""

LEAST_SECONDS: Final = 0.001
"""SDKs take 0 for no limit, or refuse it."""


class Sending(Struct, frozen=True, kw_only=True):
    """One call, as an SDK's method takes it.

    Attributes:
        model: Who is asked.
        path: Where it would go.
        body: The whole body; it is this call's own.
        headers: Those that the caller wants besides the SDK's.
        stream: Whether the answer is to come in pieces.
        deadline: When the call has no more time, on `monotonic`'s clock.
    """

    model: str
    path: str
    body: dict[str, Any]
    headers: Mapping[str, str]
    stream: bool
    deadline: float | None = None

    def seconds_left(self) -> float | None:
        """How much time the call has, `None` when it has any. Raises `TimedOut` when it has none."""
        if self.deadline is None:
            return None
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimedOut("the time for the call ran out before it was sent", phase="total")
        return max(left, LEAST_SECONDS)


def sending_of(request: HttpRequest, model: str, ours: frozenset[tuple[str, str]]) -> Sending:
    """What `request` sends. `ours` are headers that a client of ours makes; the SDK has its own in their place."""
    body: dict[str, Any] = decode_json(request.body)
    return Sending(
        model=model,
        path=request.target.partition("?")[0],
        body=body,
        headers={name: value for name, value in request.headers if (name.lower(), value) not in ours},
        stream=body.get("stream") is True or _STREAMED_PATH.search(request.target) is not None,
        deadline=request.deadline,
    )


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
