"""What a dialect that varies OpenAI's chat a little says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.wire import CACHE_TTLS, NAME
from dragoman.dialects.service_tiers import CHAT, Tiers
from dragoman.messages import CacheMark, FinishReason

EncodePart: TypeAlias = Callable[[Any, Any], Wire | None]
"""Takes a part and the `Losses`, which know this record: the module cannot know them too."""

WEB_SEARCH: Final = "web_search_options"
"""The field that asks for a search of the web."""

OWN_WORDS: Final[Mapping[FinishReason | None, str]] = {
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
"""OpenAI's words for why an answer ended; everything else is `stop`, for it has no other word."""


def _as_it_is(call_id: str) -> str:
    return call_id


class Marks(Struct, frozen=True, kw_only=True):
    """How marks for the cache are written onto content parts.

    Attributes:
        field: The field of a part that holds one.
        ttls: The words for how long that it knows.
        write: Gives what stands in the field.
        why_not: Said of a mark of another duration or at another place.
    """

    field: str
    ttls: frozenset[str | None]
    write: Callable[[CacheMark], Wire]
    why_not: str


def breakpoint_of(cache: CacheMark) -> Wire:
    return {"mode": "explicit", "ttl": cache.ttl}


def _control_of(cache: CacheMark) -> Wire:
    return {"type": "ephemeral"} if cache.ttl is None else {"type": "ephemeral", "ttl": cache.ttl}


OPENAI_MARKS: Final = Marks(
    field="prompt_cache_breakpoint",
    ttls=CACHE_TTLS,
    write=breakpoint_of,
    why_not=(
        f"OpenAI caches by itself; it knows marks of {' and '.join(sorted(CACHE_TTLS))} only, and only on content parts"
    ),
)
ANTHROPIC_MARKS: Final = Marks(
    field="cache_control",
    ttls=frozenset({None, "5m", "1h"}),
    write=_control_of,
    why_not="this provider's marks are `cache_control`: of 5m and 1h only, and only on content parts",
)
"""For hosts that take them from Anthropic's wire (recorded: Claude at OpenRouter)."""


class Variant(Struct, frozen=True, kw_only=True):
    """Where another dialect's writing differs from OpenAI's; the encoder carries it in its `Losses`.

    Attributes:
        name: The dialect, whose own extras, reasoning and opaque parts go back as they came.
        endings: The words for why an answer ended.
        parts: By type of part: how it is written as a content part, in an assistant's turn too.
        call_id: Spells the id of a call and of its result.
        legacy_calls: Whether a call in the form of until 2023 goes back in it.
        free_form_tools: Whether it has tools that take text; else their calls have it as an argument `input`.
        cache_marks: Its marks for the cache, or why there are none.
        refusals: Whether it tells refusals from text.
        tiers: Its words for service tiers.
        no_search: Why the provider does not search the web when the body says so; `None`: it does.
    """

    name: str
    endings: Mapping[FinishReason | None, str]
    parts: Mapping[type, EncodePart] = {}
    call_id: Callable[[str], str] = _as_it_is
    legacy_calls: bool = True
    free_form_tools: bool = True
    cache_marks: Marks | str = OPENAI_MARKS
    refusals: bool = True
    tiers: Tiers = CHAT
    no_search: str | None = None


OPENAI: Final = Variant(name=NAME, endings=OWN_WORDS)

_NO_MARKS: Final = "it is not known that this provider takes marks for the cache in this dialect"
_NO_SEARCH: Final = "it is not known that this provider searches when `web_search_options` asks for it"


def variant_at(takes: frozenset[str]) -> Variant:
    """OpenAI's writing for a host of which it is known that it takes these fields."""
    marks = next((marks for marks in (OPENAI_MARKS, ANTHROPIC_MARKS) if marks.field in takes), _NO_MARKS)
    return replace(OPENAI, cache_marks=marks, no_search=None if WEB_SEARCH in takes else _NO_SEARCH)
