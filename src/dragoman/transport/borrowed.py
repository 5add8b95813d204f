"""What transports share that ask through a client of the user's: closing ends their calls, and the client goes on."""

from __future__ import annotations

from typing import Protocol, TypeVar
from weakref import WeakSet

from dragoman.errors import ConfigurationError


class Closable(Protocol):
    """A reply, as far as this goes."""

    def close(self) -> None: ...


T = TypeVar("T", bound=Closable)


class Borrowed:
    """A transport whose connections are another's."""

    def __init__(self) -> None:
        self._replies: WeakSet[Closable] = WeakSet()
        self._closed = False

    def _refuse_closed(self) -> None:
        if self._closed:
            raise ConfigurationError("this client is closed: make a new one")

    def _kept(self, reply: T) -> T:
        """`reply`, which `close` will end."""
        self._replies.add(reply)
        if self._closed:  # while it was awaited
            reply.close()
            self._refuse_closed()
        return reply

    def release(self) -> None:
        """Nothing: the idle connections are the client's."""

    def close(self) -> None:
        """End the calls in progress; the client itself is its owner's to close."""
        self._closed = True
        for reply in list(self._replies):
            reply.close()
