"""The shapes of the wire, as its reference has them. Reference: none, the telegraph is made up (2026-11-21).

request   {"model": "m", "turns": [{"who": "user", "says": "Hi"}], "limit": 20, "live": true}
answer    {"model": "m", "text": "Hello", "end": "done", "words": [4, 2]}
stream    {"model": "m"}  {"more": "Hel"}  {"more": "lo"}  {"end": "done", "words": [4, 2]}     one a line
error     {"trouble": "there is no model `m`"}
"""

from __future__ import annotations

from typing import Final, TypedDict

NAME: Final = "telegraph"


class Turn(TypedDict):
    """A message: text is all there is."""

    who: str  # "system", "user", "assistant", "tool"
    says: str


class RequestBody(TypedDict, total=False):
    """What is asked."""

    model: str
    turns: list[Turn]
    limit: int
    live: bool


class Answer(TypedDict, total=False):
    """What is answered; a line of a stream has some of it, and `more` text."""

    model: str
    text: str
    more: str
    end: str  # "done", "cut"
    words: list[int]  # read and written
    trouble: str
