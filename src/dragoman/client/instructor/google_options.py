"""Options as Google's SDK and Instructor's programs for it say them: `config`, `generation_config` and their like.

What we have a name for gets ours, and holds at any provider; the rest is Google's, and goes into the body in its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from dragoman.client.aliases import under_own_names
from dragoman.errors import ConfigurationError
from dragoman.transport.carried.dumping import as_json

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
        "service_tier",
    )
}  # fmt: skip
"""Field of a configuration → our option."""

_BESIDE: Final = {
    "safety_settings": "safetySettings",
    "cached_content": "cachedContent",
    "labels": "labels",
    "model_armor_config": "modelArmorConfig",
    "continuation_token": "continuationToken",
    "store": "store",
}
"""What stands beside Google's `generationConfig` in the body, not in it."""

_ELSEWHERE: Final = {
    "tools": "pass tools=",
    "tool_config": "pass tool_choice=",
    "http_options": "pass timeout= and headers=, or make the client with them",
    "response_mime_type": "response_model= says what the answer is to be",
    "response_schema": "response_model= says what the answer is to be",
    "response_json_schema": "response_model= says what the answer is to be",
    "should_return_http_response": "create_with_completion gives the answer beside the value",
}
"""What is not taken from a configuration, and what to write instead."""

_ALONE: Final = (
    "thinking_config", "system_instruction", "candidate_count", "response_logprobs", "automatic_function_calling",
    "safety_settings", "cached_content", "labels",
    "tool_config", "http_options", "response_mime_type", "response_schema", "response_json_schema",
)  # fmt: skip
"""Fields of a configuration that are nobody else's option, and mean the same without one."""

_SNAKE: Final = re.compile(r"_([a-z])")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


def from_google_s(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` in our words. What a configuration says goes before an option of the same meaning, and what
    `extra_body` says before both.

    Raises `ConfigurationError` for what belongs elsewhere.
    """
    given = dict(options)
    fields = {name: given.pop(name) for name in _ALONE if name in given}
    for name in fields:
        _refuse(name, f"{name}=")
    for name in _CONFIGS:
        if name in given:
            fields |= _fields_of(name, given.pop(name))
    if not fields:
        return given
    _check_calling(fields.pop("automatic_function_calling", None))
    body, generation = dict[str, Any](), dict[str, Any]()
    for name, value in fields.items():
        if name in _OWN:
            given[_OWN[name]] = _READ.get(name, _as_it_is)(value)
        elif name in _BESIDE:
            body[_BESIDE[name]] = _settings(value) if name == "safety_settings" else value
        else:
            generation[_camel(name)] = _in_camels(value)
    if generation:
        body["generationConfig"] = generation
    return {**given, "extra_body": _merged(body, given.get("extra_body") or {})} if body else given


def _fields_of(name: str, value: Any) -> dict[str, Any]:
    """The fields that are said, under the names that the SDK has in Python; a dict may have those of the wire."""
    dump = getattr(value, "model_dump", None)
    fields = dump(mode="json", exclude_none=True) if dump is not None else value
    if not isinstance(fields, Mapping):
        raise ConfigurationError(f"{name}= is a GenerateContentConfig or its fields, not {type(value).__name__}")
    named = cast("Mapping[str, Any]", fields)
    said = under_own_names(named, {field: _snake(field) for field in named})
    for field in said:
        _refuse(field, f"{name}: `{field}`")
    return said


def _refuse(field: str, where: str) -> None:
    if field in _ELSEWHERE:
        raise ConfigurationError(f"{where} is not taken here: {_ELSEWHERE[field]}")


def _check_calling(calling: Any) -> None:
    if calling is not None and not _fields_of("automatic_function_calling", calling).get("disable"):
        raise ConfigurationError(
            "`automatic_function_calling` is not taken, no function is called by itself: leave it out, "
            "and call llm.run_tools(response, tools) with the answer of llm.generate(..., tools=tools)"
        )


def _as_it_is(value: Any) -> Any:
    return value


def _whole(value: Any) -> Any:
    """The SDK makes `top_k=40` a 40.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _system(value: Any) -> Any:
    """A text, or the texts of a `Content` or of parts."""
    texts = [value] if isinstance(value, str) else _texts(value)
    return texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]


def _texts(value: Any) -> list[str]:
    made = as_json(value)
    said = value if made is None else made
    match said:
        case str() as text:
            return [text]
        case list() | tuple():
            return [text for part in cast("list[Any]", said) for text in _texts(part)]
        case {"parts": parts}:
            return _texts(parts)
        case {"text": str() as text}:
            return [text]
        case _:
            raise ConfigurationError(
                "system_instruction= is text, or a Content with nothing but texts: others go into messages="
            )


_READ: Final[dict[str, Callable[[Any], Any]]] = {"top_k": _whole, "system_instruction": _system}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both, objects within objects too; where they differ, what `over` says."""
    both = {name: _merged(base[name], over[name]) for name in over if _are_objects(base.get(name), over[name])}
    return {**base, **over, **both}


def _are_objects(*values: Any) -> bool:
    return all(isinstance(value, Mapping) for value in values)


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


def _snake(name: str) -> str:
    return _CAMEL.sub(r"_\1", name).lower()
