"""What one request may cost at worst, told before it is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from dragoman.calls.call import Call
from dragoman.calls.estimate import by_rule, text_tokens
from dragoman.calls.known import Known
from dragoman.calls.prepare import with_default_limit
from dragoman.calls.target import Target
from dragoman.calls.worst_input import TEXT_ALONE, worst_input
from dragoman.catalog import cost_of, flat_rates
from dragoman.messages import Request, encode_json

_SOME: Final = 1_000_000
"""Tokens, to find out what one costs."""


def ceiling(call: Call) -> Decimal | None:
    """US dollars, or `None` where the price or the longest answer is not known.

    The answer is taken to be as long as `max_tokens` allows, or as the model can write.
    """
    return ceiling_at(call.target, call.request, call.today())


def ceiling_at(
    target: Target, request: Request, today: str, input_tokens: int | None = None, known: Known | None = None
) -> Decimal | None:
    """`ceiling`, of a request at a target. `input_tokens` is `estimated_input`, where it has been asked for already,
    and `known` what is known of the target, where the request is for its model.
    """
    facts = target.facts(request.model) if known is None else known.facts()
    if facts is None:
        return None
    if request.max_tokens is None and target.dialect.default_max_tokens is not None:
        request, _ = with_default_limit(request, facts, target.dialect)
    said, answers = request.max_tokens, request.n
    longest = said if said is not None and said > 0 else facts.output_tokens  # Ollama's -1 is no limit
    if longest is None and facts.local is None:
        return None
    if input_tokens is None:
        input_tokens = estimated_input(request)
    beside = worst_input(request, target.dialect.name)
    tokens_in = beside.tokens(facts, input_tokens)
    if tokens_in is None:
        return None
    tokens_out = (longest or 0) * (answers if answers is not None and answers > 1 else 1)
    rates = None if request.service_tier or beside is not TEXT_ALONE else flat_rates(facts, today)
    if rates is not None:
        return (rates.input * tokens_in + rates.output * tokens_out) / _SOME
    usage = beside.usage(tokens_in, tokens_out)
    usual = cost_of(facts, usage, today=today).usd
    asked = cost_of(facts, usage, today=today, service_tier=request.service_tier).usd if request.service_tier else usual
    return asked if asked is None or usual is None else max(usual, asked)  # which is paid is for the provider to say


def estimated_input(request: Request) -> int:
    """About how many tokens the input is, with the schema of the answer where one is sent."""
    form = request.output_format
    if form is None or form.schema is None:
        return by_rule(request)
    return by_rule(request) + text_tokens(encode_json(form.schema).decode())
