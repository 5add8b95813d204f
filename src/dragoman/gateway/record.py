"""What the gateway remembers of one call: given to the metrics, the log, the trace and the store when the call is over.

No text of the caller or of a model is in it.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from dragoman.messages import Attempt, Loss, Usage

_NO_USAGE = Usage()


class CallRecord(Struct, frozen=True, kw_only=True):
    """One call, when it is over.

    Attributes:
        request_id: The id that the caller was told.
        surface: The caller's dialect, or the name of another kind of endpoint.
        action: What was asked for: `generate`, `embed`, `count` …
        model: The model, as the caller named it.
        status: The HTTP status that was answered, of a stream the one it began with.
        outcome: `"ok"`, `"left"` (the caller went away), or the name of the error's class.
        started_at: When the call came, in seconds since 1970.
        seconds: From then to its end, measured on a clock that nobody sets.
        provider: Who answered, or was asked last; `None` where nobody was.
        served: The model that answered, as its provider names it.
        key: The id of the virtual key.
        cost: US dollars, or `None` when any part of it is unknown.
        first_token_seconds: From the beginning to the first content of a stream.
        attempts: Each try, in order.
        losses: What of the request the provider's dialect could not express.
        traceparent: The caller's place in a trace, as its header has it.
    """

    request_id: str
    surface: str
    action: str
    model: str
    status: int
    outcome: str
    started_at: float
    seconds: float
    provider: str | None = None
    served: str | None = None
    key: str | None = None
    tenant: str | None = None
    stream: bool = False
    usage: Usage = _NO_USAGE
    cost: Decimal | None = None
    first_token_seconds: float | None = None
    attempts: tuple[Attempt, ...] = ()
    losses: tuple[Loss, ...] = ()
    traceparent: str | None = None
