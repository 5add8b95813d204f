"""Content parts and the blocks they are on the wire, side by side.

A block is an object with one member, named for its kind. What has a canonical part is taken apart; every other block
(server tools and their results, guarded content, what comes next year) is kept whole as an `Opaque`, in its place, and
goes back unchanged. A cache mark is a block of its own, after the one it marks. Encoding shares nested values with the
record it encodes: treat both as read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, assert_never, cast

from msgspec.structs import replace

from dragoman.dialects.base import Wire, encode_opaque, unknown_fields, write_extra
from dragoman.dialects.bedrock_converse.citations import decode_citation, encode_citation
from dragoman.dialects.bedrock_converse.media import decode_document, decode_media, encode_document, encode_media
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.reading import field, maybe, text
from dragoman.messages import (
    Audio,
    CacheMark,
    Document,
    Extra,
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

# ---------------------------------------------------------------------- canonical to wire


def encode_parts(parts: Sequence[Part], where: str, losses: list[Loss]) -> list[Wire]:
    """The blocks of `parts`; a part that has none is left out and reported. Empty text says nothing and is refused."""
    blocks: list[Wire] = []
    for number, part in enumerate(parts):
        if type(part) is Text and not part.citations and part.cache is None and part.extra is None:
            if part.text:
                blocks.append({"text": part.text})  # nearly all of them: not worth a path for losses
            continue
        at = f"{where}[{number}]"
        block = encode_part(part, at, losses)
        if block is not None:
            blocks.append(block)
        if part.cache is not None:
            _mark(blocks, part, block, at, losses)
    return blocks


def _mark(blocks: list[Wire], part: Part, block: Wire | None, where: str, losses: list[Loss]) -> None:
    """Put a part's mark after its block. Thinking cannot bear one."""
    assert part.cache is not None  # which is why we are here
    if block is None or isinstance(part, Reasoning):
        why = "thinking cannot be marked for the cache" if block is not None else "there is nothing to mark"
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why=why))
    else:
        blocks.append(encode_cache_mark(part.cache))


def encode_part(part: Part, where: str, losses: list[Loss]) -> Wire | None:
    """The block of `part` without its mark, or `None` when this dialect has none."""
    block = _encode_bare(part, where, losses)
    if part.extra is None:
        return block
    if block is None:
        write_extra({}, replace(part.extra, spelling={}), NAME, where, losses)
        return None
    if isinstance(part, Text) and "json" in part.extra.spelling and part.extra.dialect == NAME:
        return {"json": part.extra.spelling["json"]}
    name = next(iter(block))
    if isinstance(block[name], dict):
        block = {name: dict(block[name])}
    write_extra(block[name] if isinstance(block[name], dict) else block, part.extra, NAME, where, losses)
    return block


def _encode_bare(part: Part, where: str, losses: list[Loss]) -> Wire | None:  # noqa: C901, PLR0911  # one line a part
    match part:
        case Text():
            return _encode_text(part, where, losses)
        case ToolCall():
            return _encode_tool_call(part, where, losses)
        case ToolResult():
            return _encode_tool_result(part, where, losses)
        case Reasoning():
            return _encode_reasoning(part, where, losses)
        case Image():
            return _encode_image(part, where, losses)
        case Video():
            return _named("video", encode_media(part, where, losses))
        case Audio():
            return _encode_audio(part, where, losses)
        case Document():
            return _named("document", encode_document(part, where, losses))
        case Opaque():
            return encode_opaque(part, NAME, where, losses)
        case Refusal():
            losses.append(Loss(effect="changed", where=where, why="a refusal goes back as the text it was"))
            return {"text": part.text} if part.text else None
        case _:
            assert_never(part)


def _named(name: str, block: Wire | None) -> Wire | None:
    return None if block is None else {name: block}


def _encode_text(part: Text, where: str, losses: list[Loss]) -> Wire | None:
    if not part.citations:
        return {"text": part.text} if part.text else None
    citations = [encode_citation(it, f"{where}.citations[{n}]", losses) for n, it in enumerate(part.citations)]
    content = {"content": [{"text": part.text}]} if part.text else {}
    return {"citationsContent": {**content, "citations": citations}}


def _encode_tool_call(part: ToolCall, where: str, losses: list[Loss]) -> Wire:
    arguments: Mapping[str, Any] = part.arguments
    if part.text is not None:
        arguments = {"input": part.text}
        losses.append(Loss(effect="changed", where=f"{where}.text", why="free-form input is sent as one JSON field"))
    elif not part.complete:
        why = "it is no whole JSON object: sent without it"
        losses.append(Loss(effect="changed", where=f"{where}.arguments_json", why=why))
    return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments}}


