"""What an answer costs: prices times usage, in decimal arithmetic."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple

from dragoman.catalog.facts import ModelFacts, Price
from dragoman.messages import Usage

_STANDARD_TIERS: Final = frozenset({None, "", "auto", "default", "standard", "standard_only", "on_demand"})
"""Words for the usual price, asked for or answered: OpenAI's, Anthropic's and Groq's (`on_demand`)."""
_NOTHING: Final = Decimal(0)
_MILLION: Final = Decimal(1_000_000)
_THOUSAND: Final = Decimal(1_000)
_MOST_TOKENS: Final = 1_000_000_000
"""Of one answer; far beyond any window. More is a mistake of the provider's, and no bill."""


class Cost(Struct, frozen=True):
    """US dollars, or `None` with the reason why they are not known. An unknown price is never 0."""

    usd: Decimal | None
    why_unknown: str | None = None


def cost_of(facts: ModelFacts | None, usage: Usage, *, today: str, service_tier: str | None = None) -> Cost:
    """The cost of `usage` at the prices that hold on `today` (ISO date) at `service_tier`.

    Tokens are priced once each: cache reads, cache writes and audio at their own price where there is one, and
    taken off the input or output they are part of.
    """
    if facts is None:
        return Cost(None, "the catalog does not know this model")
    if facts.local is not None:
        return Cost(_NOTHING)
    prices = facts.prices_on(today, None if service_tier in _STANDARD_TIERS else service_tier)
    if prices is None or "input" not in prices:
        return Cost(
            None, f"the catalog has no price for this model{f' at tier {service_tier}' if service_tier else ''}"
        )
    usage = _as_charged(usage)
    if usage.input_tokens is None or (usage.output_tokens is None and "output" in prices):
        return Cost(None, "the provider did not report usage")
    if any(count is not None and not 0 <= count <= _MOST_TOKENS for count in astuple(usage)):
        return Cost(None, "the provider reported a usage that cannot be")
    everything = usage.input_tokens + (usage.tool_prompt_tokens or 0)
    return Cost(_total(prices, usage, everything, usage.output_tokens or 0))  # none is counted where none is sold


def _as_charged(usage: Usage) -> Usage:
    """What is charged, where the provider tells it apart from what was used."""
    charged, written = usage.billed_input_tokens, usage.billed_output_tokens
    return usage if charged is None or written is None else Usage(input_tokens=charged, output_tokens=written)


def _total(prices: dict[str, Price], usage: Usage, input_tokens: int, output_tokens: int) -> Decimal:
    dollars = _priced(prices, "input", input_tokens, _parts_of_input(usage), input_tokens)
    if "output" in prices:
        dollars += _priced(prices, "output", output_tokens, [("output_audio", usage.output_audio_tokens)], input_tokens)
    total = dollars / _MILLION
    if usage.web_searches and "web_search" in prices:
        total += _rate(prices["web_search"], input_tokens) * usage.web_searches / _THOUSAND
    if "request" in prices:
        total += prices["request"].base / _THOUSAND
    return total


def _parts_of_input(usage: Usage) -> list[tuple[str, int | None]]:
    """The parts that may have a price of their own. Cache writes kept for an hour are counted in both."""
    write, write_1h = usage.cache_write_tokens, usage.cache_write_1h_tokens
    return [
        ("cache_read", usage.cache_read_tokens),
        ("cache_write", write - write_1h if write and write_1h else write),
        ("cache_write_1h", write_1h),
        ("input_audio", usage.input_audio_tokens),
    ]


def _priced(
    prices: dict[str, Price], whole: str, count: int, parts: list[tuple[str, int | None]], input_tokens: int
) -> Decimal:
    """Millionths of a dollar."""
    total = _NOTHING
    for name, part in parts:
        if part and name in prices:
            total += _rate(prices[name], input_tokens) * part
            count -= part
    return total + _rate(prices[whole], input_tokens) * max(count, 0)


def _rate(price: Price, input_tokens: int) -> Decimal:
    rate = price.base
    for tokens, higher in price.above:
        if input_tokens > tokens:
            rate = higher
    return rate
