"""What those who pass an answer on have to know of it: as `openai_chat/facts.py`, of this dialect's body."""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.json import Decoder

from dragoman.dialects.openai_chat.facts import Answer, Counts, response_of
from dragoman.messages import FinishReason, LLMResponse


class _Counts(Counts):
    """Where tools of the server's were used they are counted, which is read in whole."""

    server_side_tool_usage_details: None = None


class _Content(Struct):
    type: Literal["output_text", "text", "refusal"]


class _Item(Struct):
    """Of the three kinds that nearly all items are of."""

    type: Literal["message", "reasoning", "function_call"]
    content: list[_Content | None] | str | None = None
    name: str | None = None


class _Answer(Answer, kw_only=True):
    output: list[_Item]
    status: Literal["completed"]
    created_at: float | None = None
    usage: _Counts | None = None
    tool_usage: Any = None


decode: Final = Decoder(_Answer).decode


def facts_in(answer: _Answer) -> LLMResponse | None:
    """The response in `answer` without what it says; `None` for one that has to be read in whole."""
    reason: FinishReason = "stop"
    for item in answer.output:
        if item.type == "function_call":
            if not item.name:
                return None
            reason = "tool_calls"
        elif item.type == "message" and reason == "stop" and _refuses(item):
            reason = "refusal"
    if answer.tool_usage:  # searches are counted there
        return None
    return response_of(answer, answer.usage, answer.created_at, reason, answer.status)


def _refuses(item: _Item) -> bool:
    content = item.content
    return isinstance(content, list) and any(part is not None and part.type == "refusal" for part in content)
