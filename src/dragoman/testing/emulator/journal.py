"""What the emulator was sent, with keys hidden."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct

from dragoman.messages import Request
from dragoman.secret import HIDDEN, Secret
from dragoman.testing.emulator.http import HttpCall

_SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"}
)
_SECRET_QUERY: Final = re.compile(r"(?<=[?&])((?:key|api[-_]?key|token|access_token)=)[^&]+", re.IGNORECASE)

Headers: TypeAlias = Mapping[str, str | Secret]


class SeenRequest(Struct, kw_only=True):
    """A request as it came.

    Attributes:
        number: 1 for the first.
        target: Path and query; keys in it are hidden.
        headers: By lower-case name; those that hold keys are `Secret`.
        wire: The JSON body, `None` when it was none.
        dialect: Whose path it came to, `None` for paths of no dialect.
        notes: What the provider itself would have refused it for, and the emulator did not, or did when it is strict.
        client_port: The port at the client's side: requests over one connection have the same.
        request: The body as the dialect reads it, `None` when it is no request of that dialect.
    """

    number: int
    method: str
    target: str
    headers: Headers
    wire: Any = None
    dialect: str | None = None
    request: Request | None = None
    notes: tuple[str, ...] = ()
    client_port: int = 0

    @property
    def path(self) -> str:
        """`target` without its query."""
        return self.target.partition("?")[0]

    def __repr__(self) -> str:
        return f"<SeenRequest {self.number} {self.method} {self.target}>"


class Journal:
    """The last requests, a bounded number of them, and how many there were in all."""

    def __init__(self, keep: int) -> None:
        self.count = 0
        self._seen: deque[SeenRequest] = deque(maxlen=keep)

    def note(self, call: HttpCall) -> SeenRequest:
        self.count += 1
        seen = SeenRequest(
            number=self.count,
            method=call.method,
            target=_SECRET_QUERY.sub(rf"\1{HIDDEN}", call.target),
            headers={name: _hidden(name, value) for name, value in call.headers.items()},
            client_port=call.client_port,
        )
        self._seen.append(seen)
        return seen

    def list(self) -> list[SeenRequest]:
        return list(self._seen)

    def clear(self) -> None:
        self.count = 0
        self._seen.clear()


def _hidden(name: str, value: str) -> str | Secret:
    return Secret(value) if name in _SECRET_HEADERS else value


def shown(seen: SeenRequest) -> dict[str, Any]:
    """A request as JSON for people and other processes."""
    return {
        "number": seen.number,
        "method": seen.method,
        "target": seen.target,
        "headers": {name: str(value) for name, value in seen.headers.items()},
        "body": seen.wire,
        "dialect": seen.dialect,
        "notes": seen.notes,
    }
