"""A clock that takes no time, for flows that pause."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dragoman.flow import Handle, Sleep
from dragoman.flow.carrying_out import AWAITED, CARRIED_OUT


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

    def pause(effect: Sleep, handle: Handle[Any]) -> None:
        clock.sleep(effect.seconds)

    async def async_pause(effect: Sleep, handle: Handle[Any]) -> None:
        clock.sleep(effect.seconds)

    monkeypatch.setitem(cast("dict[Any, Any]", CARRIED_OUT), Sleep, pause)
    monkeypatch.setitem(cast("dict[Any, Any]", AWAITED), Sleep, async_pause)
    return clock
