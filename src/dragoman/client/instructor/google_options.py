"""Options as Google's SDK and Instructor's programs for it say them: `config`, `generation_config` and their like.

What we have a name for gets ours, and holds at any provider; the rest is Google's, and goes into the body in its words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from dragoman.errors import ConfigurationError

_CONFIGS: Final = ("config", "generation_config")
"""An object of `types.GenerateContentConfig`, or its fields; Instructor's has OpenAI's names among them."""

_OWN: Final = {
    "max_output_tokens": "max_tokens",
    "stop_sequences": "stop",
    "candidate_count": "n",
    "system_instruction": "system",
    "response_logprobs": "logprobs",
    "logprobs": "top_logprobs",
} | {
    name: name
    for name in (
        "max_tokens", "temperature", "top_p", "top_k", "stop", "seed", "presence_penalty", "frequency_penalty", "n",
    )
}  # fmt: skip
"""Field of a configuration → our option."""

_BESIDE: Final = {"safety_settings": "safetySettings", "cached_content": "cachedContent", "labels": "labels"}
"""What stands beside Google's `generationConfig` in the body, not in it."""

_ELSEWHERE: Final = {
    "tools": "pass tools=",
    "tool_config": "pass tool_choice=",
    "http_options": "pass timeout= and headers=, or make the client with them",
    "response_mime_type": "response_model= says what the answer is to be",
    "response_schema": "response_model= says what the answer is to be",
    "response_json_schema": "response_model= says what the answer is to be",
}
"""What is not taken from a configuration, and what to write instead."""

_SNAKE: Final = re.compile(r"_([a-z])")


def from_google_s(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` in our words. What a configuration says goes before an option of the same meaning.

    Raises `ConfigurationError` for what belongs elsewhere.
    """
    given = dict(options)
    fields = {name: given.pop(name) for name in (*_BESIDE, "thinking_config") if name in given}
    for name in _CONFIGS:
        if name in given:
            fields |= _fields_of(name, given.pop(name))
    if not fields:
        return given
    body, generation = dict[str, Any](), dict[str, Any]()
    for name, value in fields.items():
        if name in _OWN:
            given[_OWN[name]] = value
        elif name in _BESIDE:
            body[_BESIDE[name]] = _settings(value) if name == "safety_settings" else value
        elif not (name == "automatic_function_calling" and _fields_of(name, value).get("disable")):
            generation[_camel(name)] = _in_camels(value)
    if generation:
        body["generationConfig"] = generation
    return {**given, "extra_body": {**body, **(given.get("extra_body") or {})}} if body else given


def _fields_of(name: str, value: Any) -> dict[str, Any]:
    dump = getattr(value, "model_dump", None)
    fields = dump(mode="json", exclude_none=True) if dump is not None else value
    if not isinstance(fields, Mapping):
        raise ConfigurationError(f"{name}= is a GenerateContentConfig or its fields, not {type(value).__name__}")
    said = {each: said for each, said in cast("Mapping[str, Any]", fields).items() if said is not None}
    for field in said.keys() & _ELSEWHERE.keys():
        raise ConfigurationError(f"{name}: `{field}` is not taken from there: {_ELSEWHERE[field]}")
    return said


def _settings(value: Any) -> Any:
    """A list of settings, also as Instructor takes them: by category."""
    if isinstance(value, Mapping):
        by_category = cast("Mapping[Any, Any]", value)
        return [{"category": category, "threshold": threshold} for category, threshold in by_category.items()]
    return value


def _in_camels(value: Any) -> Any:
    """Google's SDK writes names_so; the body has them namesSo."""
    dump = getattr(value, "model_dump", None)
    value = dump(mode="json", exclude_none=True) if dump is not None else value
    if not isinstance(value, Mapping):
        return value
    return {_camel(name): _in_camels(said) for name, said in cast("Mapping[str, Any]", value).items()}


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda found: found[1].upper(), name)
