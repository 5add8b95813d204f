"""What a request would cost at a target, to compare targets by.

Bills are made elsewhere, of decimal numbers and of what was used.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import inf
from typing import Final, TypeAlias

from msgspec import Struct

from dragoman.catalog import ModelFacts
from dragoman.catalog.facts import Price
from dragoman.routing.features import Features
from dragoman.routing.fitting import facts_of
from dragoman.routing.target import Target

USUAL_ANSWER: Final = 500
"""The tokens of an answer whose length nobody limits, by guess: a price to compare by needs some number."""


class Rates(Struct, frozen=True):
    """Dollars for a token of input, for one of output, and for each request.

    Attributes:
        steps: `(tokens, rates)`: with more input than `tokens`, those hold.
    """

    into: float
    out: float
    request: float
    steps: tuple[tuple[int, Rates], ...] = ()

    def at(self, tokens_in: int) -> tuple[float, float, float]:
        """What holds for so much input: `into`, `out` and `request`."""
        for tokens, rates in reversed(self.steps):
            if tokens_in > tokens:
                return rates.into, rates.out, rates.request
        return self.into, self.out, self.request

    def total(self, tokens_in: int, tokens_out: int) -> float:
        into, out, request = self.at(tokens_in)
        return into * tokens_in + out * tokens_out + request


_FREE: Final = Rates(0.0, 0.0, 0.0)


class Prices:
    """The prices of one day, by target."""

    __slots__ = ("_by_target", "today")

    def __init__(self, today: str) -> None:
        self.today = today
        self._by_target: dict[Target, Rates | None] = {}

    def of(self, target: Target, features: Features) -> float | None:
        """Dollars for this request there, or `None` where a price is not known."""
        rates = self.rates(target, features.model)
        return None if rates is None else rates.total(features.input_tokens, answer_tokens(features))

    def beyond(
        self, ratio: float | None, target: Target, usual: Target, features: Features
    ) -> tuple[float, float] | None:
        """What both cost, where `target` costs more than `ratio` times what `usual` does; `None` where it does not,
        where either price is not known or nothing, and where there is no ratio.
        """
        if ratio is None:
            return None
        price, of_usual = self.of(target, features), self.of(usual, features)
        return (price, of_usual) if price and of_usual and price > of_usual * ratio else None

    def rates(self, target: Target, model: str | None = None) -> Rates | None:
        """The rates of `target`, kept unless the caller names another model: callers may name any number of them."""
        if model is not None and model != target.place.model:
            return rates_of(facts_of(target, model), self.today)
        try:
            return self._by_target[target]
        except KeyError:
            rates = self._by_target[target] = rates_of(target.place.facts, self.today)
            return rates


class PriceSheet:
    """Who is cheapest among many, told by few of them.

    Of two places where one charges no less for anything than the other, one is never the cheapest. Of a hundred real
    models a handful is left, and only those are asked for the price of a request.
    """

    __slots__ = ("_classes", "_limits", "prices")

    def __init__(self, prices: Prices, places: Sequence[Sequence[Target]]) -> None:
        priced = [
            (place, rates) for place, targets in enumerate(places) for rates in map(prices.rates, targets) if rates
        ]
        self.prices = prices
        self._limits = sorted({tokens for _, rates in priced for tokens, _ in rates.steps})
        self._classes = [_undercut_by_none(priced, tokens) for tokens in (0, *(limit + 1 for limit in self._limits))]

    def cheapest(self, tokens_in: int, tokens_out: int) -> tuple[int | None, float]:
        """The place that is cheapest and its price; `None` when no price is known."""
        rows = self._classes[bisect_left(self._limits, tokens_in)]
        if not rows:
            return None, inf
        costs = [into * tokens_in + out * tokens_out + request for _, into, out, request in rows]
        least = min(costs)
        return rows[costs.index(least)][0], least


_Row: TypeAlias = tuple[int, float, float, float]


def _undercut_by_none(priced: Sequence[tuple[int, Rates]], tokens_in: int) -> list[_Row]:
    """The places, with their rates for so much input, that may be cheapest. Of equals the first."""
    rows: list[_Row] = [(place, *rates.at(tokens_in)) for place, rates in priced]
    return [
        row
        for number, row in enumerate(rows)
        if not any(_undercuts(row, other, number > at) for at, other in enumerate(rows) if at != number)
    ]


def _undercuts(row: _Row, other: _Row, comes_first: bool) -> bool:
    """Whether `other` never costs more, and less for something or it comes first."""
    never_more = other[1] <= row[1] and other[2] <= row[2] and other[3] <= row[3]
    return never_more and (comes_first or other[1:] != row[1:])


def answer_tokens(features: Features) -> int:
    """How many tokens the answer is taken to have."""
    return USUAL_ANSWER if features.output_tokens is None else features.output_tokens


def rates_of(facts: ModelFacts | None, today: str) -> Rates | None:
    """What the catalog says a model costs, or `None`."""
    if facts is None:
        return None
    if facts.local is not None:
        return _FREE
    prices = facts.prices_on(today)
    if prices is None or "input" not in prices:
        return None
    steps = sorted({tokens for price in prices.values() for tokens, _ in price.above})
    return _rates(prices, 0, tuple((tokens, _rates(prices, tokens + 1)) for tokens in steps))


def _rates(prices: Mapping[str, Price], tokens_in: int, steps: tuple[tuple[int, Rates], ...] = ()) -> Rates:
    """The rates for that much input. A model without a price of output sells none: it embeds."""
    return Rates(
        _dollars(prices.get("input"), tokens_in, 1e6),
        _dollars(prices.get("output"), tokens_in, 1e6),
        _dollars(prices.get("request"), 0, 1e3),
        steps,
    )


def _dollars(price: Price | None, tokens_in: int, per: float) -> float:
    if price is None:
        return 0.0
    rate = next((higher for tokens, higher in reversed(price.above) if tokens_in > tokens), price.base)
    return float(rate) / per
