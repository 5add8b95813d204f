"""Requests that schemathesis makes from the gateway's OpenAPI document find no failure of the gateway's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dragoman.testing import Emulator
from tests.gateway.faults.matrix import matrix_config
from tests.gateway.front.running import gateway

from .conftest import find_python

pytestmark = pytest.mark.clients

SECONDS = 110
OPTIONS = (
    "--checks=not_a_server_error", "--phases=coverage,fuzzing", "--max-examples=5", "--seed=1",
    "--suppress-health-check=all", "--no-color",
)  # fmt: skip


@pytest.mark.timeout(2 * SECONDS)
def test_no_request_breaks_it(emulator: Emulator, tmp_path: Path) -> None:
    command = find_python("schemathesis").with_name("st")
    with gateway(emulator, matrix_config(emulator)) as url:
        done = subprocess.run(
            [command, "run", f"{url}/openapi.json", *OPTIONS],
            cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
    assert "Tested: 3" in done.stdout  # some thirty paths, all of them
