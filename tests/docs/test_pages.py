"""The pages are true: every Python block of README, CONTRIBUTING and `docs/` runs, and prints what the page shows.

A page is one program: its blocks share a namespace, an emulator found by the official SDKs' environment variables, and
a folder with the files they read. What a block prints is compared with its `# →` comments, or with the `text` block that
directly follows; `…` there stands for anything. HTML comments before a block, unseen by the reader, set the stage:

    <!-- answers: ["A text", {"fault": {"status": 429}}] -->   what the emulator answers, as in its control surface
    <!-- needs: openai -->                                     run only where that package is installed
    <!-- not run: why -->
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dragoman import ProviderFactory
from dragoman.providers import get_spec
from dragoman.testing import Emulator
from dragoman.testing.emulator.script import steps_from
from tests.markdown import Block, blocks_of, run

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCKS = {str(page.relative_to(ROOT)): blocks_of(page) for page in PAGES if page.is_file()}
RUN = {name: blocks for name, blocks in BLOCKS.items() if any(block.language == "python" for block in blocks)}

PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
FILES = {"photo.png": PIXEL, "report.pdf": b"%PDF-1.4\n%%EOF\n"}
"""What the blocks read, by name."""

NOTES = ("answers", "needs", "not run")


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Emulator]:
    """An emulator in the place of every provider, and a folder with the files that pages read."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ProviderFactory, "_providers", dict(ProviderFactory._providers))  # pages register their own
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    with Emulator() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def notes_of(block: Block) -> dict[str, str]:
    """What the comments before a block say: kind → the rest."""
    pairs = [note.partition(":")[::2] for note in block.notes]
    return {kind: said.strip() for kind, said in pairs if kind in NOTES}


def expected_of(block: Block, after: Block | None) -> str | None:
    """What the page shows as the output of `block`, or `None` when it shows none."""
    comments = re.findall(r"^\s*# →(?: (.*))?$", block.source, re.MULTILINE)
    if comments:
        return "\n".join(comments)
    return after.source if after is not None and after.language == "text" and after.follows else None


def matches(shown: str, printed: str) -> bool:
    """Whether `printed` is what the page shows, `…` standing for anything."""
    pattern = ".*?".join(re.escape(piece) for piece in shown.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def shall_run(block: Block) -> bool:
    notes = notes_of(block)
    return (
        block.language == "python" and "not run" not in notes and find_spec(notes.get("needs", "dragoman")) is not None
    )


@pytest.mark.parametrize("name", RUN)
def test_page(emulator: Emulator, name: str) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        for block, after in zip(RUN[name], [*RUN[name][1:], None], strict=True):
            if shall_run(block):
                run_and_compare(block, after, names, emulator)
    finally:
        names.clear()  # lets go of what the page made, connections included


def run_and_compare(block: Block, after: Block | None, names: dict[str, Any], emulator: Emulator) -> None:
    emulator.script(*steps_from(json.loads(notes_of(block).get("answers", "[]"))))
    printed, shown = run(block.compiled(), names), expected_of(block, after)
    where = f"{block.page.relative_to(ROOT)}:{block.line}"
    if shown is None:
        assert not printed or block.page.parent == ROOT, f"{where} does not show that it prints {printed}"
    else:
        assert matches(shown, printed), f"{where} shows\n{shown}\nand prints\n{printed}"


def test_the_pages_are_there() -> None:
    """S4.24."""
    assert {
        "docs/quickstart.md",
        "docs/generate.md",
        "docs/errors.md",
        "docs/provider-registry.md",
        "docs/testing.md",
    } <= set(RUN)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE) if page.suffix == ".md" else []
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", BLOCKS)
def test_links_between_pages_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target, anchor in re.findall(r"\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        other = page.parent / target if target else page
        assert other.exists(), target
        assert not anchor or anchor in anchors(other), f"{target}#{anchor}"


def test_tables_made_from_the_code_are_up_to_date() -> None:
    script = ROOT / "scripts" / "update_docs.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_table_of_providers_shows_dialects_of_those_who_chat() -> None:
    rows = [line.split(" | ") for line in (ROOT / "docs" / "providers.md").read_text().splitlines()]
    dialects = {row[0].split("`")[1]: row[1] for row in rows if len(row) == 6 and "`" in row[0]}
    assert dialects["voyage"] == "none: it only embeds"
    silent = {name for name, shown in dialects.items() if "`" not in shown}
    assert silent == {name for name in dialects if not get_spec(name).chats}


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("18 °C", "18 °C\n", True),
        ("took … s", "took 0.4 s", True),
        ("took … s", "took 0.4 ms", False),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a", "ab", False),
        ("1.5", "1x5", False),
    ],
)
def test_comparing_output(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same


def test_what_is_said_to_install_is_quoted_since_zsh_reads_brackets_itself() -> None:
    read = [*PAGES, ROOT / "CHANGELOG.md", *ROOT.glob("src/**/*.py")]
    bare = re.compile(r"\b(?:install|add)\b[^'\"`\n]* dragoman\[\w")
    assert [str(path) for path in read if bare.search(path.read_text(encoding="utf-8"))] == []
