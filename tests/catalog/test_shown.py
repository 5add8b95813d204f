"""How facts print."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dragoman.catalog import ModelFacts, ModelList, find, models
from dragoman.catalog.facts import LocalFacts, Price, PriceList, ReasoningFacts

PLAIN = ModelFacts(
    id="m",
    provider="lab",
    context_tokens=200_000,
    input_tokens=190_000,
    output_tokens=8_192,
    input=("text", "image"),
    tools=True,
    forced_tools=False,
    formats=("json_schema",),
    reasoning=ReasoningFacts(efforts=("low", "high"), budget=True, can_disable=True, refuses_sampling=True),
    retired_on="2025-01-01",
    successor="n",
    note="made up",
    prices=(
        PriceList(prices={"input": Price(Decimal("2.5"), ((100, Decimal(5)),)), "output": Price(Decimal(10))}),
        PriceList(prices={"input": Price(Decimal(1))}, service_tier="batch"),
    ),
)

SHOWN = """\
lab/m
  window     200,000 tokens, 190,000 in, 8,192 out
  takes      text, image
  tools      yes, but no call can be demanded
  structured tools, json_schema, json_text
  reasoning  low high, budget in tokens, can be switched off, refuses sampling parameters
  price      $ input 2.5 (above 100: 5), output 10 (also batch)
  retired    2025-01-01; use n
  note       made up"""

MINE = ModelFacts(id="mine", provider="lab", local=LocalFacts(size_gb=4.7, memory_gb=8, speed="fast"))

MINE_SHOWN = """\
lab/mine
  window     not known
  takes      text
  tools      not known
  structured json_text
  reasoning  not known
  local      4.7 GB, needs 8 GB of memory, fast
  price      none"""

EMBEDDER = ModelFacts(
    id="e", provider="lab", kind="embedding", output=("embedding",), deprecated=True, context_tokens=8
)

EMBEDDER_SHOWN = """\
lab/e
  kind       embedding
  window     8 tokens
  takes      text
  gives      embedding
  price      not known
  retires    deprecated"""


@pytest.mark.parametrize(
    ("facts", "shown"),
    [(PLAIN, SHOWN), (MINE, MINE_SHOWN), (EMBEDDER, EMBEDDER_SHOWN)],
    ids=["plain", "mine", "embedder"],
)
def test_one_model_is_a_small_table(facts: ModelFacts, shown: str) -> None:
    assert repr(facts) == str(facts) == shown


def test_several_are_one_too() -> None:
    assert repr(ModelList([PLAIN, MINE])) == (
        "model     window   output  takes       tools  thinks  $ in  $ out  retires\n"
        "lab/m     200,000  8,192   text+image  yes    yes     2.5   10     2025-01-01\n"
        "lab/mine  ?        ?       text        ?      ?       0     0"
    )


def test_of_many_the_first_are_shown() -> None:
    many = models("openrouter")
    lines = repr(many).splitlines()
    assert len(lines) == 42
    assert lines[-1] == f"… and {len(many) - 40} more"
    assert repr(many[:2]).count("\n") == 2


def test_every_model_prints() -> None:
    assert all(repr(facts).startswith(facts.name) for facts in models())
    assert find("gpt-4o") is not None
