"""What all tests share: that there are 33,000 of them must cost none of them anything.

And an emulator for the tests of a module, which each of them finds as if it had just begun. A module that needs another
one makes its own `started`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dragoman.testing import Emulator


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Put the tests themselves where no garbage collection goes: there are those that collect more than once."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def started() -> Iterator[Emulator]:
    from dragoman.testing import Emulator  # most tests need none

    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(started: Emulator) -> Emulator:
    started.reset()
    return started


@pytest.fixture
def stage(started: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """`emulator` in the place of every provider, found by the variables of the official SDKs.

    Keys of the developer's own are out of reach.
    """
    started.reset()
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    for name, value in started.environment().items():
        monkeypatch.setenv(name, value)
    return started
