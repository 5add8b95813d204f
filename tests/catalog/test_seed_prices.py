"""What the founding guide said of prices in 2024, beside what the catalog knows (S2.7, S2.8, X20)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dragoman.catalog import ModelFacts, find

SEEDS: dict[str, Any] = json.loads((Path(__file__).parent / "seeds_2024.json").read_text())
TODAY = "2026-11-21"


def known(model: str) -> ModelFacts:
    facts = find(model)
    assert facts is not None
    return facts


@pytest.mark.parametrize("row", SEEDS["prices"], ids=lambda row: f"S2.7-S2.8-{row['model']}")
def test_the_guides_prices_hold_but_for_the_noted_discrepancy(row: dict[str, Any]) -> None:
    facts = known(row["model"])
    same = [facts.price(what, TODAY) == Decimal(row[what]) for what in ("input", "output")]
    assert same == [row["discrepancy"] is None] * 2


def test_x20_the_haiku_of_the_guide_is_the_one_before() -> None:
    row = next(row for row in SEEDS["prices"] if "haiku" in row["model"])
    before = known("anthropic/claude-3-haiku-20240307")
    assert [before.price(what, TODAY) for what in ("input", "output")] == [
        Decimal(row["input"]),
        Decimal(row["output"]),
    ]


def test_x20_what_the_guide_called_cheapest_is_not() -> None:
    called, cheaper = known(SEEDS["called_cheapest"]["model"]), known("openai/gpt-4o-mini")
    for what in ("input", "output"):
        assert (cheaper.price(what, TODAY) or 0) < (called.price(what, TODAY) or 0)
