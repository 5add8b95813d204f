"""Where every token costs the same, a cost is found by fewer steps: it is the same to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.catalog import Cost, LocalFacts, ModelFacts, Price, PriceList, cost_of, flat_rates, prices
from dragoman.messages import Usage

TODAY = "2026-11-22"

rates = st.decimals(min_value=0, max_value=200, places=4).map(lambda rate: rate.normalize())
lists = st.fixed_dictionaries(
    {"input": rates, "output": rates},
    optional=dict.fromkeys(("cache_read", "cache_write", "input_audio", "web_search"), rates),
)
counts = st.none() | st.integers(-3, 3) | st.integers(0, 2_000_000_000)
usages = st.builds(Usage, **dict.fromkeys(Usage.__struct_fields__, counts))
usual = st.builds(
    Usage,
    input_tokens=st.integers(0, 300_000),
    output_tokens=st.integers(0, 300_000),
    cache_read_tokens=st.none() | st.integers(0, 300_000),
    reasoning_tokens=st.none() | st.integers(0, 300_000),
)


def model(**given: Decimal) -> ModelFacts:
    return ModelFacts(id="m", prices=(PriceList(prices={name: Price(rate) for name, rate in given.items()}),))


def in_all_steps(facts: ModelFacts, usage: Usage, monkeypatch: pytest.MonkeyPatch) -> Cost:
    with monkeypatch.context() as patch:
        patch.setattr(prices, "flat_rates", lambda *_: None)
        return cost_of(facts, usage, today=TODAY)


@given(given_rates=lists, usage=usual | usages)
def test_a_cost_is_the_same_in_few_steps_and_in_all(given_rates: dict[str, Decimal], usage: Usage) -> None:
    facts = model(**given_rates)
    with pytest.MonkeyPatch.context() as patch:
        long = in_all_steps(facts, usage, patch)
    short = cost_of(facts, usage, today=TODAY)
    assert (short, str(short.usd)) == (long, str(long.usd))


def test_flat_is_what_costs_the_same_however_much() -> None:
    assert flat_rates(model(input=Decimal(1), output=Decimal(2)), TODAY) is not None


@pytest.mark.parametrize(
    "facts",
    [
        ModelFacts(id="of no price"),
        model(input=Decimal(1)),
        model(input=Decimal(1), output=Decimal(2), request=Decimal(3)),
        ModelFacts(
            id="dearer when long",
            prices=(
                PriceList(
                    prices={"input": Price(Decimal(1), ((100, Decimal(2)),)), "output": Price(Decimal(3))},
                ),
            ),
        ),
        ModelFacts(
            id="of another tier",
            prices=(PriceList(prices={"input": Price(Decimal(1)), "output": Price(Decimal(2))}, service_tier="flex"),),
        ),
        ModelFacts(id="local", local=LocalFacts(size_gb=1, memory_gb=2, speed="fast")),
    ],
    ids=lambda facts: facts.id,
)
def test_any_other_price_is_not_flat(facts: ModelFacts) -> None:
    assert flat_rates(facts, TODAY) is None


def test_a_price_of_tomorrow_is_not_taken_for_today() -> None:
    rows = tuple(
        PriceList(prices={"input": Price(Decimal(dollars)), "output": Price(Decimal(dollars))}, since=since)
        for since, dollars in ((None, 1), ("2026-11-23", 5))
    )
    facts = ModelFacts(id="m", prices=rows)
    found = [flat_rates(facts, day) for day in ("2026-11-22", "2026-11-23", "2026-11-22")]
    assert [rates and rates.input for rates in found] == [1, 5, 1]
