"""Strings made for regular expressions."""

from __future__ import annotations

import re
from itertools import islice

import pytest

from dragoman.testing.json_schema.formats import FORMATS, has_format
from dragoman.testing.json_schema.pattern import UnknownSyntax, strings_for

PATTERNS = [
    r"^[A-Z]{3}-\d{4}$", r"\d{3}", "^(red|green|blue)$", "^[a-z0-9._-]+$", r"^\+?[1-9]\d{1,14}$", r"^[^@\s]+@[^@\s]+$",
    "^#(?:[0-9a-fA-F]{3}){1,2}$", r"^v\d+(\.\d+){2}$", "^$|^x", "^[A-Z][a-z]*( [A-Z][a-z]*)*$", r"^\w{2,5}$", "^.{5}$",
    r"^[]a]$", r"^[\]\-a]+$", r"^[a\-z]$", "^[a-]$", r"^\x41\u0042$", r"^\t$", "^(?P<year>\\d{4})-(?P<month>\\d\\d)$",
    "^a{2}?$", "^a{,2}b$", "^a{3,}$", "^x{y}$", r"^\bword\b$", r"^[\d\s]+$", "^[я-я]$", "^(a|b|)c$", r"^\D\W\S$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("nth", [0, 1, 7])
def test_the_strings_match(pattern: str, nth: int) -> None:
    assert any(re.search(pattern, text) for text in strings_for(pattern, nth=nth))


@pytest.mark.parametrize("pattern", ["^[a-z]+$", r"^\d*$", "abc", "^.+$"])
def test_there_are_longer_ones(pattern: str) -> None:
    assert any(len(text) >= 12 and re.search(pattern, text) for text in strings_for(pattern, min_length=12))


def test_there_are_different_ones() -> None:
    made = {next(islice(strings_for(r"^[A-Z]{2}\d$", nth=nth), 1)) for nth in range(20)}
    assert len(made) == 20


@pytest.mark.parametrize("pattern", ["(", "[a", "a\\", "(?(1)a|b)", r"\p{L}", "(?i:a)", "a)", "[^\\w\\W]"])
def test_what_is_not_understood_is_said_so(pattern: str) -> None:
    with pytest.raises(UnknownSyntax):
        list(strings_for(pattern))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_can_be_made_and_recognised_and_differs(name: str) -> None:
    made = [FORMATS[name].make(n) for n in range(30)]
    assert [text for text in made if not has_format(text, name)] == []
    assert len(set(made)) == len(made)
