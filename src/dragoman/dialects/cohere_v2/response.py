"""Whole answers, both ways, and why they end. An answer does not name the model: the one who asked knows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from dragoman.dialects.base import Encoded, Wire, merge_extra
from dragoman.dialects.broken import BROKEN, broken_answer
from dragoman.dialects.cohere_v2.assistant import Turn, beside, with_citations
from dragoman.dialects.cohere_v2.errors import error_in_answer, message_of
from dragoman.dialects.cohere_v2.usage import decode_usage, encode_usage
from dragoman.dialects.cohere_v2.wire import NAME, ChatResponse
from dragoman.dialects.cohere_v2.wire import Message as WireMessage
from dragoman.dialects.losses import NO_ALTERNATIVES
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
    TokenLogprob,
    ToolCall,
)

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_TOXIC": "content_filter",
    "ERROR_LIMIT": "length",
}
"""The canonical reason for each word; the first of several is the one for the way back."""

_WORDS: Final[dict[FinishReason, str]] = {reason: word for word, reason in reversed(FINISH_REASONS.items())}

# ---------------------------------------------------------------------- decode


def decode_response(wire: Wire) -> LLMResponse:
    """The answer in a body. Raises `ProviderError` when it is an error after all, `DecodeError` when it is neither.

    An answer that ended in an error and says which raises it; one that says no more is an answer that ended so.
    """
    if not isinstance(wire.get("message"), dict) and (wire.get("error") or message_of(wire)):
        raise error_in_answer(message_of(wire), wire, wire.get("error_type"))
    try:
        response = _decode(wire)
    except BROKEN as error:
        raise broken_answer(wire, error, "answer of Cohere's") from error
    if response.finish_reason == "error" and isinstance(wire.get("error"), str):
        error = error_in_answer(wire["error"], wire, wire.get("error_type"))
        error.partial = response
        raise error
    return response


def _decode(wire: Wire) -> LLMResponse:
    message: Wire = wire["message"]
    reason = wire.get("finish_reason") or None
    said = said_parts(message.get("content"))
    citations = message.get("citations") or ()
    calls = [answered_call(entry) for entry in message.get("tool_calls") or ()]
    rest = (*beside(message.get("tool_plan"), said, citations), *unknown_parts(message), *calls)
    return LLMResponse(
        id=wire.get("id"),
        parts=(*with_citations(said, citations), *rest),
        finish_reason=finish_reason(reason),
        raw_finish_reason=reason,
        usage=decode_usage(wire.get("usage")),
        logprobs=tuple([token for entry in wire.get("logprobs") or () for token in decode_logprobs(entry)]) or None,
        extra=answer_extra(wire),
        raw=wire,
    )


def said_parts(content: Any) -> tuple[Part, ...]:
    if content is None or isinstance(content, str):
        return (Text(content),) if content else ()
    return tuple([decode_content(entry) for entry in content])


def decode_content(entry: Wire) -> Part:
    """Text or thinking; what else there may be is kept as it came. Raises `TypeError`."""
    kind = entry["type"]
    if kind not in ("text", "thinking"):
        return Opaque(NAME, entry)
    text = checked_text(entry.get(kind) or "")
    return Text(text) if kind == "text" else Reasoning(text, dialect=NAME)


def answered_call(entry: Wire) -> ToolCall:
    function: Wire = entry["function"]
    arguments = function.get("arguments")
    fields: Wire = {"id": checked_text(entry["id"]), "name": checked_text(function["name"])}
    if isinstance(arguments, dict):
        return ToolCall(arguments=cast("Wire", arguments), **fields)
    return ToolCall(arguments_json=checked_text(arguments or ""), **fields)


def checked_text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"text is {value!r:.40}")
    return value


_MESSAGE: Final = frozenset(WireMessage.__annotations__)


def unknown_parts(message: Wire) -> tuple[Opaque, ...]:
    """Fields of the message that we do not know, to be sent back with it."""
    rest = {name: value for name, value in message.items() if name not in _MESSAGE and value is not None}
    return (Opaque(NAME, rest),) if rest else ()


def finish_reason(word: str | None) -> FinishReason | None:
    return None if word is None else FINISH_REASONS.get(word, "other")


def decode_logprobs(value: Any) -> tuple[TokenLogprob, ...]:
    """A piece of text that is several tokens is as likely as all of them together."""
    entry = cast("Wire", value) if isinstance(value, dict) else {}
    numbers: list[float] = entry.get("logprobs") or []
    return (TokenLogprob(token=entry.get("text") or "", logprob=sum(numbers)),) if numbers else ()


_KNOWN: Final = frozenset({*ChatResponse.__annotations__, "type"})


def answer_extra(wire: Wire) -> Extra | None:
    """What only this dialect knows of an answer."""
    fields = {name: value for name, value in wire.items() if name not in _KNOWN and value is not None}
    return Extra(fields=fields, dialect=NAME) if fields else None


# ---------------------------------------------------------------------- encode


def encode_response(response: LLMResponse, request: Request) -> Encoded:
    losses: list[Loss] = []
    turn = Turn(losses)
    for number, part in enumerate(response.parts):
        turn.add(part, "refusal" if isinstance(part, Refusal) else f"parts[{number}]")
    wire: Wire = {"id": response.id, "message": turn.wire(), **ending(response, losses)}
    if response.logprobs:
        wire["logprobs"] = encode_logprobs(response.logprobs, losses)
    merge_extra(wire, response.extra, NAME, "", losses)
    if response.alternatives:
        losses.append(NO_ALTERNATIVES)
    if response.model not in ("", request.model):
        losses.append(NO_MODEL)
    return Encoded(wire, tuple(losses))


def ending(response: LLMResponse, losses: list[Loss]) -> Wire:
    """The last fields of an answer, and what they cannot say of it."""
    word, reason = _word(response), response.finish_reason
    refused = response.refusal is not None and reason in (None, "stop")
    if refused or (reason not in (None, "stop") and finish_reason(word) != reason):
        why = f"this dialect has no such word: it ends with `{word}`"
        losses.append(Loss(effect="changed", where="finish_reason", why=why))
    untold = [name for name in ("stop_sequence", "service_tier") if getattr(response, name) is not None]
    losses.extend(Loss(effect="dropped", where=name, why="an answer does not tell it here") for name in untold)
    return {"finish_reason": word, "usage": encode_usage(response.usage, losses)}


def _word(response: LLMResponse) -> str:
    """Its own word where it is one of this dialect, else the nearest; other dialects say `stop` after a forced call."""
    reason, raw = response.finish_reason, response.raw_finish_reason
    if raw is not None and (FINISH_REASONS.get(raw) or "other") == reason and raw.isupper():
        return raw
    if reason in (None, "stop") and response.tool_calls:
        return "TOOL_CALL"
    if reason == "stop" and response.stop_sequence is not None:
        return "STOP_SEQUENCE"
    return _WORDS.get(reason or "stop", "COMPLETE")


def encode_logprobs(tokens: Iterable[TokenLogprob], losses: list[Loss]) -> list[Wire]:
    tokens = tuple(tokens)
    if any(token.top or token.bytes is not None for token in tokens):
        losses.append(FEWER_LOGPROBS)
    return [{"text": token.token, "token_ids": [], "logprobs": [max(token.logprob, _LEAST)]} for token in tokens]


_LEAST: Final = -9999.0
"""JSON has no infinity: what OpenAI says of a token that could not have come."""

FEWER_LOGPROBS: Final = Loss(
    effect="changed", where="logprobs", why="only the tokens themselves and how likely they were"
)
NO_MODEL: Final = Loss(effect="dropped", where="model", why="an answer does not name the model here")
