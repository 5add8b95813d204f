"""The peers' virtual environments: made when absent or out of date, and what is installed in them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from bench import interpreter

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("PEERS_DIR") or Path(tempfile.gettempdir()) / "dragoman-peers")
REQUIREMENTS: dict[str, list[str]] = tomllib.loads((ROOT / "bench" / "environments.toml").read_text())

CHECKOUT = "."
"""The requirement that stands for this repository. Its environment is made anew each time, from today's code."""


def python_of(name: str) -> Path:
    return FOLDER / name / "bin" / "python"


def make(name: str) -> None:
    """Make the environment `name`, unless it is as wanted."""
    if is_ready(name):
        return
    wanted = REQUIREMENTS[name]
    print(f"making the environment {name}: {' '.join(wanted)}", file=sys.stderr, flush=True)
    subprocess.run([interpreter.chosen(), "-m", "venv", "--without-pip", "--clear", FOLDER / name], check=True)
    pip = [sys.executable, "-m", "pip", "--python", python_of(name), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-qq", "--compile", *wanted], check=True, cwd=ROOT)


def is_ready(name: str) -> bool:
    """Whether what is pinned is installed, under the Python that was chosen."""
    wanted = REQUIREMENTS[name]
    settings = FOLDER / name / "pyvenv.cfg"
    if wanted[0].startswith(CHECKOUT) or not settings.is_file():
        return False
    if f"version = {interpreter.version()}\n" not in settings.read_text():
        return False
    installed = versions(name)
    pins = (re.fullmatch(r"([\w-]+)(?:\[[\w,-]+\])?==(\S+)", requirement) for requirement in wanted)
    return all(pin and installed.get(pin[1]) == pin[2] for pin in pins)


def describe(name: str) -> dict[str, Any]:
    """What a result records of the environment."""
    installed = versions(name)
    return {
        "requirements": REQUIREMENTS[name],
        "distributions": len(installed),
        "megabytes": round(megabytes(name), 2),
        "versions": installed,
    }


def versions(name: str) -> dict[str, str]:
    """Each distribution in the environment, with its version."""
    return {found.name.lower(): found.version for found in _distributions(name)}


def megabytes(name: str) -> float:
    """All that was installed, byte code included, in 10⁶ bytes."""
    files = (one.locate_file(file) for one in _distributions(name) for file in one.files or ())
    return sum(Path(str(file)).stat().st_size for file in files if Path(str(file)).is_file()) / 1e6


def _distributions(name: str) -> list[Distribution]:
    packages = [str(folder) for folder in (FOLDER / name / "lib").glob("python3*/site-packages")]
    found = {one.name.lower(): one for one in distributions(path=packages)}
    return [found[key] for key in sorted(found)]
