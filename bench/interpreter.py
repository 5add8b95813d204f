"""The Python that the peers run under, and what the harness asks of it.

What code costs depends on how its Python was built. Servers run a distribution's; a version manager's is often built
without profile-guided optimisation, and is taken only where there is no other, or where `BENCH_PYTHON` says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

SYSTEM = Path("/usr/bin/python3")
OLDEST = (3, 11)

_QUESTION = """
import json, platform, sysconfig
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": platform.python_version(),
    "optimised": "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""),
}))
"""


@cache
def chosen() -> Path:
    """`BENCH_PYTHON`; else the system's, when it is new enough; else the one that runs this."""
    asked = os.environ.get("BENCH_PYTHON")
    if asked:
        return Path(asked)
    return SYSTEM if SYSTEM.is_file() and _version(SYSTEM) >= OLDEST else Path(sys.executable)


@cache
def facts() -> dict[str, Any]:
    """`python`, its name and version; `python_of_system`; `python_optimised`, as far as its own record says."""
    told = _ask(chosen())
    return {
        "python": f"{told['implementation']} {told['version']}",
        "python_of_system": chosen() == SYSTEM,
        "python_optimised": told["optimised"],
    }


def version() -> str:
    return _ask(chosen())["version"]


def _version(python: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in _ask(python)["version"].split(".")[:2])


@cache
def _ask(python: Path) -> dict[str, Any]:
    done = subprocess.run([python, "-c", _QUESTION], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)
