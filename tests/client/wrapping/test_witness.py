"""The object that the SDK's client would have given its own user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dragoman.client.wrapping.witness import AsyncWrappedTransport, WrappedTransport
from dragoman.transport.carried.replies import Http
from tests.transport.carried.test_transport import Carrier, request


def wrapped(carrier: Carrier) -> WrappedTransport:
    return WrappedTransport(carrier, "m")


def http(parse: Callable[[], Any], kind: str = "application/json") -> Http:
    response = SimpleNamespace(status_code=200, headers={"content-type": kind}, is_closed=True, close=lambda: None)
    return Http(response, parse)


def test_the_witness_knows_the_object_of_each_answer() -> None:
    objects = iter(["first", "second"])
    witness = wrapped(Carrier(lambda _: next(objects))).witness()
    assert witness.last()() is None
    witness.open(request())
    first = witness.last()
    witness.open(request())
    assert [first(), witness.last()(), first()] == ["first", "second", "first"]


def test_of_a_stream_there_is_none() -> None:
    witness = wrapped(Carrier(lambda _: None, http(lambda: "object", "text/event-stream"))).witness()
    witness.open(request())
    assert witness.last()() is None


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_sdk_that_does_not_understand_its_answer(asynchronous: bool, caplog: pytest.LogCaptureFixture) -> None:
    """We do; only the object is missing, and the log says so."""

    def parse() -> Any:
        raise ValueError("unknown")

    carrier = Carrier(lambda _: None, http(parse))
    if asynchronous:
        awaited = AsyncWrappedTransport(carrier, "m").witness()
        asyncio.run(awaited.open(request()))
        assert awaited.last()() is None
    else:
        witness = wrapped(carrier).witness()
        witness.open(request())
        assert witness.last()() is None
    assert "ValueError: unknown" in caplog.text
