"""What the replies of both drivers are: a connection held for a body, and let go of exactly once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from threading import Lock
from typing import Generic, Protocol, TypeVar

from dragoman.errors import ConfigurationError
from dragoman.transport.http1.replies import ReplyParser
from dragoman.transport.pool import Pool, Pooled

C = TypeVar("C", bound=Pooled)


class Lender(Protocol[C]):
    """The transport that a reply came over."""

    def finish(self, pool: Pool[C], connection: C, parser: ReplyParser) -> None:
        """The reply on `connection` is over, or nobody wants the rest of it."""
        ...


class HeldReply(Generic[C]):
    """The head of a reply, and the connection its body comes over.

    `resent` says that the request went out twice: the kept connection of the first time died before any answer.
    `close` may come from any thread, more than once, and happens when the reply is dropped.
    """

    __slots__ = ("_ended", "_spent", "_transport", "connection", "headers", "parser", "pool", "resent", "status")

    status: int
    headers: Mapping[str, str]

    def __init__(self, transport: Lender[C], pool: Pool[C], connection: C, parser: ReplyParser) -> None:
        self._ended = Lock()
        self._transport, self.pool, self.connection, self.parser = transport, pool, connection, parser
        self._spent = self.resent = False
        self.status, self.headers = parser.status, parser.headers
        if parser.complete:
            self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status} from {self.pool.destination.origin}>"

    def close(self) -> None:
        """Free the connection: for others when the whole reply has come, else by closing it."""
        if self._ended.acquire(blocking=False):
            self._transport.finish(self.pool, self.connection, self.parser)

    def __del__(self) -> None:
        if not self._ended.locked():
            with suppress(Exception):  # parts of the interpreter may be gone already
                self.close()

    def _spend(self) -> None:
        if self._spent:
            raise ConfigurationError("the body of a reply can be read only once")
        self._spent = True
