"""What the input of a request may be billed as at the very most: how many tokens, and at which of the prices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from dragoman.calls.kept_input import names_kept_input
from dragoman.catalog import ModelFacts
from dragoman.messages import (
    Audio,
    CacheMark,
    Document,
    Image,
    Opaque,
    Part,
    Request,
    ServerTool,
    ToolResult,
    Usage,
    Video,
)

PICTURE: Final = 50_000
"""Tokens of a picture at most: gpt-4o-mini bills 2,833 and 5,667 for each of eight tiles (its makers' price page)."""

_MARGIN: Final = 2
"""Input is taken for twice its estimate at least: see `calls.estimate` for how far that is off."""
_LONGEST: Final = 4
"""So many times its estimate text is at the very most: then each ASCII character is a token, and more of other text."""
_AN_HOUR: Final = "1h"
_MARKS: Final = "cache_control"
_TOOLS: Final = frozenset({"mcp_servers", "web_search_options"})
"""Fields that only one dialect has, by which tools of the provider's own are asked for."""
_SPEECH: Final = frozenset({"audio", "modalities"})


class WorstInput(Struct, frozen=True):
    """What there is in a request beside text.

    Attributes:
        pictures: How many.
        endless: Whether there is something of which only the provider knows how long it is.
        sound: Whether it may be billed as sound, and so may the answer.
        cached: How long the provider is asked to keep it, where it is asked at all.
    """

    pictures: int = 0
    endless: bool = False
    sound: bool = False
    cached: CacheMark | None = None

    def tokens(self, facts: ModelFacts, estimated: int) -> int | None:
        """How many it may be billed as; `None` where nothing tells.

        What is longer than the model can read is refused. What may be as long, whatever its size here, is taken for
        that. `estimated` is `calls.ceiling.estimated_input`; for a model of vectors it is the most already.
        """
        if facts.kind == "embedding":  # whose window is for one text of many
            return estimated
        most = _LONGEST * estimated + PICTURE * self.pictures
        window = facts.input_tokens or facts.context_tokens
        if window is None:
            return None if self.endless and facts.local is None else most
        return max(_MARGIN * estimated, window if self.endless else min(most, window))

    def usage(self, tokens_in: int, tokens_out: int) -> Usage:
        """Of which each token is one of the dearest that it may be."""
        cached = self.cached
        return Usage(
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            input_audio_tokens=tokens_in if self.sound else None,
            output_audio_tokens=tokens_out if self.sound else None,
            cache_write_tokens=None if cached is None else tokens_in,
            cache_write_1h_tokens=None if cached is None or cached.ttl != _AN_HOUR else tokens_in,
        )


TEXT_ALONE: Final = WorstInput()


def worst_input(request: Request, dialect: str) -> WorstInput:
    """What there is in `request` beside text, where it is said in the words of `dialect`."""
    parts: list[Part] = []
    marks: list[CacheMark | None] = []
    for message in request.messages:
        if message.cache is not None:
            marks.append(message.cache)
        if not isinstance(message.content, str):
            parts += message.content
    if not (parts or marks or request.tools or request.extra):
        return TEXT_ALONE
    for part in parts:
        marks.append(part.cache)
        if isinstance(part, ToolResult) and not isinstance(part.content, str):
            parts += part.content
    marks += [None if isinstance(tool, Opaque) else tool.cache for tool in request.tools]
    names = {name: value for extra in request.extra for name, value in extra.fields.items() if value is not None}
    found = WorstInput(
        pictures=sum(isinstance(part, Image) for part in parts),
        endless=any(map(_is_endless, parts))
        or any(isinstance(tool, (ServerTool, Opaque)) for tool in request.tools)
        or not _TOOLS.isdisjoint(names)
        or names_kept_input(request, dialect),
        sound=any(isinstance(part, (Audio, Video)) for part in parts) or not _SPEECH.isdisjoint(names),
        cached=_longest(marks) or (CacheMark(ttl=_AN_HOUR) if _MARKS in names else None),
    )
    return TEXT_ALONE if found == TEXT_ALONE else found


def _is_endless(part: Part) -> bool:
    if isinstance(part, Document):
        return part.text is None
    return isinstance(part, (Audio, Video)) or (isinstance(part, Opaque) and part.kind is None)


def _longest(marks: Iterable[CacheMark | None]) -> CacheMark | None:
    """The mark that costs most, of any."""
    found = [mark for mark in marks if mark is not None]
    return max(found, key=lambda mark: mark.ttl == _AN_HOUR, default=None)
