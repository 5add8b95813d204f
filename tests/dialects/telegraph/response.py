"""A whole answer, both ways, and why it ended."""

from __future__ import annotations

from typing import Final

from dragoman.dialects import Encoded, Wire
from dragoman.dialects.losses import uncounted
from dragoman.errors import DecodeError
from dragoman.messages import FinishReason, LLMResponse, Loss, Text, Usage, encode_json

from .errors import error_in

FINISH_REASONS: Final[dict[str, FinishReason]] = {"done": "stop", "cut": "length"}

_ENDS: Final[dict[FinishReason | None, str]] = {reason: word for word, reason in FINISH_REASONS.items()}


def decode_response(wire: Wire) -> LLMResponse:
    """Raises `ProviderError` for an error after all, `DecodeError` for what is no answer."""
    if "trouble" in wire:
        raise error_in(200, wire)
    if not isinstance(wire.get("text"), str):
        raise DecodeError("an answer without `text`", data=encode_json(wire))
    return LLMResponse(
        wire["text"],
        wire.get("model") or "",
        decode_usage(wire),
        finish_reason(wire.get("end")),
        raw_finish_reason=wire.get("end"),
        raw=wire,
    )


def finish_reason(end: str | None) -> FinishReason | None:
    return None if end is None else FINISH_REASONS.get(end, "other")


def decode_usage(wire: Wire) -> Usage:
    read, written = wire.get("words") or (None, None)
    return Usage(input_tokens=read, output_tokens=written)


def encode_response(response: LLMResponse) -> Encoded:
    wire: Wire = {"model": response.model, "text": response.content, **encode_end(response.finish_reason)}
    return Encoded({**wire, **encode_usage(response.usage)}, losses_of(response))


def losses_of(response: LLMResponse) -> tuple[Loss, ...]:
    """What an answer here cannot say of `response`."""
    parts = [f"parts[{number}]" for number, part in enumerate(response.parts) if not isinstance(part, Text)]
    fields = [name for name in _NO_PLACE if getattr(response, name)]
    losses = [Loss(effect="dropped", where=where, why="a telegram has no place for it") for where in parts + fields]
    losses += uncounted(response.usage, ("input_tokens", "output_tokens"))
    if response.finish_reason not in (None, *_ENDS):
        losses.append(Loss(effect="changed", where="finish_reason", why="there is no such word: it ends with `done`"))
    return tuple(losses)


_NO_PLACE: Final = ("id", "stop_sequence", "service_tier", "logprobs", "alternatives")


def encode_end(reason: FinishReason | None) -> Wire:
    return {"end": _ENDS.get(reason, "done")}


def encode_usage(usage: Usage) -> Wire:
    words = [usage.input_tokens, usage.output_tokens]
    return {} if None in words else {"words": words}
