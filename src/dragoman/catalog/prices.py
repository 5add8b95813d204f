"""What an answer costs: prices times usage, in decimal arithmetic."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple

from dragoman.catalog.facts import ModelFacts, Price
from dragoman.messages import USUAL_TIERS, Usage

_STANDARD_TIERS: Final = USUAL_TIERS | {None, "", "auto"}
"""Words for the usual price, asked for or answered."""
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
    standard = service_tier in _STANDARD_TIERS
    usd = _NOTHING if facts.local is not None else _at_flat_rates(facts, usage, today) if standard else None
    if usd is not None:
        return Cost(usd)
    prices = facts.prices_on(today, None if standard else service_tier)
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


# ---------------------------------------------------------------------- where every token costs the same


class FlatRates(Struct, frozen=True):
    """Dollars for a million tokens, of a model whose requests cost nothing beside, and long ones no more."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None


_FLAT: Final = frozenset({"input", "output"})
_MOST_KEPT: Final = 1_024
_kept: dict[int, tuple[ModelFacts, str, FlatRates | None]] = {}
"""By the record itself, which has no hash: it is kept here, so that no other can have its place."""


def flat_rates(facts: ModelFacts, today: str) -> FlatRates | None:
    """What the tokens of a model cost at the usual tier on `today`. `None`: they are not flat, or it is not told."""
    kept = _kept.get(id(facts))  # twice for each call, and so with no frame more
    if kept is not None and kept[0] is facts and kept[1] == today:
        return kept[2]
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    rates = _found(facts, today)
    _kept[id(facts)] = (facts, today, rates)
    return rates


def _found(facts: ModelFacts, today: str) -> FlatRates | None:
    prices = facts.prices_on(today)
    if facts.local is not None or prices is None or not prices.keys() >= _FLAT or "request" in prices:
        return None
    cached = prices.get("cache_read")
    if any(price is not None and price.above for price in (prices["input"], prices["output"], cached)):
        return None
    return FlatRates(prices["input"].base, prices["output"].base, None if cached is None else cached.base)


def _at_flat_rates(facts: ModelFacts, usage: Usage, today: str) -> Decimal | None:
    """What `_total` says of the usage that most answers have, in fewer steps. `None`: usage or prices are others."""
    rates = flat_rates(facts, today)
    tokens_in, tokens_out, read = usage.input_tokens, usage.output_tokens, usage.cache_read_tokens or 0
    if (
        rates is None
        or tokens_in is None
        or tokens_out is None
        or not 0 <= read <= tokens_in <= _MOST_TOKENS
        or not 0 <= tokens_out <= _MOST_TOKENS
        or not 0 <= (usage.reasoning_tokens or 0) <= _MOST_TOKENS
        or not 0 <= (usage.total_tokens or 0) <= _MOST_TOKENS
        or usage.cache_write_tokens
        or usage.cache_write_1h_tokens
        or usage.input_audio_tokens
        or usage.output_audio_tokens
        or usage.tool_prompt_tokens
        or usage.web_searches
        or usage.billed_input_tokens is not None
        or usage.billed_output_tokens is not None
    ):
        return None
    dollars = _NOTHING
    if read and rates.cache_read is not None:
        dollars += rates.cache_read * read
        tokens_in -= read
    return (dollars + rates.input * tokens_in + rates.output * tokens_out) / _MILLION


# ---------------------------------------------------------------------- any other


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
