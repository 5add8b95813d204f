"""Content parts and what they are on the wire, side by side.

A part on the wire has no type: it is told by the field it has. What has no canonical part (code that ran, server-side
tools, what comes next year) is kept whole as an `Opaque`, in its place. A `thoughtSignature` stands on the part that
it signs, in `extra`, and goes back on the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, assert_never

from dragoman.dialects.base import Wire, encode_opaque
from dragoman.dialects.gemini.call_ids import CallIds, wire_id
from dragoman.dialects.gemini.citations import report_in_history
from dragoman.dialects.gemini.extras import extra_of, own, rest_of, restore
from dragoman.dialects.gemini.media import decode_media, encode_media
from dragoman.dialects.gemini.name import NAME
from dragoman.dialects.gemini.server_parts import opaque_part
from dragoman.messages import (
    Audio,
    Document,
    Image,
    Loss,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Video,
    encode_json,
)

Names = Mapping[str, str]
"""The names of the calls in a history, by id."""

# ---------------------------------------------------------------------- canonical to wire


def encode_parts(parts: Sequence[Part], where: str, losses: list[Loss], names: Names) -> list[Wire]:
    """The parts of a turn; one that cannot be said is left out and reported."""
    encoded: list[Wire] = []
    for number, part in enumerate(parts):
        if type(part) is Text and not part.citations and part.extra is None and part.cache is None:
            encoded.append({"text": part.text})  # nearly all of them: not worth a path for losses
            continue
        wire = encode_part(part, f"{where}[{number}]", losses, names)
        if wire is not None:
            encoded.append(wire)
            report_sources(part, f"{where}[{number}]", losses)
    return encoded


def report_sources(part: Part, where: str, losses: list[Loss]) -> None:
    """The citations of a text that goes back; in an answer they have a place of their own."""
    if isinstance(part, Text) and part.citations:
        report_in_history(part.citations, where, losses)


def encode_part(part: Part, where: str, losses: list[Loss], names: Names) -> Wire | None:
    """The part on the wire, or `None` when this dialect cannot say it."""
    wire = _encode_bare(part, where, losses, names)
    if part.cache is not None:
        why = "this dialect marks nothing: it caches by itself, or what was made a `cachedContent`"
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why=why))
    if wire is not None and part.extra is not None:
        restore(wire, part.extra, where, losses)
    return wire


def _encode_bare(part: Part, where: str, losses: list[Loss], names: Names) -> Wire | None:  # noqa: PLR0911  # one line a part
    match part:
        case Text():
            return {"text": part.text}
        case ToolCall():
            return _encode_call(part, where, losses)
        case ToolResult():
            return _encode_result(part, where, losses, names)
        case Reasoning():
            return _encode_reasoning(part, where, losses)
        case Image() | Audio() | Video() | Document():
            return encode_media(part, where, losses)
        case Opaque():
            return encode_opaque(part, NAME, where, losses)
        case Refusal():
            losses.append(Loss(effect="changed", where=where, why="a refusal is sent as the text it is"))
            return {"text": part.text}
        case _:
            assert_never(part)


def _encode_call(part: ToolCall, where: str, losses: list[Loss]) -> Wire:
    arguments: Mapping[str, Any] = part.arguments
    if part.text is not None:
        arguments = {"input": part.text}
        losses.append(Loss(effect="changed", where=f"{where}.text", why="free-form input is sent as one JSON field"))
    elif not part.complete:
        why = "it is no whole JSON object: sent without it"
        losses.append(Loss(effect="changed", where=f"{where}.arguments_json", why=why))
    id_ = wire_id(part.id)
    named: Wire = {} if id_ is None else {"id": id_}
    return {"functionCall": {**named, "name": part.name, "args": arguments}}


def _encode_reasoning(part: Reasoning, where: str, losses: list[Loss]) -> Wire | None:
    if part.dialect != NAME:
        losses.append(Loss(effect="dropped", where=where, why="only thinking of Gemini's own goes back to it"))
        return None
    return {"text": part.text, "thought": True, **(part.payload or {})}


def encode_shown_reasoning(part: Reasoning, where: str, losses: list[Loss]) -> Wire:
    """Thinking in an answer, whoever thought it; what another dialect wants back with it has no place."""
    if part.dialect in (None, NAME):
        return {"text": part.text, "thought": True, **(part.payload or {})}
    report_payload(part, where, losses)
    return {"text": part.text, "thought": True}


def report_payload(part: Reasoning, where: str, losses: list[Loss]) -> None:
    if part.payload is not None and part.dialect not in (None, NAME):
        why = f"only `{part.dialect}` can carry what it wants back"
        losses.append(Loss(effect="dropped", where=f"{where}.payload", why=why))


# ---------------------------------------------------------------------- results of tools, canonical to wire

_OUTPUT: Final = "output"
_ERROR: Final = "error"
"""Where Google says that a result, or what went wrong, should stand (FunctionResponse.response, read 2026-11-21)."""


def _encode_result(part: ToolResult, where: str, losses: list[Loss], names: Names) -> Wire:
    name = part.name or names.get(part.id)
    if name is None:
        why = "no call of this id is in the conversation: the id stands in for the tool's name"
        losses.append(Loss(effect="changed", where=f"{where}.name", why=why))
    id_ = wire_id(part.id)
    result: Wire = {} if id_ is None else {"id": id_}
    result["name"] = name or part.id or "unknown"
    extra = own(part.extra)
    if extra is None or "functionResponse" not in extra.spelling:  # else it goes back as it came
        result["response"] = {_ERROR if part.is_error else _OUTPUT: part.text}
    if not isinstance(part.content, str):
        media = _encode_media_of_result(part.content, f"{where}.content", losses)
        if media:
            result["parts"] = media
    return {"functionResponse": result}


def _encode_media_of_result(content: Sequence[Part], where: str, losses: list[Loss]) -> list[Wire]:
    """What a result shows beside its text, which is one: the texts are joined, and come first."""
    media: list[Wire] = []
    for number, part in enumerate(content):
        place = f"{where}[{number}]"
        if isinstance(part, Text):
            _report_text(part, place, losses, moved=number > 0)
            continue
        wire = encode_part(part, place, losses, {}) if isinstance(part, _IN_RESULT) else None
        if wire is not None and not wire.keys().isdisjoint(("inlineData", "fileData")):
            media.append(wire)
        elif not isinstance(part, _IN_RESULT) or wire is not None:
            losses.append(Loss(effect="dropped", where=place, why="it cannot stand in a tool's result"))
    return media


_IN_RESULT: Final = (Image, Audio, Video, Document)


def _report_text(part: Text, where: str, losses: list[Loss], *, moved: bool) -> None:
    if moved:
        losses.append(Loss(effect="changed", where=where, why="the texts of a result are joined, and come first"))
    if part.cache is not None:
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why="this dialect marks nothing"))
    report_sources(part, where, losses)
    restore({}, part.extra, where, losses)


# ---------------------------------------------------------------------- wire to canonical


def decode_parts(wires: Sequence[Wire], ids: CallIds) -> tuple[Part, ...]:
    return tuple([decode_part(wire, ids) for wire in wires])


def decode_part(wire: Wire, ids: CallIds) -> Part:
    """The part that `wire` is. Raises `KeyError`, `TypeError` … when it is not what its fields say."""
    text = wire.get("text")
    if len(wire) == 1 and type(text) is str:  # nearly all of them
        return Text(text)
    kinds = [name for name in _DECODERS if wire.get(name) is not None]
    decoded = _DECODERS[kinds[0]](wire, ids) if len(kinds) == 1 else None
    return opaque_part(wire) if decoded is None else decoded


_TEXT: Final = frozenset({"text", "thought"})
_CALL: Final = frozenset({"id", "name", "args"})
_RESULT: Final = frozenset({"id", "name", "response", "parts"})


def _decode_text(wire: Wire, _: CallIds) -> Part:
    text = wire["text"]
    if type(text) is not str:
        raise TypeError(f"text is {text!r:.40}")
    if wire.get("thought"):
        return Reasoning(text, payload=thought_payload(wire), dialect=NAME)
    return Text(text, extra=text_extra(wire))


def thought_payload(wire: Wire) -> Wire | None:
    """What must go back with the text of a thought."""
    return {name: value for name, value in wire.items() if name not in _TEXT} or None


def text_extra(wire: Wire) -> Any:
    spelling = {"thought": False} if wire.get("thought") is False else None
    return extra_of({name: value for name, value in wire.items() if name not in _TEXT}, spelling)


def _decode_call(wire: Wire, ids: CallIds) -> ToolCall:
    call = wire["functionCall"]
    extra = extra_of(rest_of(wire, _ALONE["functionCall"], "functionCall", _CALL))
    return ToolCall(id=ids.of_call(call), name=call["name"], arguments=call.get("args") or {}, extra=extra)


def _decode_result(wire: Wire, ids: CallIds) -> ToolResult:
    result: Wire = wire["functionResponse"]
    response: Wire = result.get("response") or {}
    text, is_error, is_plain = _text_of(response)
    spelling = None if is_plain else {"functionResponse": {"response": response}}
    media = decode_parts(result.get("parts") or (), ids)
    return ToolResult(
        id=ids.of_result(result),
        name=result["name"],
        content=(Text(text), *media) if media else text,
        is_error=is_error,
        extra=extra_of(rest_of(wire, _ALONE["functionResponse"], "functionResponse", _RESULT), spelling),
    )


def _text_of(response: Wire) -> tuple[str, bool, bool]:
    """A result as text, whether it is an error, and whether that is all it says."""
    for name in (_OUTPUT, _ERROR):
        text = response.get(name)
        if len(response) == 1 and isinstance(text, str):
            return text, name == _ERROR, True
    return encode_json(response).decode(), _ERROR in response, False


def _decode_media(wire: Wire, _: CallIds) -> Part | None:
    return decode_media(wire)


_DECODERS: Final[dict[str, Callable[[Wire, CallIds], Part | None]]] = {
    "text": _decode_text,
    "functionCall": _decode_call,
    "functionResponse": _decode_result,
    "inlineData": _decode_media,
    "fileData": _decode_media,
}
_ALONE: Final = {name: frozenset({name}) for name in _DECODERS}
