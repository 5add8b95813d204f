"""`docs/translation.md` says what becomes of every feature from every dialect to every other. Each cell is done here."""

from __future__ import annotations

import pytest

from .features import ANSWERS, REQUESTS
from .matrix import dialects, fate

CELLS = [
    (kind, feature, source, target)
    for kind, table in (("request", REQUESTS), ("answer", ANSWERS))
    for feature in table
    for source in dialects()
    for target in dialects()
    if source != target
]


@pytest.mark.parametrize(("kind", "feature", "source", "target"), CELLS, ids=["-".join(cell) for cell in CELLS])
def test_nothing_goes_in_silence(kind: str, feature: str, source: str, target: str) -> None:
    assert fate(kind, feature, source, target) != "silent"
