"""Run Instructor's own public tests with us in its place, against our emulator; `--write` puts the table into docs/.

The tests come from Instructor's source distributions on the package index and are unpacked under `.clients/`; none of
them is in this repository. `tests/clients/instructor/plugin.py` makes `import instructor` mean us.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".clients" / "instructor_suites"
PLUGIN = ROOT / "tests" / "clients" / "instructor"
PAGE = ROOT / "docs" / "instructor.md"
BEGIN, END = "<!-- the suites: made by scripts/instructor_suites.py -->", "<!-- the end of the suites -->"

OPTIONS = (
    "-m", "pytest", "-q", "-p", "plugin", "-p", "no:cacheprovider", "--timeout=60", "--continue-on-collection-errors",
)  # fmt: skip

LIMIT_SECONDS = 400
"""A suite takes one minute; one that takes this long hangs."""


@dataclass(frozen=True)
class Suite:
    """Some of the tests of one version.

    Attributes:
        version: Of Instructor.
        about: What they are, for the table.
        paths: Files and folders below the distribution's `tests`.
        without: Those inside `paths` that are left out.
        theirs: What Instructor itself was measured to pass, of how many, and with what.
    """

    version: str
    about: str
    paths: tuple[str, ...]
    without: tuple[str, ...] = ()
    theirs: str = ""


UNIT_FILES = (
    "test_schema.py", "test_function_calls.py", "test_simple_types.py", "dsl/test_partial.py", "test_distil.py",
    "test_patch.py", "test_multitask.py", "test_auto_client.py",
)  # fmt: skip
"""The tests of 1.8.3 that see only what is public."""

UNIT_FILES_1_17 = (
    "core/test_schema.py", "core/test_patch.py", "core/test_exceptions.py", "core/test_exception_backwards_compat.py",
    "processing/test_function_calls.py", "processing/test_dynamic_model_creation.py",
    "test_incomplete_output_exception.py", "dsl/test_partial.py", "providers/test_auto_client.py",
    "cache/test_cache_integration.py",
)  # fmt: skip
"""The same of 1.17.0, where more of them look inside."""

LIVE_OPENAI = "tests that ask OpenAI"

SUITES = {
    "unit": Suite("1.8.3", "unit tests of what is public", UNIT_FILES),
    "half_public": Suite(
        "1.8.3",
        "unit tests of documented submodules",
        ("test_multimodal.py", "test_formatting.py", "dsl/test_simple_type.py", "dsl/test_simple_type_fix.py"),
    ),
    "openai": Suite(
        "1.8.3",
        LIVE_OPENAI,
        ("llm/test_openai",),
        ("llm/test_openai/docs", "llm/test_openai/test_multimodal.py"),
        "1.8.3 passes 226 of 340, 1.17.0 passes 251 of 355, at a toy server",
    ),
    "anthropic": Suite("1.8.3", "tests that ask Anthropic", ("llm/test_anthropic",)),
    "genai": Suite("1.8.3", "tests that ask Gemini", ("llm/test_genai",)),
    "unit_1_17": Suite("1.17.0", "unit tests of what is public", UNIT_FILES_1_17),
    "openai_1_17": Suite("1.17.0", LIVE_OPENAI, ("llm/test_openai",)),
    "anthropic_1_17": Suite("1.17.0", "tests that ask Anthropic", ("llm/test_anthropic",)),
}


@dataclass
class Outcome:
    """How a suite ended: its tests by how they ended, and those that did not pass, with the reason's first line."""

    counts: Counter[str] = field(default_factory=Counter)
    unfit: dict[str, str] = field(default_factory=dict)


def tests_of(version: str) -> Path:
    """The unpacked tests of a version, fetched when they are not there."""
    folder = HOME / f"instructor-{version}"
    if not (folder / "tests").is_dir():
        HOME.mkdir(parents=True, exist_ok=True)
        wanted = ["--no-deps", "--no-binary", ":all:", f"instructor=={version}"]
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--dest", HOME, *wanted], check=True)
        with tarfile.open(HOME / f"instructor-{version}.tar.gz") as archive:
            ours = [member for member in archive if member.name.startswith(f"instructor-{version}/tests/")]
            archive.extractall(HOME, members=ours, filter="data")
        (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return folder


def run(suite: Suite, python: Path) -> Outcome:
    """Run a suite in the environment of `python`. Raises `RuntimeError` when it did not come to an end."""
    folder, report = tests_of(suite.version), HOME / f"{os.getpid()}.xml"
    without = [f"--ignore=tests/{path}" for path in suite.without]
    search = os.pathsep.join([str(PLUGIN), str(ROOT / "src")])
    done = subprocess.run(
        [python, *OPTIONS, f"--junitxml={report}", *without, *(f"tests/{path}" for path in suite.paths)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": search},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    if done.returncode not in (0, 1):
        said = f"{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        raise RuntimeError(f"the tests of instructor {suite.version} did not run:\n{said}")
    outcome = read_report(report)
    report.unlink()
    return outcome


def read_report(report: Path) -> Outcome:
    """What pytest wrote of its tests."""
    outcome = Outcome()
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}".removeprefix("tests.")
        ends = {child.tag: child for child in case if child.tag in ("failure", "error", "skipped")}
        end = next((kind for kind in ("error", "failure", "skipped") if kind in ends), "passed")
        outcome.counts[end] += 1
        if end in ("failure", "error"):
            outcome.unfit[name] = (ends[end].get("message") or "").partition("\n")[0][:200]
    return outcome


def table(outcomes: dict[str, Outcome]) -> str:
    """The outcomes as the docs have them."""
    lines = ["| tests of | what | pass | fail | skipped | beside it |", "|---|---|--:|--:|--:|---|"]
    for name, outcome in outcomes.items():
        suite, counts = SUITES[name], outcome.counts
        failed = counts["failure"] + counts["error"]
        cells = (suite.version, suite.about, counts["passed"], failed, counts["skipped"], suite.theirs)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def write(outcomes: dict[str, Outcome]) -> None:
    """Put the table into the page."""
    text = PAGE.read_text()
    made = f"{BEGIN}\n{table(outcomes)}\n{END}"
    PAGE.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: made, text, flags=re.DOTALL))


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", help=f"which: {', '.join(SUITES)}; all when none is named")
    parser.add_argument("--write", action="store_true", help="put the table into docs/instructor.md")
    parser.add_argument("--python", type=Path, default=ROOT / ".clients" / "instructor" / "bin" / "python")
    given = parser.parse_args()
    outcomes = {name: run(SUITES[name], given.python) for name in given.suites or SUITES}
    print(table(outcomes))
    for name, outcome in outcomes.items():
        for test, why in outcome.unfit.items():
            print(f"{name}: {test}: {why}")
    if given.write:
        write(outcomes)


if __name__ == "__main__":
    main()
