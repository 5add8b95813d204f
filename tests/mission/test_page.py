"""`docs/mission.md` tells where each line stands, in the words of the tests themselves."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from mission import NOBODY, ids_in, with_proofs  # noqa: E402  # a script is no package

ROWS = dict(
    re.findall(r"^\| ([SX][\d.]+) \|.*\| ([^|]*) \|$", (ROOT / "docs" / "mission.md").read_text(), re.MULTILINE)
)
OURS = re.compile(r"S2\.|S3\.[1-8]$|S4\.")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("S9.1, X88: both", ["S9.1", "X88"]),
        ("S9.9-S9.11", ["S9.9", "S9.10", "S9.11"]),
        ("X88-X90 and S9_2", ["X88", "X89", "X90", "S9.2"]),
        ("S9.9-S8.11", ["S9.9"]),
        ("S9.1-openai", ["S9.1"]),
        ("AS9.1 x88", []),
    ],
)
def test_ids_in_a_text(text: str, ids: list[str]) -> None:
    assert list(ids_in(text)) == ids


def test_a_row_says_who_proves_it_or_that_nobody_does() -> None:
    rows = "| S9.1 | a promise | anything |\n"
    assert with_proofs(rows).startswith("| S9.1 | a promise | `mission/test_page.py::")
    unproven = "S9." + "99"  # not written out: it would be named by this test
    assert with_proofs(f"| {unproven} | another | x |") == f"| {unproven} | another | {NOBODY} |"


def test_what_is_ours_is_proven() -> None:
    ours = {line: cell for line, cell in ROWS.items() if OURS.match(line)}
    assert len(ours) == 35 + 8 + 25
    assert [line for line, cell in ours.items() if cell == NOBODY] == []


def test_every_row_names_tests_that_are_there() -> None:
    named = {test for cell in ROWS.values() for test in re.findall(r"`([^`]+)`", cell)}
    assert len(named) > 50
    for test in named:
        path, _, name = test.partition("::")
        source = (ROOT / "tests" / path).read_text()
        assert not name or f"def {name.rpartition('::')[2]}(" in source, test