def _encode_tool_result(part: ToolResult, where: str, losses: list[Loss]) -> Wire:
    content = part.content
    if isinstance(content, str):
        blocks: list[Wire] = [{"text": content}] if content else []
    else:
        blocks = _encode_inside(content, f"{where}.content", losses)
    result: Wire = {"toolUseId": part.id, "content": blocks}
    if part.is_error:
        result["status"] = "error"
    return {"toolResult": result}


_INSIDE: Final = (Text, Image, Video, Document, Opaque, Refusal)
"""What a result can hold; of a sound the transcript."""


def _encode_inside(parts: Sequence[Part], where: str, losses: list[Loss]) -> list[Wire]:
    blocks: list[Wire] = []
    for number, part in enumerate(parts):
        at = f"{where}[{number}]"
        if part.cache is not None:
            losses.append(Loss(effect="dropped", where=f"{at}.cache", why="inside a tool's result nothing is marked"))
        block = encode_part(_without_citations(part, at, losses), at, losses) if _fits_inside(part) else None
        if block is not None:
            blocks.append(block)
        elif not _fits_inside(part):
            losses.append(Loss(effect="dropped", where=at, why="it cannot stand in a tool's result"))
    return blocks


def _fits_inside(part: Part) -> bool:
    return isinstance(part, _INSIDE) or (isinstance(part, Audio) and part.data is None and part.transcript is not None)


def _without_citations(part: Part, where: str, losses: list[Loss]) -> Part:
    if not isinstance(part, Text) or not part.citations:
        return part
    losses.append(Loss(effect="dropped", where=f"{where}.citations", why="text in a tool's result has no sources"))
    return replace(part, citations=())


def _encode_reasoning(part: Reasoning, where: str, losses: list[Loss]) -> Wire | None:
    """What came from this dialect goes back as it came, unsigned too: not every model signs."""
    if part.dialect != NAME:
        losses.append(Loss(effect="dropped", where=where, why="a model takes back only its own thinking"))
        return None
    return reasoning_block(part.text, part.payload or {})


def reasoning_block(thought: str, payload: Mapping[str, Any]) -> Wire:
    if "redactedContent" in payload:
        return {"reasoningContent": dict(payload)}
    return {"reasoningContent": {"reasoningText": {"text": thought, **payload}}}


def _encode_image(part: Image, where: str, losses: list[Loss]) -> Wire | None:
    block = encode_media(part, where, losses)
    if block is not None and part.detail is not None:
        losses.append(Loss(effect="dropped", where=f"{where}.detail", why="pictures are shown in one resolution"))
    return _named("image", block)


def _encode_audio(part: Audio, where: str, losses: list[Loss]) -> Wire | None:
    """Sound as sound; of what a model said, which has only an id elsewhere, the transcript."""
    if part.data is None and part.url is None and part.transcript is not None:
        losses.append(Loss(effect="changed", where=where, why="sound is sent as its transcript"))
        return {"text": part.transcript} if part.transcript else None
    block = encode_media(part, where, losses)
    if block is not None:
        lost = [name for name in ("id", "transcript") if getattr(part, name) is not None]
        losses.extend(Loss(effect="dropped", where=f"{where}.{name}", why="only the sound is sent") for name in lost)
    return _named("audio", block)


# ---------------------------------------------------------------------- cache marks


def encode_cache_mark(mark: CacheMark) -> Wire:
    plain = {"type": "default"} if mark.ttl is None else {"type": "default", "ttl": mark.ttl}
    return {"cachePoint": plain}


def decode_cache_mark(block: Wire) -> CacheMark | None:
    """The mark in a block that is one, and nothing but what a `CacheMark` holds."""
    point = block.get("cachePoint")
    if not isinstance(point, dict):
        return None
    mark = CacheMark(ttl=cast("Wire", point).get("ttl"))
    return mark if encode_cache_mark(mark) == block else None


# ---------------------------------------------------------------------- wire to canonical


def decode_parts(blocks: Sequence[Wire]) -> tuple[Part, ...]:
    """The parts in `blocks`. Raises one of `BROKEN` when a block is not what its member says."""
    parts: list[Part] = []
    for block in blocks:
        mark = decode_cache_mark(block)
        if mark is not None and parts and parts[-1].cache is None:
            parts[-1] = replace(parts[-1], cache=mark)
        else:
            parts.append(decode_part(block))
    return tuple(parts)


def decode_part(block: Wire) -> Part:
    if type(block) is not dict:
        raise TypeError("a block is no object")
    name = next((name for name in block if name in _DECODERS), None)
    if name is None:
        return Opaque(NAME, block)
    return _DECODERS[name](block) or Opaque(NAME, block)


_TEXT: Final = frozenset({"text"})
_TOOL_USE: Final = frozenset({"toolUseId", "name", "input", "type"})
_TOOL_RESULT: Final = frozenset({"toolUseId", "content", "status"})


