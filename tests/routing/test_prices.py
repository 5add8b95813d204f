"""Prices to compare by agree with the bills that are made of the same facts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.catalog import Price, PriceList, cost_of, models
from dragoman.messages import Usage
from dragoman.routing.features import Features
from dragoman.routing.prices import USUAL_ANSWER, Prices, PriceSheet
from dragoman.routing.target import Place, Target
from tests.routing.scene import TODAY, model

PRICED = [facts for facts in models() if facts.kind == "chat" and facts.prices_on(TODAY)]
REAL = [Target(facts.name, place=Place(provider=facts.provider, model=facts.id, facts=facts)) for facts in PRICED[::7]]


@pytest.mark.parametrize("tokens", [(0, 0), (1, 1), (1000, 500), (128_001, 10), (200_001, 5000), (999_999, 1)])
def test_a_price_is_what_would_be_billed(tokens: tuple[int, int]) -> None:
    tokens_in, tokens_out = tokens
    prices, features = Prices(TODAY), Features(input_tokens=tokens_in, output_tokens=tokens_out)
    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
    for target in REAL:
        billed = cost_of(target.place.facts, usage, today=TODAY).usd
        price = prices.of(target, features)
        assert price == (None if billed is None else pytest.approx(float(billed)))


def test_an_answer_of_no_stated_length_is_taken_for_the_usual() -> None:
    dear = model("dear", 1, 1_000_000)
    assert Prices(TODAY).of(dear, Features(output_tokens=2)) == 2
    assert Prices(TODAY).of(dear, Features()) == USUAL_ANSWER


def test_unknown_prices_are_none() -> None:
    unpriced, bare = model("unpriced"), Target("made/bare")
    assert [Prices(TODAY).of(each, Features()) for each in (unpriced, bare)] == [None, None]


def test_models_of_ones_own_machine_are_free() -> None:
    local = next(facts for facts in models("ollama") if facts.local is not None)
    target = Target(local.name, place=Place(provider="ollama", model=local.id, facts=local))
    assert Prices(TODAY).of(target, Features(input_tokens=1000)) == 0


def test_prices_are_those_of_the_day() -> None:
    rows = (
        PriceList(prices={"input": Price(Decimal(1))}),
        PriceList(prices={"input": Price(Decimal(2))}, since="2026-12-01"),
    )
    facts = model("x").place.facts
    target = Target("made/x", place=Place(facts=type(facts)(id="x", prices=rows)))
    features = Features(input_tokens=1_000_000)
    assert [Prices(day).of(target, features) for day in ("2026-11-30", "2026-12-01")] == [1, 2]


def test_a_model_that_the_caller_names_has_its_own_price() -> None:
    target = next(each for each in REAL if each.place.provider == "openai")
    features = Features(input_tokens=1000, output_tokens=1000, model="gpt-4o")
    assert Prices(TODAY).of(target, features) == pytest.approx(0.0125)


@settings(deadline=None)
@given(st.integers(0, 2_000_000), st.integers(0, 100_000), st.lists(st.sampled_from(REAL), max_size=40))
def test_a_sheet_finds_the_cheapest_of_all(tokens_in: int, tokens_out: int, targets: list[Target]) -> None:
    prices = Prices(TODAY)
    features = Features(input_tokens=tokens_in, output_tokens=tokens_out)
    each = [prices.of(target, features) for target in targets]
    known = [price for price in each if price is not None]
    place, price = PriceSheet(prices, [[target] for target in targets]).cheapest(tokens_in, tokens_out)
    if known:
        assert place is not None
        assert price == each[place] == min(known)
    else:
        assert place is None
