"""`docs/translation.md` says what becomes of every feature from every dialect to every other. Each cell is done here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .matrix import KINDS, SIGNS, dialects, fate, features

PAGE = Path(__file__).parents[3] / "docs" / "translation.md"
Row = dict[str, str]
"""The cells of a row, by their heads; the name of the feature stands under its kind."""


def rows() -> Iterator[Row]:
    """The rows of the page's tables."""
    head: list[str] = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not head:
            head = cells
        elif not cells:
            head = []
        elif cells[0] != "---":
            yield dict(zip(head, cells, strict=True))


ROWS = {(kind, row[kind]): row for row in rows() for kind in KINDS if kind in row}
CASES = [(kind, feature, source) for kind in KINDS for feature in features(kind) for source in dialects()]


def stated(row: Row, source: str, target: str) -> str:
    """The sign that the page has for a feature from `source` to `target`."""
    if f"`{source}`" in row["cannot be said in"]:
        return SIGNS["cannot say"]
    usual, *others = row[f"→ `{target}`"].split("<br>")
    return next((other[0] for other in others if f"`{source}`" in other), usual)


@pytest.mark.parametrize(("kind", "feature", "source"), CASES, ids=["-".join(case) for case in CASES])
def test_each_feature_fares_as_the_page_says(kind: str, feature: str, source: str) -> None:
    row, targets = ROWS[kind, feature], [name for name in dialects() if name != source]
    found = {target: SIGNS[fate(kind, feature, source, target)] for target in targets}
    assert found == {target: stated(row, source, target) for target in targets}
    assert SIGNS["silent"] not in found.values()


def test_the_page_has_a_row_for_each_feature_and_a_column_for_each_dialect() -> None:
    assert list(ROWS) == [(kind, feature) for kind in KINDS for feature in features(kind)]
    for row in ROWS.values():
        assert re.findall(r"→ `(\w+)`", " ".join(row)) == dialects()
