"""A whole answer, both ways, and why it ended."""

from __future__ import annotations

from typing import Final

from dragoman.dialects import Encoded, Wire
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
    losses = [no_place_for(number) for number, part in enumerate(response.parts) if not isinstance(part, Text)]
    wire: Wire = {"model": response.model, "text": response.content, **encode_end(response.finish_reason)}
    return Encoded({**wire, **encode_usage(response.usage)}, tuple(losses))


def no_place_for(number: int) -> Loss:
    return Loss(effect="dropped", where=f"parts[{number}]", why="only text can be sent")


def encode_end(reason: FinishReason | None) -> Wire:
    return {"end": _ENDS.get(reason, "done")}


def encode_usage(usage: Usage) -> Wire:
    words = [usage.input_tokens, usage.output_tokens]
    return {} if None in words else {"words": words}
