"""The command as users run it: a process of its own, with the emulator for all providers."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dragoman.testing import Emulator


class Command:
    """Runs `dragoman …`."""

    def __init__(self, emulator: Emulator) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
        self.environment = {**kept, **emulator.environment(), "NO_COLOR": "1", "COLUMNS": "200"}

    def __call__(
        self, *arguments: str, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from dragoman.cli import main; main()", *arguments],
            input=stdin or "",
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def run(emulator: Emulator) -> Command:
    pytest.importorskip("typer")
    return Command(emulator)
