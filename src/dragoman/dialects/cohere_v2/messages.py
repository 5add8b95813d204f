"""The conversation, both ways.

A tool's result is a turn of its own. Documents of a user's turn go to the top of the body, where the model finds what
it may cite; those that come from there are put before the last thing the user said. The plan that a model makes before
it calls tools is neither its text nor its thinking: it is kept whole and goes back with the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from dragoman.dialects.base import Wire, merge_extra, unknown_fields
from dragoman.dialects.checks import objects, optional, rejected, required
from dragoman.dialects.cohere_v2.assistant import Turn, decode_assistant, plain_or_list
from dragoman.dialects.cohere_v2.documents import decode_document, encode_document
from dragoman.dialects.cohere_v2.parts import decode_part, encode_part
from dragoman.dialects.cohere_v2.wire import NAME
from dragoman.dialects.cohere_v2.wire import Message as WireMessage
from dragoman.dialects.losses import lose_cache
from dragoman.messages import Document, Loss, Message, Part, Role, Text, ToolResult

# ---------------------------------------------------------------------- encode


class Conversation:
    """The turns and documents of a request under construction."""

    __slots__ = ("_last_user", "_losses", "documents", "turns")

    def __init__(self, messages: Sequence[Message], losses: list[Loss]) -> None:
        self._losses = losses
        self._last_user = _last_user(messages)
        self.documents: list[Wire | str] = []
        self.turns: list[Wire] = []
        for number, message in enumerate(messages):
            self._add(message, number)

    def _add(self, message: Message, number: int) -> None:
        where, losses = f"messages[{number}]", self._losses
        if type(message.content) is str and message.role is not Role.TOOL:
            turns: list[Wire] = [{"role": message.role.value, "content": message.content}]
        elif message.role is Role.ASSISTANT:
            turns = [self._assistant(message, where)]
        else:
            turns = self._others(message, number, where)
        if not turns:
            losses.append(Loss(effect="dropped", where=where, why="a tool's turn without a result says nothing"))
            return
        lose_cache(message.cache, where, losses)
        for turn in turns:
            merge_extra(turn, message.extra, NAME, where, losses)
        self.turns += turns

    def _assistant(self, message: Message, where: str) -> Wire:
        turn = Turn(self._losses)
        for number, part in enumerate(message.parts):
            turn.add(part, f"{where}.content[{number}]")
        wire = turn.wire()
        if "content" in wire or len(wire) == 1:
            wire["content"] = plain_or_list(wire.get("content", []))
        return wire

    def _others(self, message: Message, number: int, where: str) -> list[Wire]:
        """The results, each by itself, then what else a user's, tool's or system turn says."""
        turns: list[Wire] = []
        content: list[Wire] = []
        for place, part in enumerate(message.parts):
            inside = f"{where}.content[{place}]"
            if isinstance(part, ToolResult):
                turns.append(self._result(part, inside))
            elif isinstance(part, Document):
                self._document(part, inside, in_place=number == self._last_user and not content)
            else:
                wire = encode_part(part, inside, self._losses)
                content += [] if wire is None else [wire]
                self._lose_citations(part, inside)
        said = any(not isinstance(part, ToolResult) for part in message.parts)
        if said or (not turns and message.role is not Role.TOOL):
            turns.append({"role": self._speaker(message, where), "content": plain_or_list(content)})
        return turns

    def _speaker(self, message: Message, where: str) -> str:
        if message.role is not Role.TOOL:
            return message.role.value
        why = "what is no result is sent as the user's"
        self._losses.append(Loss(effect="changed", where=f"{where}.role", why=why))
        return "user"

    def _document(self, part: Document, where: str, *, in_place: bool) -> None:
        document = encode_document(part, where, self._losses)
        if document is None:
            return
        self.documents.append(document)
        if not in_place:
            why = "documents are given for the whole request, before it"
            self._losses.append(Loss(effect="changed", where=where, why=why))

    def _lose_citations(self, part: Part, where: str) -> None:
        if isinstance(part, Text) and part.citations:
            why = "only the assistant's text has sources"
            self._losses.append(Loss(effect="dropped", where=f"{where}.citations", why=why))

    def _result(self, part: ToolResult, where: str) -> Wire:
        wire: Wire = {"role": "tool", "tool_call_id": part.id, "content": part.content}
        if not isinstance(part.content, str):
            wire["content"] = plain_or_list(self._inside(part.content, f"{where}.content"))
        if part.is_error:
            why = "failed results are not marked: only their text is sent"
            self._losses.append(Loss(effect="dropped", where=f"{where}.is_error", why=why))
        lose_cache(part.cache, where, self._losses)
        merge_extra(wire, part.extra, NAME, where, self._losses)
        return wire

    def _inside(self, parts: Sequence[Part], where: str) -> list[Wire]:
        """What a result holds: text and documents."""
        content: list[Wire] = []
        for number, part in enumerate(parts):
            place = f"{where}[{number}]"
            if isinstance(part, Document):
                document = encode_document(part, place, self._losses)
                content += [] if document is None else [{"type": "document", "document": document}]
                continue
            wire = encode_part(part, place, self._losses)
            if wire is not None and wire.get("type") in ("image_url", "thinking"):
                why = "a tool's result holds text and documents only"
                self._losses.append(Loss(effect="dropped", where=place, why=why))
            elif wire is not None:
                content.append(wire)
            self._lose_citations(part, place)
        return content


def _last_user(messages: Sequence[Message]) -> int:
    """The place of the last thing the user said, -1 when there is none."""
    return max((number for number, message in enumerate(messages) if message.role is Role.USER), default=-1)


# ---------------------------------------------------------------------- decode

_MESSAGE: Final = frozenset(WireMessage.__annotations__)


def decode_conversation(wire: Wire) -> tuple[Message, ...]:
    """The messages, with the documents of the request. Raises `Rejected`."""
    turns = objects(wire, "messages")
    messages = [_decode_message(turn, f"messages[{number}].") for number, turn in enumerate(turns)]
    entries: list[Any] = optional(wire, "documents", list) or []
    documents = [decode_document(entry, f"documents[{number}]") for number, entry in enumerate(entries)]
    if documents:
        place = _last_user(messages)
        if place < 0:
            raise rejected("documents", "a user's message is needed that asks about them")
        messages[place] = replace(messages[place], content=(*documents, *messages[place].parts))
    return tuple(messages)


def _decode_message(turn: Wire, where: str) -> Message:
    role = required(turn, "role", str, where)
    if role not in _ROLES:
        raise rejected(f"{where}role", f"one of {', '.join(_ROLES)} is needed here")
    content = turn.get("content")
    if len(turn) == 2 and type(content) is str and role != "tool":
        return Message(role, content)
    extra = unknown_fields(turn, _MESSAGE, NAME)
    if role == "assistant":
        return Message(role, decode_assistant(turn, where), extra=extra)
    said = _decode_content(turn, where)
    if role == "tool":
        result = ToolResult(id=required(turn, "tool_call_id", str, where), content=said)
        return Message(role, (result,), extra=extra)
    return Message(role, said, extra=extra)


_ROLES: Final = tuple(role.value for role in Role)


def _decode_content(turn: Wire, where: str) -> str | tuple[Part, ...]:
    if isinstance(turn.get("content"), str):
        return turn["content"]
    entries = objects(turn, "content", where)
    return tuple(_decode_entry(entry, f"{where}content[{number}].") for number, entry in enumerate(entries))


def _decode_entry(entry: Wire, where: str) -> Part:
    if entry.get("type") == "document":
        return decode_document(required(entry, "document", dict, where), f"{where}document")
    return decode_part(entry, where)
