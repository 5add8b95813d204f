"""Mistral checks the body of a request as Pydantic does, and answers what that says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dragoman.messages import Request
from dragoman.testing.emulator.refusals.base import Refusal, Refusals, Rule, Wire, objects, unknown_fields

_FIELDS: Final = frozenset({
    "frequency_penalty", "guardrails", "logprobs", "max_tokens", "messages", "metadata", "min_tokens", "model", "n",
    "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_logprobs", "prompt_mode",
    "random_seed", "reasoning_effort", "repetition_penalty", "response_format", "safe_prompt", "service_tier", "stop",
    "stream", "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p", "top_prompt_logprobs",
})  # fmt: skip
"""Those of the official client (mistralai 3.7.0, read 2026-11-21)."""

_OUTPUT_ONLY: Final = ("reasoning_content",)
"""What the messages of other hosts bring back, and this one refuses."""


def _extra(where: list[str | int], value: Any) -> Refusal:
    found = {
        "type": "extra_forbidden",
        "loc": ["body", *where],
        "msg": "Extra inputs are not permitted",
        "input": value,
    }
    said = f"{'.'.join(map(str, where))}: Extra inputs are not permitted"
    body = {
        "object": "error",
        "message": {"detail": [found]},
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    return Refusal(said, 422, body)


def _fields_of_messages(wire: Wire, _: Request) -> Iterator[Refusal]:
    for place, message in objects(wire.get("messages")):
        for name in _OUTPUT_ONLY:
            if name in message:
                yield _extra(["messages", place, str(message.get("role")), name], message[name])


def _unknown_model(name: str) -> Refusal:
    message = f"Invalid model: {name}"
    body = {
        "object": "error",
        "message": message,
        "type": "invalid_model",
        "param": None,
        "code": "1500",
        "raw_status_code": 400,
    }
    return Refusal(message, 400, body)


REFUSALS = Refusals(
    unknown_model=_unknown_model,
    models="home",
    rules=(
        Rule(
            "a field that it does not know",
            "github.com/editor-code-assistant/eca/issues/231 (2025-12-12)",
            unknown_fields(_FIELDS, lambda name, value: _extra([name], value)),
        ),
        Rule(
            "`reasoning_content` in a message that comes back",
            "github.com/charmbracelet/crush/issues/1590 (2025-12-10)",
            _fields_of_messages,
        ),
    ),
)
