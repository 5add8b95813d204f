"""Log probabilities of tokens, both ways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from dragoman.dialects.base import Wire
from dragoman.messages import TokenLogprob


def decode_logprobs(value: Any) -> tuple[TokenLogprob, ...]:
    entries = cast("list[Any]", value) if isinstance(value, list) else []
    return tuple([_decode_token(cast("Wire", entry)) for entry in entries if isinstance(entry, dict)])


def _decode_token(entry: Wire) -> TokenLogprob:
    octets = entry.get("bytes")
    return TokenLogprob(
        token=entry["token"],
        logprob=entry["logprob"],
        bytes=tuple(cast("list[int]", octets)) if isinstance(octets, list) else None,
        top=decode_logprobs(entry.get("top_logprobs")),
    )


def encode_logprobs(tokens: Iterable[TokenLogprob]) -> list[Wire]:
    return [_encode_token(token) for token in tokens]


def _encode_token(token: TokenLogprob) -> Wire:
    entry: Wire = {"token": token.token, "logprob": max(token.logprob, _LEAST)}
    if token.bytes is not None:
        entry["bytes"] = list(token.bytes)
    if token.top:
        entry["top_logprobs"] = encode_logprobs(token.top)
    return entry


_LEAST = -9999.0
"""JSON has no infinity: what OpenAI says of a token that could not have come."""
