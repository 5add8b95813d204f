"""Run one scenario under both drivers: what a flow does must not depend on who runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from dragoman.flow import Flow, Handle, async_events, events
from dragoman.http import Frame, Framing, HttpRequest
from dragoman.messages import Event

MODES = ("sync", "async")


@dataclass
class Reply:
    """A scripted reply, readable either way. `fail_after` is raised after the frames."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = b""
    batches: list[list[Frame]] = field(default_factory=list)
    fail_after: Exception | None = None
    closed: int = 0

    def close(self) -> None:
        self.closed += 1


class SyncReply(Reply):
    def read(self) -> bytes:
        if self.fail_after:
            raise self.fail_after
        return self.body

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:
        yield from self.batches
        if self.fail_after:
            raise self.fail_after


class AsyncReply(Reply):
    async def read(self) -> bytes:
        if self.fail_after:
            raise self.fail_after
        return self.body

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:
        for batch in self.batches:
            yield batch
        if self.fail_after:
            raise self.fail_after


class Transport:
    """Answers requests from a script of replies and errors, in order."""

    def __init__(self, mode: str, *script: Any) -> None:
        self.mode = mode
        self.script = list(script)
        self.requests: list[HttpRequest] = []
        self.replies: list[Reply] = []

    def open(self, request: HttpRequest) -> Any:
        return self._open(request) if self.mode == "sync" else self._aopen(request)

    def _open(self, request: HttpRequest) -> Reply:
        self.requests.append(request)
        item = self.script.pop(0)
        if isinstance(item, Exception):
            raise item
        reply = (SyncReply if self.mode == "sync" else AsyncReply)(**item)
        self.replies.append(reply)
        return reply

    async def _aopen(self, request: HttpRequest) -> Reply:
        return self._open(request)

    def release(self) -> None:
        """Nothing is held."""

    close = release


def settled(given: Any) -> Any:
    """What a method of either face comes to; called where no event loop runs."""

    async def awaited() -> Any:
        return await given

    return asyncio.run(awaited()) if isawaitable(given) else given


def drive(mode: str, flow: Flow[Any], take: int | None = None) -> tuple[Any, list[Event]]:
    """Run `flow` to its end, or until `take` events have come; gives its result and its events."""
    handle: Handle[Any] = Handle()
    seen: list[Event] = []
    if mode == "sync":
        running = events(flow, handle)
        for event in running:
            seen.append(event)
            if take is not None and len(seen) == take:
                running.close()
                break
        return handle.result, seen

    async def main() -> None:
        running = async_events(flow, handle)
        async for event in running:
            seen.append(event)
            if take is not None and len(seen) == take:
                await running.aclose()
                break

    asyncio.run(main())
    return handle.result, seen
