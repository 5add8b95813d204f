"""The stage: an emulator in the place of every provider, found by the variables of the official SDKs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dragoman.testing import Emulator

from .stage import MODES


@pytest.fixture(scope="module")
def started() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def emulator(started: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Keys of the developer's own are out of reach."""
    started.reset()
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    for name, value in started.environment().items():
        monkeypatch.setenv(name, value)
    return started


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param
