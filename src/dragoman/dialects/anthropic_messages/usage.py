"""Token counts: Anthropic leaves the cache out of `input_tokens`, the canonical count has it in.

`total_tokens` stays `None`: Anthropic reports no total, and a sum would be ours, not theirs.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.losses import report_filled_usage, uncounted
from dragoman.messages import Loss, Usage


def decode_usage(wire: Wire | None) -> Usage:
    """The counts in `wire`; what is absent, `null` or no integer was not reported."""
    if not wire:
        return Usage()
    count, output = wire.get("input_tokens"), wire.get("output_tokens")
    read, written = wire.get("cache_read_input_tokens"), wire.get("cache_creation_input_tokens")
    read, written = read if type(read) is int else None, written if type(written) is int else None
    inside: dict[str, int | None] = {}
    for field, outer, name in _INSIDE:
        if wire.get(outer):
            inside[field] = _count(wire[outer], name)
    return Usage(
        input_tokens=count + (read or 0) + (written or 0) if type(count) is int else None,
        output_tokens=output if type(output) is int else None,
        cache_read_tokens=read,
        cache_write_tokens=written,
        **inside,
    )


_INSIDE: Final = (
    ("cache_write_1h_tokens", "cache_creation", "ephemeral_1h_input_tokens"),
    ("reasoning_tokens", "output_tokens_details", "thinking_tokens"),
    ("web_searches", "server_tool_use", "web_search_requests"),
)
"""Counts that stand inside another object: the record's name, the object, the name in it."""


def _count(wire: Any, name: str) -> int | None:
    value = cast("Wire", wire).get(name) if type(wire) is dict else None
    return value if type(value) is int else None


def encode_usage(usage: Usage, service_tier: str | None = None) -> Wire:
    """The counts on the wire. Clients demand a number for input and output: what was not reported is 0 there."""
    read, written, hour = usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens
    wire: Wire = {
        "input_tokens": max((usage.input_tokens or 0) - (read or 0) - (written or 0), 0),
        "output_tokens": usage.output_tokens or 0,
    }
    if read is not None:
        wire["cache_read_input_tokens"] = read
    if written is not None:
        wire["cache_creation_input_tokens"] = written
    if hour is not None:
        short = max((written or 0) - hour, 0)
        wire["cache_creation"] = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": hour}
    if usage.reasoning_tokens is not None:
        wire["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    if usage.web_searches is not None:
        wire["server_tool_use"] = {"web_search_requests": usage.web_searches}
    if service_tier is not None:
        wire["service_tier"] = service_tier
    return wire


_COUNTED: Final = frozenset({
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "reasoning_tokens", "web_searches",
})  # fmt: skip


def report_usage(usage: Usage, losses: list[Loss]) -> None:
    """What `encode_usage` could not say, or had to fill in."""
    report_filled_usage(usage, losses)
    losses += uncounted(usage, _COUNTED)