def _decode_text(block: Wire) -> Part:
    if len(block) == 1:
        return Text(text(block, "text"))
    return Text(text(block, "text"), extra=unknown_fields(block, _TEXT, NAME))


def _decode_cited(block: Wire) -> Part:
    """Text with its sources; those that Nova adds after the text are an empty one with sources."""
    wire = field(block, "citationsContent", dict)
    content: list[Wire] = maybe(wire, "content", list) or []
    words = "".join(item.get("text") or "" for item in content)
    whole = [{"text": words}] if words else []
    spelling = {"content": wire["content"]} if wire.get("content") is not None and content != whole else {}
    rest = {name: value for name, value in wire.items() if name not in ("content", "citations")}
    citations = tuple([decode_citation(citation) for citation in maybe(wire, "citations", list) or ()])
    if not citations:
        return Opaque(NAME, block)
    extra = Extra(fields=rest, dialect=NAME, spelling=spelling) if rest or spelling else None
    return Text(words, citations, extra=extra)


def _decode_tool_use(block: Wire) -> Part:
    """A call of the caller's tool. One that runs at Amazon (`type: server_tool_use`) is no business of the caller."""
    wire = field(block, "toolUse", dict)
    kind = wire.get("type")
    if kind == "server_tool_use":
        called = {"name": wire.get("name"), "id": wire.get("toolUseId"), "input": wire.get("input")}
        return Opaque(NAME, block, "server_tool_call", **called)
    given = wire.get("input")
    fields: dict[str, Any] = {}
    if isinstance(given, dict):
        fields["arguments"] = given
    elif given is not None:  # a model may give what is no object: kept as its text
        fields["arguments_json"] = given if isinstance(given, str) else encode_json(given).decode()
    rest = {name: value for name, value in wire.items() if name not in _TOOL_USE}
    return ToolCall(id=text(wire, "toolUseId"), name=text(wire, "name"), extra=call_extra(kind, rest), **fields)


def call_extra(kind: str | None, rest: Wire) -> Extra | None:
    """What only this dialect knows of a call; that it is a plain one (`type: tool_use`) is a spelling."""
    spelling = {} if kind is None else {"type": kind}
    return Extra(fields=rest, dialect=NAME, spelling=spelling) if rest or spelling else None


def _decode_tool_result(block: Wire) -> Part:
    """A result of the caller's. One with a `type` came from a server's tool."""
    wire = field(block, "toolResult", dict)
    kind = wire.get("type")
    if kind is not None:
        name = str(kind).removesuffix("_result")
        return Opaque(NAME, block, "server_tool_result", name, wire.get("toolUseId"), output=wire.get("content"))
    return ToolResult(
        id=text(wire, "toolUseId"),
        content=_decode_inside(maybe(wire, "content", list) or []),
        is_error=wire.get("status") == "error",
        extra=unknown_fields(wire, _TOOL_RESULT, NAME),
    )


def _decode_inside(blocks: Sequence[Wire]) -> str | tuple[Part, ...]:
    if not blocks:
        return ""
    if len(blocks) == 1 and blocks[0].keys() == {"text"}:
        return text(blocks[0], "text")
    return tuple([_decode_json(block) if "json" in block else decode_part(block) for block in blocks])


def _decode_json(block: Wire) -> Part:
    """JSON as the text it is for every other dialect."""
    value = block["json"]
    return Text(encode_json(value).decode(), extra=Extra(dialect=NAME, spelling={"json": value}))


def _decode_reasoning(block: Wire) -> Part | None:
    wire = field(block, "reasoningContent", dict)
    if "redactedContent" in wire:
        return Reasoning(payload=wire, dialect=NAME)
    if wire.get("reasoningText") is None:
        return None
    thought = field(wire, "reasoningText", dict)
    return Reasoning(maybe(thought, "text", str) or "", payload=_payload(thought), dialect=NAME)


def _payload(thought: Wire) -> Wire:
    """What must go back with the text of a thought."""
    return {name: value for name, value in thought.items() if name != "text" and value is not None}


def _decode_image(block: Wire) -> Part | None:
    return decode_media(Image, field(block, "image", dict))


def _decode_video(block: Wire) -> Part | None:
    return decode_media(Video, field(block, "video", dict))


def _decode_audio(block: Wire) -> Part | None:
    return decode_media(Audio, field(block, "audio", dict))


def _decode_document(block: Wire) -> Part | None:
    return decode_document(field(block, "document", dict))


_DECODERS: Final[dict[str, Callable[[Wire], Part | None]]] = {
    "text": _decode_text,
    "toolUse": _decode_tool_use,
    "toolResult": _decode_tool_result,
    "reasoningContent": _decode_reasoning,
    "citationsContent": _decode_cited,
    "image": _decode_image,
    "video": _decode_video,
    "audio": _decode_audio,
    "document": _decode_document,
}
