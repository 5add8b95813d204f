"""What a model can do, from LiteLLM's flags and the rules of its provider's wire."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Row = dict[str, Any]

_WORDS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_USUAL = ("low", "medium", "high")


class Wire(NamedTuple):
    """What a provider's API offers for structured output, whatever the model.

    Attributes:
        json_object: Whether it has a JSON mode without a schema.
        schema_flag: LiteLLM's flag that means the provider itself constrains the answer to a schema; `None`: it never
            does, whatever the flags say.
        grammar: Whether it takes a grammar.
    """

    json_object: bool = False
    schema_flag: str | None = "supports_response_schema"
    grammar: bool = False


WIRES = {
    # Each provider's API reference, November 2026
    "openai": Wire(json_object=True),
    "anthropic": Wire(schema_flag="supports_native_structured_output"),
    "google": Wire(json_object=True),
    "vertex": Wire(schema_flag="supports_native_structured_output"),
    "mistral": Wire(json_object=True),
    "cohere": Wire(json_object=True),
    "perplexity": Wire(),
    "groq": Wire(json_object=True),
    "cerebras": Wire(json_object=True),
    "fireworks": Wire(json_object=True, grammar=True),
    "deepseek": Wire(json_object=True, schema_flag=None),
    "xai": Wire(),
    "together": Wire(json_object=True),
    "moonshot": Wire(json_object=True, schema_flag=None),
    "zai": Wire(json_object=True, schema_flag=None),
    "minimax": Wire(schema_flag=None),
    "dashscope": Wire(json_object=True, schema_flag=None),
    "sambanova": Wire(json_object=True),
    "deepinfra": Wire(json_object=True),
    "bedrock": Wire(schema_flag="supports_bedrock_native_structured_output"),
}

_TOO_OLD_FOR_JSON = re.compile(
    r"^(gpt-4|gpt-4-0314|gpt-4-0613|gpt-4-32k.*|gpt-3\.5-turbo-(0301|0613|16k.*)|o1-(mini|preview).*)$"
)
"""OpenAI's models from before JSON mode (November 2023), and the two first that reason."""


def formats(provider: str, name: str, row: dict[str, Any]) -> list[str]:
    """The forms of answer the provider holds this model to."""
    wire = WIRES.get(provider, Wire())
    found: list[str] = []
    if wire.schema_flag and row.get(wire.schema_flag):
        found.append("json_schema")
    if wire.json_object and not _TOO_OLD_FOR_JSON.match(name):
        found.append("json_object")
    if wire.grammar:
        found.append("grammar")
    return found


class Rule(NamedTuple):
    """How models of a name are asked to think, where the flags do not say."""

    provider: str
    pattern: str
    efforts: tuple[str, ...] = ()
    budget: bool = False
    can_disable: bool | None = None
    refuses_sampling: bool | None = None


RULES = (
    # developers.openai.com/api/docs/guides/reasoning, November 2026: reasoning models refuse temperature and top_p
    Rule("openai", r"^o1-(mini|preview)", can_disable=False, refuses_sampling=True),
    Rule("openai", r"^(o1|o3|o4)", _USUAL, can_disable=False, refuses_sampling=True),
    Rule("openai", r"^gpt-5(-mini|-nano)?(-\d{4}.*)?$", ("minimal", *_USUAL), can_disable=False, refuses_sampling=True),
    Rule("openai", r"^gpt-5-pro", ("high",), can_disable=False, refuses_sampling=True),
    Rule("openai", r"^gpt-(5|6)", _USUAL, refuses_sampling=True),
    # platform.claude.com/docs/en/build-with-claude/extended-thinking, November 2026
    Rule("anthropic", r"^claude-(3-7|(opus|sonnet)-4|4|haiku-4)", budget=True, can_disable=True, refuses_sampling=True),
    Rule("vertex", r"claude-(3-7|(opus|sonnet)-4|4|haiku-4)", budget=True, can_disable=True, refuses_sampling=True),
    Rule("bedrock", r"claude-(3-7|(opus|sonnet)-4|4|haiku-4)", budget=True, can_disable=True, refuses_sampling=True),
    # ai.google.dev/gemini-api/docs/thinking, November 2026: 2.5 has a budget, 3 and later have levels
    Rule("google", r"^gemini-2\.5-pro", budget=True, can_disable=False),
    Rule("google", r"^gemini-2\.5", budget=True, can_disable=True),
    Rule("google", r"^gemini-3(\.\d)?-pro", ("low", "high"), can_disable=False),
    Rule("google", r"^gemini-3(\.\d)?-flash", ("minimal", *_USUAL), can_disable=False),
    # api-docs.deepseek.com/guides/thinking_mode, November 2026
    Rule("deepseek", r"^deepseek-(v4|flash)", ("low", "high", "max"), can_disable=True),
    Rule("deepseek", r"^deepseek-reasoner", can_disable=False),
    # docs.z.ai/guides/capabilities/thinking-mode, November 2026
    Rule("zai", r"^glm-5\.3", ("low", "high", "max"), can_disable=False),
    Rule("zai", r"^glm-(4\.[5-9]|5)", can_disable=True),
    # platform.kimi.ai/docs, November 2026: thinking models take temperature 1 only
    Rule("moonshot", r"^kimi-(k2-thinking)", can_disable=False, refuses_sampling=True),
    Rule("moonshot", r"^kimi-", ("low", "high"), refuses_sampling=True),
    Rule("dashscope", r"^qwen", budget=True),
    Rule("", r"gpt-oss", _USUAL, can_disable=False),
    Rule("cohere", r"command-a-(reasoning|plus)", budget=True, can_disable=True),
)


def reasoning(provider: str, name: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """How the model thinks, `None` when it does not."""
    if not row.get("supports_reasoning"):
        return None
    rule = next((r for r in RULES if r.provider in {"", provider} and re.search(r.pattern, name)), Rule(provider, ""))
    efforts = _efforts(row) or list(rule.efforts)
    known: Row = {
        "efforts": efforts,
        "budget": rule.budget
        and not (row.get("supports_adaptive_thinking") and not row.get("supports_legacy_thinking")),
        "can_disable": _can_disable(row, efforts, rule),
        "refuses_sampling": True if row.get("supports_sampling_params") is False else rule.refuses_sampling,
    }
    unsaid: Row = {"efforts": [], "budget": False, "can_disable": None, "refuses_sampling": None}
    return {key: value for key, value in known.items() if value != unsaid[key]}


def _efforts(row: dict[str, Any]) -> list[str]:
    """The words of effort, from the list or from the flag of each that is not usual."""
    if row.get("reasoning_effort_levels"):
        return [word for word in _WORDS if word in row["reasoning_effort_levels"]]
    flags = {word: row.get(f"supports_{word}_reasoning_effort") for word in _WORDS}
    if not any(flags.values()) and not row.get("supports_output_config"):
        return []
    return [word for word in _WORDS if word in _USUAL or flags[word]]


def _can_disable(row: dict[str, Any], efforts: list[str], rule: Rule) -> bool | None:
    if row.get("thinking_always_on") is not None:
        return not row["thinking_always_on"]
    if "none" in efforts:
        return True
    if row.get("supports_none_reasoning_effort") is False:
        return False
    return True if row.get("supports_adaptive_thinking") else rule.can_disable
