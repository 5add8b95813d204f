"""Requests, both ways: `encode_request` for those who ask, `decode_request` for those who are asked.

The model and whether to stream are in the path. Names that only label (a file's name, a schema's name) have no place
on this wire and are left out without a word, as are Gemini's own citations of an answer that goes back: they never
were part of a turn. Everything else that cannot be said becomes a `Loss`.
"""

from __future__ import annotations

from typing import Final

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.gemini.checks import optional, required, wanted
from dragoman.dialects.gemini.conversation import decode_conversation, encode_conversation
from dragoman.dialects.gemini.extras import restore
from dragoman.dialects.gemini.models import named_in
from dragoman.dialects.gemini.name import NAME
from dragoman.dialects.gemini.options import decode_options, encode_options, unknown_options
from dragoman.dialects.gemini.spelling import request_in_camel_case
from dragoman.dialects.gemini.tools import decode_choice, decode_tools, encode_tools, unknown_choice
from dragoman.dialects.losses import lose_settings
from dragoman.dialects.service_tiers import GEMINI
from dragoman.messages import Extra, Loss, Request

_NO_PLACE: Final = ("user", "metadata")
"""Fields this dialect does not have."""

# ---------------------------------------------------------------------- canonical to wire


def encode_request(request: Request) -> Encoded:
    losses: list[Loss] = []
    wire: Wire = {}
    encode_conversation(request.messages, request.model, wire, losses)
    encode_tools(request, wire, losses)
    config = encode_options(request, losses)
    if config:
        wire["generationConfig"] = config
    GEMINI.write(request.service_tier, wire, "serviceTier", losses)
    lose_settings(request, _NO_PLACE, losses)
    for extra in request.extra:
        restore(wire, extra, "", losses)
    return Encoded(wire, tuple(losses))


# ---------------------------------------------------------------------- wire to canonical

_KNOWN: Final = frozenset(
    {"model", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier"}
)


def decode_request(wire: Wire, path: str = "") -> Request:
    """The request in a body that came to `path`. Raises `Rejected` naming the first field that is wrong."""
    wire = request_in_camel_case(wanted(wire, dict, "body"))
    model, stream = named_in(path)
    if model is None:
        model = named_in(f"/{required(wire, 'model', str, '')}:")[0] or wire["model"]
    config: Wire = optional(wire, "generationConfig", dict) or {}
    return Request(
        model=model,
        messages=decode_conversation(wire, model),
        tools=decode_tools(wire),
        tool_choice=decode_choice(wire),
        **decode_options(config, model),
        service_tier=optional(wire, "serviceTier", str),
        stream=stream,
        extra=_unknown(wire, config),
    )


def _unknown(wire: Wire, config: Wire) -> tuple[Extra, ...]:
    """What has no canonical place, in its own place; of an object that is known in part, only the rest."""
    fields = {name: value for name, value in wire.items() if name not in _KNOWN}
    parts = {"toolConfig": unknown_choice(wire), "generationConfig": unknown_options(config)}
    fields.update({name: rest for name, rest in parts.items() if rest})
    return (Extra(fields=fields, dialect=NAME),) if fields else ()
