"""A judge of texts made of rules: a category is found in a text that has all the words of the category's name.

"graphic violence" is of `violence` and of `violence/graphic`. Pictures are looked at by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from re import findall
from typing import Final

CATEGORIES: Final = (
    "harassment", "harassment/threatening", "sexual", "hate", "hate/threatening", "illicit", "illicit/violent",
    "self-harm/intent", "self-harm/instructions", "self-harm", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
"""Those of OpenAI's `omni-moderation-latest`, in its order."""

_FOUND, _NOT_FOUND = 0.98, 0.0001


def scores_of(text: str, categories: Iterable[str] = CATEGORIES) -> dict[str, float]:
    """How sure it is of each category: above a half, the text is of it."""
    words = set(_words(text.lower()))
    return {name: _FOUND if words.issuperset(_words(name)) else _NOT_FOUND for name in categories}


def _words(text: str) -> list[str]:
    return findall(r"\w+(?:-\w+)*", text)
