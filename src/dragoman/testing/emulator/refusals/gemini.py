"""Google reads a body into a message of fixed fields, in camel case or snake case; others are refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dragoman.messages import Request
from dragoman.testing.emulator.refusals.base import Refusal, Refusals, Rule, Wire, objects

_FIELDS: Final = frozenset({
    "cachedContent", "contents", "generationConfig", "labels", "model", "modelArmorConfig", "safetySettings",
    "serviceTier", "store", "systemInstruction", "toolConfig", "tools",
})  # fmt: skip
_OF_GENERATION: Final = frozenset({
    "audioTimestamp", "audioTranscriptionConfig", "candidateCount", "enableAffectiveDialog",
    "enableEnhancedCivicAnswers", "frequencyPenalty", "imageConfig", "logprobs", "maxOutputTokens", "mediaResolution",
    "modelSelectionConfig", "presencePenalty", "responseFormat", "responseJsonSchema", "responseLogprobs",
    "responseMimeType", "responseModalities", "responseSchema", "routingConfig", "seed", "speechConfig",
    "stopSequences", "temperature", "thinkingConfig", "topK", "topP", "translationConfig",
})  # fmt: skip
"""Those of the official client (google-genai 3.4.0, read 2026-11-21), and what was recorded of it."""

_AFTER_UNDERSCORE: Final = re.compile(r"_([a-z])")


def _refusal(message: str, *, status: int = 400, word: str = "INVALID_ARGUMENT") -> Refusal:
    return Refusal(message, status, {"error": {"code": status, "message": message, "status": word}})


def _unknown(name: str, where: str) -> Refusal:
    at = f" at '{where}'" if where else ""
    return _refusal(f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')


def _strange(found: Wire, known: frozenset[str], where: str) -> Iterator[Refusal]:
    for name in found:
        if _AFTER_UNDERSCORE.sub(lambda match: match[1].upper(), name) not in known:
            yield _unknown(name, where)


def _unknown_fields(wire: Wire, _: Request) -> Iterator[Refusal]:
    yield from _strange(wire, _FIELDS, "")
    for place, content in objects(wire.get("contents")):
        yield from _strange(content, frozenset({"role", "parts"}), f"contents[{place}]")
    for name in ("generationConfig", "generation_config"):
        for _place, config in objects([wire.get(name)]):
            yield from _strange(config, _OF_GENERATION, "generation_config")


def _roles(wire: Wire, _: Request) -> Iterator[Refusal]:
    if any(content.get("role") == "assistant" for _, content in objects(wire.get("contents"))):
        yield _refusal("Please use a valid role: user, model.")


REFUSALS = Refusals(
    unknown_model=lambda name: _refusal(
        f"models/{name} is not found for API version v1beta, or is not supported for generateContent. Call "
        "ListModels to see the list of available models and their supported methods.",
        status=404,
        word="NOT_FOUND",
    ),
    models="home",
    rules=(
        Rule(
            "a field that it does not know, in the body, in a content or in `generationConfig`",
            "github.com/sourcegraph/cody/issues/4566 (2024-06-14), github.com/gera2ld/ai.nvim/issues/13 (2024-05-19)",
            _unknown_fields,
        ),
        Rule(
            "the role `assistant`",
            "github.com/langgenius/dify-official-plugins/issues/566 (2025-03-26)",
            _roles,
        ),
    ),
)
