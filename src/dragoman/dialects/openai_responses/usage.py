"""Token counts, both ways."""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.losses import uncounted
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_chat.usage import all_output, whole_number
from dragoman.messages import Usage

_TOTALS: Final = ("input_tokens", "output_tokens", "total_tokens")

_PLACES: Final[dict[str, tuple[str, str]]] = {
    "cache_read_tokens": ("input_tokens_details", "cached_tokens"),
    "cache_write_tokens": ("input_tokens_details", "cache_write_tokens"),
    "input_audio_tokens": ("input_tokens_details", "audio_tokens"),
    "reasoning_tokens": ("output_tokens_details", "reasoning_tokens"),
    "output_audio_tokens": ("output_tokens_details", "audio_tokens"),
    "web_searches": ("server_side_tool_usage_details", "web_search_calls"),  # xAI
}
"""Where the parts of the totals stand, and where we write them."""

_COUNTED: Final = frozenset({*_PLACES, "input_tokens", "output_tokens"})
_NOTHING: Final = Usage()


def decode_usage(body: Wire) -> Usage | None:
    """The counts of an answer, or `None` when it reports none. OpenAI counts searches outside `usage`."""
    value = body.get("usage")
    if not isinstance(value, dict):
        return None
    wire = cast("Wire", value)
    counts: dict[str, int] = {}
    for field, place in _PLACES.items():
        count = whole_number(_inside(wire, *place))
        if count is not None:
            counts[field] = count
    given, produced, total = [whole_number(wire.get(name)) for name in _TOTALS]
    if produced is not None:
        counts["output_tokens"] = all_output(given, produced, total, counts.get("reasoning_tokens"))
    counts |= {name: count for name, count in (("input_tokens", given), ("total_tokens", total)) if count is not None}
    searches = whole_number(_inside(body, "tool_usage", "web_search", "num_requests"))
    if searches is not None:
        counts.setdefault("web_searches", searches)
    return Usage(**counts) if counts else None


def _inside(wire: Wire, *path: str) -> Any:
    value: Any = wire
    for name in path:
        value = cast("Wire", value).get(name) if isinstance(value, dict) else None
    return value


def encode_usage(usage: Usage, losses: Losses) -> Wire | None:
    """`usage` in OpenAI's words, or `None` when nothing is known. The details are there, as its clients want them."""
    if usage == _NOTHING:
        return None
    losses.found += uncounted(usage, _COUNTED)
    given, produced = usage.input_tokens or 0, usage.output_tokens or 0
    total = given + produced if usage.total_tokens is None else usage.total_tokens
    wire: Wire = {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": produced,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": total,
    }
    for field, (outer, inner) in _PLACES.items():
        count = getattr(usage, field)
        if count is not None:
            wire.setdefault(outer, {})[inner] = count
    return wire
