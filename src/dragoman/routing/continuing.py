"""Going on from a text that was cut off: what another model adds, joined so that it reads as one answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from dragoman.messages import Event, LLMResponse, ResponseStart, Text, TextDelta, UsageUpdate

LONGEST_OVERLAP: Final = 400
"""Characters. A model that begins again from further back is taken to mean it."""

SHORTEST_OVERLAP: Final = 8
"""Characters. Fewer may well stand twice in a row: "that that", "very, very"."""


def overlap(so_far: str, more: str) -> int:
    """How many characters at the beginning of `more` repeat the end of `so_far`."""
    longest = min(len(more), len(so_far), LONGEST_OVERLAP)
    return next((n for n in range(longest, SHORTEST_OVERLAP - 1, -1) if so_far.endswith(more[:n])), 0)


def _may_overlap(so_far: str, more: str) -> bool:
    """Whether `more`, when it goes on, may prove to repeat the end of `so_far`."""
    tail = so_far[-LONGEST_OVERLAP:]
    at = tail.find(more)
    while at >= 0:
        if len(tail) - at > len(more):
            return True
        at = tail.find(more, at + 1)
    return False


class Continuation:
    """A witness of the answer that goes on: it begins no second response, and what it repeats is cut off."""

    def __init__(self, so_far: str) -> None:
        self._so_far = so_far
        self._held: list[TextDelta] = []
        self._decided = False
        self.cut = 0

    def take(self, event: Event) -> Iterable[Event]:
        match event:
            case ResponseStart():
                return ()
            case TextDelta(choice=0) if not self._decided:
                self._held.append(event)
                return () if _may_overlap(self._so_far, self._text) else self._decide()
            case UsageUpdate():  # Anthropic tells the input's before the first word
                return (event,)
            case _:
                return (*self._decide(), event)

    @property
    def _text(self) -> str:
        return "".join(delta.text for delta in self._held)

    def _decide(self) -> tuple[Event, ...]:
        """The text held, without what it repeats."""
        self._decided = True
        if not self._held:
            return ()
        text, first = self._text, self._held[0]
        self._held = []
        self.cut = overlap(self._so_far, text)
        rest = text[self.cut :]
        return (replace(first, text=rest),) if rest else ()


def joined(so_far: str, response: LLMResponse, cut: int) -> LLMResponse:
    """`response` with the text before it; `cut` characters of its own had been said already."""
    parts = list(response.parts)
    at = next((i for i, part in enumerate(parts) if isinstance(part, Text)), None)
    if at is None:
        return replace(response, content="", parts=(Text(so_far), *parts))
    own = parts[at]
    assert isinstance(own, Text)  # it was looked for
    parts[at] = replace(own, text=so_far + own.text[cut:])
    return replace(response, content="", parts=tuple(parts))
