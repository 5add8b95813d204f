"""The papers of the house hang together: links lead somewhere, and every decision is dated and in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dragoman import __version__

ROOT = Path(__file__).parents[1]
DECISIONS = ROOT / "docs" / "decisions"
PAPERS = [*ROOT.glob("*.md"), *DECISIONS.glob("*.md")]


def links_in(paper: Path) -> list[str]:
    """Where the links in `paper` lead that stay in the repository."""
    return [link for link in re.findall(r"\]\(([^)#\s]+)", paper.read_text()) if "://" not in link]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_links_lead_somewhere(paper: Path) -> None:
    """But for the pages of `docs/` itself, which are tested with the code in them."""
    targets = [paper.parent / link for link in links_in(paper)]
    assert [str(target) for target in targets if not target.exists() and target.parent != ROOT / "docs"] == []


@pytest.mark.parametrize("decision", sorted(DECISIONS.glob("0*.md")), ids=lambda path: path.stem)
def test_every_decision_is_dated_and_in_the_index(decision: Path) -> None:
    title, empty, status, *_ = decision.read_text().splitlines()
    assert title.startswith(f"# {decision.name[:4]}: ")
    assert empty == ""
    assert re.match(r"20\d\d-\d\d-\d\d\. Decided", status)
    assert links_in(DECISIONS / "README.md").count(decision.name) == 1


def test_the_index_names_each_decision_by_its_title() -> None:
    rows = re.findall(r"^\| \[(\d{4})\]\(\S+\) \| (.+) \|$", (DECISIONS / "README.md").read_text(), re.MULTILINE)
    titles = [path.read_text().splitlines()[0] for path in sorted(DECISIONS.glob("0*.md"))]
    assert [f"# {number}: {title}" for number, title in rows] == titles


def test_the_version_to_pin_is_the_one_there_is() -> None:
    """S0.49"""
    assert f"`dragoman=={__version__}`" in (ROOT / "README.md").read_text()
