"""What a dialect that varies OpenAI's chat a little says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.messages import FinishReason

EncodePart: TypeAlias = Callable[[Any, Any], Wire | None]
"""Takes a part and the `Losses`, which know this record: the module cannot know them too."""

OWN_WORDS: Final[Mapping[FinishReason | None, str]] = {
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
"""OpenAI's words for why an answer ended; everything else is `stop`, for it has no other word."""


def _as_it_is(call_id: str) -> str:
    return call_id


class Variant(Struct, frozen=True, kw_only=True):
    """Where another dialect's writing differs from OpenAI's; the encoder carries it in its `Losses`.

    Attributes:
        name: The dialect, whose own extras, reasoning and opaque parts go back as they came.
        endings: The words for why an answer ended.
        parts: By type of part: how it is written as a content part, in an assistant's turn too.
        call_id: Spells the id of a call and of its result.
        free_form_tools: Whether it has tools that take text; else their calls have it as an argument `input`.
        cache_marks: Whether it has marks for the cache.
        refusals: Whether it tells refusals from text.
        server_tools: Whether the provider searches the web when the body says so.
    """

    name: str
    endings: Mapping[FinishReason | None, str]
    parts: Mapping[type, EncodePart] = {}
    call_id: Callable[[str], str] = _as_it_is
    free_form_tools: bool = True
    cache_marks: bool = True
    refusals: bool = True
    server_tools: bool = True


OPENAI: Final = Variant(name=NAME, endings=OWN_WORDS)
