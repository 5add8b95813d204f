"""Whole answers, both ways, and why they end.

An answer has neither id nor model here: the request named the model, and the id is in a header.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from msgspec.structs import replace

from dragoman.dialects.base import Encoded, Wire, write_extra
from dragoman.dialects.bedrock_converse.errors import error_in_answer
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.options import united
from dragoman.dialects.bedrock_converse.parts import decode_part, encode_part
from dragoman.dialects.bedrock_converse.reading import field
from dragoman.dialects.bedrock_converse.usage import decode_usage, encode_usage, report_usage
from dragoman.dialects.broken import BROKEN, broken_answer
from dragoman.dialects.losses import NO_ALTERNATIVES, NO_LOGPROBS
from dragoman.dialects.service_tiers import BEDROCK_TOLD
from dragoman.messages import (
    Audio,
    Document,
    Extra,
    FinishReason,
    LLMResponse,
    Loss,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Video,
)

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "stop_sequence": "stop",
    "guardrail_intervened": "content_filter",
    "model_context_window_exceeded": "length",
    "malformed_tool_use": "error",
}
"""The canonical reason for each `stopReason`; the first of several is the one for the way back."""

_STOP_REASONS: Final[dict[FinishReason, str]] = {
    "refusal": "content_filtered",
    "pause": "end_turn",
    **{reason: word for word, reason in reversed(FINISH_REASONS.items())},
}

_MODEL_FIELDS: Final = "additionalModelResponseFields"


# ---------------------------------------------------------------------- wire to canonical


def decode_response(wire: Wire) -> LLMResponse:
    """The answer in a body. Raises `ProviderError` when it is an error after all, `DecodeError` when it is neither."""
    try:
        if "output" not in wire and not wire.keys().isdisjoint(_OF_ERRORS):
            raise error_in_answer(wire)
        return _decode(wire)
    except BROKEN as error:
        raise broken_answer(wire, error, "answer of Converse") from error


_OF_ERRORS: Final = ("message", "Message", "__type", "error", "Output")


def _decode(wire: Wire) -> LLMResponse:
    message: Wire = field(field(wire, "output", dict), "message", dict)
    reason = wire.get("stopReason")
    return LLMResponse(
        parts=tuple([decode_part(block) for block in message.get("content") or ()]),
        finish_reason=finish_reason(reason),
        raw_finish_reason=reason,
        stop_sequence=stop_sequence(wire.get(_MODEL_FIELDS)),
        usage=decode_usage(wire.get("usage")),
        service_tier=service_tier(wire),
        extra=answer_extra(wire),
        raw=wire,
    )


def finish_reason(stop_reason: str | None) -> FinishReason | None:
    return None if stop_reason is None else FINISH_REASONS.get(stop_reason, "other")


def service_tier(wire: Wire) -> str | None:
    tier: Wire = wire.get("serviceTier") or {}
    return tier.get("type")


def stop_sequence(fields: Wire | None) -> str | None:
    """The text that ended the answer: models tell it among fields of their own, when these are asked for."""
    found = (fields or {}).get("stop_sequence")
    return found if isinstance(found, str) else None


_KNOWN: Final = frozenset({"output", "stopReason", "usage", "metrics", "serviceTier", "p", _MODEL_FIELDS})
"""`p` is padding, which hides how long the pieces of a stream are."""


def answer_extra(wire: Wire) -> Extra | None:
    """What only this dialect knows of an answer: `trace`, `performanceConfig`, the model's own fields.

    How long it took (`metrics`) stands beside it and is no loss elsewhere: callers measure that themselves.
    """
    fields = {name: value for name, value in wire.items() if name not in _KNOWN and value is not None}
    told: Wire = wire.get(_MODEL_FIELDS) or {}
    own = {name: value for name, value in told.items() if name != "stop_sequence"}
    if own:
        fields[_MODEL_FIELDS] = own
    spelling = {"metrics": wire["metrics"]} if wire.get("metrics") else {}
    return Extra(fields=fields, dialect=NAME, spelling=spelling) if fields or spelling else None


# ---------------------------------------------------------------------- canonical to wire


def encode_response(response: LLMResponse, request: Request) -> Encoded:
    losses: list[Loss] = []
    content = _encode_content(response.parts, losses)
    called, refused = any("toolUse" in block for block in content), response.refusal is not None
    reason = stop_reason(
        response.finish_reason,
        response.raw_finish_reason,
        response.stop_sequence,
        called=called,
        refused=refused,
    )
    seconds = response.latency_seconds
    wire: Wire = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": reason,
        "usage": encode_usage(response.usage),
        "metrics": {"latencyMs": 0 if seconds is None else round(seconds * 1000)},
        **encode_tier(response.service_tier, losses),
        **own_fields(response.extra, response.stop_sequence, losses),
    }
    _restore_unknown(response.raw, wire)
    if response.alternatives:
        losses.append(NO_ALTERNATIVES)
    if response.logprobs:
        losses.append(NO_LOGPROBS)
    losses += unnamed(response.id, response.model, request)
    report_ending(response.finish_reason, response.raw_finish_reason, reason, losses, refused=refused)
    report_usage(response.usage, losses)
    return Encoded(wire, tuple(losses))


def encode_tier(tier: str | None, losses: list[Loss]) -> Wire:
    word = BEDROCK_TOLD.word_for(tier, losses)
    return {} if word is None else {"serviceTier": {"type": word}}


def own_fields(extra: Extra | None, sequence: str | None, losses: list[Loss]) -> Wire:
    """The fields of the body in `extra`, and which text ended the answer, where models tell it."""
    fields: Wire = {}
    write_extra(fields, extra, NAME, "", losses)
    return fields if sequence is None else united(fields, {_MODEL_FIELDS: {"stop_sequence": sequence}})


def _restore_unknown(raw: Any, wire: Wire) -> None:
    """Put back what no canonical record holds when the answer was read from a body of this dialect."""
    if not isinstance(raw, dict) or "stopReason" not in raw:
        return
    body = cast("Wire", raw)
    wire["usage"] = {**(body.get("usage") or {}), **wire["usage"]}
    wire.update({name: value for name, value in body.items() if name not in wire})


def _encode_content(parts: Sequence[Part], losses: list[Loss]) -> list[Wire]:
    content: list[Wire] = []
    for number, part in enumerate(parts):
        block = encode_answer_part(part, f"parts[{number}]", losses)
        if block is not None:
            content.append(block)
    return content


def encode_answer_part(part: Part, where: str, losses: list[Loss]) -> Wire | None:
    """The block of a part of an answer, or `None` when an answer cannot hold it."""
    match part:
        case Document() | Audio() | Video():
            losses.append(
                Loss(effect="dropped", where=where, why="an answer of this dialect holds no media but pictures")
            )
            return None
        case Refusal():
            return encode_part(part, "refusal", losses)
        case Reasoning():
            return _encode_thought(part, where, losses)
        case Text(text="", citations=()):
            return {"text": ""}  # models give such text; only requests may not have it
        case _:
            return encode_part(part, where, losses)


def _encode_thought(part: Reasoning, where: str, losses: list[Loss]) -> Wire | None:
    """Thinking of any model is shown; what another dialect wants back with it has no place."""
    if part.dialect == NAME:
        return encode_part(part, where, losses)
    report_payload(part, where, losses)
    return encode_part(replace(part, payload=None, dialect=NAME), where, losses) if part.text else None


def report_payload(part: Reasoning, where: str, losses: list[Loss]) -> None:
    if part.payload:
        why = f"only `{part.dialect}` knows it" if part.dialect else "nobody is known to want it back"
        losses.append(Loss(effect="dropped", where=f"{where}.payload", why=why))


def stop_reason(
    reason: FinishReason | None, raw: str | None, sequence: str | None, *, called: bool, refused: bool
) -> str:
    """The word for why the model stopped: its own where it is one of this dialect or means nothing to us, else the
    nearest; never `null`.
    """
    if raw is not None and (FINISH_REASONS.get(raw) or "other") == reason:
        return raw
    if reason in (None, "stop", "other"):
        if refused or called:
            return "content_filtered" if refused else "tool_use"
        return "end_turn" if sequence is None else "stop_sequence"
    return _STOP_REASONS[reason]


# ---------------------------------------------------------------------- what has no place, whole or streamed


def unnamed(id_: str | None, model: str | None, request: Request) -> list[Loss]:
    """An id, and a model that is not the one asked for: both have no place in an answer."""
    why = "an answer does not name it here"
    told = {"id": id_, "model": None if model == request.model else model}
    return [Loss(effect="dropped", where=name, why=why) for name, value in told.items() if value]


def report_ending(
    reason: FinishReason | None, raw: str | None, word: str, losses: list[Loss], *, refused: bool
) -> None:
    if (refused or reason in ("refusal", "pause", "other")) and raw != word:
        why = f"this dialect has no such word: it ends with `{word}`"
        losses.append(Loss(effect="changed", where="finish_reason", why=why))
