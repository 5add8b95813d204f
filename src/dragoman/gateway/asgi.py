"""The line of a request that comes by ASGI, from whichever server the gateway is mounted in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Final, TypeAlias

from dragoman.gateway.lines import (
    BodyLimits,
    Headers,
    Message,
    check_announced,
    left_early,
    refuse_size,
    refuse_slowness,
)
from dragoman.gateway.surfaces import Header

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class AsgiLine:
    """A `Line` by ASGI."""

    __slots__ = ("_receive", "_scope", "_send", "_watch", "_whole", "headers", "left", "method", "query", "task")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self.method: str = scope["method"]
        self.query: bytes = scope["query_string"]
        self.headers: Headers = dict(scope["headers"])
        self.left = False
        task = asyncio.current_task()
        assert task is not None, "a call runs in a task"
        self.task: asyncio.Task[Any] = task
        self._watch: _Watch | None = None
        self._whole = False

    @property
    def target(self) -> str:
        path: bytes = self._scope.get("raw_path") or self._scope["path"].encode()
        return f"{path.decode('latin-1')}?{self.query.decode('latin-1')}"

    @property
    def host(self) -> str | None:
        server = self._scope.get("server")
        return server[0] if server else None

    async def read(self, limits: BodyLimits) -> bytes:
        check_announced(self.headers, limits)
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._rest(limits)
        except TimeoutError:
            refuse_slowness(limits)

    async def _rest(self, limits: BodyLimits) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not self._whole:
            if size > limits.size:
                refuse_size(limits)
            part = await self._next_part()
            parts.append(part)
            size += len(part)
        return b"".join(parts) if size <= limits.size else refuse_size(limits)

    async def _next_part(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise left_early()
        self._whole = not message.get("more_body", False)
        return message.get("body", b"")

    async def reply(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        await reply_with(self._send, status, headers, body)

    def send(self, message: Message) -> Awaitable[None]:
        return self._send(message)

    @property
    def write_now(self) -> None:
        """ASGI has no such way."""

    def watch(self) -> None:
        self._watch = _Watch(self, self._receive)

    def unwatch(self) -> None:
        if self._watch is not None:
            self._watch.end()


async def reply_with(send: Send, status: int, headers: Iterable[Header], body: bytes) -> None:
    """A whole reply."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


_UNWATCHED_SECONDS: Final = 0.05
"""A call that is over by then has cost no second task; who leaves earlier is noticed then."""


class _Watch:
    """Cancels the task of a line when its caller goes away."""

    __slots__ = ("_begin", "_line", "_receive", "_watching")

    def __init__(self, line: AsgiLine, receive: Receive) -> None:
        self._line: AsgiLine | None = line
        self._receive = receive
        self._watching: asyncio.Task[None] | None = None
        self._begin = asyncio.get_running_loop().call_later(_UNWATCHED_SECONDS, self._watch)

    def _watch(self) -> None:
        self._watching = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._line is not None:
            self._line.left = True
            self._line.task.cancel()

    def end(self) -> None:
        self._line = None
        self._begin.cancel()
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None  # which has this, by the frame that its cancellation goes through
