"""SIGTERM with a stream under way: it goes on to its end, or is told of the end; what it cost is settled either way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.testing import Emulator
from dragoman.transport.framing import frame_decoder
from tests.gateway.faults.matrix import ANSWERERS, CALLERS, TEXT, read
from tests.gateway.faults.processes import Home
from tests.gateway.front.dialects import BY_NAME

TERMS: dict[str, Any] = {"budget": Decimal(1)}


class Reading:
    """A stream that a caller reads."""

    def __init__(self, reply: httpx.Response, caller: str) -> None:
        self.pieces, self.caller, self.received = reply.iter_raw(), caller, b""

    def until(self, mark: bytes) -> None:
        while mark not in self.received:
            self.received += next(self.pieces)

    def told(self) -> Any:
        self.received += b"".join(self.pieces)
        frames = frame_decoder("sse")
        return read(self.caller, [*frames.feed(self.received), *frames.finish()])


@pytest.fixture
def held(emulator: Emulator) -> Iterator[Emulator]:
    """An answer that stops in its middle until it is released."""
    emulator.script(TEXT)
    emulator.fault(hold_at_text="Rivers")
    yield emulator
    emulator.release()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("caller", CALLERS)
def test_a_stream_that_outlives_the_time_is_told_so(tmp_path: Path, held: Emulator, caller: str) -> None:
    home, surface = Home(tmp_path, held, TERMS, server={"drain_seconds": 0.2}), BY_NAME[caller]
    model = ANSWERERS[caller]
    with home.gateway() as (process, url), httpx.Client(base_url=url, headers=home.headers, timeout=60) as client:
        with client.stream("POST", surface.path(model, True), json=surface.body(model, "Why?", True)) as reply:
            reading = Reading(reply, caller)
            reading.until(b"Ri")
            process.send_signal(signal.SIGTERM)
            told = reading.told()
        assert process.wait(30) == 0
    assert told.is_failed, told
    assert TEXT.startswith(told.text)
    assert [hold.model for hold in home.unknown()] == [model]
    assert home.spent() == 0


@pytest.mark.timeout(120)
def test_a_stream_that_ends_in_time_is_whole_and_settled(tmp_path: Path, held: Emulator) -> None:
    home, surface = Home(tmp_path, held, TERMS), BY_NAME["openai_chat"]
    with home.gateway() as (process, url), httpx.Client(base_url=url, headers=home.headers, timeout=60) as client:
        with client.stream("POST", surface.path("", True), json=surface.body("up-anthropic", "Why?", True)) as reply:
            reading = Reading(reply, "openai_chat")
            reading.until(b"Ri")
            process.send_signal(signal.SIGTERM)
            _wait_until_refused(url)
            held.release()
            told = reading.told()
        assert process.wait(30) == 0
    assert told.is_whole, told
    assert told.text == TEXT
    assert home.unknown() == []
    assert home.spent() == held.bill.cost


def _wait_until_refused(url: str) -> None:
    """No more calls are taken, or no more connections."""
    while True:
        try:
            if httpx.get(f"{url}/ready", timeout=60, trust_env=False).status_code == 503:
                return
        except httpx.TransportError:
            return
