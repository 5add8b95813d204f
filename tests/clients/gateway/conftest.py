"""One gateway, with the emulator behind it, for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .running import Gateway, running


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("gateway")) as found:
        yield found
