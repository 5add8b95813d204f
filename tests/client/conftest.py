"""An emulator for the tests of a module, which each of them finds as if it had just begun."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dragoman.testing import Emulator


@pytest.fixture(scope="module")
def started() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(started: Emulator) -> Emulator:
    started.reset()
    return started
