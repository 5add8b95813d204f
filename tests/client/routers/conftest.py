"""An emulator in the place of every provider, found by the variables of the official SDKs."""

from __future__ import annotations

import pytest

from dragoman.testing import Emulator

from .stage import MODES


@pytest.fixture
def emulator(stage: Emulator) -> Emulator:
    return stage


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param
