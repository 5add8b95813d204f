"""What one request may cost at worst, told before it is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from dragoman.calls.call import Call
from dragoman.calls.estimate import by_rule, text_tokens
from dragoman.calls.prepare import with_default_limit
from dragoman.calls.target import Target
from dragoman.catalog import ModelFacts, cost_of
from dragoman.messages import Request, Usage, encode_json

_MARGIN: Final = 2
"""Input is taken for twice its estimate: see `calls.estimate` for how far that is off."""
_SOME: Final = 1_000_000
"""Tokens, to find out what one costs."""


def ceiling(call: Call) -> Decimal | None:
    """US dollars, or `None` where the price or the longest answer is not known.

    The answer is taken to be as long as `max_tokens` allows, or as the model can write.
    """
    return ceiling_at(call.target, call.request, call.today())


def ceiling_at(target: Target, request: Request, today: str, input_tokens: int | None = None) -> Decimal | None:
    """`ceiling`, of a request at a target. `input_tokens` is `estimated_input`, where it has been asked for already."""
    facts = target.facts(request.model)
    if facts is None:
        return None
    if request.max_tokens is None:
        request, _ = with_default_limit(request, facts, target.dialect)
    longest = request.max_tokens or facts.output_tokens
    if longest is None and facts.local is None:
        return None
    tokens_in = _MARGIN * (estimated_input(request) if input_tokens is None else input_tokens)
    tokens_out = (longest or 0) * (request.n or 1)
    rates = None if request.service_tier else _rates(facts, today)
    if rates is not None:
        return (rates.input * tokens_in + rates.output * tokens_out) / _SOME
    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
    return cost_of(facts, usage, today=today, service_tier=request.service_tier).usd


class Rates(Struct, frozen=True):
    """Dollars for a million tokens, of a model of which each costs the same."""

    input: Decimal
    output: Decimal


def _rates(facts: ModelFacts, today: str) -> Rates | None:
    """`None` where a token costs more in a long request, or a request costs something by itself."""
    kept = _kept.get(id(facts))
    if kept is None or kept[0] is not facts or kept[1] != today:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        kept = _kept[id(facts)] = (facts, today, _found(facts, today))
    return kept[2]


_MOST_KEPT: Final = 1_024
_kept: dict[int, tuple[ModelFacts, str, Rates | None]] = {}
"""By the record itself, which has no hash: it is kept here, so that no other can have its place."""


def _found(facts: ModelFacts, today: str) -> Rates | None:
    prices = facts.prices_on(today, None)
    if facts.local is not None or prices is None or not prices.keys() >= {"input", "output"}:
        return None
    if "request" in prices or prices["input"].above or prices["output"].above:
        return None
    return Rates(prices["input"].base, prices["output"].base)


def estimated_input(request: Request) -> int:
    """About how many tokens the input is, with the schema of the answer where one is sent."""
    return by_rule(request) + _form_tokens(request)


def _form_tokens(request: Request) -> int:
    schema = request.output_format.schema if request.output_format is not None else None
    return 0 if schema is None else text_tokens(encode_json(schema).decode())
