"""Anthropic checks every field of a request: what it does not know it refuses by its path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dragoman.messages import Request
from dragoman.testing.emulator.refusals.anthropic_schemas import SOURCES, faults, too_optional
from dragoman.testing.emulator.refusals.base import Refusal, Refusals, Rule, Wire, objects, outside, unknown_fields

_FIELDS: Final = frozenset({
    "cache_control", "compaction", "container", "context_management", "diagnostics", "fallbacks", "inference_geo",
    "max_tokens", "mcp_servers", "messages", "metadata", "model", "output_config", "output_format", "service_tier",
    "speed", "stop_sequences", "stream", "system", "temperature", "thinking", "thread", "tool_choice", "tools", "top_k",
    "top_p", "user_profile_id", "workspace_id",
    "anthropic_version",  # on Vertex AI, where it stands for the header
})  # fmt: skip
"""Those of the official client (anthropic 2.11.0, its beta parameters too, read 2026-11-21), and of older versions."""

_LEAST_BUDGET: Final = 1024


def _refusal(message: str, *, status: int = 400, kind: str = "invalid_request_error") -> Refusal:
    return Refusal(message, status, {"type": "error", "error": {"type": kind, "message": message}})


def _extra(where: str) -> Refusal:
    return _refusal(f"{where}: Extra inputs are not permitted")


def _fields_of_messages(wire: Wire, _: Request) -> Iterator[Refusal]:
    for place, message in objects(wire.get("messages")):
        yield from (_extra(f"messages.{place}.{name}") for name in message if name not in ("role", "content"))


def _empty_texts(wire: Wire, _: Request) -> Iterator[Refusal]:
    for _place, message in objects(wire.get("messages")):
        if any(part.get("type") == "text" and part.get("text") == "" for _, part in objects(message.get("content"))):
            yield _refusal("messages: text content blocks must be non-empty")


_NO_SYSTEM_TURNS: Final = re.compile(r"claude-(?:\d|instant|(?:opus|sonnet|haiku)-4(?!-[89]))")
"""Models before Opus 4.8, the first that takes the role `system` inside `messages`."""


def _system_turns(wire: Wire, request: Request) -> Iterator[Refusal]:
    places = [place for place, message in objects(wire.get("messages")) if message.get("role") == "system"]
    if places and _NO_SYSTEM_TURNS.match(request.model):
        yield _refusal("role 'system' is not supported on this model")
    elif places[:1] == [0]:
        yield _refusal(
            "messages.0: use the top-level 'system' parameter for the initial system prompt; the directive-only form "
            "(content: [] with output_config) is accepted at any position"
        )


def _schemas_without_type(wire: Wire, _: Request) -> Iterator[Refusal]:
    for place, tool in objects(wire.get("tools")):
        schema = tool.get("input_schema")
        if isinstance(schema, dict) and "type" not in schema:
            yield _refusal(f"tools.{place}.custom.input_schema.type: Field required")


def _small_budget(_: Wire, request: Request) -> Iterator[Refusal]:
    budget = None if request.reasoning is None else request.reasoning.budget_tokens
    if budget is None:
        return
    if budget < _LEAST_BUDGET:
        yield _refusal(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}")
    if request.max_tokens is not None and budget >= request.max_tokens:
        yield _refusal("`max_tokens` must be greater than `thinking.budget_tokens`")


def _forced_while_thinking(_: Wire, request: Request) -> Iterator[Refusal]:
    budget = None if request.reasoning is None else request.reasoning.budget_tokens
    if budget is not None and request.tool_choice is not None and request.tool_choice.mode == "required":
        yield _refusal("Thinking may not be enabled when tool_choice forces tool use.")


def _enforced(wire: Wire) -> Iterator[tuple[str, Wire]]:
    """The schemas that answers are held to, with their places."""
    for _place, config in objects([wire.get("output_config")]):
        for _at, form in objects([config.get("format")]):
            yield from (("output_config.format.schema", schema) for _, schema in objects([form.get("schema")]))
    for _place, form in objects([wire.get("output_format")]):
        yield from (("output_format.schema", schema) for _, schema in objects([form.get("schema")]))
    for place, tool in objects(wire.get("tools")):
        if tool.get("strict"):
            yield from ((f"tools.{place}.custom", schema) for _, schema in objects([tool.get("input_schema")]))


def _schemas(wire: Wire, _: Request) -> Iterator[Refusal]:
    enforced = [*_enforced(wire)]
    for where, schema in enforced:
        yield from (_refusal(f"{where}: {fault}") for fault in faults(schema))
    yield from map(_refusal, too_optional([schema for _, schema in enforced]))


REFUSALS = Refusals(
    unknown_model=lambda name: _refusal(f"model: {name}", status=404, kind="not_found_error"),
    models="home",
    rules=(
        Rule(
            "a field that it does not know",
            "github.com/RooCodeInc/Roo-Code/issues/11429 (2026-02-12)",
            unknown_fields(_FIELDS, lambda name, _: _extra(name)),
        ),
        Rule(
            "a field of a message beside `role` and `content`",
            "github.com/RooCodeInc/Roo-Code/issues/11429 (2026-02-12)",
            _fields_of_messages,
        ),
        Rule(
            "an empty text part",
            "github.com/anthropics/claude-code/issues/59812 (2026-05-16)",
            _empty_texts,
        ),
        Rule(
            "the role `system` inside `messages`, first there or at all on models before Opus 4.8",
            "github.com/LeenHawk/gproxy/issues/209 (2026-09-04), "
            "github.com/anthropics/claude-code/issues/61242 (2026-05-21)",
            _system_turns,
        ),
        Rule(
            "a tool whose schema has no `type`",
            "recorded: claude-sonnet-4-6, status 400",
            _schemas_without_type,
        ),
        Rule("a form or a strict tool whose schema is outside its part of JSON Schema", SOURCES, _schemas),
        Rule(
            "a temperature outside 0 to 1",
            "github.com/anthropics/anthropic-sdk-python/issues/893 (2025-03-05, answered 2026-08-05)",
            outside("temperature", 0, 1, lambda _: _refusal("temperature: range: 0..1")),
        ),
        Rule(
            "a budget for thinking below 1,024 tokens, or not below `max_tokens`",
            "github.com/themaximalist/llm.js/issues/30 (2026-08-19), github.com/tetsuo-ai/agenc-core/pull/2398",
            _small_budget,
        ),
        Rule(
            "a tool that must be called, of a model that was given a budget for thinking",
            "github.com/can1357/oh-my-pi/issues/341 (2026-03-09); not so of adaptive thinking: "
            "github.com/pydantic/pydantic-ai/issues/7195 (2026-08-05)",
            _forced_while_thinking,
        ),
    ),
)
