"""An SDK's client as a transport, whatever the SDK: limits, lateness, ends, and the object it would have given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest

from dragoman.client.wrapping.boto import _with_bytes
from dragoman.client.wrapping.dumping import dumped
from dragoman.client.wrapping.limits import narrowed
from dragoman.client.wrapping.replies import Answer, Http, Parsed, Pieces
from dragoman.client.wrapping.sending import LEAST_SECONDS, Sending, named_in
from dragoman.client.wrapping.transport import AsyncWrappedTransport, WrappedTransport
from dragoman.errors import ConfigurationError, DecodeError, TimedOut, UnsupportedFeature
from dragoman.http import HttpRequest, Origin

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


def wrapped(carrier: Carrier) -> WrappedTransport:
    return WrappedTransport(carrier, "m", OURS)


def test_what_is_sent() -> None:
    seen: list[Sending] = []
    headers = [("User-Agent", "dragoman"), ("x-mine", "1")]
    wrapped(Carrier(seen.append)).open(request(headers=headers))
    assert seen == [Sending(model="m", path="/chat", body={"model": "m"}, headers={"x-mine": "1"}, stream=False)]


def test_no_time_is_left() -> None:
    transport = wrapped(Carrier(lambda sending: sending.seconds_left()))
    with pytest.raises(TimedOut, match="before it was sent"):
        transport.open(request(deadline=monotonic() - 1))


def test_lateness_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The answer is there, and paid for: it is given, and the log says that it came late."""
    with caplog.at_level(logging.WARNING, "dragoman"):
        reply = wrapped(Carrier(lambda _: "answer")).open(request(deadline=monotonic() - 3))
    assert reply.read() == b"{}"
    assert "answered 3.0 s after timeout= was over" in caplog.text


def test_an_async_client_in_a_blocking_call() -> None:
    async def answer() -> None: ...

    with pytest.raises(UnsupportedFeature, match="async"):
        wrapped(Carrier(lambda _: answer())).open(request())


def test_what_is_being_read_ends_when_it_is_closed() -> None:
    pieces = (number for number in range(3))
    transport = wrapped(Carrier(lambda _: None, Pieces(pieces, lambda item: [("", str(item).encode())])))
    frames = transport.open(request()).frames("sse")
    assert next(frames) == [("", b"0")]
    transport.close()
    assert list(frames) == [[]]
    with pytest.raises(ConfigurationError, match="closed"):
        transport.open(request())


def test_time_runs_out_in_a_stream() -> None:
    transport = wrapped(Carrier(lambda _: None, Pieces(iter("ab"), lambda item: [("", item.encode())])))
    frames = transport.open(request(deadline=monotonic() - 1)).frames("sse")
    with pytest.raises(TimedOut, match="while the answer was coming"):
        next(frames)


def test_a_task_is_cancelled_in_time() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    transport = AsyncWrappedTransport(Carrier(lambda _: never()), "m", OURS)
    with pytest.raises(TimedOut, match="may take"):
        asyncio.run(transport.open(request(deadline=monotonic() + 0.01)))


def test_a_timeout_of_the_callers_own_passes() -> None:
    async def mine() -> None:
        raise TimeoutError("mine")

    transport = AsyncWrappedTransport(Carrier(lambda _: mine()), "m", OURS)
    with pytest.raises(TimeoutError, match="mine"):
        asyncio.run(transport.open(request(deadline=monotonic() + 60)))


# ---------------------------------------------------------------------- the SDK's own object


def http(parse: Callable[[], Any], kind: str = "application/json") -> Http:
    response = SimpleNamespace(status_code=200, headers={"content-type": kind}, is_closed=True, close=lambda: None)
    return Http(response, parse)


def test_the_witness_keeps_the_object_of_the_last_answer() -> None:
    objects = iter(["first", "second"])
    witness = wrapped(Carrier(lambda _: next(objects))).witness()
    assert witness.completion() is None
    for wanted in ("first", "second"):
        witness.open(request())
        assert [witness.completion(), witness.completion()] == [wanted, wanted]


def test_of_a_stream_there_is_none() -> None:
    witness = wrapped(Carrier(lambda _: None, http(lambda: "object", "text/event-stream"))).witness()
    witness.open(request())
    assert witness.completion() is None


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_sdk_that_does_not_understand_its_answer(asynchronous: bool, caplog: pytest.LogCaptureFixture) -> None:
    """We do; only the object is missing, and the log says so."""

    def parse() -> Any:
        raise ValueError("unknown")

    carrier = Carrier(lambda _: None, http(parse))
    if asynchronous:
        awaited = AsyncWrappedTransport(carrier, "m", OURS).witness()
        asyncio.run(awaited.open(request()))  # type: ignore[arg-type]
        assert awaited.completion() is None
    else:
        witness = wrapped(carrier).witness()
        witness.open(request())
        assert witness.completion() is None
    assert "ValueError: unknown" in caplog.text


# ---------------------------------------------------------------------- small parts


class HttpxTimeout:
    """As httpx's."""

    def __init__(self, **limits: float | None) -> None:
        self.limits = limits

    def as_dict(self) -> dict[str, float | None]:
        return self.limits


@pytest.mark.parametrize(
    ("own", "left", "limit"),
    [(30.0, 7, 7), (30.0, 90, 30.0), (None, 7, 7), (30.0, None, 30.0), (5, 0, LEAST_SECONDS), ("odd", 7, 7)],
)
def test_the_smaller_limit(own: Any, left: float | None, limit: Any) -> None:
    assert narrowed(own, left) == limit


def test_limits_by_phase() -> None:
    own = HttpxTimeout(connect=2, read=600, pool=None)
    assert narrowed(own, 7).limits == {"connect": 2, "read": 7, "pool": 7}
    assert narrowed(own, 7) is not own
    wide = HttpxTimeout(connect=2)
    assert narrowed(wide, 7) is wide


def test_a_method_is_given_by_name_what_it_takes() -> None:
    def method(self: Any, *, model: str) -> None: ...

    fields = {"model": "m", "top_k": 3}
    assert named_in(method, fields) == ({"model": "m"}, {"top_k": 3})
    assert named_in(lambda **_: None, fields) == (fields, {})


def test_bytes_stand_where_the_service_says() -> None:
    def shape(kind: str, **of: Any) -> Any:
        return SimpleNamespace(type_name=kind, **of)

    source = shape("structure", members={"bytes": shape("blob")})
    tool = shape("structure", is_document_type=True, members={})
    parts = shape("list", member=shape("structure", members={"image": source, "json": tool}))
    body = {"content": [{"image": {"bytes": "aGk="}}, {"json": {"bytes": "aGk="}}], "other": 1}
    assert _with_bytes(body, shape("structure", members={"content": parts})) == {
        "content": [{"image": {"bytes": b"hi"}}, {"json": {"bytes": "aGk="}}],
        "other": 1,
    }


def test_what_is_no_answer() -> None:
    assert dumped({"a": 1}) == b'{"a":1}'
    with pytest.raises(DecodeError, match="returned a `str`"):
        dumped("text")
