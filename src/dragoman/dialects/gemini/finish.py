"""Why an answer ends."""

from __future__ import annotations

from typing import Final

from dragoman.messages import FinishReason, Loss

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "ESCALATION": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "LANGUAGE": "error",
    "NO_IMAGE": "error",
    "IMAGE_OTHER": "error",
    "OTHER": "other",
}
"""The canonical reason for each `finishReason`; the first of several is the one for the way back."""

_WORDS: Final[dict[FinishReason, str]] = {
    **{reason: word for word, reason in reversed(FINISH_REASONS.items())},
    "tool_calls": "STOP",
    "refusal": "SAFETY",
    "error": "OTHER",
    "pause": "OTHER",
}


def decode_finish(word: str | None, *, called: bool) -> FinishReason | None:
    """There is no word for a call of tools: the model stops, and there is a call among the parts."""
    if word is None:
        return None
    reason = FINISH_REASONS.get(word, "other")
    return "tool_calls" if reason == "stop" and called else reason


def encode_finish(reason: FinishReason | None, raw: str | None) -> str:
    """The word for why the model stopped: its own where it is one of this dialect, else the nearest; never none,
    for clients take a stream without one to be cut off.
    """
    if raw is not None and decode_finish(raw, called=reason == "tool_calls") == reason and raw.isupper():
        return raw
    return "STOP" if reason is None else _WORDS[reason]


def report_ending(
    reason: FinishReason | None, word: str, where: str, losses: list[Loss], *, called: bool, refused: bool
) -> None:
    """`where` is the answer's place, for the path; `called` and `refused` are whether a call of tools or a refusal is
    in it: a refusal, which is plain text here, cannot say in the place of `stop` why the answer ended.
    """
    read = decode_finish(word, called=called)
    if read != reason or (refused and reason == "stop"):
        why = f"this dialect has no such word: it ends with `{word}`, which is read as `{read}`"
        losses.append(Loss(effect="changed", where=f"{where}finish_reason", why=why))
