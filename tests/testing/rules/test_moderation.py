"""The judge of texts finds what is named."""

from __future__ import annotations

import pytest

from dragoman.testing.rules import CATEGORIES, scores_of

FOUND = [
    ("Have a great day!", set()),
    ("", set()),
    ("I hate it", {"hate"}),
    ("Nothing but HATE, and threatening", {"hate", "hate/threatening"}),
    ("graphic violence", {"violence", "violence/graphic"}),
    ("self harm", set()),
    ("about self-harm", {"self-harm"}),
    ("hateful", set()),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_what_is_found(text: str, expected: set[str]) -> None:
    scores = scores_of(text)
    assert tuple(scores) == CATEGORIES
    assert {name for name, score in scores.items() if score > 0.5} == expected
