"""What is asked of a gateway, and what came of it: written by the harness, read by the process that makes the load."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from bench import work

EVENTS = 64
"""The pieces of text in a stream."""

OPENAI_MODEL = work.OPENAI_MODEL
ANTHROPIC_MODEL = "claude-sonnet-4-6"
"""The providers' names of the models; both have a price, and neither is retired."""

UPSTREAM_KEY = "sk-upstream"
"""The provider's key: the gateway has it, the caller does not."""

CALLER_KEY = "sk-bench"
"""The caller's, for gateways that take any or one that they are told."""


class Order(Struct, kw_only=True):
    """A load: so many connections, each asking again when it has its answer, until the time or the number is up.

    `faults`: answers that are no answers are counted by their status, and are no errors.
    """

    url: str
    model: str
    key: str = CALLER_KEY
    stream: bool = False
    connections: int = 16
    seconds: float = 5.0
    requests: int = 1_000_000_000
    headers: dict[str, str] = {}
    faults: bool = False


class Outcome(Struct, kw_only=True):
    """What came of it. Times are milliseconds; `first_p50`: to the first byte of the answer's body."""

    answered: int
    errors: int
    seconds: float
    p50: float | None = None
    p99: float | None = None
    first_p50: float | None = None
    statuses: dict[str, int] = {}
    first_error: str | None = None


def question(model: str, *, stream: bool) -> dict[str, Any]:
    """The request's body, about as long as people's."""
    body: dict[str, Any] = {
        "model": model,
        "messages": work.chat(f"Summarise this ticket: {work.TICKET}"),
        "temperature": 0.7,
        "max_tokens": work.MAX_TOKENS,
    }
    return body | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {})
