"""Token counts, both ways.

There are two views: `tokens` is what the model read and wrote, and that is what the record counts; `billed_units`
leaves out what Cohere itself put into the prompt, and is what it charges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.losses import uncounted
from dragoman.messages import Loss, Usage

_TOKENS: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "reasoning_tokens": "reasoning_tokens",
}


_BILLED: Final = {"input_tokens": "billed_input_tokens", "output_tokens": "billed_output_tokens"}


def decode_usage(value: Any) -> Usage:
    usage = cast("Wire", value) if isinstance(value, dict) else {}
    billed = _object(usage.get("billed_units"))
    tokens = _object(usage.get("tokens")) or billed
    counts = {field: _count(tokens.get(name)) for name, field in _TOKENS.items()}
    counts |= {field: _count(billed.get(name)) for name, field in _BILLED.items()}
    return Usage(cache_read_tokens=_count(usage.get("cached_tokens")), **counts)


def _object(value: Any) -> Wire:
    return cast("Wire", value) if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    """Cohere's own types say that counts are floats."""
    return int(value) if type(value) in (int, float) else None


def encode_usage(usage: Usage, losses: list[Loss]) -> Wire:
    views = {"billed_units": _written(usage, _BILLED), "tokens": _written(usage, _TOKENS)}
    wire: Wire = {name: counts for name, counts in views.items() if counts}
    if usage.cache_read_tokens is not None:
        wire["cached_tokens"] = usage.cache_read_tokens
    losses += uncounted(usage, _COUNTED)
    return wire


def _written(usage: Usage, names: Mapping[str, str]) -> Wire:
    pairs = ((name, getattr(usage, field)) for name, field in names.items())
    return {name: count for name, count in pairs if count is not None}


_COUNTED: Final = frozenset({*_TOKENS.values(), *_BILLED.values(), "cache_read_tokens"})
