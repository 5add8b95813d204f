"""Write what the last `make test-clients` found of clients through the gateway into `docs/gateway-clients.md`."""

from __future__ import annotations

import platform
import re
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / ".clients" / "results.xml"
PAGE = ROOT / "docs" / "gateway-clients.md"
LIMITS = ROOT / "tests" / "clients" / "gateway" / "limits.toml"
UPSTREAMS = {"openai": "OpenAI", "anthropic": "Anthropic", "gemini": "Gemini", "ollama": "Ollama"}
DIALECTS = {
    "openai_chat": "Chat Completions",
    "openai_responses": "Responses",
    "anthropic_messages": "Anthropic",
    "gemini": "Gemini",
    "ollama": "Ollama",
}

Facts = dict[str, str]


def main(results: Path) -> None:
    cases = properties_in(results)
    clients = facts_in(cases)
    judges = sorted((facts for facts in cases if "judge" in facts), key=lambda facts: facts["judge"])
    page = PAGE.read_text()
    if clients:
        page = written(page, "results", report(clients))
    if judges:
        page = written(page, "faults", fault_table(judges))
    PAGE.write_text(page)


def written(page: str, part: str, text: str) -> str:
    """The page with `text` between the marks of a part. One of which nothing was run stays as it was."""
    pattern = rf"(<!-- {part} -->\n).*?(<!-- end -->)"
    return re.sub(pattern, lambda found: found[1] + text + found[2], page, flags=re.DOTALL)


def properties_in(results: Path) -> list[Facts]:
    """What each test has told."""
    cases = ET.parse(results).getroot().iter("testcase")
    return [{each.get("name", ""): each.get("value", "") for each in case.iter("property")} for case in cases]


def facts_in(cases: list[Facts]) -> dict[tuple[str, str], Facts]:
    """What each test of a client at an upstream has told, in the order in which clients are listed."""
    found = [facts for facts in cases if {"client", "upstream", "versions"} <= facts.keys()]
    return {(facts["client"], facts["upstream"]): facts for facts in found}


def report(found: dict[tuple[str, str], Facts]) -> str:
    head = f"| client | {' | '.join(UPSTREAMS.values())} | versions |\n|{' --- |' * (len(UPSTREAMS) + 2)}\n"
    clients = sorted({client for client, _ in found}, key=str.casefold)
    rows = "".join(row(client, found) for client in clients)
    return f"{dated()}.\n\n{head}{rows}\n{limits()}"


def row(client: str, found: dict[tuple[str, str], Facts]) -> str:
    cells = [cell(found.get((client, upstream), {})) for upstream in UPSTREAMS]
    versions = next(facts["versions"] for (name, _), facts in found.items() if name == client)
    return f"| {' | '.join([client, *cells, versions])} |\n"


def cell(facts: Facts) -> str:
    """How many passed, of how many that ran."""
    if not facts:
        return "not run"
    passed, failed, skipped = (int(facts.get(kind, 0)) for kind in ("passed", "failed", "skipped"))
    return f"{passed} of {passed + failed}{f', {skipped} skipped' if skipped else ''}"


def fault_table(judges: list[Facts]) -> str:
    """Of how many answers that broke, or did not, each SDK told what it should, by the dialect of who answered."""
    columns = ["SDK", *DIALECTS.values(), "refused", "broken in the middle"]
    rows = [[facts["judge"], *(facts[name] for name in (*DIALECTS, "refused", "broken"))] for facts in judges]
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"{dated()}.\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n{lines}"


def dated() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def limits() -> str:
    """What is listed as failing, with the reasons; a case that several clients have in one line."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for client, upstreams in tomllib.loads(LIMITS.read_text()).items():
        for upstream, cases in upstreams.items():
            for case, why in cases.items():
                words = re.sub(r"^(case|test)_", "", case).replace("_", " ")
                lines.setdefault((UPSTREAMS[upstream], words, why), []).append(client)
    return "".join(
        f"- {upstream}, {words} ({', '.join(clients)}): {why}.\n" for (upstream, words, why), clients in lines.items()
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else RESULTS)
