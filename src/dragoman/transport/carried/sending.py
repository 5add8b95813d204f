"""One call that other code is to carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

from msgspec import Struct

from dragoman.errors import TimedOut
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


def sending_of(request: HttpRequest, model: str | None, ours: frozenset[tuple[str, str]]) -> Sending:
    """What `request` sends. `ours` are headers that a client of ours makes; the SDK has its own in their place."""
    body: dict[str, Any] = decode_json(request.body)
    return Sending(
        model=model or body["model"],
        path=request.target.partition("?")[0],
        body=body,
        headers={name: value for name, value in request.headers if (name.lower(), value) not in ours},
        stream=body.get("stream") is True or _STREAMED_PATH.search(request.target) is not None,
        deadline=request.deadline,
    )
