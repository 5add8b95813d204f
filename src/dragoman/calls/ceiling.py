"""What one request may cost at worst, told before it is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from dragoman.calls.call import Call
from dragoman.calls.estimate import by_rule, text_tokens
from dragoman.calls.prepare import with_default_limit
from dragoman.catalog import cost_of
from dragoman.messages import Request, Usage, encode_json

_MARGIN: Final = 2
"""Input is taken for twice its estimate: see `calls.estimate` for how far that is off."""


def ceiling(call: Call, input_tokens: int | None = None) -> Decimal | None:
    """US dollars, or `None` where the price or the longest answer is not known.

    The answer is taken to be as long as `max_tokens` allows, or as the model can write. `input_tokens` is
    `estimated_input` of the request, where it has been asked for already.
    """
    target, request = call.target, call.request
    facts = target.facts(request.model)
    if facts is None:
        return None
    request, _ = with_default_limit(request, facts, target.dialect)
    longest = request.max_tokens or facts.output_tokens
    if longest is None and facts.local is None:
        return None
    usage = Usage(
        input_tokens=_MARGIN * (estimated_input(request) if input_tokens is None else input_tokens),
        output_tokens=(longest or 0) * (request.n or 1),
    )
    return cost_of(facts, usage, today=call.today(), service_tier=request.service_tier).usd


def estimated_input(request: Request) -> int:
    """About how many tokens the input is, with the schema of the answer where one is sent."""
    return by_rule(request) + _form_tokens(request)


def _form_tokens(request: Request) -> int:
    schema = request.output_format.schema if request.output_format is not None else None
    return 0 if schema is None else text_tokens(encode_json(schema).decode())
