"""ASGI, as little as the gateway needs: a body within its limits, a reply, and whether the caller is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple, TypeAlias

from msgspec import Struct

from dragoman.errors import Error, Rejected
from dragoman.gateway.surfaces import Header

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = Mapping[bytes, bytes]
"""Of a request, in lower case; of one that comes twice, the last."""


class Http(NamedTuple):
    """A request, and the way to its sender."""

    scope: Scope
    receive: Receive
    send: Send


JSON: Final[Header] = (b"content-type", b"application/json")
CLOSE: Final[Header] = (b"connection", b"close")
"""Said where part of the request was not read: what is left of it must not be taken for another."""


class CallerLeft(Error):
    """The caller has gone away; nobody is there to be told."""

    status = 499
    """As nginx counts them."""


class BodyLimits(Struct, frozen=True, kw_only=True):
    """What a request's body may be, and how long it may take to come."""

    size: int
    seconds: float | None


async def body_of(receive: Receive, headers: Headers, limits: BodyLimits) -> bytes:
    """The body of a request.

    Raises `Rejected` (413, 415, 408) for one that is not read to its end, and `CallerLeft`.
    """
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limits.size:
        raise _too_large(limits)
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Rejected("The body is encoded: this server reads plain JSON only", http_status=415)
    message = await receive()
    body = _part(message)
    if not message.get("more_body"):
        return body if len(body) <= limits.size else _refuse(limits)
    try:
        async with asyncio.timeout(limits.seconds):
            return await _rest(receive, body, limits)
    except TimeoutError:
        raise Rejected(f"The body did not come within {limits.seconds:g} s", http_status=408) from None


async def _rest(receive: Receive, first: bytes, limits: BodyLimits) -> bytes:
    parts, size, more = [first], len(first), True
    while more:
        if size > limits.size:
            raise _too_large(limits)
        message = await receive()
        part = _part(message)
        parts.append(part)
        size, more = size + len(part), message.get("more_body", False)
    return b"".join(parts) if size <= limits.size else _refuse(limits)


def _part(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise CallerLeft("the caller left before it had said everything")
    return message.get("body", b"")


def _refuse(limits: BodyLimits) -> bytes:
    raise _too_large(limits)


def _too_large(limits: BodyLimits) -> Rejected:
    return Rejected(f"The body is longer than {limits.size} bytes", http_status=413)


async def reply_with(send: Send, status: int, headers: Iterable[Header], body: bytes) -> None:
    """A whole reply."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


_UNWATCHED_SECONDS: Final = 0.05
"""A call that is over by then has cost no second task; who leaves earlier is noticed then."""


class Watch:
    """Cancels the task that answers a call when its caller goes away.

    Whoever catches the cancellation asks `left` whose doing it was. `end` is called before the last byte goes out.
    """

    __slots__ = ("_begin", "_receive", "_task", "_watching", "left")

    def __init__(self, receive: Receive) -> None:
        self.left = False
        self._receive = receive
        self._task: asyncio.Task[Any] | None = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None
        self._begin = asyncio.get_running_loop().call_later(_UNWATCHED_SECONDS, self._watch)

    def _watch(self) -> None:
        self._watching = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = True
        if self._task is not None:
            self._task.cancel()

    def end(self) -> None:
        """Watch no longer."""
        self._task = None
        self._begin.cancel()
        if self._watching is not None:
            self._watching.cancel()
