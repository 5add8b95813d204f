"""Cohere names the field that it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dragoman.messages import Request
from dragoman.testing.emulator.refusals.base import Refusal, Refusals, Rule, Wire, objects, unknown_fields

_FIELDS: Final = frozenset({
    "citation_options", "documents", "frequency_penalty", "k", "logprobs", "max_tokens", "messages", "model", "p",
    "presence_penalty", "priority", "response_format", "safety_mode", "seed", "stop_sequences", "stream",
    "strict_tools", "temperature", "thinking", "tool_choice", "tools",
})  # fmt: skip
"""Those of the official client (cohere 7.3.1, read 2026-11-21)."""

_OF_FUNCTIONS: Final = frozenset({"name", "description", "parameters"})


def _unknown(name: str) -> Refusal:
    message = (
        f"unknown field: parameter '{name}' is not a valid field. For proper usage, please refer to "
        "https://docs.cohere.com/reference/chat"
    )
    return Refusal(message, 422, {"message": message})


def _fields_of_functions(wire: Wire, _: Request) -> Iterator[Refusal]:
    for _place, tool in objects(wire.get("tools")):
        for _at, function in objects([tool.get("function")]):
            yield from (_unknown(name) for name in function if name not in _OF_FUNCTIONS)


def _unknown_model(name: str) -> Refusal:
    message = (
        f"model '{name}' not found, make sure the correct model ID was used and that you have access to the model."
    )
    return Refusal(message, 404, {"message": message})


REFUSALS = Refusals(
    unknown_model=_unknown_model,
    models="home",
    further=frozenset({"command-a-reasoning-08-2025", "command-a-vision-07-2025"}),  # both recorded
    rules=(
        Rule(
            "a field that it does not know",
            "github.com/cohere-ai/notebooks/issues/226 (2024-10-03)",
            unknown_fields(_FIELDS, lambda name, _: _unknown(name)),
        ),
        Rule(
            "a field of a tool's function that it does not know, `strict` for one",
            "github.com/OpenRouterTeam/openrouter-examples/issues/71 (2026-03-23)",
            _fields_of_functions,
        ),
    ),
)
