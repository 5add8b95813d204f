"""The same scenario in both modes: a caller has the verbs of a transport, blocking whatever it does inside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

from dragoman.http import Frame, Framing, HttpRequest, Origin, Timeouts
from dragoman.transport import TransportOptions, open_async_transport, open_transport

MODES = ["blocking", "asyncio", *(["uvloop"] if find_spec("uvloop") else [])]


def post(origin: Origin, target: str = "/v1/chat", body: bytes = b"{}", **more: Any) -> HttpRequest:
    """A request with no limits but those given, so that a test sees only the limit it is about."""
    limits = {"connect": 10.0, "total": 20.0, **more.pop("limits", {})}
    return HttpRequest(origin=origin, target=target, body=body, timeouts=Timeouts(**limits), **more)


@dataclass
class Answer:
    """A reply, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Caller(Protocol):
    """A transport and what drives it."""

    transport: Any

    def open(self, request: HttpRequest) -> Any: ...
    def read(self, reply: Any) -> bytes: ...
    def stream(self, reply: Any, framing: Framing) -> Any: ...
    def next(self, stream: Any) -> list[Frame] | None: ...
    def call(self, request: HttpRequest) -> Answer: ...
    def frames(self, request: HttpRequest, framing: Framing = "sse") -> list[Frame]: ...
    def settle(self) -> None: ...
    def close(self) -> None: ...


class BlockingCaller:
    """Drives a `Transport`."""

    def __init__(self, options: TransportOptions) -> None:
        self.transport = open_transport(options)

    def open(self, request: HttpRequest) -> Any:
        return self.transport.open(request)

    def read(self, reply: Any) -> bytes:
        return reply.read()

    def stream(self, reply: Any, framing: Framing) -> Any:
        return reply.frames(framing)

    def next(self, stream: Any) -> list[Frame] | None:
        return next(stream, None)

    def call(self, request: HttpRequest) -> Answer:
        reply = self.transport.open(request)
        return Answer(reply.status, reply.headers, reply.read())

    def frames(self, request: HttpRequest, framing: Framing = "sse") -> list[Frame]:
        return [frame for frames in self.transport.open(request).frames(framing) for frame in frames]

    def settle(self) -> None:
        """Let what was begun come to its end: nothing, here."""

    def close(self) -> None:
        self.transport.close()


class AsyncioCaller:
    """Drives an `AsyncTransport` on a loop of its own, which stands still between two verbs."""

    leaves_tasks = False
    """Whether tasks may be at work after a call: those in which a user's client closes its replies."""

    def __init__(
        self, options: TransportOptions, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    ) -> None:
        self.transport = open_async_transport(options)
        self.runner = asyncio.Runner(loop_factory=loop_factory)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def open(self, request: HttpRequest) -> Any:
        return self.run(self.transport.open(request))

    def read(self, reply: Any) -> bytes:
        return self.run(reply.read())

    def stream(self, reply: Any, framing: Framing) -> Any:
        return reply.frames(framing)

    def next(self, stream: Any) -> list[Frame] | None:
        async def step() -> list[Frame] | None:
            return await anext(stream, None)

        return self.run(step())

    def call(self, request: HttpRequest) -> Answer:
        async def whole() -> Answer:
            reply = await self.transport.open(request)
            return Answer(reply.status, reply.headers, await reply.read())

        return self.run(whole())

    def frames(self, request: HttpRequest, framing: Framing = "sse") -> list[Frame]:
        async def whole() -> list[Frame]:
            reply = await self.transport.open(request)
            return [frame async for frames in reply.frames(framing) for frame in frames]

        return self.run(whole())

    def settle(self) -> None:
        """Let the loop run what is due, and see that no task was left behind."""

        async def rounds() -> None:
            for _ in range(5):
                await asyncio.sleep(0)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if others and self.leaves_tasks:
                _, others = await asyncio.wait(others, timeout=10)
            assert not others

        self.run(rounds())

    def close(self) -> None:
        self.transport.close()
        self.settle()
        self.runner.close()


def make_caller(mode: str, options: TransportOptions) -> Caller:
    if mode == "blocking":
        return BlockingCaller(options)
    if mode == "uvloop":
        import uvloop

        return AsyncioCaller(options, uvloop.new_event_loop)
    return AsyncioCaller(options)
