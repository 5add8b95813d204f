"""`boto3` understands the emulator, whatever it asks for, and the emulator its signatures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.testing import Emulator

from .conftest import cases_in, run_script

SCRIPT = "boto3_sdk.py"
KEY, SECRET = "AKIDEMULATOR", "secret/of+the=emulator"

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def guarded() -> Iterator[Emulator]:
    with Emulator(seed=7, aws_keys={KEY: SECRET}) as running:
        yield running


@pytest.fixture(scope="module")
def report(guarded: Emulator) -> dict[str, Any]:
    return run_script("boto3", SCRIPT, guarded, EMULATOR_KEY=KEY, EMULATOR_SECRET=SECRET)


@pytest.mark.parametrize("case", cases_in(SCRIPT))
def test_boto3(case: str, report: dict[str, Any]) -> None:
    assert report[case] == "ok", report[case]
