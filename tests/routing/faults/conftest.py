"""A provider on this machine with faults on demand, and routers that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dragoman import RetryConfig
from dragoman.routing.rules import RouteRules
from dragoman.testing import Emulator
from tests.calls.conftest import Clock
from tests.drive import MODES
from tests.routing.faults.calls import Calls, chain

ONE_ROUND = RetryConfig(max_attempts=1)
"""Nobody is asked twice, unless a test is about that."""


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def make(mode: str, emulator: Emulator, clock: Clock) -> Iterator[Callable[..., Calls]]:
    """`make(target, …)`: a chain of targets, by a clock that only pauses move. Rules by their names."""
    made: list[Calls] = []

    def build(*targets: Any, options: dict[str, Any] | None = None, **rules: Any) -> Calls:
        rules.setdefault("retry", ONE_ROUND)
        given = {"clock": clock, **(options or {})}
        made.append(Calls(mode, emulator, chain(*targets), rules=RouteRules(**rules), **given))
        return made[-1]

    yield build
    for calls in made:
        calls.close()
        assert calls.in_flight == [0] * len(calls.targets)  # every permit was given back
