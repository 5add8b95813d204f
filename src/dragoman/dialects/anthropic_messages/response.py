"""Whole answers, both ways, and why they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from dragoman.dialects.anthropic_messages.errors import error_in_answer
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.parts import decode_parts, encode_part
from dragoman.dialects.anthropic_messages.usage import decode_usage, encode_usage, report_usage
from dragoman.dialects.base import Encoded, Wire, write_extra
from dragoman.dialects.broken import BROKEN, broken_answer
from dragoman.dialects.losses import NO_ALTERNATIVES, NO_LOGPROBS
from dragoman.dialects.service_tiers import ANTHROPIC_TOLD
from dragoman.messages import (
    Document,
    Extra,
    FinishReason,
    Image,
    LLMResponse,
    Loss,
    Part,
    Refusal,
    Request,
)

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
    "pause_turn": "pause",
    "stop_sequence": "stop",
    "model_context_window_exceeded": "length",
    "compaction": "pause",
}
"""The canonical reason for each `stop_reason`; the first of several is the one for the way back."""

_STOP_REASONS: Final[dict[FinishReason, str]] = {
    "content_filter": "refusal",
    **{reason: word for word, reason in reversed(FINISH_REASONS.items())},
}


# ---------------------------------------------------------------------- wire to canonical


def decode_response(wire: Wire) -> LLMResponse:
    """The answer in a body. Raises `ProviderError` when it is an error after all, `DecodeError` when it is neither."""
    try:
        if wire.get("type") == "error" or ("error" in wire and "content" not in wire):
            raise error_in_answer(wire)
        details, usage, reason = wire.get("stop_details"), wire.get("usage"), wire.get("stop_reason")
        parts = decode_parts(wire["content"])
        return LLMResponse(
            id=wire.get("id"),
            model=wire.get("model") or "",
            parts=parts + refusal_parts(wire) if details else parts,
            finish_reason=None if reason is None else FINISH_REASONS.get(reason, "other"),
            raw_finish_reason=reason,
            stop_sequence=wire.get("stop_sequence"),
            usage=decode_usage(usage),
            service_tier=service_tier(usage) if usage else None,
            extra=None if not details and wire.keys() <= _KNOWN else answer_extra(wire),
            raw=wire,
        )
    except BROKEN as error:
        raise broken_answer(wire, error, "Anthropic message") from error


def finish_reason(stop_reason: str | None) -> FinishReason | None:
    return None if stop_reason is None else FINISH_REASONS.get(stop_reason, "other")


def refusal_parts(wire: Wire) -> tuple[Refusal, ...]:
    """Why the model refused, where it says so. What it had written before stays the content."""
    details = wire.get("stop_details")
    if not details or details.get("type") != "refusal" or not details.get("explanation"):
        return ()
    return (Refusal(details["explanation"]),)


def service_tier(usage: Wire | None) -> str | None:
    """The tier that served, which stands among the counts."""
    tier = (usage or {}).get("service_tier")
    return tier if isinstance(tier, str) else None


_KNOWN: Final = frozenset(
    {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage"}
)
_TOLD: Final = frozenset({"type", "explanation"})


def answer_extra(wire: Wire) -> Extra | None:
    """What only this dialect knows of an answer: `container`, `context_management`, the category of a refusal.

    A client that runs code at Anthropic needs its container's id to go on. A `null` says nothing.
    """
    fields = {name: value for name, value in wire.items() if name not in _KNOWN and value is not None}
    details: Wire = wire.get("stop_details") or {}
    rest = {name: value for name, value in details.items() if name not in _TOLD and value is not None}
    if rest:
        fields["stop_details"] = rest
    return Extra(fields=fields, dialect=NAME) if fields else None


# ---------------------------------------------------------------------- canonical to wire


def encode_response(response: LLMResponse, request: Request) -> Encoded:
    losses: list[Loss] = []
    content = _encode_content(response.parts, losses)
    refusal = response.refusal
    reason = stop_reason(
        response.finish_reason,
        response.raw_finish_reason,
        response.stop_sequence,
        called=any(block["type"] == "tool_use" for block in content),
        refused=refusal is not None,
    )
    wire: Wire = {
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": response.model or request.model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": response.stop_sequence,
        "stop_details": stop_details(refusal, reason),
        "usage": encode_usage(response.usage, ANTHROPIC_TOLD.word_for(response.service_tier, losses)),
    }
    wire.update(own_fields(response.extra, wire["stop_details"], losses))
    _restore_unknown(response.raw, wire)
    if response.alternatives:
        losses.append(NO_ALTERNATIVES)
    if response.logprobs:
        losses.append(NO_LOGPROBS)
    report_ending(response.finish_reason, response.raw_finish_reason, reason, losses)
    report_refusal(refusal, reason, losses)
    report_usage(response.usage, losses)
    return Encoded(wire, tuple(losses))


def own_fields(extra: Extra | None, details: Wire | None, losses: list[Loss]) -> Wire:
    """The fields of the body in `extra`, the rest of `stop_details` joined to what is there already."""
    fields: Wire = {}
    write_extra(fields, extra, NAME, "", losses)
    if isinstance(fields.get("stop_details"), dict):
        fields["stop_details"] = {"type": "refusal", **(details or {}), **fields["stop_details"]}
    return fields


def _restore_unknown(raw: Any, wire: Wire) -> None:
    """Put back what no canonical record holds (`usage.inference_geo` …) when the answer was read from a body of this
    dialect.
    """
    if not isinstance(raw, dict):
        return
    body = cast("Wire", raw)
    if body.get("type") == "message":
        wire["usage"] = _united(body.get("usage") or {}, wire["usage"])
        wire["stop_details"] = body.get("stop_details") or wire["stop_details"]
        wire.update({name: value for name, value in body.items() if name not in wire})


def _united(old: Wire, new: Wire) -> Wire:
    """`new`, and of `old` what it lacks, inside objects too."""
    united = {**old, **new}
    for name, value in old.items():
        if isinstance(value, dict) and isinstance(new.get(name), dict):
            united[name] = {**value, **new[name]}
    return united


def _encode_content(parts: Sequence[Part], losses: list[Loss]) -> list[Wire]:
    content: list[Wire] = []
    for number, part in enumerate(parts):
        if isinstance(part, Refusal):
            continue  # in `stop_details`
        block = encode_answer_part(part, f"parts[{number}]", losses)
        if block is not None:
            content.append(block)
    return content


def encode_answer_part(part: Part, where: str, losses: list[Loss]) -> Wire | None:
    """The block of a part of an answer, or `None` when an answer cannot hold it."""
    if isinstance(part, Image | Document):
        losses.append(Loss(effect="dropped", where=where, why="an answer of this dialect holds no media"))
        return None
    return encode_part(part, where, losses)


def stop_reason(
    reason: FinishReason | None, raw: str | None, stop_sequence: str | None, *, called: bool, refused: bool
) -> str:
    """The word for why the model stopped: its own where it is one of this dialect or means nothing to us, else the
    nearest; never `null`.

    Other dialects say `stop` after a forced tool call or a refusal; clients of this one go by the word alone.
    """
    if raw is not None and (FINISH_REASONS.get(raw) or "other") == reason:
        return raw
    if reason in (None, "stop", "other", "error"):
        if refused:
            return "refusal"
        if called:
            return "tool_use"
        return "end_turn" if stop_sequence is None else "stop_sequence"
    return _STOP_REASONS[reason]


def stop_details(explanation: str | None, reason: str) -> Wire | None:
    if reason != "refusal":
        return None
    return {"type": "refusal", "category": None, "explanation": explanation}


# ---------------------------------------------------------------------- what has no place, whole or streamed


def report_ending(reason: FinishReason | None, raw: str | None, word: str, losses: list[Loss]) -> None:
    if reason in ("error", "other", "content_filter") and raw != word:
        why = f"this dialect has no such word: it ends with `{word}`"
        losses.append(Loss(effect="changed", where="finish_reason", why=why))


def report_refusal(refusal: str | None, word: str, losses: list[Loss]) -> None:
    if refusal is not None and word != "refusal":
        losses.append(Loss(effect="dropped", where="refusal", why=f"the answer ended with `{word}`"))
