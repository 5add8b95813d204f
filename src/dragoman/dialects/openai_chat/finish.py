"""Why the model stopped, both ways."""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.messages import FinishReason

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "eos": "stop",  # Together
    "eos_token": "stop",  # Hugging Face
    "stop_sequence": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",  # Mistral
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
    "tool_call": "tool_calls",  # DeepSeek at Azure
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "sensitive": "content_filter",  # Z.ai
    "safety": "content_filter",
    "error": "error",
    "network_error": "error",  # Z.ai
    "insufficient_system_resource": "error",  # DeepSeek
    "timeout": "error",
}


def finish_reason(raw: Any, *, has_calls: bool, has_refusal: bool) -> FinishReason | None:
    """The unified reason. A forced tool and many hosts end with `stop` although a tool is called."""
    reason: FinishReason | None = None
    if isinstance(raw, str) and raw:
        reason = FINISH_REASONS.get(raw) or FINISH_REASONS.get(raw.lower(), "other")
    if reason in ("stop", None):
        if has_calls:
            return "tool_calls"
        return "refusal" if has_refusal else reason
    return reason


def raw_reason(choice: Wire) -> str | None:
    """The provider's word; the empty string is none."""
    raw = choice.get("finish_reason")
    return raw if isinstance(raw, str) and raw else None


def details_reason(choice: Wire) -> str | None:
    """What the first vision models said in place of a finish reason."""
    details = choice.get("finish_details")
    kind = cast("Wire", details).get("type") if isinstance(details, dict) else None
    return kind if isinstance(kind, str) else None


def encode_finish(
    reason: FinishReason | None, losses: Losses, *, has_calls: bool, has_refusal: bool, legacy: bool
) -> str:
    """One of OpenAI's five words, or of those that the dialect has in their place."""
    if reason is None and has_calls:
        reason = "tool_calls"
    if reason == "refusal" and not has_refusal:
        reason = "content_filter"  # nobody would know otherwise
    word = losses.variant.endings.get(reason, "stop")
    return "function_call" if legacy and word == "tool_calls" else word


def report_ending(reason: FinishReason | None, word: str, losses: Losses, *, has_calls: bool) -> None:
    """Say so when OpenAI's word does not tell why the answer ended: beside calls, `stop` tells of them."""
    unsaid = reason in _OFTEN_UNSAID and reason not in losses.variant.endings
    if (
        unsaid
        or (reason == "refusal" and not losses.variant.refusals)
        or (reason == "refusal" and (has_calls or word == "content_filter"))
    ):
        losses.changed("finish_reason", f"there is no word for `{reason}`: `{word}` is sent")


_OFTEN_UNSAID: Final = frozenset({"content_filter", "pause", "error", "other"})
