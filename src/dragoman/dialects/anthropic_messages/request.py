"""Requests, both ways: `encode_request` for those who ask, `decode_request` for those who are asked.

Encoding adds nothing the caller did not give: `max_tokens`, which the API demands, is the caller's to fill. Names that
only label (a file's name, the tool's name on a result, a schema's name, a media type beside a URL) have no place on
this wire and are left out without a word. Everything else that cannot be said becomes a `Loss`.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote

from dragoman.dialects.anthropic_messages.checks import optional, rejected, required, wanted
from dragoman.dialects.anthropic_messages.conversation import decode_conversation, encode_conversation
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.options import (
    decode_format,
    decode_reasoning,
    encode_format,
    encode_reasoning,
    unknown_options,
)
from dragoman.dialects.anthropic_messages.tools import decode_choice, decode_tools, encode_tools, unknown_choice
from dragoman.dialects.base import Encoded, Wire, merge_extra
from dragoman.dialects.losses import lose_settings
from dragoman.dialects.service_tiers import ANTHROPIC
from dragoman.messages import Extra, Loss, OutputFormat, Request

_SAME: Final[dict[str, type]] = {
    "max_tokens": int,
    "temperature": float,
    "top_p": float,
    "top_k": int,
    "service_tier": str,
}
"""Fields with the same name and meaning on both sides."""

_WRITTEN: Final = tuple(name for name in _SAME if name != "service_tier")
"""Those whose values are the same, too."""

_NO_PLACE: Final = ("seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "n")
"""Fields this dialect does not have."""

_USER: Final = "user_id"


# ---------------------------------------------------------------------- canonical to wire


def encode_request(request: Request) -> Encoded:
    losses: list[Loss] = []
    wire: Wire = {"model": request.model}
    for name in _WRITTEN:
        value = getattr(request, name)
        if value is not None:
            wire[name] = value
    ANTHROPIC.write(request.service_tier, wire, "service_tier", losses)
    encode_conversation(request.messages, wire, losses)
    if request.tools or request.tool_choice is not None or request.parallel_tool_calls is not None:
        encode_tools(request, wire, losses)
    if request.reasoning is not None:
        encode_reasoning(request.reasoning, wire, losses)
    if request.output_format is not None:
        encode_format(request.output_format, wire, losses)
    if request.stop:
        wire["stop_sequences"] = list(request.stop)
    metadata = _encode_metadata(request, losses) if request.user is not None or request.metadata else None
    if metadata:
        wire["metadata"] = metadata
    if request.stream:
        wire["stream"] = True
    lose_settings(request, _NO_PLACE, losses)
    for extra in request.extra:
        merge_extra(wire, extra, NAME, "", losses)
    return Encoded(wire, tuple(losses))


def _encode_metadata(request: Request, losses: list[Loss]) -> Wire:
    """The user's id, the one thing that the API keeps with a call: `user`, or `metadata` as Anthropic's SDK has it."""
    said: Wire = {} if request.user is None else {_USER: request.user}
    for name, value in (request.metadata or {}).items():
        if name != _USER or not isinstance(value, str):
            why = "this dialect keeps a `user_id`, a text, and no more"
        elif said.setdefault(_USER, value) != value:
            why = "`user` says another"
        else:
            continue
        losses.append(Loss(effect="dropped", where=f"metadata.{name}", why=why))
    return said


# ---------------------------------------------------------------------- wire to canonical

_KNOWN: Final = frozenset(
    {*_SAME, "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "output_format"}
    | {"stop_sequences", "metadata", "stream"}
)


_PLAIN: Final = frozenset({*_SAME, "model", "messages", "system", "stop_sequences", "stream"})
"""The fields that most requests have no others beside."""


def decode_request(wire: Wire, path: str = "") -> Request:
    """The request in a body that came to `path`. Raises `Rejected` naming the first field that is wrong."""
    wanted(wire, dict, "body")
    model, streams = _named_in(path) if "/model" in path else (None, False)
    fields: Wire = {}
    for name, kind in _SAME.items():
        value = wire.get(name)
        if value is not None:
            fields[name] = value if type(value) is kind else wanted(value, kind, name)
    if "max_tokens" not in fields:
        raise rejected("max_tokens", "Field required")
    if not wire.keys() <= _PLAIN:
        _decode_special(wire, fields)
    return Request(
        model=model or required(wire, "model", str),
        messages=decode_conversation(wire),
        stream=optional(wire, "stream", bool) or streams,
        stop=_decode_stop(wire) if "stop_sequences" in wire else (),
        **fields,
    )


def _decode_special(wire: Wire, fields: Wire) -> None:
    metadata: Wire = optional(wire, "metadata", dict) or {}
    form = decode_format(wire)
    fields.update(
        tools=decode_tools(wire),
        **decode_choice(wire),
        output_format=form,
        reasoning=decode_reasoning(wire),
        user=optional(metadata, _USER, str, "metadata."),
        extra=_unknown(wire, metadata, form),
    )


_PLACES: Final = re.compile(
    r"/models/(?P<vertex>[^/?]+):(?P<raw>streamR|r)awPredict|/model/(?P<bedrock>[^/?]+)/invoke(?P<stream>-with-)?"
)


def _named_in(path: str) -> tuple[str | None, bool]:
    """The model and whether to stream, where the path says so: Vertex (`…/models/M:rawPredict`) and Bedrock
    (`/model/M/invoke`), which leave both out of the body.
    """
    place = _PLACES.search(path)
    if place is None:
        return None, False
    return unquote(place["vertex"] or place["bedrock"]), place["raw"] == "streamR" or place["stream"] is not None


def _decode_stop(wire: Wire) -> tuple[str, ...]:
    texts: list[Any] = optional(wire, "stop_sequences", list) or []
    return tuple(wanted(text, str, f"stop_sequences.{number}") for number, text in enumerate(texts))


def _unknown(wire: Wire, metadata: Wire, form: OutputFormat | None) -> tuple[Extra, ...]:
    """What has no canonical place, in its own place; of an object that is known in part, only the rest."""
    parts = {
        "metadata": {name: value for name, value in metadata.items() if name != _USER},
        "tool_choice": unknown_choice(wire),
        **unknown_options(wire, form),
    }
    fields = {name: value for name, value in wire.items() if name not in _KNOWN}
    fields.update({name: rest for name, rest in parts.items() if rest})
    return (Extra(fields=fields, dialect=NAME),) if fields else ()
