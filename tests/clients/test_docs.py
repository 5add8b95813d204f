"""Pages with blocks for the official SDK run whole where it is installed: those blocks are skipped elsewhere."""

from __future__ import annotations

import os
import site
import subprocess
from pathlib import Path

import pytest

import dragoman

from .conftest import find_python

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.clients


@pytest.mark.parametrize("page", ["README.md", "docs/testing.md", "docs/wrapping.md"])
def test_the_sdk_in_the_docs(page: str) -> None:
    """Our packages are lent to the SDK's environment, which is made by the same Python."""
    source = Path(dragoman.__file__).parents[1]
    done = subprocess.run(
        [find_python("openai"), "-m", "pytest", "-q", f"tests/docs/test_pages.py::test_page[{page}]"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(source), *site.getsitepackages()])},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1 passed" in done.stdout
