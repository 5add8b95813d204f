"""The official `openai` package understands the emulator when it asks for responses."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.testing import Emulator

from .conftest import cases_in, run_script

SCRIPT = "openai_responses_sdk.py"

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def report(emulator: Emulator) -> dict[str, Any]:
    return run_script("openai", SCRIPT, emulator)


@pytest.mark.parametrize("case", cases_in(SCRIPT))
def test_openai_responses(case: str, report: dict[str, Any]) -> None:
    assert report[case] == "ok", report[case]
