"""The official `groq` package understands the emulator, whatever it asks for."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.testing import Emulator

from .conftest import cases_in, run_script

SCRIPT = "groq_sdk.py"

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def report(emulator: Emulator) -> dict[str, Any]:
    return run_script("groq", SCRIPT, emulator)


@pytest.mark.parametrize("case", cases_in(SCRIPT))
def test_groq(case: str, report: dict[str, Any]) -> None:
    assert report[case] == "ok", report[case]
