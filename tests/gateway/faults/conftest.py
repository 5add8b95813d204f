"""A gateway between an emulator that fails on demand and callers of every dialect; nothing in it may break by itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.faults.matrix import matrix_config
from tests.gateway.front.running import gateway


@pytest.fixture(scope="module")
def address(started: Emulator) -> Iterator[str]:
    with gateway(started, matrix_config(started)) as url:
        yield url


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture(autouse=True)
def _nothing_breaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The gateway has not met anything that it had no answer to."""
    yield
    broken = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not broken, broken
