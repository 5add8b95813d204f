"""What could not be said, and what is said only here: losses, unknown fields and cache marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.dialects.base import Wire, write_extra
from dragoman.dialects.openai_chat.variant import OPENAI, OPENAI_MARKS, Marks, Variant, breakpoint_of
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.messages import CacheMark, Extra, JsonObject, Loss

_MARKS = ("cache_control", "prompt_cache_breakpoint")


class Losses:
    """The losses of one encoding.

    The encoder says where it is in `at`, a flat tuple of names and numbers such as `("messages", 2, "content", 0)`,
    so that a path is put together only when something is lost. `variant` is whose writing it is.
    """

    __slots__ = ("at", "found", "variant")

    def __init__(self, variant: Variant = OPENAI) -> None:
        self.variant = variant
        self.at: tuple[str | int, ...] = ()
        self.found: list[Loss] = []

    def path(self, name: str = "") -> str:
        pairs = zip(self.at[::2], self.at[1::2], strict=True)
        steps = [f"{step}[{number}]" for step, number in pairs]
        return ".".join([*steps, name] if name else steps)

    def dropped(self, name: str, why: str) -> None:
        self.found.append(Loss(effect="dropped", where=self.path(name), why=why))

    def changed(self, name: str, why: str) -> None:
        self.found.append(Loss(effect="changed", where=self.path(name), why=why))


def restore(wire: Wire, extra: Extra | None, losses: Losses, name: str = "") -> None:
    """Put back what only this dialect knows; an object joins the object of its name that is already there.

    `name` is the field that holds the record, for the path of what is lost.
    """
    if extra is None:
        return
    if extra.dialect != losses.variant.name:
        write_extra(wire, extra, losses.variant.name, losses.path(name), losses.found)
        return
    for fields in (extra.spelling, extra.fields):
        for field, value in fields.items():
            there = wire.get(field)
            both = isinstance(there, dict) and isinstance(value, Mapping)
            wire[field] = {**cast("Wire", there), **cast("JsonObject", value)} if both else value


def join(wire: Wire, name: str, value: Any) -> None:
    """Add a field; text and lists are put after those that are already there."""
    there: Any = wire.get(name)
    wire[name] = there + value if type(there) in (str, list) and type(there) is type(value) else value


def unknown(
    wire: JsonObject, known: frozenset[str], *, inside: str = "", known_inside: frozenset[str] = frozenset()
) -> Wire:
    """The fields of `wire` that are not `known`, with those of the object `inside` it that are not `known_inside`."""
    rest = {name: value for name, value in wire.items() if name not in known}
    if inside:
        deeper = {name: value for name, value in wire[inside].items() if name not in known_inside}
        if deeper:
            rest[inside] = deeper
    return rest


def is_ours(extra: Extra | None, losses: Losses) -> bool:
    """Whether the record came from the dialect that is written."""
    return extra is not None and extra.dialect == losses.variant.name


def extra_of(fields: Wire, spelling: Wire | None = None) -> Extra | None:
    return Extra(fields=fields, dialect=NAME, spelling=spelling or {}) if fields or spelling else None


def decode_mark(wire: JsonObject) -> tuple[CacheMark | None, Wire]:
    """The cache mark on a part or message, and how it is spelled where `CacheMark` alone does not say it."""
    spelling: Wire = {name: wire[name] for name in _MARKS if wire.get(name) is not None}
    if not spelling:
        return None, spelling
    marks = [cast("Wire", value) for value in spelling.values() if isinstance(value, dict)]
    ttl = marks[0].get("ttl") if marks else None
    cache = CacheMark(ttl=ttl if isinstance(ttl, str) else None)
    if cache.ttl in OPENAI_MARKS.ttls and spelling == {OPENAI_MARKS.field: breakpoint_of(cache)}:
        return cache, {}
    return cache, spelling


def encode_mark(wire: Wire, cache: CacheMark | None, extra: Extra | None, losses: Losses) -> None:
    """Write a cache mark onto a content part."""
    marks = _marks_for(cache, losses)
    if cache is not None and marks is not None and not _is_spelled(extra, losses):
        wire[marks.field] = marks.write(cache)
    else:
        lose_mark(cache, extra, losses)


def lose_mark(cache: CacheMark | None, extra: Extra | None, losses: Losses) -> None:
    """Report a cache mark where this dialect has no place for one."""
    if cache is None or _is_spelled(extra, losses):
        return
    marks = losses.variant.cache_marks
    losses.dropped("cache", marks if isinstance(marks, str) else marks.why_not)


def mark_message(wire: Wire, cache: CacheMark | None, extra: Extra | None, losses: Losses) -> None:
    """Write a cache mark of a whole message onto its last content part."""
    content: Any = wire.get("content")
    if not content or _marks_for(cache, losses) is None:
        lose_mark(cache, extra, losses)
        return
    parts: list[Wire] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    encode_mark(parts[-1], cache, extra, losses)
    wire["content"] = parts


def _marks_for(cache: CacheMark | None, losses: Losses) -> Marks | None:
    """The way to write the mark onto a content part, if there is one."""
    marks = losses.variant.cache_marks
    return None if cache is None or isinstance(marks, str) or cache.ttl not in marks.ttls else marks


def _is_spelled(extra: Extra | None, losses: Losses) -> bool:
    """Whether the mark goes back just as it came."""
    return extra is not None and is_ours(extra, losses) and not extra.spelling.keys().isdisjoint(_MARKS)
