"""What the gateway remembers of one call: given to the metrics, the log, the trace and the store when the call is over.

No text of the caller or of a model is in it.
"""

from __future__ import annotations

from dragoman.gateway.store import Spend
from dragoman.messages import Attempt, Loss


class CallRecord(Spend, frozen=True, kw_only=True):
    """One call, when it is over: what it came to, and how it went.

    Attributes:
        surface: The caller's dialect, or the name of another kind of endpoint.
        action: What was asked for: `generate`, `embed`, `count` …
        status: The HTTP status that was answered, of a stream the one it began with.
        when: When the call came, in seconds since 1970.
        seconds: From then to its end, measured on a clock that nobody sets.
        key: The id of the virtual key, of every call that had one.
        first_token_seconds: From the beginning to the first content of a stream.
        attempts: Each try, in order.
        losses: What of the request the provider's dialect could not express.
        traceparent: The caller's place in a trace, as its header has it.
    """

    surface: str
    action: str
    status: int
    when: float = 0.0
    seconds: float
    stream: bool = False
    first_token_seconds: float | None = None
    attempts: tuple[Attempt, ...] = ()
    losses: tuple[Loss, ...] = ()
    traceparent: str | None = None
