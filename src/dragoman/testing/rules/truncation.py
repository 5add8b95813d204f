"""Where an answer ends before the model is done: at a stop text, or at the limit of tokens."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from dragoman.messages import FinishReason, Part, Reasoning, Refusal, Request, Text, ToolCall
from dragoman.testing.rules.tokens import TOKEN_CHARS, count_text


class Ending(Struct, frozen=True):
    """What is left of an answer, and why it ended; `reason` is `None` when it ended by itself."""

    parts: tuple[Part, ...]
    reason: FinishReason | None = None
    stop_sequence: str | None = None


def cut(parts: tuple[Part, ...], request: Request) -> Ending:
    """`parts` up to the first stop text, and up to `max_tokens`; the limit also counts thinking."""
    ending = _cut_at_stop(parts, request.stop)
    return ending if request.max_tokens is None else _cut_at_limit(ending, request.max_tokens)


def _cut_at_stop(parts: tuple[Part, ...], stops: tuple[str, ...]) -> Ending:
    for number, part in enumerate(parts):
        if isinstance(part, Text):
            found = [(place, stop) for stop in stops if stop and (place := part.text.find(stop)) >= 0]
            if found:
                place, stop = min(found)
                return Ending((*parts[:number], replace(part, text=part.text[:place])), "stop", stop)
    return Ending(parts)


def _cut_at_limit(ending: Ending, limit: int) -> Ending:
    kept: list[Part] = []
    for part in ending.parts:
        cost = count_part(part)
        if cost > limit:
            shortened = _shorten(part, limit * TOKEN_CHARS)
            return Ending((*kept, *([shortened] if shortened else [])), "length")
        kept.append(part)
        limit -= cost
    return ending


def count_part(part: Part) -> int:
    """The output tokens of a part."""
    match part:
        case Text() | Reasoning() | Refusal():
            return count_text(part.text)
        case ToolCall():
            return count_text(part.name) + count_text(part.arguments_json if part.text is None else part.text)
        case _:
            return 0


def _shorten(part: Part, chars: int) -> Part | None:
    """The first `chars` characters of a part; nothing when there is no room for any of it."""
    match part:
        case Text() | Reasoning() | Refusal():
            return replace(part, text=part.text[:chars]) if chars else None
        case ToolCall():
            return _shorten_call(part, chars - count_text(part.name) * TOKEN_CHARS)
        case _:
            return None


def _shorten_call(call: ToolCall, chars: int) -> ToolCall | None:
    if chars <= 0:
        return None
    if call.text is not None:
        return replace(call, text=call.text[:chars], complete=False)
    return ToolCall(id=call.id, name=call.name, arguments_json=call.arguments_json[:chars], complete=False)
