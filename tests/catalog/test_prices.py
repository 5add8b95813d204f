"""What answers cost, checked by hand against the published prices in the data files."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dragoman.catalog import ModelFacts, Price, PriceList, cost_of, find_model, providers_of
from dragoman.messages import Usage

TODAY = "2026-11-21"


@pytest.mark.parametrize(
    ("provider", "model", "usage", "usd"),
    [
        # S2.7: 0.15 and 0.60 a million
        ("openai", "gpt-4o-mini", {"input_tokens": 1_000_000, "output_tokens": 1_000_000}, "0.75"),
        ("openai", "gpt-4o-mini-2024-07-18", {"input_tokens": 57, "output_tokens": 117}, "0.00007875"),
        ("openai", "gpt-4o", {"input_tokens": 1_000_000, "output_tokens": 1_000_000}, "12.5"),
        ("openai", "gpt-4o-mini", {"input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 500}, "0.000435"),
        # S2.8, X20: Claude 3.5 Haiku costs 0.80 and 4.00; the seed's 0.25 and 1.25 are Claude 3 Haiku's
        ("anthropic", "claude-3-5-haiku-latest", {"input_tokens": 1_000_000, "output_tokens": 1_000_000}, "4.8"),
        ("anthropic", "claude-3-haiku-20240307", {"input_tokens": 1_000_000, "output_tokens": 1_000_000}, "1.5"),
        ("anthropic", "claude-3-5-sonnet-latest", {"input_tokens": 1_000_000, "output_tokens": 1_000_000}, "18"),
        # 850 at 3, 50 written for 5 minutes at 3.75, 100 written for an hour at 6, 500 at 15
        (
            "anthropic",
            "claude-sonnet-4-20250514",
            {"input_tokens": 1000, "cache_write_tokens": 150, "cache_write_1h_tokens": 100, "output_tokens": 500},
            "0.0108375",
        ),
        ("anthropic", "claude-sonnet-4-5", {"input_tokens": 0, "output_tokens": 0, "web_searches": 2}, "0.02"),
        # 3 and 15 a million, and 14 for each thousand requests
        ("perplexity", "sonar-pro", {"input_tokens": 1000, "output_tokens": 1000}, "0.032"),
        # above 200,000 tokens of input all of them cost 2.50 and the output 15
        ("google", "gemini-2.5-pro", {"input_tokens": 200_000, "output_tokens": 1_000}, "0.26"),
        ("google", "gemini-2.5-pro", {"input_tokens": 300_000, "output_tokens": 1_000}, "0.765"),
        ("azure_openai", "gpt-4o", {"input_tokens": 1_000_000, "output_tokens": 0}, "2.5"),
        # Cohere charges less than it has the model read: 40 at 2.50, 8 at 10
        (
            "cohere",
            "command-a-03-2025",
            {"input_tokens": 1522, "output_tokens": 21, "billed_input_tokens": 40, "billed_output_tokens": 8},
            "0.00018",
        ),
        ("ollama", "llama3.1", {"input_tokens": 1_000, "output_tokens": 1_000}, "0"),
    ],
)
def test_cost(provider: str, model: str, usage: dict[str, int], usd: str) -> None:
    assert cost_of(find_model(provider, model), Usage(**usage), today=TODAY).usd == Decimal(usd)


@pytest.mark.parametrize(
    ("provider", "model", "usage", "service_tier", "why"),
    [
        ("openai", "no-such-model", {"input_tokens": 1, "output_tokens": 1}, None, "does not know this model"),
        ("nobody", "gpt-4o", {"input_tokens": 1, "output_tokens": 1}, None, "does not know this model"),
        ("openai", "gpt-4o", {}, None, "did not report usage"),
        ("openai", "gpt-4o", {"input_tokens": 1}, None, "did not report usage"),
        ("openai", "gpt-4o", {"input_tokens": -1, "output_tokens": 1}, None, "cannot be"),
        ("openai", "gpt-4o", {"input_tokens": 9, "output_tokens": 1, "cache_read_tokens": -1}, None, "cannot be"),
        ("openai", "gpt-4o", {"input_tokens": 1, "output_tokens": 10**10}, None, "cannot be"),
        (
            "openai",
            "gpt-4o",
            {"input_tokens": 1, "output_tokens": 1},
            "platinum",
            "no price for this model at tier platinum",
        ),
    ],
)
def test_an_unknown_cost_says_why_and_is_never_zero(
    provider: str, model: str, usage: dict[str, int], service_tier: str | None, why: str
) -> None:
    cost = cost_of(find_model(provider, model), Usage(**usage), today=TODAY, service_tier=service_tier)
    assert cost.usd is None
    assert why in (cost.why_unknown or "")


MODEL = ModelFacts(
    id="m",
    match=(("equals", "m"),),
    prices=(
        PriceList(prices={"input": Price(Decimal(1)), "output": Price(Decimal(2), above=((100, Decimal(4)),))}),
        PriceList(since="2026-06-01", prices={"input": Price(Decimal(10)), "output": Price(Decimal(20))}),
        PriceList(service_tier="flex", prices={"input": Price(Decimal("0.5")), "output": Price(Decimal(1))}),
    ),
)


@pytest.mark.parametrize(
    ("today", "tier", "input_tokens", "usd_per_million_each"),
    [
        ("2026-05-31", None, 100, "3"),
        ("2026-05-31", "default", 101, "5"),  # above 100 input tokens all output costs 4
        ("2026-06-01", None, 101, "30"),
        ("2026-06-01", "flex", 100, "1.5"),
    ],
)
def test_prices_by_date_tier_and_length(
    today: str, tier: str | None, input_tokens: int, usd_per_million_each: str
) -> None:
    usage = Usage(input_tokens=input_tokens, output_tokens=input_tokens)
    expected = Decimal(usd_per_million_each) * input_tokens / 1_000_000
    assert cost_of(MODEL, usage, today=today, service_tier=tier).usd == expected


def test_a_bare_model_name_finds_its_price_list() -> None:
    assert providers_of("gpt-4o-mini") == ("openai",)
    assert providers_of("claude-3-opus-latest") == ("anthropic",)
    assert providers_of("no-such-model") == ()
