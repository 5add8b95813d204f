"""Text from tokens, as they come: only whole characters, and nothing that may become a stop sequence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

_CUT: Final = "\ufffd"
_CONTEXT: Final = 6
"""Tokens before the new ones that are decoded with them: some tokenizers put a space by what stands before."""


class Detokenizer:
    """Tokens in, text out.

    Decoding a token alone is not enough: a character may be of several tokens, and a space may depend on the one
    before. So a short tail is decoded with and without the new token, and the difference is the text.
    """

    __slots__ = ("_decode", "_hidden", "_read", "_said", "_tail")

    def __init__(self, decode: Callable[[Sequence[int]], str], hidden: Collection[int] = ()) -> None:
        self._decode = decode
        self._hidden = hidden
        self._tail: list[int] = []
        self._read = 0
        """How many tokens of the tail are text that was handed out."""
        self._said = ""
        """That text."""

    def feed(self, token: int) -> str:
        """The text that `token` completes."""
        if token in self._hidden:
            return ""
        self._tail.append(token)
        text = self._decode(self._tail)
        if text.endswith(_CUT) and len(self._tail) - self._read < _CONTEXT:
            return ""  # more of the character is to come, unless there are too many for one
        return self._take(text)

    def finish(self) -> str:
        """What was held back."""
        return self._take(self._decode(self._tail)) if len(self._tail) > self._read else ""

    def _take(self, text: str) -> str:
        new = text[len(self._said) :]
        self._tail = self._tail[-_CONTEXT:]
        self._read = len(self._tail)
        self._said = self._decode(self._tail)
        return new


class StopSequences:
    """Text in, text out up to the first stop sequence; `found` is that sequence."""

    __slots__ = ("_held", "_sequences", "found")

    def __init__(self, sequences: Sequence[str]) -> None:
        self._sequences = [sequence for sequence in sequences if sequence]
        self._held = ""
        self.found: str | None = None

    def feed(self, text: str) -> str:
        """The text that is surely before a stop sequence."""
        if not self._sequences:
            return text
        text = self._held + text
        there = [sequence for sequence in self._sequences if sequence in text]
        if there:  # the first that is whole, however the text was cut
            self.found = min(there, key=lambda sequence: (text.find(sequence) + len(sequence), -len(sequence)))
            self._held = ""
            return text[: text.find(self.found)]
        keep = max(begun(text, sequence) for sequence in self._sequences)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def finish(self) -> str:
        """What was held back: it has not become a stop sequence."""
        held, self._held = self._held, ""
        return held


def begun(text: str, mark: str) -> int:
    """How many characters at the end of `text` may be the beginning of `mark`."""
    longest = min(len(text), len(mark) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(mark[:size])), 0)
