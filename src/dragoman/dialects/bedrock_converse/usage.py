"""Token counts: Bedrock leaves the cache out of `inputTokens`, the canonical count has it in.

The cache's counts come twice (`cacheReadInputTokens`, and an older `cacheReadInputTokenCount` that botocore does not
know), with the same number. `totalTokens` has the cache in.
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
    count = _count(wire, "inputTokens")
    read = _count(wire, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = _count(wire, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    return Usage(
        input_tokens=None if count is None else count + (read or 0) + (written or 0),
        output_tokens=_count(wire, "outputTokens"),
        total_tokens=_count(wire, "totalTokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=_written_for_an_hour(wire.get("cacheDetails")),
    )


def _count(wire: Wire, *names: str) -> int | None:
    for name in names:
        value = wire.get(name)
        if type(value) is int:
            return value
    return None


def _written_for_an_hour(details: Any) -> int | None:
    if not isinstance(details, list):
        return None
    hours = [_count(each, "inputTokens") for each in cast("list[Wire]", details) if each.get("ttl") == "1h"]
    return next((count for count in hours if count is not None), None)


def encode_usage(usage: Usage) -> Wire:
    """The counts on the wire. Clients demand three numbers: what was not reported is 0 there."""
    read, written, hour = usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens
    inside, output = (read or 0) + (written or 0), usage.output_tokens or 0
    plain = max((usage.input_tokens or 0) - inside, 0)
    total = plain + inside + output if usage.total_tokens is None else usage.total_tokens
    wire: Wire = {"inputTokens": plain, "outputTokens": output, "totalTokens": total}
    if read is not None:
        wire["cacheReadInputTokens"] = read
    if written is not None:
        wire["cacheWriteInputTokens"] = written
    if hour is not None:
        short = max((written or 0) - hour, 0)
        wire["cacheDetails"] = [{"ttl": "5m", "inputTokens": short}, {"ttl": "1h", "inputTokens": hour}]
    return wire


_COUNTED: Final = frozenset({
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
})  # fmt: skip


def report_usage(usage: Usage, losses: list[Loss]) -> None:
    """What `encode_usage` could not say, or had to fill in."""
    report_filled_usage(usage, losses)
    losses += uncounted(usage, _COUNTED)
