"""What the module of an SDK provides: how a call goes into the user's client, and what its answers are."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol

from dragoman.transport.carried.replies import Answer
from dragoman.transport.carried.sending import Sending


class Carrier(Protocol):
    """A user's client of one SDK, asked for one dialect. It changes nothing about the client."""

    roots: frozenset[str]
    """The packages whose exceptions hold a provider's answer."""

    def send(self, sending: Sending) -> Any | Awaitable[Any]:
        """Call the client's own method, looked up now, so that a mock in its place is called. Awaited for tasks."""
        ...

    def answer(self, given: Any, sending: Sending) -> Answer:
        """What the method gave."""
        ...
