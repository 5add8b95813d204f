"""Reasoning: three names for one thing, and what must be sent back unchanged.

The payload of a `Reasoning` of this dialect names the fields of the message it came in; a value of `None` stands for
the reasoning's own text. `{"reasoning": None, "reasoning_details": [...]}` is OpenRouter's, `{"reasoning_content":
None}` DeepSeek's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses, join
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.messages import JsonObject, Reasoning

TEXT_FIELDS: Final = ("reasoning_content", "reasoning")
DETAILS: Final = "reasoning_details"
RETURNED: Final = "extra_content"
"""Google's thought signatures of the message."""

_FIELDS: Final = frozenset((*TEXT_FIELDS, DETAILS, RETURNED))

OWN_FIELD: Final[JsonObject] = {"reasoning_content": None}
"""What we write ourselves."""


def decode_reasoning(message: Wire, *, keep_empty: bool) -> Reasoning | None:
    """The reasoning in an assistant's message.

    `keep_empty` is for history: DeepSeek wants even an empty `reasoning_content` back. In an answer empty is absent.
    """
    if _FIELDS.isdisjoint(message):
        return None
    texts = {name: text for name in TEXT_FIELDS if isinstance(text := message.get(name), str) and (text or keep_empty)}
    details, returned = message.get(DETAILS), message.get(RETURNED)
    if not texts and not details and not returned:
        return None
    text = next(iter(texts.values()), None)
    payload: Wire = {name: None if value == text else value for name, value in texts.items()}
    payload |= {name: value for name, value in ((DETAILS, details), (RETURNED, returned)) if value}
    return Reasoning(details_text(details) if text is None else text, payload=payload, dialect=NAME)


def details_text(details: Any) -> str:
    """The readable text in a list of reasoning details."""
    if not isinstance(details, list):
        return ""
    entries = [cast("Wire", entry) for entry in cast("list[Any]", details) if isinstance(entry, dict)]
    texts = [entry.get("text") or entry.get("summary") for entry in entries]
    return "".join([text for text in texts if isinstance(text, str)])


_GROWING: Final = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""The details that a stream sends in pieces, and the field that grows."""


class Details:
    """The reasoning details of a stream: pieces of the same detail are joined."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: list[tuple[Any, list[str]]] = []

    def add(self, pieces: Iterable[Any]) -> None:
        for piece in pieces:
            if isinstance(piece, dict):
                self._add(cast("Wire", piece))
            else:
                self._entries.append((piece, []))

    def _add(self, piece: Wire) -> None:
        grows = _GROWING.get(str(piece.get("type")), "")
        text = piece.get(grows)
        rest = {name: value for name, value in piece.items() if name != grows or not isinstance(text, str)}
        last: Any = self._entries[-1][0] if self._entries else None
        if not grows or not _is_same(last, piece):
            self._entries.append((rest, [text] if isinstance(text, str) else []))
            return
        last.update({name: value for name, value in rest.items() if value or name not in last})
        if isinstance(text, str):
            self._entries[-1][1].append(text)

    def whole(self) -> list[Any]:
        return [
            {**entry, _GROWING[entry["type"]]: "".join(texts)} if texts else entry for entry, texts in self._entries
        ]


def _is_same(last: Any, piece: Wire) -> bool:
    if not isinstance(last, dict):
        return False
    entry = cast("Wire", last)
    same_id = not piece.get("id") or not entry.get("id") or piece["id"] == entry["id"]
    return same_id and all(piece.get(name) == entry.get(name) for name in ("type", "index"))


def encode_reasoning(part: Reasoning, wire: Wire, losses: Losses) -> bool:
    """Put reasoning back into the assistant's message it came in. `False`: it came from elsewhere, and is lost."""
    if part.dialect != NAME:
        why = f"only `{part.dialect}` takes it back" if part.dialect else "only a host that gave it takes it back"
        losses.dropped("", why)
        return False
    for name, value in (part.payload or OWN_FIELD).items():
        join(wire, name, part.text if value is None else value)
    return True
