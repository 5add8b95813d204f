"""`Line`: one request, and the way to its sender, whichever server stands between.

There are two: `AsgiLine` for any server that speaks ASGI, and `SocketLine`, which is a part of our own protocol under
uvicorn: with it a request makes no scope, no events and no messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping, MutableMapping, Sequence
from typing import Any, Final, NoReturn, Protocol, TypeAlias

from msgspec import Struct

from dragoman.errors import Error, Rejected
from dragoman.gateway.surfaces import Header
from dragoman.http import Tap

Headers: TypeAlias = Mapping[bytes, bytes]
"""Of a request, in lower case; of one that comes twice, the last."""

Message: TypeAlias = MutableMapping[str, Any]
"""One of ASGI's."""

CLOSE: Final[Header] = (b"connection", b"close")
"""Said where part of the request was not read: what is left of it must not be taken for another."""


class BodyLimits(Struct, frozen=True, kw_only=True):
    """What a request's body may be, and how long it may take to come."""

    size: int
    seconds: float | None


class Line(Protocol):
    """One request, and the way to its sender.

    Attributes:
        target: Path and query as they were sent; the question mark is always there.
        host: The address that it came to, where that is known.
        task: The task that answers it.
        left: Whether its sender went away while that was watched.
    """

    method: str
    query: bytes
    headers: Headers
    left: bool

    @property
    def target(self) -> str: ...

    @property
    def host(self) -> str | None: ...

    @property
    def task(self) -> asyncio.Task[Any]: ...

    async def read(self, limits: BodyLimits) -> bytes:
        """The body. Raises `Rejected` (413, 415, 408) for one that is not read to its end, and `CallerLeft`."""
        ...

    def reply(self, status: int, headers: Sequence[Header], body: bytes) -> Coroutine[Any, Any, None]:
        """Send a whole reply. The length is added to the headers."""
        ...

    def send(self, message: Message) -> Awaitable[None]:
        """Send the beginning or a piece of a stream, in the words of ASGI."""
        ...

    @property
    def write_now(self) -> Tap | None:
        """What sends a piece of a stream that has begun, if that can be done at once; where there is such a way."""
        ...

    def watch(self) -> None:
        """From now on `task` is cancelled when the sender goes away; who catches it asks `left` whose doing it was."""
        ...

    def unwatch(self) -> None:
        """Watch no longer: to be called before the last byte goes out."""
        ...


class CallerLeft(Error):
    """The caller has gone away; nobody is there to be told."""

    status = 499
    """As nginx counts them."""


def check_announced(headers: Headers, limits: BodyLimits) -> None:
    """Raises `Rejected` for a body that need not be read to be refused."""
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limits.size:
        refuse_size(limits)
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Rejected("The body is encoded: this server reads plain JSON only", http_status=415)
    coding = headers.get(b"transfer-encoding", b"chunked")
    if coding.lower() != b"chunked":  # 400, not 501, with which every SDK would ask twice more for nothing
        raise Rejected("The transfer coding of the body is not known here: `chunked` alone is", http_status=400)


def refuse_size(limits: BodyLimits) -> NoReturn:
    raise Rejected(f"The body is longer than {limits.size} bytes", http_status=413)


def refuse_slowness(limits: BodyLimits) -> NoReturn:
    raise Rejected(f"The body did not come within {limits.seconds:g} s", http_status=408) from None


def left_early() -> CallerLeft:
    return CallerLeft("the caller left before it had said everything")
