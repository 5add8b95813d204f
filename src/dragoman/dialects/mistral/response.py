"""A whole answer, both ways."""

from __future__ import annotations

from typing import Final

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.mistral.adopt import adopt
from dragoman.dialects.mistral.variant import ANSWERS
from dragoman.dialects.openai_chat.annotations import encode_logprobs
from dragoman.dialects.openai_chat.assistant import Turn
from dragoman.dialects.openai_chat.finish import encode_finish, report_ending
from dragoman.dialects.openai_chat.losses import Losses, restore
from dragoman.dialects.openai_chat.response import decode_response as decode_chat_response
from dragoman.dialects.openai_chat.usage import encode_usage, report_usage
from dragoman.messages import Audio, Document, LLMResponse, Part, ToolResult, Video

NOT_IN_ANSWERS = (Audio, Video, Document, ToolResult)


def decode_response(body: Wire) -> LLMResponse:
    """Raises `ProviderError` for an error in a body of status 200 and `DecodeError` for what is no answer."""
    return adopt(decode_chat_response(body))


def encode_response(response: LLMResponse) -> Encoded:
    losses = Losses(ANSWERS)
    answers = (response, *response.alternatives)
    wire: Wire = {
        "id": response.id or "",
        "object": "chat.completion",
        "created": response.created_at or 0,
        "model": response.model,
        "choices": [_encode_choice(number, answer, losses) for number, answer in enumerate(answers)],
        "usage": encode_usage(response.usage) or {},
    }
    losses.at = ()
    losses.variant.tiers.write(response.service_tier, wire, "service_tier", losses.found)
    report_usage(response.usage, losses)
    restore(wire, response.extra, losses)
    return Encoded(wire, tuple(losses.found))


def _encode_choice(number: int, answer: LLMResponse, losses: Losses) -> Wire:
    here: tuple[str | int, ...] = ("alternatives", number - 1) if number else ()
    turn = Turn(losses)
    for place, part in enumerate(answer.parts):
        losses.at = (*here, "parts", place)
        if has_place(part, losses):
            turn.add(part)
    losses.at = here
    message = turn.wire()
    message["content"] = _joined(message["content"] or "")
    has_calls, has_refusal = "tool_calls" in message, answer.refusal is not None
    reason = encode_finish(answer.finish_reason, losses, has_calls=has_calls, has_refusal=has_refusal, legacy=False)
    report_ending(answer.finish_reason, reason, losses, has_calls=has_calls)
    if has_refusal:
        report_refusal(losses)
    choice: Wire = {"index": number, "message": message, "finish_reason": reason}
    if answer.logprobs is not None:
        choice["logprobs"] = encode_logprobs(answer.logprobs)
    if answer.stop_sequence is not None:
        choice["stop_reason"] = answer.stop_sequence
    return choice


def _joined(content: str | list[Wire]) -> str | list[Wire]:
    """Texts and thoughts that touch as one, as they are in a stream."""
    if isinstance(content, str):
        return content
    joined: list[Wire] = []
    for chunk in content:
        goes_on = _GROWING.get(chunk["type"]) if joined and joined[-1]["type"] == chunk["type"] else None
        if goes_on and len(joined[-1]) == _UNSIGNED:
            joined[-1] = {**chunk, goes_on: joined[-1][goes_on] + chunk[goes_on]}
        else:
            joined.append(chunk)
    return joined


_GROWING: Final = {"text": "text", "thinking": "thinking"}
_UNSIGNED: Final = 2
"""Fields of a chunk that says nothing besides."""


def report_refusal(losses: Losses) -> None:
    """`losses.at` is the answer. Nothing tells its refusal from text, and it ends as text does."""
    for name in ("refusal", "finish_reason"):
        losses.changed(name, "this dialect has no refusals: sent as text")


def has_place(part: Part, losses: Losses) -> bool:
    """Whether an answer may hold the part; a loss is reported where not."""
    if isinstance(part, NOT_IN_ANSWERS):
        losses.dropped("", f"an answer has no place for a {type(part).__name__}")
        return False
    return True
