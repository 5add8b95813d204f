"""The guide's page on leaving the official SDK (seed 002) runs whole: the SDK's half beside ours, both on the emulator."""

from __future__ import annotations

import os
import site
import subprocess
from pathlib import Path

import pytest

import dragoman
from dragoman.testing import Emulator
from tests.seeds.guide import ABSENT, ported, python_blocks, seed

from .conftest import find_python

GUIDE = seed("002")

pytestmark = [pytest.mark.clients, pytest.mark.skipif(GUIDE is None, reason=ABSENT)]


def test_from_the_openai_sdk(emulator: Emulator) -> None:
    """S2.22. Our packages are lent to the SDK's environment, which is made by the same Python."""
    emulator.reset()
    done = subprocess.run(
        [find_python("openai"), "-c", ported(python_blocks(GUIDE)["From OpenAI SDK 1"].source)],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(Path(dragoman.__file__).parents[1]), *site.getsitepackages()]),
            **emulator.environment(),
        },
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    theirs, ours = emulator.requests
    assert "OpenAI/Python" in str(theirs.headers["user-agent"])
    assert "dragoman/" in str(ours.headers["user-agent"])
    assert theirs.request == ours.request
