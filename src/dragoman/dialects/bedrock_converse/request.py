"""Requests, both ways: `encode_request` for those who ask, `decode_request` for those who are asked.

Model and streaming are in the path. Names that only label (a file's name, the tool's name on a result) have no place on
this wire and are left out without a word. Everything else that cannot be said becomes a `Loss`.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote, unquote

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.bedrock_converse.conversation import decode_conversation, encode_conversation
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.options import (
    decode_format,
    decode_inference,
    decode_model_fields,
    encode_options,
    united,
)
from dragoman.dialects.bedrock_converse.reading import optional, rejected
from dragoman.dialects.bedrock_converse.tools import decode_choice, decode_tools, encode_tools, unknown_config
from dragoman.dialects.losses import lose_settings
from dragoman.dialects.service_tiers import BEDROCK
from dragoman.messages import Extra, JsonObject, Loss, Request

_NO_PLACE: Final = ("seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "user", "n")
"""Fields this dialect does not have."""


# ---------------------------------------------------------------------- canonical to wire


def path_of(request: Request) -> str:
    """Where a request goes: the model's id, which may be an ARN, as one segment."""
    return f"/model/{quote(request.model, safe='')}/converse{'-stream' if request.stream else ''}"


def encode_request(request: Request) -> Encoded:
    losses: list[Loss] = []
    wire: Wire = {}
    encode_conversation(request.messages, wire, losses)
    encode_options(request, wire, losses)
    encode_tools(request, wire, losses)
    if request.metadata is not None:
        wire["requestMetadata"] = _encode_metadata(request.metadata, losses)
    tier = BEDROCK.word_for(request.service_tier, losses)
    if tier is not None:
        wire["serviceTier"] = {"type": tier}
    lose_settings(request, _NO_PLACE, losses)
    for extra in request.extra:
        wire = _with_extra(wire, extra, losses)
    return Encoded(wire, tuple(losses))


def _encode_metadata(metadata: JsonObject, losses: list[Loss]) -> Wire:
    """What calls are found by in the logs: texts alone."""
    others = [name for name, value in metadata.items() if not isinstance(value, str)]
    why = "what calls are found by in the logs is text"
    losses.extend(Loss(effect="dropped", where=f"metadata.{name}", why=why) for name in others)
    return {name: value for name, value in metadata.items() if name not in others}


def _with_extra(wire: Wire, extra: Extra, losses: list[Loss]) -> Wire:
    """With what only this dialect knows put back; an object joins the one that is already there."""
    if extra.dialect in (None, NAME):
        return united(wire, {**extra.spelling, **extra.fields})
    why = f"only `{extra.dialect}` knows it"
    losses.extend(Loss(effect="dropped", where=name, why=why) for name in extra.fields)
    return wire


# ---------------------------------------------------------------------- wire to canonical

_PLACE: Final = re.compile(r"/model/(?P<model>[^?]+)/(?:converse(?P<stream>-stream)?|count-tokens)/?(?:\?|$)")

_KNOWN: Final = frozenset(
    {"messages", "system", "inferenceConfig", "outputConfig", "toolConfig", "additionalModelRequestFields"}
    | {"requestMetadata", "serviceTier", "modelId"}
)


def decode_request(wire: Wire, path: str = "") -> Request:
    """The request in a body that came to `path`. Raises `Rejected` naming the first field that is wrong.

    Without a path the model is looked for in `modelId`, where boto3's callers put it.
    """
    if not isinstance(wire, dict):  # pyright: ignore[reportUnnecessaryIsInstance]  # what came is not type-checked
        raise rejected("", "expected type: object")
    place = _PLACE.search(path)
    model = unquote(place["model"]) if place else (optional(wire, "modelId", str) or "")
    inference, rest_of_inference = decode_inference(wire)
    model_fields, rest_of_fields = decode_model_fields(wire, model)
    form, rest_of_output = decode_format(wire)
    config: Wire = optional(wire, "toolConfig", dict) or {}
    choice = decode_choice(config)
    tier, rest_of_tier = _decode_tier(wire)
    left = {
        "inferenceConfig": rest_of_inference,
        "additionalModelRequestFields": rest_of_fields,
        "outputConfig": rest_of_output,
        "toolConfig": unknown_config(config, choice),
        "serviceTier": rest_of_tier,
    }
    return Request(
        model=model,
        messages=decode_conversation(wire),
        tools=decode_tools(config),
        tool_choice=choice,
        output_format=form,
        stream=place is not None and place["stream"] is not None,
        service_tier=tier,
        metadata=optional(wire, "requestMetadata", dict),
        extra=_unknown(wire, left),
        **inference,
        **model_fields,
    )


def _decode_tier(wire: Wire) -> tuple[str | None, Wire]:
    tier: Wire = optional(wire, "serviceTier", dict) or {}
    return optional(tier, "type", str, "serviceTier"), {name: tier[name] for name in tier if name != "type"}


def _unknown(wire: Wire, left: dict[str, Wire]) -> tuple[Extra, ...]:
    """What has no canonical place, in its own place; of an object that is known in part, only the rest."""
    fields: dict[str, Any] = {name: value for name, value in wire.items() if name not in _KNOWN}
    fields.update({name: rest for name, rest in left.items() if rest})
    return (Extra(fields=fields, dialect=NAME),) if fields else ()
