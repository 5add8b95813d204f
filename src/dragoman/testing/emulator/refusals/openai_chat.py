"""OpenAI, asked for chat completions. Other hosts of the dialect know fields that it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dragoman.catalog import find_model
from dragoman.messages import Request
from dragoman.testing.emulator.customs.openai_chat import CUSTOMS
from dragoman.testing.emulator.refusals.base import Refusal, Refusals, Rule, Wire, objects, outside, unknown_fields
from dragoman.testing.emulator.refusals.openai_schemas import SOURCES, faults

_FIELDS: Final = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n", "parallel_tool_calls", "prediction",
    "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort",
    "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options",
    "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
})  # fmt: skip
"""Those of the official client (openai 3.52.0, read 2026-11-21)."""

_PARTS: Final = {
    "user": ("text", "image_url", "input_audio", "file"),
    "system": ("text",),
    "developer": ("text",),
    "assistant": ("text", "refusal"),
}
"""The parts that content may have, by role: ChatCompletion…MessageParam in openai 3.52.0."""


def refusal(message: str, param: str | None = None, code: str | None = None, *, status: int = 400) -> Refusal:
    """A refusal in OpenAI's manner."""
    details = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refusal(message, status, {"error": details})


def outside_of_temperature(value: float) -> Refusal:
    """The words that both of OpenAI's interfaces have for it."""
    side, sign, limit, code = ("above maximum", "<=", 2, "max") if value > 0 else ("below minimum", ">=", 0, "min")
    message = (
        f"Invalid 'temperature': decimal {side} value. Expected a value {sign} {limit}, but got {value:g} instead."
    )
    return refusal(message, "temperature", f"decimal_{side.split()[0]}_{code}_value")


def _unknown(name: str, _: Any) -> Refusal:
    return refusal(f"Unrecognized request argument supplied: {name}")


def _parts(wire: Wire, _: Request) -> Iterator[Refusal]:
    for place, message in objects(wire.get("messages")):
        known = _PARTS.get(message.get("role", ""))
        for at, part in objects(message.get("content")):
            if known is not None and part.get("type") not in known:
                yield _part(str(part.get("type")), f"messages[{place}].content[{at}].type", known)


def _part(kind: str, where: str, known: tuple[str, ...]) -> Refusal:
    words = " and ".join(filter(None, (", ".join(f"'{name}'" for name in known[:-1]), f"'{known[-1]}'")))
    return refusal(f"Invalid value: '{kind}'. Supported values are: {words}.", where, "invalid_value")


def _sounds(wire: Wire, request: Request) -> Iterator[Refusal]:
    for place, message in objects(wire.get("messages")):
        if any(part.get("type") == "input_audio" for _, part in objects(message.get("content"))) and _is_deaf(request):
            where = f"messages[{place}]"
            why = f"Invalid '{where}'. Content blocks are expected to be either text or image_url type."
            yield refusal(why, where, "invalid_value")


def _is_deaf(request: Request) -> bool:
    facts = find_model(CUSTOMS.price_list, request.model)
    return facts is not None and "audio" not in facts.input


def _two_limits(wire: Wire, _: Request) -> Iterator[Refusal]:
    if wire.get("max_tokens") is not None and wire.get("max_completion_tokens") is not None:
        why = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        yield refusal(why, "max_tokens", "invalid_parameter_combination")


_NOT_WHEN_THINKING: Final = {"max_tokens": " Use 'max_completion_tokens' instead.", "stop": ""}


def _not_when_thinking(wire: Wire, request: Request) -> Iterator[Refusal]:
    for name, instead in _NOT_WHEN_THINKING.items():
        if wire.get(name) is not None and _thinks(request):
            why = f"Unsupported parameter: '{name}' is not supported with this model.{instead}"
            yield refusal(why, name, "unsupported_parameter")


def _thinks(request: Request) -> bool:
    facts = find_model(CUSTOMS.price_list, request.model)
    return facts is not None and facts.reasoning is not None


def holds_to_schemas(request: Request) -> bool:
    """Whether the model knows what strict is: older ones answer as if it were not said (recorded: gpt-3.5-turbo)."""
    facts = find_model(CUSTOMS.price_list, request.model)
    return facts is None or "json_schema" in facts.formats


def _strict_tools(wire: Wire, request: Request) -> Iterator[Refusal]:
    for place, tool in objects(wire.get("tools")):
        for _at, function in objects([tool.get("function")] if holds_to_schemas(request) else []):
            for _of, schema in objects([function.get("parameters")] if function.get("strict") else []):
                for fault in faults(schema, f"function '{function.get('name')}'"):
                    yield refusal(fault, f"tools[{place}].function.parameters", "invalid_function_parameters")


def _strict_form(wire: Wire, request: Request) -> Iterator[Refusal]:
    for _place, form in objects([wire.get("response_format")] if holds_to_schemas(request) else []):
        for _at, named in objects([form.get("json_schema")]):
            for _of, schema in objects([named.get("schema")] if named.get("strict") else []):
                for fault in faults(schema, f"response_format '{named.get('name')}'"):
                    yield refusal(fault, "response_format")


REFUSALS = Refusals(
    unknown_model=lambda name: refusal(
        f"The model `{name}` does not exist or you do not have access to it.", code="model_not_found", status=404
    ),
    rules=(
        Rule(
            "a field that it does not know",
            "github.com/coroot/coroot/issues/698 (2025-09-24), github.com/nashsu/llm_wiki/issues/336 (2026-06-04)",
            unknown_fields(_FIELDS, _unknown),
        ),
        Rule(
            "a part of a kind that the role may not have",
            "github.com/aallam/openai-kotlin/issues/320 (2024-04-09)",
            _parts,
        ),
        Rule("a sound for a model that does not hear", "recorded: gpt-5-mini, status 400", _sounds),
        Rule(
            "`max_tokens` beside `max_completion_tokens`",
            "github.com/langchain-ai/langgraph/issues/5943 (2025-08-19)",
            _two_limits,
        ),
        Rule(
            "`max_tokens` and `stop` for a model that thinks",
            "recorded: gpt-5-mini, status 400; github.com/griptape-ai/ComfyUI-Griptape/issues/312 (2025-08-22)",
            _not_when_thinking,
        ),
        Rule("a strict tool whose schema is outside its part of JSON Schema", SOURCES, _strict_tools),
        Rule("a strict form whose schema is so", SOURCES, _strict_form),
        Rule(
            "a temperature outside 0 to 2",
            "platform.openai.com/docs/api-reference/chat/create; the words are those recorded of /v1/responses",
            outside("temperature", 0, 2, outside_of_temperature),
        ),
    ),
)
