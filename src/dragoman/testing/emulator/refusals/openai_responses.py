"""OpenAI, asked for responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dragoman.messages import Request
from dragoman.testing.emulator.refusals.base import Refusal, Refusals, Rule, Wire, objects, outside, unknown_fields
from dragoman.testing.emulator.refusals.openai_chat import outside_of_temperature, refusal
from dragoman.testing.emulator.refusals.openai_schemas import SOURCES, faults

_FIELDS: Final = frozenset({
    "access_programs", "background", "context_management", "conversation", "image", "include", "input", "instructions",
    "max_output_tokens", "max_tool_calls", "metadata", "model", "moderation", "parallel_tool_calls",
    "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning",
    "safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature", "text", "tool_choice",
    "tools", "top_logprobs", "top_p", "truncation", "user",
})  # fmt: skip
"""Those of the official client (openai 3.52.0, read 2026-11-21)."""


def _strict_tools(wire: Wire, _: Request) -> Iterator[Refusal]:
    for place, tool in objects(wire.get("tools")):
        for _at, schema in objects([tool.get("parameters")] if tool.get("strict") else []):
            for fault in faults(schema, f"function '{tool.get('name')}'"):
                yield refusal(fault, f"tools[{place}].parameters", "invalid_function_parameters")


def _strict_form(wire: Wire, _: Request) -> Iterator[Refusal]:
    for _place, text in objects([wire.get("text")]):
        for _at, form in objects([text.get("format")]):
            for _of, schema in objects([form.get("schema")] if form.get("strict") else []):
                for fault in faults(schema, f"response_format '{form.get('name')}'"):
                    yield refusal(fault, "text.format.schema", "invalid_json_schema")


REFUSALS = Refusals(
    unknown_model=lambda name: refusal(f"The requested model '{name}' does not exist.", "model", "model_not_found"),
    rules=(
        Rule(
            "a field that it does not know",
            "github.com/pydantic/pydantic-ai/issues/3653, github.com/bestruirui/octopus/issues/31 (2025-12-23)",
            unknown_fields(
                _FIELDS, lambda name, _: refusal(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
            ),
        ),
        Rule(
            "a strict tool whose schema is outside its part of JSON Schema, a parameter not required for one",
            SOURCES,
            _strict_tools,
        ),
        Rule("a strict form whose schema is so", SOURCES, _strict_form),
        Rule(
            "a temperature outside 0 to 2",
            "recorded: gpt-4o, status 400; platform.openai.com/docs/api-reference/responses/create",
            outside("temperature", 0, 2, outside_of_temperature),
        ),
    ),
)
