"""The official `google-genai` package, in the three generations that are in use, understands the emulator."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.testing import Emulator

from .conftest import cases_in, run_script

SCRIPT = "gemini_sdk.py"

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module", params=["gemini", "gemini_v2", "gemini_v1"])
def report(request: pytest.FixtureRequest, emulator: Emulator) -> dict[str, Any]:
    return run_script(request.param, SCRIPT, emulator)


@pytest.mark.parametrize("case", cases_in(SCRIPT))
def test_gemini(case: str, report: dict[str, Any]) -> None:
    assert report[case] == "ok", report[case]
