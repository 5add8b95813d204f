"""The official SDKs, each in an environment of its own: found here, run as a script, reported case by case.

An environment is named by `DRAGOMAN_CLIENT_<NAME>` (its Python), or stands in `.clients/<name>` where
`make test-clients` puts it. Without one the tests skip; with `DRAGOMAN_CLIENTS_REQUIRED=1` they fail.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.testing import Emulator

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".clients"


def cases_in(script: str) -> list[str]:
    """The names of the cases in a script, read without running it: its functions called `case_…`."""
    tree = ast.parse((HERE / "scripts" / script).read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("case_")]


def find_python(name: str) -> Path:
    """The interpreter of the environment called `name`; skips the test, or fails it, when there is none."""
    variable = f"DRAGOMAN_CLIENT_{name.upper()}"
    python = Path(os.environ.get(variable) or ENVIRONMENTS / name / "bin" / "python")
    if python.is_file():
        return python
    reason = f"no environment for `{name}`: `make test-clients` makes it, or set {variable} to its Python"
    if os.environ.get("DRAGOMAN_CLIENTS_REQUIRED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def run_script(name: str, script: str, emulator: Emulator, **variables: str) -> dict[str, Any]:
    """Run every case of `script` against `emulator`; gives case → `"ok"` or the traceback."""
    environment = {"PATH": os.environ["PATH"], **emulator.environment()}
    done = subprocess.run(
        [find_python(name), HERE / "scripts" / script],
        env={**environment, "EMULATOR_URL": emulator.url, **variables},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=7) as running:
        yield running
