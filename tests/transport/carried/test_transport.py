"""Code of others' as a transport, whoever's: limits, lateness, ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest

from dragoman.errors import ConfigurationError, TimedOut, UnsupportedFeature
from dragoman.http import HttpRequest, Origin
from dragoman.transport.carried.replies import Answer, Parsed, Pieces
from dragoman.transport.carried.sending import Sending
from dragoman.transport.carried.transport import AsyncCarriedTransport, CarriedTransport

OURS = frozenset({("user-agent", "dragoman")})


def request(**fields: Any) -> HttpRequest:
    return HttpRequest(origin=Origin("https", "h", 443), target="/chat", body=b'{"model": "m"}', **fields)


@dataclass
class Carrier:
    """An SDK that does as it is told."""

    do: Callable[[Sending], Any]
    made: Answer | None = None
    roots: frozenset[str] = frozenset({"sdk"})

    def send(self, sending: Sending) -> Any | Awaitable[Any]:
        return self.do(sending)

    def answer(self, given: Any, sending: Sending) -> Answer:
        return self.made or Parsed(given, b"{}")


def carried(carrier: Carrier) -> CarriedTransport:
    return CarriedTransport(carrier, "m", OURS)


def test_what_is_sent() -> None:
    seen: list[Sending] = []
    headers = [("User-Agent", "dragoman"), ("x-mine", "1")]
    carried(Carrier(seen.append)).open(request(headers=headers))
    assert seen == [Sending(model="m", path="/chat", body={"model": "m"}, headers={"x-mine": "1"}, stream=False)]


def test_no_time_is_left() -> None:
    transport = carried(Carrier(lambda sending: sending.seconds_left()))
    with pytest.raises(TimedOut, match="before it was sent"):
        transport.open(request(deadline=monotonic() - 1))


def test_lateness_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The answer is there, and paid for: it is given, and the log says that it came late."""
    with caplog.at_level(logging.WARNING, "dragoman"):
        reply = carried(Carrier(lambda _: "answer")).open(request(deadline=monotonic() - 3))
    assert reply.read() == b"{}"
    assert "answered 3.0 s after timeout= was over" in caplog.text


def test_an_async_client_in_a_blocking_call() -> None:
    async def answer() -> None: ...

    with pytest.raises(UnsupportedFeature, match="async"):
        carried(Carrier(lambda _: answer())).open(request())


def test_what_is_being_read_ends_when_it_is_closed() -> None:
    pieces = (number for number in range(3))
    transport = carried(Carrier(lambda _: None, Pieces(pieces, lambda item: [("", str(item).encode())])))
    frames = transport.open(request()).frames("sse")
    assert next(frames) == [("", b"0")]
    transport.close()
    assert list(frames) == [[]]
    with pytest.raises(ConfigurationError, match="closed"):
        transport.open(request())


def test_time_runs_out_in_a_stream() -> None:
    transport = carried(Carrier(lambda _: None, Pieces(iter("ab"), lambda item: [("", item.encode())])))
    frames = transport.open(request(deadline=monotonic() - 1)).frames("sse")
    with pytest.raises(TimedOut, match="while the answer was coming"):
        next(frames)


def test_a_task_is_cancelled_in_time() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    transport = AsyncCarriedTransport(Carrier(lambda _: never()), "m", OURS)
    with pytest.raises(TimedOut, match="may take"):
        asyncio.run(transport.open(request(deadline=monotonic() + 0.01)))


def test_a_timeout_of_the_callers_own_passes() -> None:
    async def mine() -> None:
        raise TimeoutError("mine")

    transport = AsyncCarriedTransport(Carrier(lambda _: mine()), "m", OURS)
    with pytest.raises(TimeoutError, match="mine"):
        asyncio.run(transport.open(request(deadline=monotonic() + 60)))
