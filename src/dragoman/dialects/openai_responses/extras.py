"""What is said only here: unknown fields, spellings and cache marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from dragoman.dialects.base import Wire, write_extra
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_responses.wire import CACHE_TTLS, NAME
from dragoman.messages import CacheMark, Extra, JsonObject

BREAKPOINT: Final = "prompt_cache_breakpoint"

HEADER: Final = "message"
"""The spelling of a text or refusal that holds the fields of the message item it stands in, such as id and phase."""


def extra_of(fields: Wire, spelling: Wire | None = None) -> Extra | None:
    return Extra(fields=fields, dialect=NAME, spelling=spelling or {}) if fields or spelling else None


def is_ours(extra: Extra | None) -> bool:
    """Whether the record came from this dialect."""
    return extra is not None and extra.dialect == NAME


def spelling_of(extra: Extra | None) -> JsonObject:
    """How this dialect wrote the record, or nothing when it came from elsewhere."""
    return extra.spelling if extra is not None and extra.dialect == NAME else {}


def unknown(wire: JsonObject, known: frozenset[str]) -> Wire:
    return {name: value for name, value in wire.items() if name not in known}


def restore(wire: Wire, extra: Extra | None, losses: Losses, name: str = "", *, but: str = "") -> None:
    """Put back what only this dialect knows; an object joins the object of its name that is already there.

    `name` is the field that holds the record, for the path of what is lost; `but` a field that is written elsewhere.
    """
    if extra is None:
        return
    if extra.dialect != NAME:
        write_extra(wire, extra, NAME, losses.path(name), losses.found)
        return
    for fields in (extra.spelling, extra.fields):
        for field, value in fields.items():
            if field != but:
                wire[field] = _joined(wire.get(field), value)


def _joined(there: Any, value: Any) -> Any:
    if isinstance(there, dict) and isinstance(value, Mapping):
        return {**cast("Wire", there), **cast("JsonObject", value)}
    return value


# ---------------------------------------------------------------------- cache marks


def decode_mark(wire: JsonObject) -> tuple[CacheMark | None, Wire]:
    """The cache mark on a part, and how it is spelled where `CacheMark` alone does not say it."""
    value = wire.get(BREAKPOINT)
    if value is None:
        return None, {}
    ttl = cast("Wire", value).get("ttl") if isinstance(value, dict) else None
    cache = CacheMark(ttl=ttl if isinstance(ttl, str) else None)
    plain = cache.ttl in CACHE_TTLS and value == _breakpoint(cache)
    return cache, {} if plain else {BREAKPOINT: value}


def encode_mark(wire: Wire, cache: CacheMark | None, extra: Extra | None, losses: Losses) -> None:
    """Write a cache mark onto a content part of a user, the system or a result."""
    if cache is not None and cache.ttl in CACHE_TTLS and BREAKPOINT not in spelling_of(extra):
        wire[BREAKPOINT] = _breakpoint(cache)
    else:
        lose_mark(cache, extra, losses)


def lose_mark(cache: CacheMark | None, extra: Extra | None, losses: Losses) -> None:
    """Report a cache mark where this dialect has no place for one."""
    if cache is not None and BREAKPOINT not in spelling_of(extra):
        words = " and ".join(sorted(CACHE_TTLS))
        losses.dropped("cache", f"OpenAI caches by itself; it knows marks of {words} only, and only on input")


def mark_message(wire: Wire, cache: CacheMark | None, extra: Extra | None, losses: Losses) -> None:
    """Write a cache mark of a whole message onto its last content part."""
    content: Any = wire.get("content")
    if cache is None or not content or cache.ttl not in CACHE_TTLS:
        lose_mark(cache, extra, losses)
        return
    parts: list[Wire] = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
    encode_mark(parts[-1], cache, extra, losses)
    wire["content"] = parts


def _breakpoint(cache: CacheMark) -> Wire:
    return {"mode": "explicit", "ttl": cache.ttl}
