"""`require`: which models meet demands, and the explanation when none does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dragoman import CallerError, ConfigurationError, NoModelFits
from dragoman.catalog import refresh, require

TODAY = "2026-11-21"

FILE = """{"as_of": "2026-11-21", "sources": ["made up"], "models": [
 {"id": "cheap", "context_tokens": 100000, "tools": true, "input": ["text", "image"], "formats": ["json_schema"],
  "prices": [{"prices": {"input": ["1"], "output": ["2"]}}]},
 {"id": "large", "context_tokens": 1000000, "output_tokens": 64000, "tools": true, "forced_tools": false,
  "input": ["text", "image", "audio"], "reasoning": {"can_disable": false, "refuses_sampling": true},
  "prices": [{"prices": {"input": ["10"], "output": ["50"]}}]},
 {"id": "thinker", "context_tokens": 200000, "tools": true, "reasoning": {"can_disable": true},
  "formats": ["json_object"], "prices": [{"prices": {"input": ["3"], "output": ["4"]}}]},
 {"id": "unpriced", "context_tokens": 200000, "tools": true},
 {"id": "unknown", "prices": [{"prices": {"input": ["0.1"], "output": ["0.1"]}}]},
 {"id": "mine", "context_tokens": 8000, "tools": false,
  "local": {"size_gb": 4.7, "memory_gb": 8, "speed": "fast"}},
 {"id": "gone", "context_tokens": 9000000, "tools": true, "retired_on": "2026-01-01"},
 {"id": "leaving", "context_tokens": 9000000, "tools": true, "deprecated": true},
 {"id": "embedder", "kind": "embedding", "prices": [{"prices": {"input": ["0.01"]}}]}
]}"""


@pytest.fixture(autouse=True)
def lab(tmp_path: Path) -> Iterator[None]:
    """A list of nine models."""
    (tmp_path / "lab.json").write_text(FILE)
    refresh(tmp_path)
    yield
    refresh()


DEMANDS: list[tuple[dict[str, Any], list[str]]] = [
    # demands, and who meets them, cheapest first: three parts of input to one of output, unknown prices last
    ({}, ["mine", "unknown", "cheap", "thinker", "large", "unpriced"]),
    ({"tools": True}, ["cheap", "thinker", "large", "unpriced"]),
    ({"tools": False}, ["mine", "unknown"]),
    ({"forced_tools": True}, ["cheap", "thinker", "unpriced"]),
    ({"vision": True}, ["cheap", "large"]),
    ({"audio": True}, ["large"]),
    ({"json_schema": True}, ["cheap"]),
    ({"json_object": True}, ["thinker"]),
    ({"reasoning": True}, ["thinker", "large"]),
    ({"reasoning": False}, ["mine", "unknown", "cheap", "thinker", "unpriced"]),
    ({"sampling": True}, ["mine", "unknown", "cheap", "thinker", "unpriced"]),
    ({"context_tokens": 200_000}, ["thinker", "large", "unpriced"]),
    ({"output_tokens": 64_000}, ["large"]),
    ({"max_input_price": 3, "tools": True}, ["cheap", "thinker"]),
    ({"max_output_price": "3.5", "tools": True}, ["cheap"]),
    ({"max_input_price": Decimal("0.5")}, ["mine", "unknown"]),
    ({"local": True}, ["mine"]),
    ({"memory_gb": 8}, ["mine"]),
    ({"kind": "embedding"}, ["embedder"]),
]


@pytest.mark.parametrize(("demands", "fitting"), DEMANDS, ids=lambda value: str(value)[:60])
def test_who_meets_demands(demands: dict[str, Any], fitting: list[str]) -> None:
    assert [facts.id for facts in require("lab", today=TODAY, **demands)] == fitting


def test_retired_only_from_its_day_on() -> None:
    assert "gone" in [facts.id for facts in require("lab", today="2025-12-31", tools=True)]


def test_the_explanation_names_the_demand_in_the_way() -> None:
    with pytest.raises(NoModelFits) as caught:
        require("lab", today=TODAY, tools=True, video=True, max_input_price=5)
    assert caught.value.message == (
        "none of 6 models meets all demands\n"
        "  tools=True rules out 2\n"
        "  video=True rules out every one; without it 2 would fit: `lab/cheap`, `lab/thinker`\n"
        "  max_input_price=5 rules out 2"
    )
    assert caught.value.demands == {"tools": True, "video": True, "max_input_price": 5}
    assert isinstance(caught.value, CallerError)
    assert "loosen a demand" in str(caught.value)


def test_the_explanation_says_what_each_demand_alone_costs() -> None:
    with pytest.raises(NoModelFits) as caught:
        require("lab", today=TODAY, context_tokens=500_000, max_input_price=1)
    assert (
        "context_tokens=500000 rules out 5; without it 3 would fit: `lab/cheap`, `lab/unknown`" in caught.value.message
    )
    assert "max_input_price=1 rules out 3; without it 1 would fit: `lab/large`" in caught.value.message


def test_a_demand_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown demand `visoin`. There are: tools, "):
        require("lab", visoin=True)  # type: ignore[call-arg]  # the slip that is refused


@pytest.mark.parametrize(
    ("demands", "said"),
    [
        ({"tools": "yes"}, "tools='yes' is not True or False"),
        ({"context_tokens": "many"}, "context_tokens='many' is not a number"),
        ({"memory_gb": -1}, "memory_gb=-1 is not a number"),
        ({"max_input_price": "cheap"}, "max_input_price='cheap' is not an amount"),
        ({"max_output_price": float("nan")}, "max_output_price=nan is not an amount"),
        ({"today": "yesterday"}, "today='yesterday' is no day"),
    ],
    ids=str,
)
def test_a_demand_whose_value_cannot_be_one(demands: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        require("lab", **demands)


def test_a_list_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match=r"the catalog has no list `nowhere`"):
        require("nowhere", tools=True)


def test_several_lists_and_all_of_them() -> None:
    two = require(["lab", "openai"], today=TODAY, tools=True, json_schema=True)
    assert {facts.provider for facts in two} == {"lab", "openai"}
    everywhere = require(
        today=TODAY, tools=True, vision=True, json_schema=True, context_tokens=200_000, max_input_price=1
    )
    assert len({facts.provider for facts in everywhere}) > 3
    prices = [facts.price("input", TODAY) for facts in everywhere]
    assert all(price is not None and price <= 1 for price in prices)
