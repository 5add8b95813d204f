"""Token counts, both ways, under the names that hosts use."""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.losses import uncounted
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.messages import Usage

_PLACES: Final[dict[str, tuple[str, str]]] = {
    "cache_read_tokens": ("prompt_tokens_details", "cached_tokens"),
    "cache_write_tokens": ("prompt_tokens_details", "cache_write_tokens"),
    "cache_write_1h_tokens": ("cache_creation", "ephemeral_1h_input_tokens"),  # Doubleword
    "reasoning_tokens": ("completion_tokens_details", "reasoning_tokens"),
    "input_audio_tokens": ("prompt_tokens_details", "audio_tokens"),
    "output_audio_tokens": ("completion_tokens_details", "audio_tokens"),
    "web_searches": ("server_tool_use_details", "web_search_requests"),  # OpenRouter
}
"""Where the parts of the totals stand, and where we write them."""

_ELSEWHERE: Final[dict[str, tuple[str, ...]]] = {
    "cache_read_tokens": (
        "prompt_cache_hit_tokens",  # DeepSeek
        "cached_tokens",  # Together, Moonshot
        "num_cached_tokens",  # Mistral
        "cache_read_input_tokens",  # Databricks, Venice
    ),
    "cache_write_tokens": ("cache_creation_input_tokens",),  # Databricks
    "reasoning_tokens": ("reasoning_tokens",),  # Perplexity
    "web_searches": ("num_search_queries",),  # Perplexity
}
"""Where else, outside any details."""

_INSIDE: Final = {
    outer: [(place[1], field) for field, place in _PLACES.items() if place[0] == outer] for outer, _ in _PLACES.values()
}
_OUTSIDE_FIELDS: Final = [(name, field) for field, names in _ELSEWHERE.items() for name in names]
_OUTSIDE: Final = frozenset(name for name, _ in _OUTSIDE_FIELDS)

_COUNTED: Final = frozenset({*_PLACES, "input_tokens", "output_tokens"})
_NOTHING: Final = Usage()


def decode_usage(value: Any) -> Usage | None:
    """The counts in `usage`, or `None` when it reports none."""
    if not isinstance(value, dict):
        return None
    wire = cast("Wire", value)
    if "prompt_token_details" in wire:  # Writer, without the s
        wire = {"prompt_tokens_details": wire["prompt_token_details"], **wire}
    counts = _parts(wire)
    prompt, completion, total = wire.get("prompt_tokens"), wire.get("completion_tokens"), wire.get("total_tokens")
    if type(prompt) is not int or type(completion) is not int or type(total) is not int:
        prompt, completion, total = whole_number(prompt), whole_number(completion), whole_number(total)
    if completion is not None:
        counts["output_tokens"] = all_output(prompt, completion, total, counts.get("reasoning_tokens"))
    if prompt is not None:
        counts["input_tokens"] = prompt
    if total is not None:
        counts["total_tokens"] = total
    return Usage(**counts) if counts else None


def _parts(wire: Wire) -> dict[str, int]:
    counts: dict[str, int] = {}
    for outer, places in _INSIDE.items():
        details: Wire | None = wire.get(outer)
        if isinstance(details, dict):
            for inner, field in places:
                count = details.get(inner)
                if type(count) is int or (count := whole_number(count)) is not None:
                    counts[field] = count
    if not _OUTSIDE.isdisjoint(wire):
        for name, field in _OUTSIDE_FIELDS:
            count = whole_number(wire.get(name))
            if count is not None:
                counts.setdefault(field, count)
    return counts


def whole_number(value: Any) -> int | None:
    if type(value) is int or value is None:
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def all_output(prompt: int | None, completion: int, total: int | None, reasoning: int | None) -> int:
    """Output with the reasoning, which xAI and Vercel's Gemini leave out of `completion_tokens`.

    It shows in the total (xAI), or in more reasoning than output (Vercel, whose total lacks it too).
    """
    if not reasoning:
        return completion
    outside = reasoning > completion or total == (prompt or 0) + completion + reasoning
    return completion + reasoning if outside else completion


def encode_usage(usage: Usage) -> Wire | None:
    """`usage` in OpenAI's words, or `None` when nothing is known. The total is the sum where it was not reported.

    Clients demand three numbers: what was not reported is 0.
    """
    if usage == _NOTHING:
        return None
    given, produced = usage.input_tokens or 0, usage.output_tokens or 0
    total = given + produced if usage.total_tokens is None else usage.total_tokens
    wire: Wire = {"prompt_tokens": given, "completion_tokens": produced, "total_tokens": total}
    for field, (outer, inner) in _PLACES.items():
        count = getattr(usage, field)
        if count is not None:
            wire.setdefault(outer, {})[inner] = count
    return wire


def report_usage(usage: Usage, losses: Losses) -> None:
    losses.found += uncounted(usage, _COUNTED)
