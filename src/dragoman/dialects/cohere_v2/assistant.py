"""The assistant's turns, both ways: in a conversation and as the message of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from msgspec.structs import replace

from dragoman.dialects.base import Wire
from dragoman.dialects.checks import objects, optional
from dragoman.dialects.cohere_v2.citations import decode_citation, encode_citation, is_of_text, is_ours
from dragoman.dialects.cohere_v2.parts import decode_calls, decode_part, encode_call, encode_part
from dragoman.dialects.cohere_v2.wire import NAME
from dragoman.dialects.losses import lose_cache, lose_extra
from dragoman.messages import Citation, Image, Loss, Opaque, Part, Text, ToolCall

# ---------------------------------------------------------------------- encode


class Turn:
    """A message under construction. Parts are added in order; `wire` gives what they come to."""

    __slots__ = ("_calls", "_citations", "_content", "_fields", "_losses")

    def __init__(self, losses: list[Loss]) -> None:
        self._losses = losses
        self._content: list[Wire] = []
        self._calls: list[Wire] = []
        self._citations: list[Wire] = []
        self._fields: list[tuple[str, Any]] = []

    def add(self, part: Part, where: str) -> None:
        match part:
            case ToolCall():
                self._calls.append(encode_call(part, where, self._losses))
            case Opaque() if part.dialect == NAME and "type" not in part.payload:
                self._fields += part.payload.items()
                lose_cache(part.cache, where, self._losses)
                lose_extra(part.extra, where, self._losses)
            case _:
                self._add_content(part, where)

    def _add_content(self, part: Part, where: str) -> None:
        if isinstance(part, Image):
            why = "the assistant's turns hold text and thinking only"
            self._losses.append(Loss(effect="dropped", where=where, why=why))
            return
        content = encode_part(part, where, self._losses)
        if content is None:
            return
        if isinstance(part, Text):
            place = len(self._content)
            for number, citation in enumerate(part.citations):
                wire = encode_citation(citation, f"{where}.citations[{number}]", self._losses)
                self._citations.append(wire if is_ours(citation) else {**wire, "content_index": place})
        self._content.append(content)

    def wire(self) -> Wire:
        """The message as an answer has it: what is empty is left out."""
        named = (("content", self._content), ("tool_calls", self._calls), ("citations", self._citations))
        wire: Wire = {"role": "assistant", **{name: value for name, value in named if value}}
        for name, value in self._fields:
            there = wire.get(name)
            wire[name] = there + value if type(there) in (str, list) and type(there) is type(value) else value
        return wire


def plain_or_list(content: list[Wire]) -> str | list[Wire]:
    """One plain text as a string, which is how it is mostly written."""
    if not content:
        return ""
    alone = content[0] if len(content) == 1 else {}
    return alone["text"] if alone.keys() == {"type", "text"} else content


# ---------------------------------------------------------------------- decode

_KNOWN: Final = frozenset({"role", "content", "tool_calls", "citations"})


def decode_assistant(turn: Wire, where: str) -> tuple[Part, ...]:
    """The parts of a turn in a request. Raises `Rejected`."""
    content = turn.get("content")
    if isinstance(content, str):
        said: list[Part] = [Text(content)] if content else []
    else:
        entries = objects(turn, "content", where)
        said = [decode_part(entry, f"{where}content[{number}].") for number, entry in enumerate(entries)]
    plan = optional(turn, "tool_plan", str, where)
    citations = objects(turn, "citations", where)
    return (*with_citations(said, citations), *beside(plan, said, citations), *decode_calls(turn, where))


def with_citations(said: Sequence[Part], citations: Iterable[Wire]) -> tuple[Part, ...]:
    """The content with each citation on the text it is of: the one it names, else the last."""
    texts = [number for number, part in enumerate(said) if isinstance(part, Text)]
    if not texts:
        return tuple(said)
    found: dict[int, list[Citation]] = {}
    for citation in filter(is_of_text, citations):
        place = citation.get("content_index")
        found.setdefault(place if place in texts else texts[-1], []).append(decode_citation(citation))
    parts = list(said)
    for place, each in found.items():
        parts[place] = replace(cast("Text", parts[place]), citations=tuple(each))
    return tuple(parts)


def beside(plan: str | None, said: Iterable[Part], citations: Iterable[Wire]) -> tuple[Opaque, ...]:
    """The plan, and citations of what is no text, to be sent back with the message."""
    has_text = any(isinstance(part, Text) for part in said)
    others = [citation for citation in citations if not (has_text and is_of_text(citation))]
    payload: Wire = {"tool_plan": plan} if plan else {}
    if others:
        payload["citations"] = others
    return (Opaque(NAME, payload),) if payload else ()
