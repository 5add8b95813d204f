"""A clock that takes no time, for flows that pause."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import flow


class Clock:
    """A clock that only moves when somebody sleeps, or is told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The drivers' sleeping moves this clock and takes no time."""
    clock = Clock()

    def pause(effect: flow.Sleep, handle: flow.Handle[Any]) -> None:
        clock.sleep(effect.seconds)

    async def async_pause(effect: flow.Sleep, handle: flow.Handle[Any]) -> None:
        clock.sleep(effect.seconds)

    monkeypatch.setitem(flow._CARRIED_OUT, flow.Sleep, pause)
    monkeypatch.setitem(flow._AWAITED, flow.Sleep, async_pause)
    return clock
