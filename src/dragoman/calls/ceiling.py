"""What one request may cost at worst, told before it is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from dragoman.calls.call import Call
from dragoman.calls.estimate import by_rule, text_tokens
from dragoman.calls.kept_input import names_kept_input
from dragoman.calls.known import Known
from dragoman.calls.prepare import with_default_limit
from dragoman.calls.target import Target
from dragoman.catalog import ModelFacts, cost_of, flat_rates
from dragoman.messages import (
    Audio,
    Document,
    Image,
    Opaque,
    Part,
    Request,
    ServerTool,
    ToolResult,
    Usage,
    Video,
    encode_json,
)

_MARGIN: Final = 2
"""Input is taken for twice its estimate at least: see `calls.estimate` for how far that is off."""
LONGEST: Final = 4
"""So many times its estimate text is at the very most: then each ASCII character is a token, and more of other text."""
_PICTURE: Final = 50_000
"""Tokens of a picture at most: gpt-4o-mini bills 2,833 and 5,667 for each of eight tiles (its makers' price page)."""
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
    tokens_in = _longest_input(request, facts, target.dialect.name, input_tokens)
    if tokens_in is None:
        return None
    tokens_out = (longest or 0) * (answers if answers is not None and answers > 1 else 1)
    rates = None if request.service_tier else flat_rates(facts, today)
    if rates is not None:
        return (rates.input * tokens_in + rates.output * tokens_out) / _SOME
    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
    return cost_of(facts, usage, today=today, service_tier=request.service_tier).usd


def _longest_input(request: Request, facts: ModelFacts, dialect: str, estimated: int) -> int | None:
    """How many tokens the input may be billed as; `None` where nothing tells.

    What is longer than the model can read is refused. What may be as long, whatever its size here, is taken for that:
    files, sound, films, what the provider has kept, what its own tools find.
    """
    pictures, others = _media_in(request)
    most = LONGEST * estimated + _PICTURE * pictures
    if facts.kind == "embedding":  # whose window is for one text of many
        return most
    window = facts.input_tokens or facts.context_tokens
    if others or (request.extra and names_kept_input(request, dialect)):
        if window is None:
            return None if facts.local is None else most
        return max(_MARGIN * estimated, window)
    return most if window is None else max(_MARGIN * estimated, min(most, window))


def _media_in(request: Request) -> tuple[int, bool]:
    """How many pictures there are, and whether there is anything of which only the provider knows how long it is."""
    pictures, others = 0, False
    parts: list[Part] = []
    for message in request.messages:
        if not isinstance(message.content, str):
            parts += message.content
    for part in parts:
        if isinstance(part, Image):
            pictures += 1
        elif isinstance(part, ToolResult) and not isinstance(part.content, str):
            parts += part.content
        else:
            others = others or _is_of_any_length(part)
    for tool in request.tools:
        if isinstance(tool, (ServerTool, Opaque)):
            others = True
    return pictures, others


def _is_of_any_length(part: Part) -> bool:
    if isinstance(part, Document):
        return part.text is None
    return isinstance(part, (Audio, Video)) or (isinstance(part, Opaque) and part.kind is None)


def estimated_input(request: Request) -> int:
    """About how many tokens the input is, with the schema of the answer where one is sent."""
    form = request.output_format
    if form is None or form.schema is None:
        return by_rule(request)
    return by_rule(request) + text_tokens(encode_json(form.schema).decode())
