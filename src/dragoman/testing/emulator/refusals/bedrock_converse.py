"""Amazon Bedrock. Whether it refuses fields that it does not know, nothing we have read says: no rule does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dragoman.messages import Request
from dragoman.testing.emulator.refusals.anthropic_schemas import SOURCES, faults
from dragoman.testing.emulator.refusals.base import Refusal, Refusals, Rule, Wire, objects, outside


def _refusal(message: str) -> Refusal:
    return Refusal(message, 400, {"message": message})


def _first_is_not_the_users(wire: Wire, _: Request) -> Iterator[Refusal]:
    for place, message in objects(wire.get("messages")):
        if place == 0 and message.get("role") == "assistant":
            yield _refusal(
                "A conversation must start with a user message. Try again with a conversation that starts with a user "
                "message."
            )


def _temperature(wire: Wire, request: Request) -> Iterator[Refusal]:
    for _place, config in objects([wire.get("inferenceConfig")]):
        yield from _OUTSIDE(config, request)


def _out_of_range(value: float) -> Refusal:
    side, limit = ("less", 1) if value > 1 else ("greater", 0)
    return _refusal(
        f"Value '{value:g}' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value "
        f"{side} than or equal to {limit}"
    )


def _schemas(_: Wire, request: Request) -> Iterator[Refusal]:
    form = request.output_format
    schemas = [form.schema] if form is not None and _HELD_TO_SCHEMAS.search(request.model) else []
    for _place, schema in objects(schemas):
        for fault in faults(schema):
            yield _refusal(f"The model returned the following errors: output_config.format.schema: {fault}")


_HELD_TO_SCHEMAS: Final = re.compile(r"claude-[a-z]+-\d")
"""Claude 4 and later. Claude 3 answered a schema that they refuse (recorded); what others take, nobody says."""

_OUTSIDE = outside("temperature", 0, 1, _out_of_range)

REFUSALS = Refusals(
    unknown_model=lambda _: _refusal("The provided model identifier is invalid."),
    own_names=("arn:",),  # profiles and provisioned models
    rules=(
        Rule(
            "a conversation that begins with the assistant",
            "github.com/langgenius/dify/issues/12340 (2025-01-03)",
            _first_is_not_the_users,
        ),
        Rule(
            "a temperature outside 0 to 1",
            "github.com/stdapi-ai/stdapi.ai/issues/224 (2026-09-10)",
            _temperature,
        ),
        Rule("Claude's: a form whose schema is outside its part of JSON Schema", SOURCES, _schemas),
    ),
)
