"""Content parts, both ways, and tool calls.

Names of pictures and files are labels that no model sees: they are not sent and not reported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dragoman.dialects.base import Wire, encode_opaque, merge_extra, unknown_fields
from dragoman.dialects.checks import objects, optional, required
from dragoman.dialects.cohere_v2.wire import NAME, ImageUrl
from dragoman.dialects.losses import lose_cache
from dragoman.messages import (
    Audio,
    Image,
    Loss,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    Video,
    encode_json,
)

# ---------------------------------------------------------------------- encode


def encode_part(part: Part, where: str, losses: list[Loss]) -> Wire | None:
    """`part` as a content part, or `None` when it cannot be one (then the loss is reported)."""
    encode = _ENCODE.get(type(part))
    if encode is None:
        _drop(f"a {type(part).__name__} has no place here", where, losses)
        return None
    wire = encode(part, where, losses)
    if wire is not None:
        lose_cache(part.cache, where, losses)
        merge_extra(wire, part.extra, NAME, where, losses)
    return wire


def _drop(why: str, where: str, losses: list[Loss]) -> None:
    losses.append(Loss(effect="dropped", where=where, why=why))


def _encode_text(part: Text, _: str, __: list[Loss]) -> Wire:
    return {"type": "text", "text": part.text}


def _encode_refusal(part: Refusal, where: str, losses: list[Loss]) -> Wire:
    losses.append(Loss(effect="changed", where=where, why="a refusal is the text it was"))
    return {"type": "text", "text": part.text}


def _encode_reasoning(part: Reasoning, where: str, losses: list[Loss]) -> Wire | None:
    """Thinking is plain text here and bound to no model: only what another provider wants back with it is lost."""
    if part.dialect != NAME:
        if part.payload:
            _drop("only who gave it takes it back", f"{where}.payload", losses)
        if not part.text:  # it was there for its payload
            return None
    return {"type": "thinking", "thinking": part.text}


def _encode_image(part: Image, where: str, losses: list[Loss]) -> Wire | None:
    if part.data is None and part.url is None:
        _drop("pictures are sent as a URL or as bytes, not by file id", where, losses)
        return None
    source: Wire = {"url": part.data_url() if part.data is not None else part.url}
    if part.detail is not None:
        source["detail"] = part.detail
    return {"type": "image_url", "image_url": source}


def _encode_audio(part: Audio, where: str, losses: list[Loss]) -> Wire | None:
    if part.transcript is None:
        _drop("sound cannot be sent", where, losses)
        return None
    losses.append(Loss(effect="changed", where=where, why="sound is sent as its transcript"))
    return {"type": "text", "text": part.transcript}


def _encode_video(_: Video, where: str, losses: list[Loss]) -> None:
    _drop("films cannot be sent", where, losses)


def _encode_opaque(part: Opaque, where: str, losses: list[Loss]) -> Wire | None:
    return encode_opaque(part, NAME, where, losses)


_ENCODE: Final[dict[type, Callable[[Any, str, list[Loss]], Wire | None]]] = {
    Text: _encode_text,
    Refusal: _encode_refusal,
    Reasoning: _encode_reasoning,
    Image: _encode_image,
    Audio: _encode_audio,
    Video: _encode_video,
    Opaque: _encode_opaque,
}


def encode_call(call: ToolCall, where: str, losses: list[Loss]) -> Wire:
    """`call` as an entry of `tool_calls`."""
    entry: Wire = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments_json}}
    if call.text is not None:
        entry["function"]["arguments"] = encode_json({"input": call.text}).decode()
        losses.append(Loss(effect="changed", where=f"{where}.text", why="free-form input is sent as one JSON field"))
    lose_cache(call.cache, where, losses)
    merge_extra(entry, call.extra, NAME, where, losses)
    return entry


# ---------------------------------------------------------------------- decode


def decode_part(part: Wire, where: str) -> Part:
    """The part of a request's message. Raises `Rejected`."""
    decode = _DECODE.get(required(part, "type", str, where))
    return Opaque(NAME, part) if decode is None else decode(part, where)


def _decode_text(part: Wire, where: str) -> Text:
    return Text(required(part, "text", str, where), extra=unknown_fields(part, frozenset({"type", "text"}), NAME))


def _decode_thinking(part: Wire, where: str) -> Reasoning:
    text = required(part, "thinking", str, where)
    return Reasoning(text, dialect=NAME, extra=unknown_fields(part, frozenset({"type", "thinking"}), NAME))


def _decode_image(part: Wire, where: str) -> Image:
    source: Wire = required(part, "image_url", dict, where)
    url: str = required(source, "url", str, f"{where}image_url.")
    detail = optional(source, "detail", str, f"{where}image_url.")
    extra = unknown_fields(
        part, frozenset({"type", "image_url"}), NAME, "image_url", frozenset(ImageUrl.__annotations__)
    )
    return (
        Image(url=url, detail=detail, extra=extra)
        if url.startswith("data:;")
        else Image.at_url(url, detail=detail, extra=extra)
    )


_DECODE: Final[dict[str, Callable[[Wire, str], Part]]] = {
    "text": _decode_text,
    "thinking": _decode_thinking,
    "image_url": _decode_image,
}


_CALL: Final = frozenset({"id", "type", "function"})
_FUNCTION: Final = frozenset({"name", "arguments"})


def decode_calls(message: Wire, where: str) -> tuple[ToolCall, ...]:
    """The calls in a request's message. Raises `Rejected`."""
    entries = objects(message, "tool_calls", where)
    return tuple(_decode_call(entry, f"{where}tool_calls[{number}].") for number, entry in enumerate(entries))


def _decode_call(entry: Wire, where: str) -> ToolCall:
    function: Wire = required(entry, "function", dict, where)
    return ToolCall(
        id=required(entry, "id", str, where),
        name=required(function, "name", str, f"{where}function."),
        arguments_json=optional(function, "arguments", str, f"{where}function.") or "",
        extra=unknown_fields(entry, _CALL, NAME, "function", _FUNCTION),
    )
