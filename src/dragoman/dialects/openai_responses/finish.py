"""Why the model stopped, both ways. The provider's word is the status of the response."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.messages import FinishReason, Part, Refusal, ToolCall

_INCOMPLETE: Final[dict[str, FinishReason]] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}
"""Reasons why an answer is incomplete."""

_STATUSES: Final[dict[str, FinishReason | None]] = {
    "incomplete": "other",
    "failed": "error",
    "cancelled": "error",
    "queued": None,  # in the background: ask again
    "in_progress": None,
}
"""The other statuses; one that is not here is `completed`, or an imitator's word for it."""

_WORDS: Final = {reason: word for word, reason in _INCOMPLETE.items()}


def raw_reason(body: Wire) -> str | None:
    status = body.get("status")
    return status if isinstance(status, str) and status else None


def finish_reason(body: Wire, kinds: Iterable[type[Part]]) -> FinishReason | None:
    """`kinds` are the types of the answer's parts: a call or a refusal is not told by the status."""
    status = raw_reason(body)
    details = body.get("incomplete_details")
    why: Any = cast("Wire", details).get("reason") if isinstance(details, dict) else None
    if status == "incomplete" and why in _INCOMPLETE:
        return _INCOMPLETE[why]
    if status in _STATUSES:
        return _STATUSES[status]
    kinds = set(kinds)
    return "tool_calls" if ToolCall in kinds else "refusal" if Refusal in kinds else "stop"


def encode_finish(reason: FinishReason | None, kinds: Iterable[type[Part]], losses: Losses) -> Wire:
    """The fields of the body that tell it."""
    kinds = set(kinds)
    word = _WORDS.get(reason) if reason is not None else None
    if reason == "refusal" and (ToolCall in kinds or Refusal not in kinds):
        word = _WORDS["content_filter"]  # nobody would know otherwise
    status = "incomplete" if word else "completed"
    if reason in ("pause", "error", "other") or (reason == "refusal" and word):
        losses.changed("finish_reason", f"the Responses API has no word for `{reason}`: `{word or status}` is sent")
    elif reason == "tool_calls" and ToolCall not in kinds:
        losses.changed("finish_reason", "without a call nothing tells of one: `completed` is sent")
    return {"status": status, "incomplete_details": {"reason": word} if word else None}
