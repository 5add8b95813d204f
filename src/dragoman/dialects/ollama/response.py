"""Whole answers, both ways, and why they end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from dragoman.dialects.base import Encoded, Wire, merge_extra
from dragoman.dialects.broken import BROKEN, broken_answer
from dragoman.dialects.losses import NO_ALTERNATIVES, uncounted
from dragoman.dialects.ollama.errors import error_in_answer
from dragoman.dialects.ollama.logprobs import decode_logprobs, encode_logprobs
from dragoman.dialects.ollama.parts import Turn, decode_image
from dragoman.dialects.ollama.tool_calls import answered_calls
from dragoman.dialects.ollama.wire import NAME
from dragoman.dialects.ollama.wire import Message as WireMessage
from dragoman.messages import (
    Extra,
    FinishReason,
    LLMResponse,
    Loss,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Usage,
)

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "load": "other",
    "unload": "other",
}
"""`load` and `unload` end an answer to nothing, which was asked to have the model put into memory or out of it."""

# ---------------------------------------------------------------------- decode


def decode_response(wire: Wire) -> LLMResponse:
    """The answer in a body. Raises `ProviderError` when it is an error after all, `DecodeError` when it is neither."""
    if "error" in wire and "message" not in wire:
        raise error_in_answer(wire)
    try:
        return _decode(wire)
    except BROKEN as error:
        raise broken_answer(wire, error, "answer of Ollama's") from error


def _decode(wire: Wire) -> LLMResponse:
    message: Wire = wire["message"]
    parts = (*thought(message), *said(message), *answered_calls(message, call_seed(wire), 0), *unknown_parts(message))
    raw = raw_reason(wire)
    return LLMResponse(
        model=text_in(wire, "model") or "",
        created_at=created_at(wire),
        parts=parts,
        finish_reason=finish_reason(raw, has_calls=bool(message.get("tool_calls"))),
        raw_finish_reason=raw,
        usage=decode_usage(wire),
        logprobs=decode_logprobs(wire.get("logprobs")) or None,
        extra=answer_extra(wire),
        raw=wire,
    )


def thought(message: Wire) -> tuple[Part, ...]:
    thinking = text_in(message, "thinking")
    return (Reasoning(thinking, dialect=NAME),) if thinking else ()


def said(message: Wire) -> tuple[Part, ...]:
    """Text, and pictures, which models that draw put beside it."""
    text = text_in(message, "content")
    images = [decode_image(data) for data in message.get("images") or ()]
    return (*images, Text(text)) if text else tuple(images)


_MESSAGE: Final = frozenset(WireMessage.__annotations__)


def unknown_parts(message: Wire) -> tuple[Part, ...]:
    """Fields of the message that we do not know, to be sent back with it."""
    rest = {name: value for name, value in message.items() if name not in _MESSAGE and value is not None}
    return (Opaque(NAME, rest),) if rest else ()


def text_in(wire: Wire, name: str) -> str | None:
    value = wire.get(name)
    if value is not None and type(value) is not str:
        raise TypeError(f"`{name}` is {value!r:.40}")
    return value


def raw_reason(wire: Wire) -> str | None:
    return text_in(wire, "done_reason") or None


def finish_reason(raw: str | None, *, has_calls: bool) -> FinishReason | None:
    """The server says `stop` also when it waits for results; old ones do not say why they ended."""
    if raw is None:
        return "tool_calls" if has_calls else None
    reason = FINISH_REASONS.get(raw, "other")
    return "tool_calls" if has_calls and reason == "stop" else reason


def created_at(wire: Wire) -> int | None:
    value = wire.get("created_at")
    try:
        return int(datetime.fromisoformat(value).timestamp()) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def call_seed(wire: Wire) -> tuple[object, ...]:
    """What ids are made of for calls without one: calls of another answer get others."""
    return wire.get("model"), wire.get("created_at")


def decode_usage(wire: Wire) -> Usage:
    read, written = wire.get("prompt_eval_count"), wire.get("eval_count")
    return Usage(
        input_tokens=read if isinstance(read, int) else None,
        output_tokens=written if isinstance(written, int) else None,
    )


_SAID: Final = frozenset(
    {"model", "created_at", "message", "done", "done_reason", "prompt_eval_count", "eval_count", "logprobs"}
)
"""Fields of an answer that have a canonical place; durations have none."""


def answer_extra(wire: Wire) -> Extra | None:
    """What only this dialect knows of an answer: how long the model took to load, to read and to write."""
    fields = {name: value for name, value in wire.items() if name not in _SAID and value is not None}
    return Extra(fields=fields, dialect=NAME) if fields else None


# ---------------------------------------------------------------------- encode


def encode_response(response: LLMResponse, request: Request) -> Encoded:
    losses: list[Loss] = []
    turn = Turn(losses)
    for number, part in enumerate(response.parts):
        turn.add(part, _place(part, number))
    wire = {**head_of(response.model or request.model, response.created_at), "message": turn.wire("assistant")}
    if response.logprobs:
        wire["logprobs"] = encode_logprobs(response.logprobs)
    wire |= ending(response, losses)
    merge_extra(wire, response.extra, NAME, "", losses)
    if response.alternatives:
        losses.append(NO_ALTERNATIVES)
    if response.id is not None:
        losses.append(NO_ID)
    return Encoded(wire, tuple(losses))


def _place(part: Part, number: int) -> str:
    return "refusal" if isinstance(part, Refusal) else f"parts[{number}]"


def head_of(model: str, created: int | None) -> Wire:
    """What every line begins with."""
    if created is None:
        return {"model": model}
    return {"model": model, "created_at": f"{datetime.fromtimestamp(created, UTC):%Y-%m-%dT%H:%M:%S}Z"}


def ending(response: LLMResponse, losses: list[Loss]) -> Wire:
    """The last fields of an answer, and what they cannot say of it."""
    reason = "length" if response.finish_reason == "length" else "stop"
    if response.finish_reason == "other" and response.raw_finish_reason in FINISH_REASONS:
        reason = response.raw_finish_reason
    _report_ending(response, reason, losses)
    usage = response.usage
    counts = (("prompt_eval_count", usage.input_tokens), ("eval_count", usage.output_tokens))
    losses += uncounted(usage, _COUNTED)
    untold = [name for name in ("stop_sequence", "service_tier") if getattr(response, name) is not None]
    losses.extend(Loss(effect="dropped", where=name, why="an answer does not tell it here") for name in untold)
    return {"done": True, "done_reason": reason, **{name: count for name, count in counts if count is not None}}


def _report_ending(response: LLMResponse, word: str, losses: list[Loss]) -> None:
    """A refusal ends as text does; that calls end an answer is seen by the calls."""
    reason = response.finish_reason
    refused = response.refusal is not None and reason in (None, "stop")
    read = finish_reason(word, has_calls=bool(response.tool_calls))
    if not refused and (reason in (None, "stop") or reason == read):
        return
    why = f"this dialect has no such word: it ends with `{word}`"
    losses.append(Loss(effect="changed", where="finish_reason", why=why))


_COUNTED: Final = ("input_tokens", "output_tokens")

NO_ID: Final = Loss(effect="dropped", where="id", why="answers have no ids here")
