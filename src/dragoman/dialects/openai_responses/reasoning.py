"""Reasoning items, both ways.

The payload of a `Reasoning` of this dialect is what its item has beside id and status, which are spelled. `None` for
`summary` or `content` stands for the reasoning's own text in one part: `{"summary": None, "encrypted_content": "…"}`.
All of it goes back unchanged and in its place: OpenAI refuses a call whose reasoning is missing.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_responses.extras import extra_of, lose_mark, restore
from dragoman.dialects.openai_responses.wire import NAME
from dragoman.messages import JsonObject, Reasoning

_KINDS: Final = {"summary": "summary_text", "content": "reasoning_text"}
"""The lists of a reasoning item, and the type of what is in them."""

_HEADER: Final = ("id", "status")
_OWN: Final[JsonObject] = {"summary": None}
"""What we write for reasoning that has no payload."""


def reasoning_text(item: Wire) -> str:
    """All that can be read of it."""
    return "".join([text for name in _KINDS for text in _texts(item.get(name))])


def _texts(value: Any) -> list[str]:
    """The texts in a summary or a content; some servers send one string."""
    if isinstance(value, str):
        return [value]
    parts = cast("list[Any]", value) if isinstance(value, list) else []
    texts = [cast("Wire", part).get("text") if isinstance(part, dict) else part for part in parts]
    return [text for text in texts if isinstance(text, str)]


def decode_reasoning(item: Wire, header: Wire) -> Reasoning:
    """`header` is what is spelled of the item: id and status."""
    text = reasoning_text(item)
    return Reasoning(text, payload=reasoning_payload(item, text), dialect=NAME, extra=extra_of({}, header))


def reasoning_payload(item: Wire, text: str) -> JsonObject:
    payload = {name: value for name, value in item.items() if name != "type" and name not in _HEADER}
    for name in _KINDS:
        if payload.get(name, _ABSENT) is None:
            del payload[name]
        elif payload.get(name) == _listed(name, text):
            payload[name] = None
    return payload


_ABSENT: Final = object()


def _listed(name: str, text: str) -> list[Wire]:
    return [{"type": _KINDS[name], "text": text}] if text else []


def encode_reasoning(part: Reasoning, losses: Losses) -> Wire | None:
    """The item for a turn of history, or `None`: it came from elsewhere, and is lost."""
    if part.dialect != NAME:
        why = f"only `{part.dialect}` takes it back" if part.dialect else "only a host that gave it takes it back"
        losses.dropped("", why)
        return None
    return reasoning_item(part, {}, losses)


def encode_answer_reasoning(part: Reasoning, header: Wire, losses: Losses) -> Wire:
    """The item for an answer: the thoughts of others are shown as a summary."""
    if part.dialect == NAME:
        return reasoning_item(part, header, losses)
    if part.payload is not None:
        losses.dropped("payload", f"only `{part.dialect}` can carry what it wants back")
    item: Wire = {"type": "reasoning", **header, "summary": _listed("summary", part.text)}
    restore(item, part.extra, losses)
    return item


def reasoning_item(part: Reasoning, header: Wire, losses: Losses) -> Wire:
    item: Wire = {"type": "reasoning", **header}
    for name, value in (part.payload or _OWN).items():
        item[name] = _listed(name, part.text) if value is None and name in _KINDS else value
    lose_mark(part.cache, part.extra, losses)
    restore(item, part.extra, losses)
    return item
