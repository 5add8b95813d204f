"""Token counts: Gemini leaves thoughts out of its count of the answer, and what server tools added out of the prompt.

The canonical count of the output has the thoughts in; the tools' tokens have a count of their own.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.extras import objects_in
from dragoman.dialects.losses import uncounted
from dragoman.messages import Loss, Usage

_SAME: Final = {
    "input_tokens": "promptTokenCount",
    "total_tokens": "totalTokenCount",
    "cache_read_tokens": "cachedContentTokenCount",
    "reasoning_tokens": "thoughtsTokenCount",
    "tool_prompt_tokens": "toolUsePromptTokenCount",
}
"""Counts that are the same on both sides."""

_OURS: Final = {theirs: ours for ours, theirs in _SAME.items()}
_AUDIO: Final = (
    ("input_audio_tokens", "promptTokensDetails"),
    ("output_audio_tokens", "candidatesTokensDetails"),
)

NO_USAGE: Final = Usage()


def decode_usage(metadata: Any) -> Usage:
    """The counts in `usageMetadata`; what is absent, `null` or no integer was not reported."""
    if type(metadata) is not dict or not metadata:
        return NO_USAGE
    wire = cast("Wire", metadata)
    counts: dict[str, int] = {_OURS[name]: wire[name] for name in wire if name in _OURS and type(wire[name]) is int}
    answer, thoughts = wire.get("candidatesTokenCount"), counts.get("reasoning_tokens")
    if type(answer) is int:
        counts["output_tokens"] = answer + (thoughts or 0)
    elif thoughts is not None:
        counts["output_tokens"] = thoughts
    for ours, theirs in _AUDIO:
        sound = _audio_in(wire[theirs]) if theirs in wire else None
        if sound is not None:
            counts[ours] = sound
    return Usage(**counts)


def _audio_in(details: Any) -> int | None:
    for detail in objects_in(details):
        if detail.get("modality") == "AUDIO":
            count = detail.get("tokenCount")
            return count if type(count) is int else None
    return None


def encode_usage(usage: Usage, service_tier: str | None = None) -> Wire:
    """The counts on the wire; what was not reported is absent there too, but for the total: it is the sum then."""
    wire = {theirs: value for ours, theirs in _SAME.items() if (value := getattr(usage, ours)) is not None}
    if usage.total_tokens is None and usage.input_tokens is not None and usage.output_tokens is not None:
        wire["totalTokenCount"] = usage.input_tokens + usage.output_tokens + (usage.tool_prompt_tokens or 0)
    if usage.output_tokens is not None and usage.output_tokens != usage.reasoning_tokens:
        wire["candidatesTokenCount"] = max(usage.output_tokens - (usage.reasoning_tokens or 0), 0)
    for ours, theirs in _AUDIO:
        count = getattr(usage, ours)
        if count is not None:
            wire[theirs] = [{"modality": "AUDIO", "tokenCount": count}]
    if service_tier is not None:
        wire["serviceTier"] = service_tier
    return wire


_COUNTED: Final = frozenset({*_SAME, *dict(_AUDIO), "output_tokens"})


def report_usage(usage: Usage, losses: list[Loss]) -> None:
    """What of the counts the wire cannot say."""
    losses += uncounted(usage, _COUNTED)
    thoughts, output = usage.reasoning_tokens, usage.output_tokens
    if thoughts is not None and (output is None or thoughts > output):
        why = "less than the thoughts in it: their count is sent"
        losses.append(Loss(effect="changed", where="usage.output_tokens", why=why))
