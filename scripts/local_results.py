"""Write what the last `make test-local` found into `docs/local-models.md`: run by it, in its environment."""

from __future__ import annotations

import os
import platform
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / ".local" / "results.xml"
PAGE = ROOT / "docs" / "local-models.md"
ENGINES = {
    "mlx": ("mlx", "mlx-lm"),
    "transformers": ("torch", "transformers"),
    "llama_cpp": ("llama-cpp-python",),
}


def main() -> None:
    cases = list(ET.parse(RESULTS).getroot().iter("testcase"))
    found = re.compile(r"(<!-- results -->\n).*?(<!-- end -->)", re.DOTALL)
    page = found.sub(lambda match: match[1] + report(cases) + match[2], PAGE.read_text())
    PAGE.write_text(page)


def report(cases: list[ET.Element]) -> str:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    head = "| engine | versions | passed | failed | skipped | kept of 147 MiB unloaded | grown in 100 loads |\n"
    rows = "".join(row(engine, cases) for engine in ENGINES)
    return f"{today}, {where}, llguidance {version('llguidance')}.\n\n{head}|{' --- |' * 7}\n{rows}"


def row(engine: str, cases: list[ET.Element]) -> str:
    own = [case for case in cases if re.search(rf"\[{engine}\b", case.get("name", ""))]
    outcomes = Counter(map(outcome, own))
    measured: dict[str, str] = defaultdict(lambda: "not measured")
    for each in (each for case in own for each in case.iter("property")):
        measured[each.get("name", "")] = f"{each.get('value')} MiB"
    numbers = [str(outcomes[kind]) for kind in ("passed", "failed", "skipped")]
    cells = [engine, versions(engine), *numbers, measured["kept_mib"], measured["grown_mib"]]
    return f"| {' | '.join(cells)} |\n"


def outcome(case: ET.Element) -> str:
    kinds = {child.tag for child in case}
    return "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"


def versions(engine: str) -> str:
    try:
        return ", ".join(f"{package} {version(package)}" for package in ENGINES[engine])
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    main()
